import { DataError } from '../errors.js';
import { joinBytes, openContent } from './content.js';
import { type DataFile, type DataSource, filesOf } from './data-file.js';
import { checkCount, filesAfter, placedError } from './line-records.js';
import { FILE_START, withPlace } from './place.js';
import type { ReaderOptions } from './reader-options.js';

/** How the records of a JSON document are found. */
interface DocumentFormat<T> {
  readonly op: string;
  /** Each record as a function that makes it, so that one bad record does not end the reading. */
  records(document: unknown): Iterable<() => T>;
}

/** The largest document: it is held in memory as a whole, and strings of JavaScript end near 512 MiB. */
const MAX_DOCUMENT_BYTES = 500 * 2 ** 20;

/**
 * Records of files that are one JSON document each.
 * @throws DataError data-json, data-encoding, and what `format.records` throws, with the file
 */
export async function* documentRecords<T extends object>(
  source: DataSource,
  options: ReaderOptions & { readonly format: DocumentFormat<T> },
): AsyncGenerator<T> {
  const { format, after, onInvalid, allowEmpty = false, signal } = options;
  const { op } = format;
  const files = filesOf(source);
  let count = 0;
  for (const { file, fileIndex, from } of filesAfter(files, { op, after })) {
    const document = await readDocument(file, { ...options, op });
    let index = 0;
    for (const make of recordsIn(file, format, document)) {
      signal?.throwIfAborted();
      if (index++ < from.skip) continue;
      try {
        const record = make();
        count++;
        yield withPlace(record, { file: file.name, fileIndex, next: { ...FILE_START, skip: index } });
      } catch (error) {
        const placed = placedError(error, { file });
        if (onInvalid === undefined || !(placed instanceof DataError)) throw placed;
        onInvalid(placed);
      }
    }
  }
  checkCount({ op, files, count, isEmptyAllowed: allowEmpty || after !== undefined });
}

function* recordsIn<T>(file: DataFile, format: DocumentFormat<T>, document: unknown): Generator<() => T> {
  try {
    yield* format.records(document);
  } catch (error) {
    throw placedError(error, { file });
  }
}

async function readDocument(
  file: DataFile,
  options: ReaderOptions & { readonly op: string },
): Promise<unknown> {
  const { op, signal } = options;
  const content = await openContent({ ...options, file, startByte: 0 });
  const parts: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of content.chunks) {
    signal?.throwIfAborted();
    length += chunk.length;
    if (length > MAX_DOCUMENT_BYTES) throw tooLarge(op, file);
    parts.push(chunk);
  }
  try {
    return JSON.parse(content.decode(joinBytes(parts)));
  } catch (error) {
    throw new DataError({
      op,
      problem:
        error instanceof SyntaxError
          ? `the file is no JSON: ${error.message}`
          : 'the file has invalid bytes for its encoding',
      file: file.name,
      page: error instanceof SyntaxError ? 'data-json' : 'data-encoding',
      remedy: 'a file that was cut off, has another encoding, or is JSON lines (one object a line).',
      cause: error,
    });
  }
}

function tooLarge(op: string, file: DataFile): DataError {
  return new DataError({
    op,
    problem: `the JSON document is larger than ${MAX_DOCUMENT_BYTES} bytes`,
    file: file.name,
    page: 'data-line-length',
    remedy: 'a JSON document is held in memory. Write it as JSON lines, one record a line.',
  });
}
