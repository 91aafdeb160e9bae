import type { ConcreteSpec, DeviceTensor, HostTensor } from '@tesserae/tensor';
import { BackendError, OwnershipError, formatSpec } from '@tesserae/tensor';
import type { EngineHost } from './engine/host.js';

/** A tensor that the engine holds, as its owner sees it. */
export class OnnxDeviceTensor implements DeviceTensor {
  private state: 'live' | 'released' | 'donated' = 'live';
  /** Name of the function the tensor was donated to. */
  private donatedTo = '';
  /** The value, where it came along with the end of the run that made it. */
  early: HostTensor | undefined;

  constructor(
    readonly spec: ConcreteSpec,
    /** Number under which the engine knows it. */
    readonly id: number,
    private readonly host: EngineHost,
  ) {}

  release(): void {
    if (this.state === 'live') this.host.releaseTensor(this.id);
    this.state = 'released';
  }

  [Symbol.dispose](): void {
    this.release();
  }

  /** True when `host` holds it. */
  belongsTo(host: EngineHost): boolean {
    return this.host === host;
  }

  /** Marks the tensor as consumed by a run, or takes that back when the run failed. */
  setDonated(program: string, isDonated: boolean): void {
    this.state = isDonated ? 'donated' : 'live';
    this.donatedTo = program;
  }

  /** @throws OwnershipError when it was released or donated */
  requireLive(use: string): void {
    if (this.state === 'live') return;
    const what = this.state === 'donated' ? `was donated to '${this.donatedTo}'` : 'was released';
    throw new OwnershipError({
      op: use,
      problem: `${formatSpec(this.spec)} ${what} and is gone`,
      likely:
        this.state === 'donated'
          ? 'Use the result that took its memory, or leave it out of `donate`.'
          : 'Release tensors after their last use.',
      page: this.state === 'donated' ? 'tensor-donated' : 'tensor-released',
    });
  }
}

/** @throws BackendError when the tensor belongs to another backend */
export function requireOnnxTensor(use: string, tensor: DeviceTensor, host: EngineHost): OnnxDeviceTensor {
  if (tensor instanceof OnnxDeviceTensor && tensor.belongsTo(host)) return tensor;
  throw new BackendError({
    op: use,
    problem: `${formatSpec(tensor.spec)} is held by another backend`,
    likely: 'Download it there and upload it here.',
    page: 'tensor-foreign',
  });
}
