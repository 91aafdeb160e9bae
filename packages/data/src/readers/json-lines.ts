import { DataError, show } from '../errors.js';
import type { DataSource } from './data-file.js';
import { lineRecords, linewise, type TextLine } from './line-records.js';
import { checkReaderOptions, type ReaderOptions } from './reader-options.js';
import { compileSchema, type RecordOf, type Schema } from './schema.js';

/** A JSON object as it stands in a file. */
export type JsonRecord = Readonly<Record<string, unknown>>;

/** Options of `readJsonLines` with a schema. */
export interface SchemaReaderOptions<S extends Schema> extends ReaderOptions {
  /** The fields that records have; others are left out. Without it, records are as in the file, unchecked. */
  readonly schema: S;
}

/**
 * Records of JSON lines (`.jsonl`, `.ndjson`): one JSON object a line; blank lines are passed over.
 * @throws DataError data-json, and what the schema finds: data-field-missing, data-field-type, data-label
 */
export function readJsonLines<S extends Schema>(
  source: DataSource,
  options: SchemaReaderOptions<S>,
): AsyncGenerator<RecordOf<S>>;
export function readJsonLines(source: DataSource, options?: ReaderOptions): AsyncGenerator<JsonRecord>;
export function readJsonLines(
  source: DataSource,
  options: ReaderOptions & { readonly schema?: Schema } = {},
): AsyncGenerator<object> {
  const op = 'readJsonLines';
  checkReaderOptions(op, options, ['schema']);
  const check = options.schema === undefined ? undefined : compileSchema(options.schema, { op });
  const parse = (line: TextLine): object | undefined => {
    const raw = parseJsonObject(op, line.text);
    return raw === undefined || check === undefined ? raw : check(raw);
  };
  return lineRecords(source, { ...options, format: { op, start: () => linewise(parse) } });
}

/**
 * The JSON object in a line; undefined for a blank line.
 * @throws DataError (data-json)
 */
export function parseJsonObject(op: string, text: string): JsonRecord | undefined {
  if (text.trim() === '') return undefined;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new DataError({
      op,
      problem: `${show(text)} is no JSON: ${(error as Error).message}`,
      page: 'data-json',
      remedy: jsonRemedy(text),
      cause: error,
    });
  }
  if (value !== null && typeof value === 'object' && !Array.isArray(value)) return value as JsonRecord;
  throw new DataError({
    op,
    problem: `${show(text)} is no JSON object`,
    page: 'data-json',
    remedy: 'another format. In JSON lines, each line is an object: {"text": "…"}.',
  });
}

function jsonRemedy(text: string): string {
  if (/\b(NaN|-?Infinity)\b/.test(text))
    return 'Python writes NaN and Infinity, which JSON does not have. Write null.';
  if (/^\s*\{\s*'/.test(text))
    return 'single quotes, as Python prints dictionaries. Write lines with json.dumps.';
  if (/^\s*[[{]\s*$/.test(text)) return 'one JSON document over several lines. Write one object a line.';
  return 'a line that was cut off, or a file of another format.';
}
