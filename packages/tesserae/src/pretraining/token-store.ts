/** Rows of ids of any length, in one growing array. */
export class TokenStore {
  #ids = new Int32Array(1 << 16);
  #length = 0;
  readonly #ends: number[] = [];

  /** Rows in the store. */
  get size(): number {
    return this.#ends.length;
  }

  /** Ids of all rows together. */
  get numTokens(): number {
    return this.#length;
  }

  /** Adds a row. */
  push(row: ArrayLike<number>): void {
    const needed = this.#length + row.length;
    if (needed > this.#ids.length) {
      const larger = new Int32Array(Math.max(needed, 2 * this.#ids.length));
      larger.set(this.#ids.subarray(0, this.#length));
      this.#ids = larger;
    }
    this.#ids.set(row, this.#length);
    this.#length = needed;
    this.#ends.push(needed);
  }

  /** The ids of a row; they must not be written. */
  row(index: number): Int32Array {
    return this.#ids.subarray(index === 0 ? 0 : this.#ends[index - 1]!, this.#ends[index]!);
  }

  /** Ids of all rows joined, from one place to another. */
  slice(start: number, end: number): Int32Array {
    return this.#ids.subarray(start, Math.min(end, this.#length));
  }
}
