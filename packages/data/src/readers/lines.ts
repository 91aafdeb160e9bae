import { DataError } from '../errors.js';
import { joinBytes, type LineDecoder, openContent } from './content.js';
import type { DataFile } from './data-file.js';
import type { Position } from './place.js';
import { MAX_LINE_BYTES, type ReaderOptions } from './reader-options.js';

/** What ends a line; nothing, at the end of the file. */
export type LineEnd = '\n' | '\r\n' | '';

/** A line, not yet decoded. */
export interface RawLine {
  /** Without the line end. */
  readonly bytes: Uint8Array;
  readonly end: LineEnd;
  readonly start: Position;
  readonly next: Position;
}

/** Lines that came together, and how to decode them. */
export interface LineBatch {
  readonly lines: readonly RawLine[];
  readonly decode: LineDecoder;
}

interface LineOptions extends ReaderOptions {
  readonly op: string;
  readonly from: Position;
}

const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;

/**
 * The lines of a file, ended by LF or CR LF; the last one needs no end. They come in batches, because a promise for
 * each line would cost more than the line.
 * @throws DataError (data-line-length) as soon as a line is longer than allowed, without holding it
 */
export async function* lineBatches(file: DataFile, options: LineOptions): AsyncGenerator<LineBatch> {
  const { op, from, maxLineBytes = MAX_LINE_BYTES, signal } = options;
  const content = await openContent({ ...options, file, startByte: from.byte });
  const splitter = createSplitter({ op, file, maxLineBytes, byte: content.byte, line: from.line });
  for await (const chunk of content.chunks) {
    signal?.throwIfAborted();
    const lines = splitter.push(chunk);
    if (lines.length > 0) yield { lines, decode: content.decode };
  }
  const last = splitter.end();
  if (last !== undefined) yield { lines: [last], decode: content.decode };
}

interface SplitterOptions {
  readonly op: string;
  readonly file: DataFile;
  readonly maxLineBytes: number;
  readonly byte: number;
  readonly line: number;
}

function createSplitter(options: SplitterOptions): {
  push(chunk: Uint8Array): RawLine[];
  end(): RawLine | undefined;
} {
  const { maxLineBytes } = options;
  let { byte, line } = options;
  let held: Uint8Array[] = []; // the beginning of a line whose end has not come yet
  let heldBytes = 0;

  const take = (tail: Uint8Array, endBytes: number): RawLine => {
    const whole = held.length === 0 ? tail : joinBytes([...held, tail]);
    if (whole.length > maxLineBytes) throw longLine(options, line);
    const start = { byte, line, skip: 0 };
    byte += whole.length + endBytes;
    line++;
    held = [];
    heldBytes = 0;
    return { ...withoutReturn(whole, endBytes), start, next: { byte, line, skip: 0 } };
  };

  return {
    push(chunk) {
      const lines: RawLine[] = [];
      let start = 0;
      for (let end = chunk.indexOf(LINE_FEED); end >= 0; end = chunk.indexOf(LINE_FEED, start)) {
        lines.push(take(chunk.subarray(start, end), 1));
        start = end + 1;
      }
      if (start === chunk.length) return lines;
      held.push(chunk.subarray(start));
      heldBytes += chunk.length - start;
      if (heldBytes > maxLineBytes) throw longLine(options, line);
      return lines;
    },
    end: () => (heldBytes > 0 ? take(new Uint8Array(0), 0) : undefined),
  };
}

function withoutReturn(whole: Uint8Array, endBytes: number): Pick<RawLine, 'bytes' | 'end'> {
  if (endBytes === 0) return { bytes: whole, end: '' };
  if (whole.at(-1) !== CARRIAGE_RETURN) return { bytes: whole, end: '\n' };
  return { bytes: whole.subarray(0, -1), end: '\r\n' };
}

function longLine({ op, file, maxLineBytes }: SplitterOptions, line: number): DataError {
  return new DataError({
    op,
    problem: `the line is longer than ${maxLineBytes} bytes (maxLineBytes)`,
    file: file.name,
    line,
    page: 'data-line-length',
    remedy:
      'a file without line ends (binary, or one JSON document), or another format. If the line is right, raise maxLineBytes.',
  });
}

/**
 * The text of a line.
 * @throws DataError (data-encoding) with the offset of the first invalid byte; file and line are added by the caller
 */
export function decodeLine(op: string, line: RawLine, decode: LineDecoder): string {
  try {
    return decode(line.bytes);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    const index = invalidByte(line.bytes, decode);
    const shown = line.bytes[index]?.toString(16).padStart(2, '0');
    throw new DataError({
      op,
      problem: `byte 0x${shown} at offset ${line.start.byte + index} is invalid in this encoding`,
      page: 'data-encoding',
      remedy:
        "a file of another encoding, or several joined into one. Say `encoding` (such as 'latin1'), convert the file, or accept U+FFFD with invalidBytes: 'replace'.",
      cause: error,
    });
  }
}

/** Index of the byte at which decoding fails: the longest prefix that decodes, found by halving, ends before it. */
function invalidByte(bytes: Uint8Array, decode: LineDecoder): number {
  const decodes = (length: number): boolean => {
    try {
      decode(bytes.subarray(0, length));
      return true;
    } catch {
      return false;
    }
  };
  let good = 0;
  let bad = bytes.length;
  while (bad - good > 1) {
    const middle = (good + bad) >> 1;
    // a prefix may end within a character: then the next ones, up to its longest length, decide
    const isGood = [0, 1, 2, 3].some((more) => middle + more < bad && decodes(middle + more));
    if (isGood) good = middle;
    else bad = middle;
  }
  return good;
}
