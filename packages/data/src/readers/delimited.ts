import { CsvError, parse } from 'csv-parse/browser/esm/sync';
import { checkChoice, DataError, optionError, show } from '../errors.js';
import type { DataSource } from './data-file.js';
import { type LineFormat, type LineParser, lineRecords, type TextLine } from './line-records.js';
import { checkReaderOptions, MAX_LINE_BYTES, type ReaderOptions } from './reader-options.js';
import { FILE_START, type Position } from './place.js';
import { compileSchema, type RecordCheck, type RecordOf, type Schema } from './schema.js';

/** Options of `readCsv` and `readTsv`. */
export interface DelimitedOptions extends ReaderOptions {
  /** What parts fields: one character; default ',' for CSV and tab for TSV. */
  readonly delimiter?: string;
  /** What surrounds fields that hold delimiters or line ends; null: nothing does. Default '"' for CSV, null for TSV. */
  readonly quote?: '"' | "'" | null;
  /** What makes a quote within quotes plain: the quote doubled (default), or a backslash before it. */
  readonly escape?: 'doubled' | 'backslash';
  /** Names of the columns of a file without a header; default: the first line has them. */
  readonly columns?: readonly string[];
}

/** A row of text columns by their names. */
export type TextRow = Readonly<Record<string, string>>;

interface Dialect {
  readonly op: string;
  readonly delimiter: string;
  readonly quote: string | null;
  readonly escape: 'doubled' | 'backslash';
  readonly maxLineBytes: number;
}

const OPTIONS = ['delimiter', 'quote', 'escape', 'columns', 'schema'];

/**
 * Rows of comma-separated values (RFC 4180): quoted fields may hold commas, line ends and doubled quotes.
 * With a schema, fields are renamed, parsed and checked.
 * @throws DataError data-columns, data-quotes, and what the schema finds
 */
export function readCsv<S extends Schema>(
  source: DataSource,
  options: DelimitedOptions & { readonly schema: S },
): AsyncGenerator<RecordOf<S>>;
export function readCsv(source: DataSource, options?: DelimitedOptions): AsyncGenerator<TextRow>;
export function readCsv(
  source: DataSource,
  options: DelimitedOptions & { readonly schema?: Schema } = {},
): AsyncGenerator<object> {
  return readDelimited(source, { delimiter: ',', quote: '"', ...options, op: 'readCsv' });
}

/**
 * Rows of tab-separated values. Quotes are plain characters, as in the GLUE files; `quote: '"'` says otherwise.
 * @throws DataError data-columns, data-quotes, and what the schema finds
 */
export function readTsv<S extends Schema>(
  source: DataSource,
  options: DelimitedOptions & { readonly schema: S },
): AsyncGenerator<RecordOf<S>>;
export function readTsv(source: DataSource, options?: DelimitedOptions): AsyncGenerator<TextRow>;
export function readTsv(
  source: DataSource,
  options: DelimitedOptions & { readonly schema?: Schema } = {},
): AsyncGenerator<object> {
  return readDelimited(source, { delimiter: '\t', quote: null, ...options, op: 'readTsv' });
}

function readDelimited(
  source: DataSource,
  settings: DelimitedOptions & { readonly op: string; readonly schema?: Schema },
): AsyncGenerator<object> {
  const { op, ...options } = settings;
  const { delimiter = ',', quote = null, escape = 'doubled', columns, schema } = options;
  checkReaderOptions(op, options, OPTIONS);
  checkChoice(op, 'quote', quote, ['"', "'", null]);
  checkChoice(op, 'escape', escape, ['doubled', 'backslash']);
  if (delimiter.length !== 1 || delimiter === quote || /[\r\n]/.test(delimiter)) {
    throw optionError(
      op,
      'delimiter',
      `delimiter is ${show(delimiter)}, must be one character, no quote or line end`,
    );
  }
  const dialect: Dialect = {
    op,
    delimiter,
    quote,
    escape,
    maxLineBytes: options.maxLineBytes ?? MAX_LINE_BYTES,
  };
  const check = schema === undefined ? undefined : compileSchema(schema, { op, isText: true });
  if (columns !== undefined) checkColumns(op, columns);
  return lineRecords(source, { ...options, format: delimitedFormat(dialect, { columns, check }) });
}

function delimitedFormat(
  dialect: Dialect,
  options: { readonly columns?: readonly string[]; readonly check?: RecordCheck },
): LineFormat<object> {
  const { op } = dialect;
  const { check } = options;
  return {
    op,
    start: async ({ from, firstLine }) => {
      let names = options.columns;
      if (names === undefined && from.byte > FILE_START.byte) {
        const header = await firstLine(); // a header with line ends in quotes cannot be resumed behind
        names =
          header === undefined
            ? undefined
            : checkColumns(op, splitRows(dialect, [header.text])[0] ?? splitRow(dialect, header.text));
      }
      return rowParser(dialect, (fields) => {
        if (names !== undefined) return toRecord({ op, names, fields, check });
        names = checkColumns(op, fields);
        return undefined;
      });
    },
  };
}

/** A row whose quotes are all closed. */
interface ClosedRow {
  readonly text: string;
  readonly start: Position;
  readonly next: Position;
}

