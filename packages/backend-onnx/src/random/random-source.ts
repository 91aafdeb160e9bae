import type { HostArray } from '@tesserae/tensor';
import { DTYPES, randomBitsInto, randomMaskInto, sizeOf } from '@tesserae/tensor';
import type { HostRandomInput } from '../lower/host-random.js';
import { MASK_GROUP, maskModuleBytes } from './mask-module.js';

type Key = readonly [number, number];
type Fill = (
  out: number,
  turns: number,
  keyLow: number,
  keyHigh: number,
  stream: number,
  threshold: number,
) => void;

interface MaskModule {
  readonly fill: Fill;
  readonly memory: WebAssembly.Memory;
}

/** Masks of one run are made in WebAssembly up to this many bytes; its memory ends at 4 GiB. */
const MEMORY_LIMIT_BYTES = 2 ** 31;
const PAGE_BYTES = 2 ** 16;
/** A 16-bit draw is always below this. */
const CERTAIN = 2 ** 16;

/**
 * Makes the random inputs of runs. What it gives for one run is overwritten by the next: masks live in the
 * memory of a WebAssembly module, where they are made about ten times faster than by a loop in JavaScript.
 */
export class RandomSource {
  private readonly module = openMaskModule();
  private used = 0;

  /** Starts a run that will ask for `sizes` masks of these many elements in all; earlier arrays become invalid. */
  begin(requests: readonly HostRandomInput[], shapes: readonly (readonly number[])[]): void {
    const bytes = requests.reduce((sum, { draw }, index) => {
      return sum + (draw.kind === 'mask' ? paddedSize(sizeOf(shapes[index]!)) : 0);
    }, 0);
    this.used = 0;
    if (this.module === undefined || bytes > MEMORY_LIMIT_BYTES) return;
    const missing = bytes - this.module.memory.buffer.byteLength;
    if (missing > 0) this.module.memory.grow(Math.ceil(missing / PAGE_BYTES));
  }

  /** The numbers of one request under one key. */
  draw({ draw, dtype, stream }: HostRandomInput, key: Key, shape: readonly number[]): HostArray {
    const size = sizeOf(shape);
    if (draw.kind === 'mask') return this.mask(size, key, { stream, threshold: draw.threshold });
    const out = DTYPES[dtype].create(size);
    randomBitsInto(out as Int32Array, key, { stream, bitWidth: draw.bitWidth });
    return out;
  }

  private mask(
    size: number,
    key: Key,
    { stream, threshold }: { readonly stream: number; readonly threshold: number },
  ): Uint8Array<ArrayBuffer> {
    const { module, used } = this;
    const fits = module !== undefined && used + paddedSize(size) <= module.memory.buffer.byteLength;
    if (!fits || size === 0 || threshold >= CERTAIN) {
      const out = new Uint8Array(size);
      randomMaskInto(out, key, { stream, threshold });
      return out;
    }
    module.fill(used, paddedSize(size) / MASK_GROUP, key[0], key[1], stream, threshold);
    this.used = used + paddedSize(size);
    return new Uint8Array(module.memory.buffer as ArrayBuffer, used, size);
  }
}

const paddedSize = (size: number): number => Math.ceil(size / MASK_GROUP) * MASK_GROUP;

/** The module, or undefined where WebAssembly or its vectors are missing. */
function openMaskModule(): MaskModule | undefined {
  const bytes = maskModuleBytes();
  if (typeof WebAssembly === 'undefined' || !WebAssembly.validate(bytes)) return undefined;
  const { fill, memory } = new WebAssembly.Instance(new WebAssembly.Module(bytes)).exports;
  return { fill: fill as Fill, memory: memory as WebAssembly.Memory };
}
