import type { ConcreteSpec, DeviceTensor, HostArray } from '@tesserae/tensor';
import { OwnershipError, formatSpec } from '@tesserae/tensor';

/** A value held by one backend; knows whether it may still be touched. */
export class CpuTensor implements DeviceTensor {
  readonly spec: ConcreteSpec;
  /** The backend that made it; values do not cross backends. */
  readonly owner: object;
  #data: HostArray | undefined;
  #gone: 'released' | 'donated' | undefined;

  constructor(spec: ConcreteSpec, { data, owner }: { readonly data: HostArray; readonly owner: object }) {
    this.spec = spec;
    this.owner = owner;
    this.#data = data;
  }

  /**
   * The elements.
   * @throws OwnershipError when the tensor was released or donated
   */
  read(reader: string): HostArray {
    if (this.#data === undefined) throw this.#goneError(reader);
    return this.#data;
  }

  /** Takes the elements away: what a run does with an input named in the graph's aliases. */
  donate(reader: string): HostArray {
    const data = this.read(reader);
    this.#data = undefined;
    this.#gone = 'donated';
    return data;
  }

  release(): void {
    if (this.#data === undefined) return;
    this.#data = undefined;
    this.#gone = 'released';
  }

  [Symbol.dispose](): void {
    this.release();
  }

  #goneError(reader: string): OwnershipError {
    const isDonated = this.#gone === 'donated';
    return new OwnershipError({
      op: reader,
      problem: `a tensor ${formatSpec(this.spec)} was ${this.#gone}`,
      likely: isDonated
        ? 'A run consumed it; its memory is an output of that run now. Use that output, or do not donate.'
        : 'It was used after release(); release it later.',
      page: isDonated ? 'tensor-donated' : 'tensor-released',
      got: this.#gone,
    });
  }
}
