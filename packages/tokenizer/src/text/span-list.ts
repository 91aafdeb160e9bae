import { grown } from './growing-array.js';

/** Pairs (start, end) in an array that grows. */
export class SpanList {
  #pairs: Int32Array;
  #length = 0;

  /** @param sizeHint  expected number of spans; more may come */
  constructor(sizeHint: number) {
    this.#pairs = new Int32Array(2 * sizeHint);
  }

  /** Appends [start, end). */
  push(start: number, end: number): void {
    if (this.#length + 2 > this.#pairs.length) this.#pairs = grown(this.#pairs, this.#length + 2);
    this.#pairs[this.#length++] = start;
    this.#pairs[this.#length++] = end;
  }

  /** Forgets the spans; the memory stays. */
  reset(): void {
    this.#length = 0;
  }

  /** Number of entries that there is room for. */
  get capacity(): number {
    return this.#pairs.length;
  }

  /** The spans so far, two entries each. */
  finish(): Int32Array {
    return this.#pairs.subarray(0, this.#length);
  }
}
