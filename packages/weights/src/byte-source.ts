import { FormatError } from '@tesserae/tensor';

/** What a read may be told. */
export interface ReadOptions {
  readonly signal?: AbortSignal;
}

/** Bytes that are read by range: a file, a Blob, memory, a web address. */
export interface ByteSource {
  /** How errors call it: a file name or path. */
  readonly name: string;
  readonly sizeBytes: number;
  /** Bytes `start` (included) to `end` (excluded), within the size; the caller owns the array. */
  read(start: number, end: number, options?: ReadOptions): Promise<Uint8Array>;
}

/** Bytes in memory; every read is a copy, so what is read may be changed or transferred. */
export function bytesSource(name: string, bytes: Uint8Array): ByteSource {
  return {
    name,
    sizeBytes: bytes.length,
    read: async (start, end, options = {}) => {
      options.signal?.throwIfAborted();
      const copy = new Uint8Array(end - start);
      copy.set(bytes.subarray(start, end));
      return copy;
    },
  };
}

/** A Blob, or a File chosen by the user in a browser. */
export function blobSource(name: string, blob: Blob): ByteSource {
  return {
    name,
    sizeBytes: blob.size,
    read: async (start, end, options = {}) => {
      options.signal?.throwIfAborted();
      return new Uint8Array(await blob.slice(start, end).arrayBuffer());
    },
  };
}

/** A part of a source as a source of its own; errors name the whole. */
export function rangeSource(
  source: ByteSource,
  { start, end }: { readonly start: number; readonly end: number },
): ByteSource {
  return {
    name: source.name,
    sizeBytes: end - start,
    read: (from, to, options) => readRange(source, { start: start + from, end: start + to }, options),
  };
}

/** Sources one after another as one. */
export function joinedSource(name: string, parts: readonly ByteSource[]): ByteSource {
  const sizeBytes = parts.reduce((sum, part) => sum + part.sizeBytes, 0);
  return {
    name,
    sizeBytes,
    read: async (start, end, options) => {
      const bytes = new Uint8Array(end - start);
      let begin = 0;
      for (const part of parts) {
        const [from, to] = [Math.max(start, begin) - begin, Math.min(end, begin + part.sizeBytes) - begin];
        if (from < to)
          bytes.set(await readRange(part, { start: from, end: to }, options), begin + from - start);
        begin += part.sizeBytes;
      }
      return bytes;
    },
  };
}

/**
 * Reads a range and checks that all of it came.
 * @throws FormatError when the range lies outside the source, or fewer bytes arrive than its size promised
 */
export async function readRange(
  source: ByteSource,
  range: { readonly start: number; readonly end: number },
  options: ReadOptions = {},
): Promise<Uint8Array> {
  const { start, end } = range;
  const bytes = end <= source.sizeBytes ? await source.read(start, end, options) : new Uint8Array(0);
  if (bytes.length !== end - start || end > source.sizeBytes) {
    throw new FormatError({
      op: 'read',
      problem: `${end - start} bytes wanted at ${start}, got ${bytes.length} (size ${source.sizeBytes})`,
      likely: 'The file is truncated, or changed while it was read. Fetch it again.',
      page: 'file-truncated',
      file: source.name,
      got: bytes.length,
      needed: end - start,
    });
  }
  return bytes;
}
