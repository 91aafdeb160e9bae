import { DataError } from '../errors.js';
import type { JsonRecord } from './json-lines.js';

/** What becomes of integers that a number cannot hold. */
export type BigIntegers = 'error' | 'text';

interface PlainOptions {
  readonly op: string;
  readonly bigIntegers: BigIntegers;
}

/**
 * A row with plain values only.
 * @throws DataError (data-parquet-integer)
 */
export function plainRow(row: Readonly<Record<string, unknown>>, options: PlainOptions): JsonRecord {
  return Object.fromEntries(
    Object.entries(row).map(([name, value]) => [name, plainValue(value, { ...options, field: name })]),
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
