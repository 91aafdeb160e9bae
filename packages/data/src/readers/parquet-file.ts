import type { AsyncBuffer, ParquetParsers } from 'hyparquet';
import { DataError } from '../errors.js';
import type { DataFile } from './data-file.js';

/** A file as hyparquet reads it. */
export type ParquetBytes = AsyncBuffer;

/** A footer of 8 bytes and the magic number at the front. */
const SMALLEST_FILE = 12;

/**
 * Opens a Parquet file and checks that both ends of it are there.
 * @throws DataError (data-parquet) when it is no Parquet, cut off, or comes as a stream
 */
export async function openParquet(
  op: string,
  options: { readonly file: DataFile; readonly signal?: AbortSignal },
): Promise<ParquetBytes> {
  const { file, signal } = options;
  const { ranges } = file;
  if (ranges === undefined) {
    const remedy =
      'a stream, such as standard input. Save it to a file first: the index of a Parquet file is at its end.';
    throw parquetError(op, { file, problem: 'Parquet cannot be read from a stream', remedy });
  }
  const byteLength = await ranges.sizeBytes({ signal });
  const bytes: ParquetBytes = {
    byteLength,
    slice: async (start, end = byteLength) => {
      const read = await ranges.read({ start, end }, { signal });
      if (read.length !== end - start) {
        throw parquetError(op, { file, problem: `bytes ${start} to ${end} are wanted, ${read.length} came` });
      }
      return exactBuffer(read);
    },
  };
  await checkEnds(op, { file, bytes });
  return bytes;
}

function exactBuffer({ buffer, byteOffset, length }: Uint8Array): ArrayBuffer {
  return buffer.slice(byteOffset, byteOffset + length) as ArrayBuffer;
}

async function checkEnds(
  op: string,
  { file, bytes }: { readonly file: DataFile; readonly bytes: ParquetBytes },
): Promise<void> {
  const { byteLength } = bytes;
  const head = byteLength < 4 ? '' : ascii(await bytes.slice(0, 4));
  if (head === 'PARE') {
    throw parquetError(op, {
      file,
      problem: 'the file is encrypted',
      remedy: 'encrypted Parquet is not supported.',
    });
  }
  if (head !== 'PAR1') {
    const problem = `the file is no Parquet: it begins with ${JSON.stringify(head)}, not "PAR1"`;
    throw parquetError(op, {
      file,
      problem,
      remedy: 'another format, or an error page that was saved under this name.',
    });
  }
  const tail = byteLength < SMALLEST_FILE ? '' : ascii(await bytes.slice(byteLength - 4, byteLength));
  if (tail !== 'PAR1')
    throw parquetError(op, { file, problem: `the file is cut off, at ${byteLength} bytes` });
}

function ascii(buffer: ArrayBuffer): string {
  return String.fromCharCode(...new Uint8Array(buffer));
}

/** The error for what the library could not read; an error of this package passes as it is. */
export function parquetFailure(
  op: string,
  facts: { readonly file: DataFile; readonly what: string; readonly error?: unknown },
): unknown {
  const { file, what, error } = facts;
  if (error instanceof DataError || (error as { name?: string } | undefined)?.name === 'AbortError')
    return error;
  const because = error === undefined ? '' : `: ${(error as Error).message}`;
  return parquetError(op, { file, problem: `${what}${because}`, cause: error });
}

function parquetError(
  op: string,
  facts: {
    readonly file: DataFile;
    readonly problem: string;
    readonly remedy?: string;
    readonly cause?: unknown;
  },
): DataError {
  const { file, problem, remedy, cause } = facts;
  return new DataError({
    op,
    problem,
    file: file.name,
    page: 'data-parquet',
    remedy:
      remedy ?? 'a download or a copy that broke off. Compare its size with the source and fetch it again.',
    cause,
  });
}

const strictUtf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Times become ISO texts instead of Dates, and texts must be UTF-8. */
export const PARQUET_PARSERS: Partial<ParquetParsers> = {
  timestampFromMilliseconds: (millis) => isoTime(millis, 1000n),
  timestampFromMicroseconds: (micros) => isoTime(micros, 1_000_000n),
  timestampFromNanoseconds: (nanos) => isoTime(nanos, 1_000_000_000n),
  dateFromDays: (days: number) => new Date(days * 86_400_000).toISOString().slice(0, 10),
  stringFromBytes: (bytes: Uint8Array | undefined) =>
    bytes === undefined ? undefined : strictUtf8.decode(bytes),
};

/** A time as ISO text, with as many digits as the unit has. */
function isoTime(count: bigint | null | undefined, unitsPerSecond: bigint): string | null {
  if (count === null || count === undefined) return null;
  const part = ((count % unitsPerSecond) + unitsPerSecond) % unitsPerSecond;
  const seconds = (count - part) / unitsPerSecond;
  const whole = new Date(Number(seconds) * 1000).toISOString().slice(0, 19);
  return `${whole}.${String(part).padStart(String(unitsPerSecond).length - 1, '0')}Z`;
}