/** Joins lines until all quotes are closed, then splits them into fields, many rows at once. */
function rowParser(
  dialect: Dialect,
  finish: (fields: readonly string[]) => object | undefined,
): LineParser<object> {
  let closed: ClosedRow[] = [];
  let held: TextLine[] = [];
  let heldLength = 0;
  let isOpen = false;
  const close = (next: Position): undefined => {
    const inner = held.slice(0, -1).map(({ text, end }) => text + end); // line ends within quotes stay as they are
    closed.push({ text: [...inner, held.at(-1)!.text].join(''), start: held[0]!.start, next });
    [held, heldLength, isOpen] = [[], 0, false];
  };
  return {
    push(line) {
      if (held.length === 0 && line.text === '') return undefined;
      held.push(line);
      heldLength += line.text.length;
      if (countQuotes(dialect, line.text) % 2 === 1) isOpen = !isOpen;
      if (!isOpen) return close(line.next);
      if (heldLength <= dialect.maxLineBytes) return undefined;
      const opened = held[0]!;
      [held, heldLength, isOpen] = [[], 0, false];
      throw openQuote(dialect, opened);
    },
    end: (at) => (held.length === 0 ? undefined : close(at)),
    flush() {
      const rows = closed;
      closed = [];
      const fields = splitRows(
        dialect,
        rows.map(({ text }) => text),
      );
      return rows.map(({ text, start, next }, index) => () => {
        const record = atLine(start.line, () => finish(fields[index] ?? splitRow(dialect, text)));
        return record === undefined ? undefined : { records: [record], start, next };
      });
    },
  };
}

function openQuote({ op, maxLineBytes }: Dialect, { start }: TextLine): DataError {
  return new DataError({
    op,
    problem: `a quote is open for more than ${maxLineBytes} characters (maxLineBytes)`,
    line: start.line,
    page: 'data-quotes',
    remedy: 'a quote that is a plain character in this file. Read it with quote: null.',
  });
}

function countQuotes({ quote, escape }: Dialect, text: string): number {
  if (quote === null || !text.includes(quote)) return 0;
  const plain = escape === 'backslash' ? text.replace(/\\./g, '') : text;
  return plain.split(quote).length - 1;
}

/** The fields of many rows; undefined for rows to be split alone, which finds the faulty one among them. */
function splitRows(dialect: Dialect, rows: readonly string[]): readonly (readonly string[] | undefined)[] {
  const { delimiter, quote } = dialect;
  const quoted = rows.filter((row) => quote !== null && row.includes(quote));
  const parsed = quoted.length === 0 ? [] : parseQuoted(dialect, quoted.join('\n'));
  const isRight = !(parsed instanceof CsvError) && parsed.length === quoted.length;
  let next = 0;
  return rows.map((row) => {
    if (quote === null || !row.includes(quote)) return row.split(delimiter);
    return isRight ? parsed[next++] : undefined;
  });
}

function splitRow(dialect: Dialect, text: string): readonly string[] {
  const rows = parseQuoted(dialect, text);
  if (rows instanceof CsvError) throw quoteError(dialect.op, text, rows);
  if (rows.length !== 1) throw quoteError(dialect.op, text);
  return rows[0]!;
}

function parseQuoted({ delimiter, quote, escape }: Dialect, text: string): readonly string[][] | CsvError {
  try {
    return parse(text, {
      delimiter,
      quote,
      escape: escape === 'doubled' ? quote : '\\',
      record_delimiter: '\n',
      relax_column_count: true,
    });
  } catch (error) {
    if (error instanceof CsvError) return error;
    throw error;
  }
}

function quoteError(op: string, text: string, cause?: CsvError): DataError {
  const reasons: Readonly<Record<string, string>> = {
    CSV_INVALID_CLOSING_QUOTE: 'a character follows the closing quote of a field',
    INVALID_OPENING_QUOTE: 'a quote stands in the middle of a field that has none at its beginning',
    CSV_QUOTE_NOT_CLOSED: 'a quote is opened and not closed before the file ends',
  };
  return new DataError({
    op,
    problem: `${reasons[cause?.code ?? ''] ?? 'quotes do not match'}, in ${show(text)}`,
    page: 'data-quotes',
    remedy:
      'quotes that are plain characters in this file (then quote: null), or are not doubled within quotes.',
    cause,
  });
}

function checkColumns(op: string, names: readonly string[]): readonly string[] {
  const twice = names.find((name, index) => names.indexOf(name) < index);
  if (twice === undefined) return names;
  throw new DataError({
    op,
    problem: `the column ${show(twice)} is there twice, of ${names.map(show).join(', ')}`,
    field: twice,
    page: 'data-columns',
    remedy: 'a file without a header, whose first row was taken for one. Name its columns with `columns`.',
  });
}

function toRecord(row: {
  readonly op: string;
  readonly names: readonly string[];
  readonly fields: readonly string[];
  readonly check?: RecordCheck;
}): object {
  const { op, names, fields, check } = row;
  if (fields.length !== names.length) {
    throw new DataError({
      op,
      problem: `the row has ${fields.length} fields, ${names.length} are needed (${names.join(', ')})`,
      page: 'data-columns',
      remedy:
        'another delimiter, a delimiter within a field without quotes, or quotes that are plain characters.',
    });
  }
  const record: Record<string, string> = {};
  for (const [index, name] of names.entries()) record[name] = fields[index]!;
  return check === undefined ? record : check(record);
}

function atLine<T>(line: number, body: () => T): T {
  try {
    return body();
  } catch (error) {
    if (error instanceof DataError && error.line === undefined) throw new DataError({ ...error.facts, line });
    throw error;
  }
}
