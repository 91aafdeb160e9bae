import { DataError } from '../errors.js';
import { type DataFile, dropBytes } from './data-file.js';
import { gunzip, isGzip } from './gunzip.js';
import type { ReaderOptions } from './reader-options.js';

/** The text of a file as bytes: unpacked, without byte order mark. */
interface Content {
  readonly chunks: AsyncIterable<Uint8Array>;
  /** Offset of the first byte of `chunks`. */
  readonly byte: number;
  readonly decode: LineDecoder;
}

/** Bytes of one line to text. Throws TypeError when bytes are invalid and must not be. */
export type LineDecoder = (bytes: Uint8Array) => string;

interface ContentOptions extends Pick<ReaderOptions, 'encoding' | 'invalidBytes' | 'signal'> {
  readonly op: string;
  readonly file: DataFile;
  /** Offset within the content to begin at. */
  readonly startByte: number;
}

interface Peeked {
  readonly head: Uint8Array;
  /** All of the stream, what was peeked at included. */
  readonly all: AsyncIterable<Uint8Array>;
  close(): Promise<void>;
}

/** Opens a file for reading lines: gzip and byte order marks are recognised by their bytes, not by names. */
export async function openContent(options: ContentOptions): Promise<Content> {
  const { file, startByte, signal, op } = options;
  const raw = await peek(file.open({ signal }));
  const isPacked = isGzip(raw.head);
  const inner = isPacked ? await peek(gunzip(raw.all, { op, file: file.name, signal })) : raw;
  const mark = byteOrderMark(inner.head);
  const { encoding = mark?.encoding ?? 'utf-8', invalidBytes = 'error' } = options;
  const decoder = createDecoder(encoding, invalidBytes);
  const start = Math.max(startByte, mark?.length ?? 0);
  if (decoder.encoding.startsWith('utf-16')) {
    // a line feed is one byte only after transcoding; offsets count transcoded bytes
    const utf8 = transcode(dropBytes(inner.all, mark?.length ?? 0), { op, file, decoder });
    return {
      chunks: dropBytes(utf8, startByte),
      byte: startByte,
      decode: createDecode('utf-8', invalidBytes),
    };
  }
  const decode = createDecode(decoder.encoding, invalidBytes);
  const canSeek = !isPacked && file.ranges !== undefined && start > inner.head.length;
  if (!canSeek) return { chunks: dropBytes(inner.all, start), byte: start, decode };
  await inner.close();
  return { chunks: file.open({ startByte: start, signal }), byte: start, decode };
}

async function peek(chunks: AsyncIterable<Uint8Array>): Promise<Peeked> {
  const iterator = chunks[Symbol.asyncIterator]();
  const parts: Uint8Array[] = [];
  let length = 0;
  while (length < 4) {
    const { done, value } = await iterator.next();
    if (done === true) break;
    parts.push(value);
    length += value.length;
  }
  return {
    head: joinBytes(parts),
    all: replay(parts, iterator),
    close: async () => void (await iterator.return?.()),
  };
}

async function* replay(
  parts: readonly Uint8Array[],
  iterator: AsyncIterator<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  try {
    yield* parts;
    for (;;) {
      const { done, value } = await iterator.next();
      if (done === true) return;
      yield value;
    }
  } finally {
    await iterator.return?.();
  }
}

/** Pieces as one array. */
export function joinBytes(parts: readonly Uint8Array[]): Uint8Array {
  if (parts.length === 1) return parts[0]!;
  const joined = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    joined.set(part, offset);
    offset += part.length;
  }
  return joined;
}

function byteOrderMark(head: Uint8Array): { readonly encoding: string; readonly length: number } | undefined {
  if (head[0] === 0xef && head[1] === 0xbb && head[2] === 0xbf) return { encoding: 'utf-8', length: 3 };
  if (head[0] === 0xff && head[1] === 0xfe) return { encoding: 'utf-16le', length: 2 };
  if (head[0] === 0xfe && head[1] === 0xff) return { encoding: 'utf-16be', length: 2 };
  return undefined;
}

function createDecoder(encoding: string, invalidBytes: 'error' | 'replace'): TextDecoder {
  return new TextDecoder(encoding, { fatal: invalidBytes === 'error', ignoreBOM: true });
}

function createDecode(encoding: string, invalidBytes: 'error' | 'replace'): LineDecoder {
  const decoder = createDecoder(encoding, invalidBytes);
  return (bytes) => decoder.decode(bytes);
}

async function* transcode(
  chunks: AsyncIterable<Uint8Array>,
  options: { readonly op: string; readonly file: DataFile; readonly decoder: TextDecoder },
): AsyncGenerator<Uint8Array> {
  const { op, file, decoder } = options;
  const encoder = new TextEncoder();
  let offset = 0;
  try {
    for await (const chunk of chunks) {
      yield encoder.encode(decoder.decode(chunk, { stream: true }));
      offset += chunk.length;
    }
    yield encoder.encode(decoder.decode());
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    throw new DataError({
      op,
      problem: `bytes from offset ${offset} on are no valid ${decoder.encoding}`,
      file: file.name,
      page: 'data-encoding',
      remedy: 'a file that is damaged or has another encoding. Say which with `encoding`.',
      cause: error,
    });
  }
}
