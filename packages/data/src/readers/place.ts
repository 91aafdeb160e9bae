/** Where reading goes on; counted in what was decompressed, so it means the same for `x.jsonl` and `x.jsonl.gz`. */
export interface Position {
  /** Byte offset. */
  readonly byte: number;
  /** Line that begins there, from 1. */
  readonly line: number;
  /** Records that were already read from there. */
  readonly skip: number;
}

/** Where a record stands. Plain data: saved with a checkpoint, it continues the reading (`after`). */
export interface Place {
  /** Name of the file, as errors call it. */
  readonly file: string;
  /** Index of the file among those that are read. */
  readonly fileIndex: number;
  /** Line on which the record begins, from 1; absent in files without lines. */
  readonly line?: number;
  /** What comes after the record. */
  readonly next: Position;
}

const PLACE = Symbol('place');

/** The beginning of a file. */
export const FILE_START: Position = { byte: 0, line: 1, skip: 0 };

/**
 * The place of a record, if a reader of this package made it and it was not copied since.
 * @see withPlace, which carries a place over to what was made of a record
 */
export function placeOf(record: object): Place | undefined {
  return (record as { readonly [PLACE]?: Place })[PLACE];
}

/** Gives `record` a place, invisible to spreads, JSON and comparisons; returns the same object. */
export function withPlace<T extends object>(record: T, place: Place | undefined): T {
  if (place === undefined) return record;
  return Object.defineProperty(record, PLACE, { value: place, configurable: true });
}
