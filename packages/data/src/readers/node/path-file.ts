import { createReadStream } from 'node:fs';
import { type FileHandle, open, stat } from 'node:fs/promises';
import { DataError } from '../../errors.js';
import type { ByteRange, DataFile } from '../data-file.js';
import { missingPath } from './missing-path.js';

/** Bytes read from disk at once. */
const PIECE_BYTES = 256 * 2 ** 10;

/**
 * A file on disk, opened anew for each read, so nothing stays open between them.
 * Reading throws DataError (data-path) when it does not exist, is a folder, or may not be read.
 * @param options.name  how errors call it; default the path
 */
export function pathFile(path: string, options: { readonly name?: string } = {}): DataFile {
  const { name = path } = options;
  return {
    name,
    open: async function* ({ startByte = 0, signal } = {}) {
      const stream = createReadStream(path, { start: startByte, highWaterMark: PIECE_BYTES, signal });
      try {
        for await (const chunk of stream) yield chunk as Uint8Array;
      } catch (error) {
        signal?.throwIfAborted();
        throw await pathError(path, error);
      }
    },
    ranges: {
      sizeBytes: async () => {
        try {
          return (await stat(path)).size;
        } catch (error) {
          throw await pathError(path, error);
        }
      },
      read: async (range, { signal } = {}) => {
        signal?.throwIfAborted();
        const handle = await open(path, 'r').catch(async (error: unknown) => {
          throw await pathError(path, error);
        });
        try {
          return await readRange(handle, range);
        } finally {
          await handle.close();
        }
      },
    },
  };
}

async function readRange(handle: FileHandle, { start, end }: ByteRange): Promise<Uint8Array> {
  const bytes = new Uint8Array(end - start);
  let filled = 0;
  while (filled < bytes.length) {
    const { bytesRead } = await handle.read(bytes, filled, bytes.length - filled, start + filled);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return bytes.subarray(0, filled);
}

/** The error of the file system in words. */
export async function pathError(path: string, error: unknown): Promise<unknown> {
  const { code } = error as NodeJS.ErrnoException;
  if (code === 'ENOENT' || code === 'ENOTDIR') return missingPath(path, error);
  const reasons: Readonly<Record<string, readonly [problem: string, remedy: string]>> = {
    EISDIR: ['it is a folder', 'findFiles gives the files in a folder.'],
    EACCES: ['it may not be read', 'missing permission of the file or of a folder above it.'],
    EPERM: ['it may not be read', 'missing permission of the file or of a folder above it.'],
    ELOOP: ['it is a symbolic link that leads back to itself', 'a link made in the wrong place. Remove it.'],
    EMFILE: [
      'too many files are open',
      'readers that are not closed. Leave their loops, or raise the limit (ulimit -n).',
    ],
  };
  const [problem, remedy] = reasons[code ?? ''] ?? [];
  if (problem === undefined) return error;
  return new DataError({
    op: 'pathFile',
    problem: `the file cannot be read: ${problem}`,
    file: path,
    page: 'data-path',
    remedy,
    cause: error,
  });
}
