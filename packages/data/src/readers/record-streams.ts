import { checkInteger } from '../errors.js';
import { placeOf, withPlace } from './place.js';

/** The first `count` records; what feeds them is closed then. */
export async function* take<T>(records: AsyncIterable<T>, count: number): AsyncGenerator<T> {
  checkInteger('take', 'count', count, 0);
  if (count === 0) return;
  let taken = 0;
  for await (const record of records) {
    yield record;
    if (++taken === count) return;
  }
}

/** All but the first `count` records. To go on in a file, `after` of its reader is faster. */
export async function* skip<T>(records: AsyncIterable<T>, count: number): AsyncGenerator<T> {
  checkInteger('skip', 'count', count, 0);
  let passed = 0;
  for await (const record of records) if (passed++ >= count) yield record;
}

/** What `convert` makes of each record, with the place of the record; undefined leaves it out. */
export async function* mapRecords<T, U>(
  records: AsyncIterable<T>,
  convert: (record: T, index: number) => U | undefined | Promise<U | undefined>,
): AsyncGenerator<U> {
  let index = 0;
  for await (const record of records) {
    const converted = await convert(record, index++);
    if (converted !== undefined) yield carryPlace(record, converted);
  }
}

function carryPlace<U>(record: unknown, converted: U): U {
  const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null;
  if (!isObject(record) || !isObject(converted) || !Object.isExtensible(converted)) return converted;
  return withPlace(converted, placeOf(converted) ?? placeOf(record));
}

/** Lists of `size` records; the last one may be shorter. */
export async function* batched<T>(records: AsyncIterable<T>, size: number): AsyncGenerator<readonly T[]> {
  checkInteger('batched', 'size', size, 1);
  let batch: T[] = [];
  for await (const record of records) {
    batch.push(record);
    if (batch.length < size) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}
