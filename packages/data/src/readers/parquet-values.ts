import type { FileMetaData } from 'hyparquet';
import { parquetSchema } from 'hyparquet/src/index.js';
import { DataError } from '../errors.js';
import type { JsonRecord } from './json-lines.js';

/** What becomes of integers that a number cannot hold. */
export type BigIntegers = 'error' | 'text';

interface PlainOptions {
  readonly op: string;
  readonly bigIntegers: BigIntegers;
  /** Digits after the point of columns that are decimals. */
  readonly scales: ReadonlyMap<string, number>;
}

/** Digits after the point of the decimal columns: the library multiplies by 0.01, which leaves 0.5700000000000001. */
export function decimalScales(metadata: FileMetaData): ReadonlyMap<string, number> {
  const columns = parquetSchema(metadata).children.map(({ element }) => element);
  const decimals = columns.filter(({ converted_type: type }) => type === 'DECIMAL');
  return new Map(decimals.map(({ name, scale = 0 }) => [name, scale]));
}

/**
 * A row with plain values only.
 * @throws DataError (data-parquet-integer)
 */
export function plainRow(row: Readonly<Record<string, unknown>>, options: PlainOptions): JsonRecord {
  return Object.fromEntries(
    Object.entries(row).map(([name, value]) => {
      const scale = options.scales.get(name);
      const isDecimal = scale !== undefined && typeof value === 'number';
      return [
        name,
        isDecimal ? Number(value.toFixed(scale)) : plainValue(value, { ...options, field: name }),
      ];
    }),
  );
}

function plainValue(value: unknown, options: PlainOptions & { readonly field: string }): unknown {
  if (value === undefined) return null;
  if (typeof value === 'bigint') return plainInteger(value, options);
  if (value instanceof Uint8Array) return value;
  if (Array.isArray(value)) return value.map((entry) => plainValue(entry, options));
  if (ArrayBuffer.isView(value))
    return Array.from(value as unknown as ArrayLike<unknown>, (entry) => plainValue(entry, options));
  if (value !== null && typeof value === 'object') {
    return Object.fromEntries(
      Object.entries(value).map(([name, member]) => [name, plainValue(member, options)]),
    );
  }
  return value;
}

function plainInteger(
  value: bigint,
  { op, bigIntegers, field }: PlainOptions & { readonly field: string },
): number | string {
  const number = Number(value);
  if (Number.isSafeInteger(number)) return number;
  if (bigIntegers === 'text') return String(value);
  throw new DataError({
    op,
    problem: `the integer ${value} is beyond what a number holds exactly (2^53)`,
    field,
    page: 'data-parquet-integer',
    remedy:
      "an id or a hash. Read it as text with bigIntegers: 'text', or leave the column out with `columns`.",
  });
}
