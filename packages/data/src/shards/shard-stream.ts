import { checkChoice, checkInteger, checkOptions, DataError, optionError } from '../errors.js';
import { createRandom } from '../random/random.js';
import { createPermutation } from '../random/shuffle.js';
import type { StreamItem, WorkerShare } from '../tasks/example-reader.js';
import { checkedWorker } from '../tasks/task.js';
import type { ShardSet } from './shard-set.js';

/** Where a stream stands; plain JSON. */
export interface ShardCursor {
  /** Tells streams apart: what comes, of how much, in which order. */
  readonly stream: string;
  /** Number of the next item in the stream of all workers. */
  readonly position: number;
}

/** How a set is read. */
export interface ShardStreamOptions {
  /** Of the order; the same seed gives the same stream, whatever the number of workers. */
  readonly seed: number;
  /** Whether each epoch is a random order of all items. Default true. */
  readonly isShuffled?: boolean;
  /** How often all items come. Default: without end. */
  readonly epochs?: number;
  /** Gives every `count`-th item only, beginning with `index`. Default: all. */
  readonly worker?: WorkerShare;
  /** Where to go on: the `cursor` of an item, or of any worker's. Default: at the beginning. */
  readonly from?: ShardCursor;
  /** Items that are read at the same time. Default 32. */
  readonly readAhead?: number;
  readonly signal?: AbortSignal;
}

/** How windows are cut. */
export interface WindowOptions extends ShardStreamOptions {
  /** Tokens in a window; what is left at the end of the set is left out. */
  readonly length: number;
}

const optionNames = ['seed', 'isShuffled', 'epochs', 'worker', 'from', 'readAhead', 'signal'];

/** A stream of ids, with numbers and cursors. */
export type ShardStream = AsyncGenerator<StreamItem<Int32Array, ShardCursor>>;

/**
 * Windows of `length` tokens of all documents joined. An epoch has each window once; its order is a permutation that
 * takes no memory in proportion to the data.
 * @throws DataError (unknown-option, option-value, data-cursor, data-shards); the signal's reason
 */
export function shardWindows(set: ShardSet, options: WindowOptions): ShardStream {
  checkOptions('shardWindows', options, [...optionNames, 'length']);
  const { length, ...reading } = options;
  checkInteger('shardWindows', 'length', length, 1);
  const { numTokens } = set.manifest;
  const size = Math.floor(numTokens / length);
  const read = (index: number, signal?: AbortSignal) =>
    set.tokens(index * length, (index + 1) * length, { signal });
  return orderedStream(reading, { kind: `windows of ${length}`, size, read });
}

/**
 * Documents, each with all its ids. An epoch has each document once.
 * @throws DataError (unknown-option, option-value, data-cursor, data-shards); the signal's reason
 */
export function shardDocuments(set: ShardSet, options: ShardStreamOptions): ShardStream {
  checkOptions('shardDocuments', options, optionNames);
  const size = set.manifest.numDocuments;
  const read = (index: number, signal?: AbortSignal) => set.document(index, { signal });
  return orderedStream(options, { kind: 'documents', size, read });
}

/**
 * The documents as `pretrainingExamples` opens them: without their EOS, in the seed's order, from a number on.
 * @throws DataError as `shardDocuments`
 */
export function documentOpener(
  set: ShardSet,
  options: Omit<ShardStreamOptions, 'from' | 'worker'>,
): (from: number) => AsyncGenerator<Int32Array> {
  checkOptions(
    'documentOpener',
    options,
    optionNames.filter((name) => name !== 'from' && name !== 'worker'),
  );
  const { hasEos, features, numDocuments: size } = set.manifest;
  if (features.length > 1) {
    const problem = `documents have the features ${features.join(', ')}; needed is running text`;
    throw optionError('documentOpener', 'set', problem);
  }
  const read = (index: number, signal?: AbortSignal) => set.document(index, { signal });
  return async function* (position) {
    const stream = { kind: 'documents', size, read };
    const from = { stream: streamName(stream, options), position };
    for await (const { example } of orderedStream({ ...options, from }, stream)) {
      yield hasEos ? example.subarray(0, -1) : example;
    }
  };
}

interface OrderedItems {
  readonly kind: string;
  /** Items in an epoch. */
  readonly size: number;
  readonly read: (index: number, signal?: AbortSignal) => Promise<Int32Array>;
}

function streamName({ kind, size }: OrderedItems, { seed, isShuffled = true }: ShardStreamOptions): string {
  return `${size} ${kind}, ${isShuffled ? `seed ${seed}` : 'in order'}`;
}

async function* orderedStream(options: ShardStreamOptions, items: OrderedItems): ShardStream {
  const { seed, isShuffled = true, epochs = Infinity, readAhead = 32, signal } = options;
  const { index, count } = checkedWorker(options.worker);
  checkChoice('shards', 'isShuffled', isShuffled, [true, false]);
  checkInteger('shards', 'readAhead', readAhead, 1);
  if (epochs !== Infinity) checkInteger('shards', 'epochs', epochs, 0);
  const stream = streamName(items, options);
  const orderOf = epochOrders(items, { seed, isShuffled });
  let next = checkedPosition(options.from, stream);
  while (next % count !== index) next++;
  const end = items.size === 0 ? 0 : epochs * items.size;
  const asked: { readonly position: number; readonly ids: Promise<Int32Array> }[] = [];
  for (;;) {
    signal?.throwIfAborted();
    for (; asked.length < readAhead && next < end; next += count) {
      const ids = items.read(orderOf(Math.floor(next / items.size))(next % items.size), signal);
      ids.catch(() => undefined); // arrives when its turn comes, and is no unhandled rejection until then
      asked.push({ position: next, ids });
    }
    const item = asked.shift();
    if (item === undefined) return;
    const { position, ids } = item;
    yield { example: await ids, position, cursor: { stream, position: position + 1 } };
  }
}

function epochOrders(
  { size, kind }: OrderedItems,
  { seed, isShuffled }: { readonly seed: number; readonly isShuffled: boolean },
): (epoch: number) => (place: number) => number {
  let [current, order] = [-1, (place: number): number => place];
  return (epoch) => {
    if (isShuffled && epoch !== current) {
      order = createPermutation(size, createRandom(seed, ['shards', kind, epoch]));
      current = epoch;
    }
    return order;
  };
}

function checkedPosition(from: ShardCursor | undefined, stream: string): number {
  if (from === undefined) return 0;
  const isSound = Number.isSafeInteger(from?.position) && from.position >= 0 && from.stream === stream;
  if (isSound) return from.position;
  throw new DataError({
    op: 'shards',
    field: 'from',
    problem: `${JSON.stringify(from)} is no cursor of this stream (${stream})`,
    page: 'data-cursor',
    remedy: 'a cursor of other shards, another window length or another seed. Go on as the run began.',
  });
}
