import { checkInteger, DataError } from '../errors.js';
import { createRandom } from '../random/random.js';
import { createPermutation, shuffleBuffer } from '../random/shuffle.js';
import type { DataRecord } from './record.js';

/** Records that can be had by number; shuffled exactly. */
export interface IndexedSource {
  readonly kind: 'indexed';
  readonly length: number;
  at(index: number): DataRecord | Promise<DataRecord>;
}

/** Records that come in one order, such as those of a file; shuffled in a buffer, resumed by reading again. */
export interface StreamedSource {
  readonly kind: 'streamed';
  /** Begins an epoch. */
  open(): AsyncIterable<DataRecord> | Iterable<DataRecord>;
  /** Number of records, if known. */
  readonly length?: number;
}

/** Where a task's records come from. */
export type RecordSource = IndexedSource | StreamedSource;

/** Records in memory. */
export function listSource(records: readonly DataRecord[]): IndexedSource {
  return { kind: 'indexed', length: records.length, at: (index) => records[index]! };
}

/** Records of a reader, opened anew in every epoch: `streamedSource(() => readJsonLines(file))`. */
export function streamedSource(
  open: StreamedSource['open'],
  { length }: { readonly length?: number } = {},
): StreamedSource {
  checkInteger('streamedSource', 'length', length, 0);
  return { kind: 'streamed', open, length };
}

/** How the records of an epoch are put in order. */
interface EpochOptions {
  readonly seed: number;
  readonly name: string;
  readonly isShuffled: boolean;
  /** For streamed sources, in records. */
  readonly bufferSize: number;
}

/** Records of one epoch by their place in its order. */
export interface EpochRecords {
  /** The record at a place; undefined behind the last. Places of one epoch are asked in ascending order. */
  at(epoch: number, place: number): Promise<DataRecord | undefined>;
  close(): Promise<void>;
}

/** The order of a source's records, epoch by epoch. */
export function epochRecords(source: RecordSource, options: EpochOptions): EpochRecords {
  return source.kind === 'indexed' ? indexedEpochs(source, options) : streamedEpochs(source, options);
}

function indexedEpochs(source: IndexedSource, { seed, name, isShuffled }: EpochOptions): EpochRecords {
  let current = -1;
  let order: (place: number) => number = (place) => place;
  return {
    async at(epoch, place) {
      if (place >= source.length) return undefined;
      if (isShuffled && epoch !== current) {
        order = createPermutation(source.length, createRandom(seed, ['order', name, epoch]));
        current = epoch;
      }
      return source.at(order(place));
    },
    close: async () => undefined,
  };
}

function streamedEpochs(source: StreamedSource, options: EpochOptions): EpochRecords {
  const { seed, name, isShuffled, bufferSize } = options;
  let iterator: AsyncIterator<DataRecord> | undefined;
  let [current, next] = [-1, 0];
  const open = (epoch: number): AsyncIterator<DataRecord> => {
    const random = createRandom(seed, ['order', name, epoch]);
    const records = shuffleBuffer(asyncRecords(source.open()), { size: isShuffled ? bufferSize : 1, random });
    return records[Symbol.asyncIterator]();
  };
  const close = async (): Promise<void> => {
    await iterator?.return?.();
    iterator = undefined;
  };
  return {
    async at(epoch, place) {
      if (iterator === undefined || epoch !== current) {
        await close();
        iterator = open(epoch);
        [current, next] = [epoch, 0];
      }
      if (place < next) throw backwards(name, place, next);
      for (; next < place; next++) if ((await iterator.next()).done === true) return undefined;
      next++;
      const result = await iterator.next();
      return result.done === true ? undefined : result.value;
    },
    close,
  };
}

async function* asyncRecords(
  records: AsyncIterable<DataRecord> | Iterable<DataRecord>,
): AsyncGenerator<DataRecord> {
  yield* records;
}

function backwards(name: string, place: number, next: number): DataError {
  return new DataError({
    op: 'epochRecords',
    file: name,
    problem: `record ${place} was asked for behind record ${next}`,
    page: 'data-cursor',
  });
}
