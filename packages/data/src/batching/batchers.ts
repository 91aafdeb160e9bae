import { checkInteger, checkOptions, DataError, optionError } from '../errors.js';
import { fromJson, toJson, type Json, type Stage } from './stage.js';

/** Options that all batchers share. */
interface BatcherOptions {
  /** Leaves out a last batch that is not full. Default false. */
  readonly dropRemainder?: boolean;
  /** State to go on from. */
  readonly from?: Json;
}

interface BatcherState<T> {
  readonly waiting: T[][];
  readonly ready: (readonly T[])[];
}

function restored<T>(from: Json | undefined, buckets: number): BatcherState<T> {
  if (from !== undefined) return fromJson(from) as BatcherState<T>;
  return { waiting: Array.from({ length: buckets }, () => []), ready: [] };
}

/** Options of `createBatcher`. */
export interface FixedBatcherOptions extends BatcherOptions {
  readonly batchSize: number;
}

/** Batches of `batchSize` items in the order they come. */
export function createBatcher<T>(options: FixedBatcherOptions): Stage<T, readonly T[]> {
  checkOptions('createBatcher', options, ['batchSize', 'dropRemainder', 'from']);
  checkInteger('createBatcher', 'batchSize', options.batchSize, 1);
  const { batchSize, ...shared } = options;
  return bucketStage<T>({ ...shared, buckets: 1, bucketOf: () => 0, sizeOf: () => batchSize });
}

/** Options of `createBucketBatcher`. */
export interface BucketBatcherOptions<T> extends BatcherOptions {
  /** Length of an item, in tokens. */
  readonly lengthOf: (item: T) => number;
  /** Longest item of each bucket, ascending: [32, 64, 128]. Longer items are refused. */
  readonly boundaries: readonly number[];
  /** Items a batch; give this or `tokensPerBatch`. */
  readonly batchSize?: number;
  /** Tokens a batch, padding included: short items come in larger batches. */
  readonly tokensPerBatch?: number;
}

/**
 * Batches of items of like length, so that padding is short. A batch is ready when its bucket is full.
 * @throws DataError (unknown-option, option-value); from `push` (data-row-length)
 */
export function createBucketBatcher<T>(options: BucketBatcherOptions<T>): Stage<T, readonly T[]> {
  const names = ['lengthOf', 'boundaries', 'batchSize', 'tokensPerBatch', 'dropRemainder', 'from'];
  checkOptions('createBucketBatcher', options, names);
  const { lengthOf, boundaries, batchSize, tokensPerBatch, ...shared } = options;
  if ((batchSize === undefined) === (tokensPerBatch === undefined)) {
    throw optionError('createBucketBatcher', 'batchSize', 'give either batchSize or tokensPerBatch');
  }
  checkInteger('createBucketBatcher', 'batchSize', batchSize, 1);
  if (boundaries.length === 0) throw optionError('createBucketBatcher', 'boundaries', 'boundaries is empty');
  boundaries.forEach((boundary, at) =>
    checkInteger('createBucketBatcher', 'boundaries', boundary, (boundaries[at - 1] ?? 0) + 1),
  );
  checkInteger('createBucketBatcher', 'tokensPerBatch', tokensPerBatch, boundaries.at(-1) ?? 1);
  return bucketStage<T>({
    ...shared,
    buckets: boundaries.length,
    bucketOf(item) {
      const length = lengthOf(item);
      const bucket = boundaries.findIndex((boundary) => length <= boundary);
      if (bucket >= 0) return bucket;
      throw tooLong(length, boundaries.at(-1) ?? 0);
    },
    sizeOf: (bucket) => batchSize ?? Math.floor(tokensPerBatch! / boundaries[bucket]!),
  });
}

interface BucketRules<T> extends BatcherOptions {
  readonly buckets: number;
  readonly bucketOf: (item: T) => number;
  readonly sizeOf: (bucket: number) => number;
}

function bucketStage<T>({ buckets, bucketOf, sizeOf, ...shared }: BucketRules<T>): Stage<T, readonly T[]> {
  const { waiting, ready } = restored<T>(shared.from, buckets);
  return {
    push(item) {
      const bucket = bucketOf(item);
      waiting[bucket]!.push(item);
      if (waiting[bucket]!.length >= sizeOf(bucket)) ready.push(waiting[bucket]!.splice(0));
    },
    finish() {
      for (const items of waiting) {
        const rest = items.splice(0);
        if (rest.length > 0 && shared.dropRemainder !== true) ready.push(rest);
      }
    },
    take: () => ready.shift(),
    get state() {
      return toJson({ waiting, ready });
    },
  };
}

/** Options of `createTokenBudgetBatcher`. */
export interface TokenBudgetOptions<T> extends BatcherOptions {
  readonly lengthOf: (item: T) => number;
  /** The most tokens of a batch, padding to its longest item included. */
  readonly maxTokens: number;
}

/**
 * Batches in the order items come, each as large as the budget of tokens allows.
 * @throws DataError (unknown-option, option-value); from `push` (data-row-length) for an item beyond the budget
 */
export function createTokenBudgetBatcher<T>(options: TokenBudgetOptions<T>): Stage<T, readonly T[]> {
  checkOptions('createTokenBudgetBatcher', options, ['lengthOf', 'maxTokens', 'dropRemainder', 'from']);
  const { lengthOf, maxTokens, dropRemainder = false } = options;
  checkInteger('createTokenBudgetBatcher', 'maxTokens', maxTokens, 1);
  const { waiting, ready } = restored<T>(options.from, 1);
  const items = waiting[0]!;
  return {
    push(item) {
      const length = lengthOf(item);
      if (length > maxTokens) throw tooLong(length, maxTokens);
      const longest = items.reduce((most, other) => Math.max(most, lengthOf(other)), length);
      if ((items.length + 1) * longest > maxTokens) ready.push(items.splice(0));
      items.push(item);
    },
    finish() {
      const rest = items.splice(0);
      if (rest.length > 0 && !dropRemainder) ready.push(rest);
    },
    take: () => ready.shift(),
    get state() {
      return toJson({ waiting, ready });
    },
  };
}

function tooLong(length: number, longest: number): DataError {
  return new DataError({
    op: 'batcher',
    problem: `an item has ${length} tokens, the longest allowed is ${longest}`,
    page: 'data-row-length',
    remedy: 'cut items before they are batched, or allow longer ones.',
  });
}
