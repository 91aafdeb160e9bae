import { DataError } from '../errors.js';

/** Whether bytes begin as gzip does. */
export function isGzip(head: Uint8Array): boolean {
  return head[0] === 0x1f && head[1] === 0x8b;
}

/**
 * The bytes within gzip. Members joined one after the other are read through in Node; browsers stop after the first
 * with an error, as the Compression Streams standard has it.
 * @throws DataError (data-gzip) when the data is damaged or cut off
 */
export async function* gunzip(
  chunks: AsyncIterable<Uint8Array>,
  options: { readonly op: string; readonly file: string; readonly signal?: AbortSignal },
): AsyncGenerator<Uint8Array> {
  const { op, file, signal } = options;
  const source = packedSource(chunks[Symbol.asyncIterator]());
  let unpacked = 0;
  const transform = new DecompressionStream('gzip') as ReadableWritablePair<Uint8Array, Uint8Array>;
  const reader = source.stream.pipeThrough(transform).getReader();
  try {
    for (;;) {
      signal?.throwIfAborted();
      const { done, value } = await reader.read();
      if (done) return;
      unpacked += value.length;
      yield value;
    }
  } catch (error) {
    if (source.failure() !== undefined) throw source.failure()!.error;
    signal?.throwIfAborted();
    throw gzipError({ op, file, unpacked, cause: error });
  } finally {
    // Not cancelled but left to the garbage collector: when a stream is cancelled on which zlib has more, Node throws
    // "Controller is already closed" outside of any promise, which ends the process.
    reader.releaseLock();
    source.leave();
  }
}

/** Chunks as a web stream that can be left without being cancelled. */
function packedSource(upstream: AsyncIterator<Uint8Array>) {
  let failure: { readonly error: unknown } | undefined;
  let isLeft = false;
  const stream = new ReadableStream<Uint8Array>({
    pull: async (controller) => {
      if (isLeft) return;
      try {
        const { done, value } = await upstream.next();
        if (done === true) controller.close();
        else controller.enqueue(value);
      } catch (error) {
        failure = { error };
        controller.error(error);
      }
    },
    cancel: async () => void (await upstream.return?.()),
  });
  return {
    stream,
    /** What went wrong before decompression. */
    failure: () => failure,
    leave(): void {
      isLeft = true;
      void upstream.return?.().catch(() => undefined); // not awaited: a stuck source must not keep the caller
    },
  };
}

function gzipError(facts: {
  readonly op: string;
  readonly file: string;
  readonly unpacked: number;
  readonly cause: unknown;
}): DataError {
  const { op, file, unpacked, cause } = facts;
  const isCutOff = (cause as { readonly code?: string } | null)?.code === 'Z_BUF_ERROR';
  const what = isCutOff ? 'the gzip data ends too early' : 'the gzip data is damaged';
  return new DataError({
    op,
    problem: `${what}, ${unpacked} bytes after unpacking (${String((cause as Error | null)?.message)})`,
    file,
    page: 'data-gzip',
    remedy: 'a download or a copy that broke off. Compare its size with the source and fetch it again.',
    cause,
  });
}
