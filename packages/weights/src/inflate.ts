import { FormatError } from '@tesserae/tensor';

/** What is unpacked, for errors, and how much may come out. */
interface InflateOptions {
  readonly format: 'deflate-raw' | 'gzip' | 'deflate';
  /** Bytes that must come out: no more are taken, and fewer are an error. */
  readonly sizeBytes: number;
  readonly op: string;
  readonly page: string;
  readonly file: string;
  readonly signal?: AbortSignal;
}

/** Deflate packs at most 1032 times. */
const MOST_PACKED = 1032;

/** True when so many packed bytes can become so many; a larger claim is a bomb. */
export function canHold(packedBytes: number, sizeBytes: number): boolean {
  return sizeBytes <= packedBytes * MOST_PACKED + MOST_PACKED;
}

/** Unpacks bytes to a known size. @throws FormatError when they are damaged or give another size */
export async function inflate(bytes: Uint8Array, options: InflateOptions): Promise<Uint8Array> {
  const { format, sizeBytes, op, page, file, signal } = options;
  const result = new Uint8Array(sizeBytes);
  let filled = 0;
  const fail = (problem: string, cause?: unknown): never => {
    const likely = 'The file is damaged. Fetch it again.';
    throw new FormatError({ op, problem, likely, page, file, got: filled, needed: sizeBytes, cause });
  };
  const packed = new Blob([bytes as Uint8Array<ArrayBuffer>]).stream();
  const reader = packed.pipeThrough(new DecompressionStream(format)).getReader();
  try {
    for (;;) {
      signal?.throwIfAborted();
      const { done, value } = await reader.read();
      if (done) break;
      if (filled + value.length > sizeBytes)
        return fail(`more than the ${sizeBytes} bytes announced come out`);
      result.set(value, filled);
      filled += value.length;
    }
  } catch (error) {
    if (error instanceof FormatError || signal?.aborted === true) throw error;
    return fail('the compressed bytes are damaged', error);
  } finally {
    await reader.cancel().catch(() => undefined);
  }
  return filled === sizeBytes ? result : fail(`${filled} bytes come out, ${sizeBytes} are announced`);
}
