import type { FileMetaData } from 'hyparquet';
import { parquetMetadataAsync, parquetReadObjects, parquetSchema } from 'hyparquet/src/index.js';
import { checkChoice, checkOptions, DataError, show } from '../errors.js';
import { type DataFile, type DataSource, filesOf } from './data-file.js';
import type { JsonRecord } from './json-lines.js';
import { checkCount, filesAfter, placedError } from './line-records.js';
import { openParquet, PARQUET_PARSERS, type ParquetBytes, parquetFailure } from './parquet-file.js';
import { type BigIntegers, decimalScales, plainRow } from './parquet-values.js';
import { FILE_START, withPlace } from './place.js';
import type { ReaderOptions } from './reader-options.js';
import { compileSchema, type FieldSpec, type RecordCheck, type RecordOf, type Schema } from './schema.js';

/** Options of `readParquet`. */
export interface ParquetOptions extends Pick<ReaderOptions, 'after' | 'allowEmpty' | 'onInvalid' | 'signal'> {
  /** Columns to read; others are not even fetched. Default: those of the schema, else all. */
  readonly columns?: readonly string[];
  /** Integers beyond 2^53: an error (default), or their decimal digits as text. */
  readonly bigIntegers?: BigIntegers;
}

const OP = 'readParquet';
const OPTIONS = ['columns', 'bigIntegers', 'schema', 'after', 'allowEmpty', 'onInvalid', 'signal'];

/**
 * Rows of Parquet files (snappy, zstd, gzip, brotli, lz4), read by range, one row group in memory at a time.
 * Values are plain: 64-bit integers become numbers, decimals numbers, timestamps and dates ISO texts, lists arrays,
 * structs objects; null stays null, and bytes without a text type are a Uint8Array.
 * @throws DataError data-parquet, data-parquet-integer, and what the schema finds
 */
export function readParquet<S extends Schema>(
  source: DataSource,
  options: ParquetOptions & { readonly schema: S },
): AsyncGenerator<RecordOf<S>>;
export function readParquet(source: DataSource, options?: ParquetOptions): AsyncGenerator<JsonRecord>;
export function readParquet(
  source: DataSource,
  options: ParquetOptions & { readonly schema?: Schema } = {},
): AsyncGenerator<object> {
  checkOptions(OP, options, OPTIONS);
  checkChoice(OP, 'bigIntegers', options.bigIntegers, ['error', 'text']);
  const { schema } = options;
  const check = schema === undefined ? undefined : compileSchema(schema, { op: OP });
  return parquetRows(source, { ...options, columns: options.columns ?? schemaColumns(schema), check });
}

interface RowOptions extends ParquetOptions {
  readonly check?: RecordCheck;
}

function schemaColumns(schema: Schema | undefined): readonly string[] | undefined {
  if (schema === undefined) return undefined;
  return Object.entries(schema).map(([name, spec]) => (spec as Partial<FieldSpec>).from ?? name);
}

async function* parquetRows(source: DataSource, options: RowOptions): AsyncGenerator<object> {
  const { after, allowEmpty = false } = options;
  const files = filesOf(source);
  let count = 0;
  for (const { file, fileIndex, from } of filesAfter(files, { op: OP, after })) {
    for await (const { row, record } of fileRows(file, { ...options, firstRow: from.skip })) {
      count++;
      yield withPlace(record, { file: file.name, fileIndex, next: { ...FILE_START, skip: row + 1 } });
    }
  }
  checkCount({ op: OP, files, count, isEmptyAllowed: allowEmpty || after !== undefined });
}

async function* fileRows(
  file: DataFile,
  options: RowOptions & { readonly firstRow: number },
): AsyncGenerator<{ readonly row: number; readonly record: object }> {
  const { firstRow, signal } = options;
  const bytes = await openParquet(OP, { file, signal });
  const metadata = await readMetadata(file, bytes);
  const columns = knownColumns(file, metadata, options);
  const scales = decimalScales(metadata);
  let groupStart = 0;
  for (const group of metadata.row_groups) {
    signal?.throwIfAborted();
    const rowEnd = groupStart + Number(group.num_rows);
    const rowStart = Math.max(groupStart, firstRow);
    groupStart = rowEnd;
    if (rowStart >= rowEnd) continue;
    const rows = await readGroup({ file, bytes, metadata, columns }, { rowStart, rowEnd });
    for (const [index, raw] of rows.entries()) {
      const row = rowStart + index;
      const record = toRecord(raw, { ...options, file, row, scales });
      if (record !== undefined) yield { row, record };
    }
  }
}

async function readMetadata(file: DataFile, bytes: ParquetBytes): Promise<FileMetaData> {
  try {
    return await parquetMetadataAsync(bytes, { parsers: PARQUET_PARSERS });
  } catch (error) {
    throw parquetFailure(OP, { file, what: 'the footer cannot be read', error });
  }
}

async function readGroup(
  from: {
    readonly file: DataFile;
    readonly bytes: ParquetBytes;
    readonly metadata: FileMetaData;
    readonly columns: readonly string[] | undefined;
  },
  range: { readonly rowStart: number; readonly rowEnd: number },
): Promise<readonly Readonly<Record<string, unknown>>[]> {
  const { file, bytes, metadata, columns } = from;
  const { compressors } = await import('hyparquet-compressors'); // WebAssembly: loaded when it is needed only
  let rows: readonly Readonly<Record<string, unknown>>[];
  try {
    rows = await parquetReadObjects({
      file: bytes,
      metadata,
      ...range,
      ...(columns === undefined ? {} : { columns: [...columns] }),
      compressors,
      parsers: PARQUET_PARSERS,
      utf8: false,
    });
  } catch (error) {
    throw parquetFailure(OP, {
      file,
      what: `rows ${range.rowStart} to ${range.rowEnd - 1} cannot be read`,
      error,
    });
  }
  if (rows.length === range.rowEnd - range.rowStart) return rows;
  const what = `rows ${range.rowStart} to ${range.rowEnd - 1} are promised, ${rows.length} are there`;
  throw parquetFailure(OP, { file, what });
}

function knownColumns(
  file: DataFile,
  metadata: FileMetaData,
  options: RowOptions,
): readonly string[] | undefined {
  const { columns } = options;
  const names = parquetSchema(metadata).children.map(({ element }) => element.name);
  const isStrict = options.check === undefined;
  const unknown = columns?.find((name) => !names.includes(name));
  if (unknown !== undefined && isStrict) {
    throw new DataError({
      op: OP,
      problem: `there is no column ${show(unknown)}; the columns are ${names.map(show).join(', ')}`,
      file: file.name,
      field: unknown,
      page: 'data-field-missing',
      remedy: 'another name in this file.',
    });
  }
  // with a schema a missing column is reported by its check, which knows whether it is optional
  return columns?.filter((name) => names.includes(name));
}

function toRecord(
  raw: Readonly<Record<string, unknown>>,
  options: RowOptions & {
    readonly file: DataFile;
    readonly row: number;
    readonly scales: ReadonlyMap<string, number>;
  },
): object | undefined {
  const { file, row, scales, check, onInvalid, bigIntegers = 'error' } = options;
  try {
    const plain = plainRow(raw, { op: OP, bigIntegers, scales });
    return check === undefined ? plain : check(plain);
  } catch (error) {
    const placed = placedError(error, { file, place: `row ${row}` });
    if (onInvalid === undefined || !(placed instanceof DataError)) throw placed;
    onInvalid(placed);
    return undefined;
  }
}
