import { DataError } from '../errors.js';
import { type DataFile, type DataSource, filesOf } from './data-file.js';
import { decodeLine, type LineBatch, lineBatches, type LineEnd, type RawLine } from './lines.js';
import { FILE_START, type Place, type Position, withPlace } from './place.js';
import type { ReaderOptions } from './reader-options.js';

/** A decoded line and where it stands. */
export interface TextLine {
  readonly text: string;
  readonly end: LineEnd;
  readonly start: Position;
  readonly next: Position;
}

/** Records that were completed together. */
export interface Parsed<T> {
  readonly records: readonly T[];
  /** Where a fresh parser would begin to find the same records. */
  readonly start: Position;
  /** Where the rest begins. */
  readonly next: Position;
}

/** Turns the lines of one file into records. When it throws, it has dropped what it could not read. */
export interface LineParser<T> {
  /** Takes a line; returns what that completes. */
  push(line: TextLine): Parsed<T> | undefined;
  /** Takes the end of the file. */
  end?(at: Position): Parsed<T> | undefined;
  /** Called after some lines, and after the end: what else they complete, for formats that are faster on many lines. */
  flush?(): readonly (() => Parsed<T> | undefined)[];
}

/** How a format is read. */
export interface LineFormat<T> {
  readonly op: string;
  /**
   * A parser for one file. `firstLine` gives the file's first line, without consuming it, for formats with a header.
   */
  start(context: {
    readonly file: DataFile;
    readonly from: Position;
    firstLine(): Promise<TextLine | undefined>;
  }): LineParser<T> | Promise<LineParser<T>>;
}

/**
 * Records of a format that is read line by line, each with its place.
 * @throws DataError with file and line; data-empty when there is no record
 */
export async function* lineRecords<T extends object>(
  source: DataSource,
  options: ReaderOptions & { readonly format: LineFormat<T> },
): AsyncGenerator<T> {
  const { format, after, allowEmpty = false } = options;
  const files = filesOf(source);
  let count = 0;
  for (const { file, fileIndex, from } of filesAfter(files, { op: format.op, after })) {
    for await (const batch of fileRecords(file, { ...options, from })) {
      for (const parsed of batch) {
        const read = isSamePlace(parsed.start, from) ? from.skip : 0;
        for (let index = read; index < parsed.records.length; index++) {
          count++;
          yield withPlace(parsed.records[index]!, placeIn({ file, fileIndex, parsed, index }));
        }
      }
    }
  }
  checkCount({ op: format.op, files, count, isEmptyAllowed: allowEmpty || after !== undefined });
}

/**
 * The files still to be read behind a place, and where to begin in each.
 * @throws DataError (data-place) when the place is of other files
 */
export function filesAfter(
  files: readonly DataFile[],
  options: { readonly op: string; readonly after?: Place },
): readonly { readonly file: DataFile; readonly fileIndex: number; readonly from: Position }[] {
  const { op, after } = options;
  const all = files.map((file, fileIndex) => ({ file, fileIndex, from: FILE_START }));
  if (after === undefined) return all;
  const current = files[after.fileIndex];
  if (current?.name !== after.file) {
    throw new DataError({
      op,
      problem: `cannot go on after a record of '${after.file}', file ${after.fileIndex}: there is '${current?.name ?? 'nothing'}'`,
      field: 'after',
      page: 'data-place',
      remedy: 'other files, or another order, than when the place was saved.',
    });
  }
  return all
    .slice(after.fileIndex)
    .map((entry, index) => (index === 0 ? { ...entry, from: after.next } : entry));
}

/**
 * Complains when nothing was read.
 * @throws DataError (data-empty)
 */
export function checkCount(facts: {
  readonly op: string;
  readonly files: readonly DataFile[];
  readonly count: number;
  readonly isEmptyAllowed: boolean;
}): void {
  const { op, files, count, isEmptyAllowed } = facts;
  if (count > 0 || isEmptyAllowed) return;
  throw new DataError({
    op,
    problem: files.length === 0 ? 'there is no file to read' : 'there is no record in it',
    ...(files.length === 0
      ? {}
      : {
          file: files
            .map((file) => file.name)
            .slice(0, 3)
            .join(', '),
        }),
    page: 'data-empty',
    remedy: 'an empty file, or one with a header only. If that is right, pass allowEmpty: true.',
  });
}

