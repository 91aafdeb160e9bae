/** Tokens as they are found: ids, offset pairs and word numbers in arrays that grow. */
export class TokenSink {
  ids: Int32Array;
  /** Pairs (start, end), two entries a token. */
  offsets: Int32Array;
  wordIds: Int32Array;
  length = 0;
  /** Number of words begun so far: the word id of the next word. */
  wordCount = 0;

  /** @param sizeHint  expected number of tokens; more may come */
  constructor(sizeHint: number) {
    this.ids = new Int32Array(sizeHint);
    this.offsets = new Int32Array(2 * sizeHint);
    this.wordIds = new Int32Array(sizeHint);
  }

  /** Appends a token of the current word. */
  push(id: number, start: number, end: number): void {
    const at = this.length;
    if (at === this.ids.length) this.grow();
    this.ids[at] = id;
    this.offsets[2 * at] = start;
    this.offsets[2 * at + 1] = end;
    this.wordIds[at] = this.wordCount;
    this.length = at + 1;
  }

  /** Drops the tokens from `length` on: a word turned out to have no pieces. */
  truncate(length: number): void {
    this.length = length;
  }

  private grow(): void {
    const size = Math.max(16, 2 * this.ids.length);
    this.ids = resized(this.ids, size);
    this.offsets = resized(this.offsets, 2 * size);
    this.wordIds = resized(this.wordIds, size);
  }
}

function resized(array: Int32Array, length: number): Int32Array {
  const larger = new Int32Array(length);
  larger.set(array);
  return larger;
}
