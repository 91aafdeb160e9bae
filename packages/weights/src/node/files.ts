import type { BigIntStats } from 'node:fs';
import { open, realpath, stat } from 'node:fs/promises';
import { isAbsolute, join, relative, sep } from 'node:path';
import { FormatError } from '@tesserae/tensor';
import type { ByteSource } from '../byte-source.js';
import { FolderError, quoted } from '../errors.js';

/** Bytes asked of the system at once; between pieces an abort is noticed. */
const PIECE_BYTES = 256 * 2 ** 20;

/**
 * A file on disk. It is opened anew for each read, so nothing stays open, and a file that changes meanwhile
 * is noticed.
 * @param options.name  how errors call it; default the path
 * @throws FolderError when there is no such file
 */
export async function fileSource(
  path: string,
  options: { readonly name?: string } = {},
): Promise<ByteSource> {
  const { name = path } = options;
  const first = await statFile(path, name);
  return {
    name,
    sizeBytes: Number(first.size),
    read: async (start, end, { signal } = {}) => {
      signal?.throwIfAborted();
      const handle = await open(path, 'r');
      try {
        checkUnchanged(first, await handle.stat({ bigint: true }), name);
        const bytes = new Uint8Array(end - start);
        let filled = 0;
        while (filled < bytes.length) {
          signal?.throwIfAborted();
          const length = Math.min(PIECE_BYTES, bytes.length - filled);
          const { bytesRead } = await handle.read(bytes, filled, length, start + filled);
          if (bytesRead === 0) break;
          filled += bytesRead;
        }
        return bytes.subarray(0, filled); // shorter than asked for: readRange reports the truncation
      } finally {
        await handle.close();
      }
    },
  };
}

async function statFile(path: string, name: string): Promise<BigIntStats> {
  const cause = await stat(path, { bigint: true }).catch((error: unknown) => error as Error);
  if (!(cause instanceof Error) && cause.isFile()) return cause;
  throw new FolderError({
    op: 'open',
    problem: cause instanceof Error ? `${quoted(path)} cannot be opened` : `${quoted(path)} is not a file`,
    likely: 'Check the path and the permissions.',
    page: 'file-missing',
    file: name,
    ...(cause instanceof Error ? { cause } : {}),
  });
}

function checkUnchanged(first: BigIntStats, now: BigIntStats, name: string): void {
  if (first.size === now.size && first.mtimeNs === now.mtimeNs && first.ino === now.ino) return;
  throw new FormatError({
    op: 'read',
    problem: 'the file changed after it was opened',
    likely: 'Another program is writing it. Open it again when that is done.',
    page: 'file-changed',
    file: name,
    got: now.size,
    needed: first.size,
  });
}

/**
 * The real path of a file in a folder, or undefined when there is none.
 * @param root  real path of the folder
 * @throws FolderError when a link on the way leads out of the folder, unless links are allowed
 */
export async function resolveInside(
  root: string,
  file: string,
  options: { readonly followLinks: boolean },
): Promise<string | undefined> {
  const real = await realpath(join(root, ...file.split('/'))).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return undefined;
    throw error;
  });
  if (real === undefined || options.followLinks || isInside(root, real)) return real;
  throw new FolderError({
    op: 'open',
    problem: `${quoted(file)} is a link out of the folder, to ${real}`,
    likely:
      'Links out of the folder are not followed. If it is a cache of Hugging Face, pass followLinks: true.',
    page: 'file-link',
    file: root,
    got: real,
  });
}

function isInside(root: string, path: string): boolean {
  const way = relative(root, path);
  return way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way);
}