function isSamePlace(a: Position, b: Position): boolean {
  return a.byte === b.byte && a.line === b.line;
}

function placeIn<T>(facts: {
  readonly file: DataFile;
  readonly fileIndex: number;
  readonly parsed: Parsed<T>;
  readonly index: number;
}): Place {
  const { file, fileIndex, parsed, index } = facts;
  const isLast = index === parsed.records.length - 1;
  return {
    file: file.name,
    fileIndex,
    line: parsed.start.line,
    next: isLast ? parsed.next : { ...parsed.start, skip: index + 1 },
  };
}

/** Records as they come, in batches: a promise for each would cost more than the record. */
async function* fileRecords<T extends object>(
  file: DataFile,
  options: ReaderOptions & { readonly format: LineFormat<T>; readonly from: Position },
): AsyncGenerator<readonly Parsed<T>[]> {
  const { format, from, onInvalid } = options;
  const { op } = format;
  const firstLine = () => readFirstLine(file, { ...options, op });
  const parser = await format.start({ file, from, firstLine });
  let at = from;
  let parsed: Parsed<T>[] = [];
  const attempt = (parse: () => Parsed<T> | undefined): void => {
    try {
      const found = parse();
      if (found !== undefined) parsed.push(found);
    } catch (error) {
      const placed = placedError(error, { file, line: at.line });
      if (onInvalid === undefined || !(placed instanceof DataError)) throw placed;
      onInvalid(placed);
    }
  };
  const parseAll = (batch: LineBatch | undefined): void => {
    parsed = [];
    for (const raw of batch?.lines ?? []) {
      at = raw.start;
      attempt(() => parser.push(decoded(op, raw, batch!.decode)));
      at = raw.next;
    }
    if (batch === undefined) attempt(() => parser.end?.(at));
    for (const found of parser.flush?.() ?? []) attempt(found);
  };
  for await (const batch of withEnd(lineBatches(file, { ...options, op, from }))) {
    const failure = failureOf(() => parseAll(batch));
    yield parsed; // what came before the failure is delivered
    if (failure !== undefined) throw failure.error;
  }
}

/** The batches, and undefined after the last. */
async function* withEnd<T>(batches: AsyncIterable<T>): AsyncGenerator<T | undefined> {
  yield* batches;
  yield undefined;
}

function failureOf(body: () => void): { readonly error: unknown } | undefined {
  try {
    body();
    return undefined;
  } catch (error) {
    return { error };
  }
}

function decoded(op: string, raw: RawLine, decode: (bytes: Uint8Array) => string): TextLine {
  return { text: decodeLine(op, raw, decode), end: raw.end, start: raw.start, next: raw.next };
}

async function readFirstLine(
  file: DataFile,
  options: ReaderOptions & { readonly op: string },
): Promise<TextLine | undefined> {
  for await (const { lines, decode } of lineBatches(file, { ...options, from: FILE_START })) {
    return decoded(options.op, lines[0]!, decode);
  }
  return undefined;
}

/** The error with file and line, or another place, added where it does not say so itself. */
export function placedError(
  error: unknown,
  where: { readonly file: DataFile; readonly line?: number; readonly place?: string },
): unknown {
  if (!(error instanceof DataError) || error.file !== undefined) return error;
  const line = error.line ?? where.line;
  const place = error.place ?? where.place;
  return new DataError({ ...error.facts, file: where.file.name, line, place });
}

/** A format in which every line is a record of its own, or none. */
export function linewise<T>(parse: (line: TextLine) => T | undefined): LineParser<T> {
  return {
    push(line) {
      const record = parse(line);
      return record === undefined ? undefined : { records: [record], start: line.start, next: line.next };
    },
  };
}
