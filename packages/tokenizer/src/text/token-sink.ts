import { grown } from './growing-array.js';

/** A sink with more tokens than this is not kept for the next text. */
const mostKept = 1 << 20;

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
    if (at === this.ids.length) this.#grow();
    this.ids[at] = id;
    this.offsets[2 * at] = start;
    this.offsets[2 * at + 1] = end;
    this.wordIds[at] = this.wordCount;
    this.length = at + 1;
  }

  /** Forgets the tokens; the memory stays unless it is large. */
  reset(): void {
    this.length = 0;
    this.wordCount = 0;
    if (this.ids.length > mostKept) this.ids = this.offsets = this.wordIds = new Int32Array(0);
  }

  /** Drops the tokens from `length` on: a word turned out to have no pieces. */
  truncate(length: number): void {
    this.length = length;
  }

  #grow(): void {
    this.ids = grown(this.ids, 0);
    this.offsets = grown(this.offsets, 2 * this.ids.length);
    this.wordIds = grown(this.wordIds, this.ids.length);
  }
}
