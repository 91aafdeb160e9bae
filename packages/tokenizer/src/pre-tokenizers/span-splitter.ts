import type { SpanList } from '../text/span-list.js';

/** What becomes of a delimiter between words. */
export type DelimiterBehavior =
  'Removed' | 'Isolated' | 'MergedWithPrevious' | 'MergedWithNext' | 'Contiguous';

/** Every behaviour, as files spell them. */
export const delimiterBehaviors: readonly DelimiterBehavior[] = [
  'Removed',
  'Isolated',
  'MergedWithPrevious',
  'MergedWithNext',
  'Contiguous',
];

/** Takes the delimiters of words and what is between them, from left to right, and makes the new words. */
export class SpanSplitter {
  private start = 0;
  /** End of the word in the making, -1 for none. */
  private end = -1;
  private endsInDelimiter = false;

  constructor(
    private readonly behavior: DelimiterBehavior,
    /** Where the new words go. */
    private readonly cuts: SpanList,
  ) {}

  /** Takes a delimiter, which begins where the stretch before ended. It may be empty. */
  addDelimiter(start: number, end: number): void {
    if (this.behavior === 'Removed') return;
    this.extend(start, end, this.endsInDelimiter ? 'Contiguous' : 'MergedWithPrevious');
    this.endsInDelimiter = true;
  }

  /** Takes a stretch between delimiters. */
  addRest(start: number, end: number): void {
    this.extend(start, end, this.endsInDelimiter ? 'MergedWithNext' : 'Contiguous');
    this.endsInDelimiter = false;
  }

  /** The next stretch belongs to another word. */
  endWord(): void {
    if (this.start < this.end) this.cuts.push(this.start, this.end);
    this.end = -1;
    this.endsInDelimiter = false;
  }

  /** The new words. */
  finish(): Int32Array {
    return this.cuts.finish();
  }

  /** Joins the stretch to the word in the making under one behaviour, and begins a new one under the others. */
  private extend(start: number, end: number, joining: DelimiterBehavior): void {
    if (this.behavior !== joining || this.end < 0) {
      this.endWord();
      this.start = start;
    }
    this.end = end;
  }
}
