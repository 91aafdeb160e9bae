import { DataError } from '../errors.js';

/** What opening a file may be told. */
export interface OpenOptions {
  /** Where to begin; default 0. */
  readonly startByte?: number;
  readonly signal?: AbortSignal;
}

/** Reading by range, as Parquet needs it. */
export interface RangeReader {
  sizeBytes(options?: { readonly signal?: AbortSignal }): Promise<number>;
  /** Bytes `start` (included) to `end` (excluded); shorter when the file ends before. */
  read(range: ByteRange, options?: { readonly signal?: AbortSignal }): Promise<Uint8Array>;
}

/** A half-open range of bytes. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

/** Bytes with a name that can be streamed: a file, a Blob, memory, a web address, standard input. */
export interface DataFile {
  /** How errors and places call it. */
  readonly name: string;
  open(options?: OpenOptions): AsyncIterable<Uint8Array>;
  /** Absent when the bytes come once and in order only. */
  readonly ranges?: RangeReader;
}

/** What readers read: one file, or several one after the other. */
export type DataSource = DataFile | readonly DataFile[];

/** Bytes handed on at once from memory, so that lines are found without copying all of it. */
const PIECE_BYTES = 2 ** 20;

/** A file in memory. */
export function bytesFile(name: string, bytes: Uint8Array): DataFile {
  return {
    name,
    open: async function* ({ startByte = 0, signal } = {}) {
      for (let start = startByte; start < bytes.length; start += PIECE_BYTES) {
        signal?.throwIfAborted();
        yield bytes.subarray(start, start + PIECE_BYTES);
      }
    },
    ranges: {
      sizeBytes: async () => bytes.length,
      read: async ({ start, end }) => bytes.slice(start, end),
    },
  };
}

/** A text in memory, as a UTF-8 file. */
export function textFile(name: string, text: string): DataFile {
  return bytesFile(name, new TextEncoder().encode(text));
}

/** A Blob, or a File chosen by the user in a browser. */
export function blobFile(name: string, blob: Blob): DataFile {
  return {
    name,
    open: ({ startByte = 0, signal } = {}) => streamChunks(blob.slice(startByte).stream(), signal),
    ranges: {
      sizeBytes: async () => blob.size,
      read: async ({ start, end }) => new Uint8Array(await blob.slice(start, end).arrayBuffer()),
    },
  };
}

/** A stream that comes once: standard input, the body of a response. It can be read a single time. */
export function streamFile(name: string, stream: AsyncIterable<Uint8Array>): DataFile {
  let isUsed = false;
  return {
    name,
    open: async function* ({ startByte = 0, signal } = {}) {
      if (isUsed) throw usedStream(name);
      isUsed = true;
      for await (const chunk of dropBytes(stream, startByte)) {
        signal?.throwIfAborted();
        yield chunk;
      }
    },
  };
}

function usedStream(name: string): DataError {
  return new DataError({
    op: 'open',
    problem: 'this stream was read already, and comes only once',
    file: name,
    page: 'data-stream-used',
    remedy:
      'a second epoch, or a second reader, on a stream. Save it to a file, or open a new stream each time.',
  });
}

/** The chunks of a web stream; leaving the loop early cancels it. */
export async function* streamChunks(
  stream: ReadableStream<Uint8Array>,
  signal?: AbortSignal,
): AsyncGenerator<Uint8Array> {
  const reader = stream.getReader();
  let isDone = false;
  try {
    while (!isDone) {
      signal?.throwIfAborted();
      const { done, value } = await reader.read();
      isDone = done;
      if (value !== undefined && value.length > 0) yield value;
    }
  } finally {
    // not awaited: a source that is stuck must not keep the caller, and its failure is no longer of interest
    if (!isDone) void reader.cancel().catch(() => undefined);
  }
}

/** The stream without its first `count` bytes. */
export async function* dropBytes(
  chunks: AsyncIterable<Uint8Array>,
  count: number,
): AsyncGenerator<Uint8Array> {
  let left = count;
  for await (const chunk of chunks) {
    if (left >= chunk.length) {
      left -= chunk.length;
      continue;
    }
    yield left > 0 ? chunk.subarray(left) : chunk;
    left = 0;
  }
}

/** One file or several, as a list. */
export function filesOf(source: DataSource): readonly DataFile[] {
  return Array.isArray(source) ? source : [source as DataFile];
}
