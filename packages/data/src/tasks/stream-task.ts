import type { Json } from '../batching/stage.js';
import { checkInteger, checkOptions } from '../errors.js';
import type { ExampleReader, ExampleSource, ExampleReaderOptions } from './example-reader.js';
import { cursorError } from './task.js';

/** Options of `createStreamTask`. */
export interface StreamTaskOptions<E, C> {
  readonly name: string;
  /** Opens an epoch at a cursor, or at its beginning; the seed differs from epoch to epoch. */
  readonly open: (options: {
    readonly seed: number;
    readonly from?: C;
    readonly signal?: AbortSignal;
  }) => AsyncIterable<E & { readonly cursor: C }>;
  readonly numExamples?: number;
}

interface EpochCursor {
  readonly epoch: number;
  readonly inner: Json;
}

/**
 * A task of any resumable stream, such as `pretrainingExamples` or `electraExamples`, for mixtures.
 * @throws DataError (unknown-option, option-value); from its readers (data-cursor)
 */
export function createStreamTask<E, C>(options: StreamTaskOptions<E, C>): ExampleSource<E> {
  checkOptions('createStreamTask', options, ['name', 'open', 'numExamples']);
  checkInteger('createStreamTask', 'numExamples', options.numExamples, 0);
  const { name, numExamples } = options;
  return Object.freeze({
    name,
    numExamples,
    openReader: (reading: ExampleReaderOptions) => streamReader(options, reading),
  });
}

function streamReader<E, C>(
  { name, open }: StreamTaskOptions<E, C>,
  { seed, epochs = Infinity, from, signal }: ExampleReaderOptions,
): ExampleReader<E> {
  let { epoch, inner } = (from ?? { epoch: 0, inner: null }) as unknown as EpochCursor;
  if (!Number.isSafeInteger(epoch)) throw cursorError(name, from);
  let iterator: AsyncIterator<E & { readonly cursor: C }> | undefined;
  let isEmpty = inner === null;
  const next = async (): Promise<E | undefined> => {
    while (epoch < epochs) {
      const start = { seed: seed + epoch, from: (inner ?? undefined) as C | undefined, signal };
      iterator ??= open(start)[Symbol.asyncIterator]();
      const result = await iterator.next();
      if (result.done !== true) {
        [inner, isEmpty] = [result.value.cursor as Json, false];
        return result.value;
      }
      if (isEmpty) return undefined;
      [epoch, inner, iterator, isEmpty] = [epoch + 1, null, undefined, true];
    }
    return undefined;
  };
  return {
    next,
    skip: async () => (await next()) !== undefined,
    get cursor() {
      return { epoch, inner };
    },
    close: async () => void (await iterator?.return?.()),
  };
}
