import type { HostArray } from '@tesserae/tensor';
import { DTYPES, randomBitsInto, randomMaskInto, sizeOf } from '@tesserae/tensor';
import type { HostRandomInput } from '../lower/host-random.js';
import { MASK_GROUP, WORD_GROUP, maskModuleBytes, wordModuleBytes } from './mask-module.js';

type Key = readonly [number, number];
type Fill = (
  out: number,
  turns: number,
  keyLow: number,
  keyHigh: number,
  stream: number,
  parameter: number,
) => void;

/** Numbers of one run are made in WebAssembly up to this many bytes of a kind; its memory ends at 4 GiB. */
const MEMORY_LIMIT_BYTES = 2 ** 31;
const PAGE_BYTES = 2 ** 16;
/** A 16-bit draw is always below this. */
const CERTAIN = 2 ** 16;

/** A WebAssembly module that fills its memory with random numbers, piece by piece until the next run. */
class RandomMemory {
  private readonly fill: Fill | undefined;
  private readonly memory: WebAssembly.Memory | undefined;
  private used = 0;

  /** @param turnBytes  what one turn of the module's loop writes */
  constructor(
    bytes: Uint8Array<ArrayBuffer>,
    private readonly turnBytes: number,
  ) {
    if (typeof WebAssembly === 'undefined' || !WebAssembly.validate(bytes)) return;
    const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes));
    this.fill = exports['fill'] as Fill;
    this.memory = exports['memory'] as WebAssembly.Memory;
  }

  /** Makes room for pieces of these sizes in bytes; earlier pieces become invalid. */
  begin(sizes: readonly number[]): void {
    this.used = 0;
    const bytes = sizes.reduce((sum, size) => sum + this.padded(size), 0);
    if (this.memory === undefined || bytes > MEMORY_LIMIT_BYTES) return;
    const missing = bytes - this.memory.buffer.byteLength;
    if (missing > 0) this.memory.grow(Math.ceil(missing / PAGE_BYTES));
  }

  /** A piece of memory with new numbers; undefined when there is no module or no room. */
  piece(
    sizeBytes: number,
    key: Key,
    { stream, parameter }: { readonly stream: number; readonly parameter: number },
  ): { readonly buffer: ArrayBuffer; readonly offset: number } | undefined {
    const { fill, memory, used: offset } = this;
    const padded = this.padded(sizeBytes);
    if (fill === undefined || memory === undefined || sizeBytes === 0) return undefined;
    if (offset + padded > memory.buffer.byteLength) return undefined;
    fill(offset, padded / this.turnBytes, key[0], key[1], stream, parameter);
    this.used = offset + padded;
    return { buffer: memory.buffer as ArrayBuffer, offset };
  }

  private padded(sizeBytes: number): number {
    return Math.ceil(sizeBytes / this.turnBytes) * this.turnBytes;
  }
}

/**
 * Makes the random inputs of runs. What it gives for one run is overwritten by the next: masks and words live in
 * the memory of WebAssembly modules, where they are made about ten times faster than by a loop in JavaScript.
 */
export class RandomSource {
  private readonly masks = new RandomMemory(maskModuleBytes(), MASK_GROUP);
  private readonly words = new RandomMemory(wordModuleBytes(), 4 * WORD_GROUP);

  /** Starts a run that will ask for numbers of these shapes; earlier arrays become invalid. */
  begin(requests: readonly HostRandomInput[], shapes: readonly (readonly number[])[]): void {
    const sizesOf = (kind: 'mask' | 'bits', elementBytes: number): readonly number[] =>
      requests.flatMap(({ draw }, index) =>
        draw.kind === kind ? [elementBytes * sizeOf(shapes[index]!)] : [],
      );
    this.masks.begin(sizesOf('mask', 1));
    this.words.begin(sizesOf('bits', 4));
  }

  /** The numbers of one request under one key. */
  draw({ draw, dtype, stream }: HostRandomInput, key: Key, shape: readonly number[]): HostArray {
    const size = sizeOf(shape);
    if (draw.kind === 'mask') return this.mask(size, key, { stream, threshold: draw.threshold });
    if (draw.bitWidth !== 16) {
      const piece = this.words.piece(4 * size, key, { stream, parameter: 32 - draw.bitWidth });
      if (piece !== undefined) return new Int32Array(piece.buffer, piece.offset, size);
    }
    const out = DTYPES[dtype].create(size);
    randomBitsInto(out as Int32Array, key, { stream, bitWidth: draw.bitWidth });
    return out;
  }

  private mask(
    size: number,
    key: Key,
    { stream, threshold }: { readonly stream: number; readonly threshold: number },
  ): Uint8Array<ArrayBuffer> {
    const piece =
      threshold >= CERTAIN ? undefined : this.masks.piece(size, key, { stream, parameter: threshold });
    if (piece !== undefined) return new Uint8Array(piece.buffer, piece.offset, size);
    const out = new Uint8Array(size);
    randomMaskInto(out, key, { stream, threshold });
    return out;
  }
}
