import { DataError } from '../errors.js';
import { streamChunks } from './data-file.js';

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
  const upstream = chunks[Symbol.asyncIterator]();
  let failure: { readonly error: unknown } | undefined; // what went wrong before decompression
  let unpacked = 0;
  const packed = new ReadableStream<Uint8Array>({
    pull: async (controller) => {
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
  try {
    const transform = new DecompressionStream('gzip') as ReadableWritablePair<Uint8Array, Uint8Array>;
    for await (const chunk of streamChunks(packed.pipeThrough(transform), signal)) {
      unpacked += chunk.length;
      yield chunk;
    }
  } catch (error) {
    if (failure !== undefined) throw failure.error;
    signal?.throwIfAborted();
    throw gzipError({ op, file, unpacked, cause: error });
  }
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
