import { checkInteger, checkOptions } from '../errors.js';

/** How far ahead to read. */
export interface PrefetchOptions {
  /** Items asked for beyond the one the consumer has; the source is never further ahead. Default 2. */
  readonly size?: number;
  /** Ends the stream with its reason. */
  readonly signal?: AbortSignal;
}

/**
 * Reads ahead: the source prepares the next items while the consumer works on one. Errors arrive where they
 * happened in the order of items; leaving the loop closes the source.
 */
export async function* prefetch<T>(
  source: AsyncIterable<T>,
  options: PrefetchOptions = {},
): AsyncGenerator<T> {
  checkOptions('prefetch', options, ['size', 'signal']);
  const { size = 2, signal } = options;
  checkInteger('prefetch', 'size', size, 1);
  signal?.throwIfAborted();
  const iterator = source[Symbol.asyncIterator]();
  const aborted = abortPromise(signal);
  const asked: Promise<IteratorResult<T>>[] = [];
  try {
    while (true) {
      while (asked.length <= size) asked.push(observed(iterator.next()));
      const result = await Promise.race([asked.shift()!, aborted.promise]);
      if (result.done === true) return;
      yield result.value;
      signal?.throwIfAborted();
    }
  } finally {
    aborted.dispose();
    // Not awaited: a source that hangs in its last read would hang the consumer that gives up on it.
    iterator.return?.()?.catch(() => undefined);
  }
}

/** An error of an item that nobody comes to fetch is no unhandled rejection. */
function observed<R>(promise: Promise<R>): Promise<R> {
  promise.catch(() => undefined);
  return promise;
}

interface Abort {
  readonly promise: Promise<never>;
  dispose(): void;
}

function abortPromise(signal: AbortSignal | undefined): Abort {
  let dispose = (): void => undefined;
  const promise = new Promise<never>((_, reject) => {
    if (signal === undefined) return;
    const onAbort = (): void => reject(signal.reason as Error);
    signal.addEventListener('abort', onAbort, { once: true });
    dispose = () => signal.removeEventListener('abort', onAbort);
  });
  return { promise: observed(promise), dispose: () => dispose() };
}
