import { open, mkdir, readFile, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { DataError } from '../../errors.js';

/** A file being written. */
export interface DiskFile {
  write(bytes: Uint8Array): Promise<void>;
  /** Waits until what was written is on the disk. */
  sync(): Promise<void>;
  close(): Promise<void>;
}

/** The one place through which shards are written. */
export interface Disk {
  makeFolder(path: string): Promise<void>;
  list(folder: string): Promise<readonly string[]>;
  read(path: string): Promise<Uint8Array>;
  /** A new file; one of that name is emptied. */
  create(path: string): Promise<DiskFile>;
  /** Cuts a file to `sizeBytes` and goes on behind it; makes it when it is not there. */
  append(path: string, sizeBytes: number): Promise<DiskFile>;
  rename(from: string, to: string): Promise<void>;
  /** Removes a file, if it is there. */
  remove(path: string): Promise<void>;
  /** Waits until names of the folder are on the disk. */
  syncFolder(path: string): Promise<void>;
}

/** The file system of Node. */
export const nodeDisk: Disk = Object.freeze({
  makeFolder: async (path: string) => void (await mkdir(path, { recursive: true })),
  list: (folder: string) => readdir(folder),
  read: async (path: string) => new Uint8Array(await readFile(path)),
  create: (path: string) => openFile(path, 'w'),
  async append(path: string, sizeBytes: number) {
    const handle = await open(path, 'a');
    await handle.truncate(sizeBytes);
    await handle.close();
    return openFile(path, 'a');
  },
  rename,
  remove: (path: string) => rm(path, { force: true }),
  async syncFolder(path: string) {
    if (process.platform === 'win32') return; // folders cannot be opened there
    const handle = await open(path, 'r');
    await handle.sync().finally(() => handle.close());
  },
});

async function openFile(path: string, flags: 'w' | 'a'): Promise<DiskFile> {
  const handle = await open(path, flags);
  return {
    write: async (bytes) => {
      let written = 0;
      while (written < bytes.length) {
        written += (await handle.write(bytes, written, bytes.length - written)).bytesWritten;
      }
    },
    sync: () => handle.sync(),
    close: () => handle.close(),
  };
}

/** Writes a whole file: under a temporary name, then renamed, so that it is there as a whole or not at all. */
export async function writeWhole(
  disk: Disk,
  { folder, name }: { readonly folder: string; readonly name: string },
  bytes: Uint8Array,
): Promise<void> {
  const temporary = join(folder, `${name}.partial`);
  const file = await disk.create(temporary);
  try {
    await file.write(bytes);
    await file.sync();
  } finally {
    await file.close();
  }
  await disk.rename(temporary, join(folder, name));
  await disk.syncFolder(folder);
}

/** Errors of the file system while writing, in words; others as they are. */
export function writeError(folder: string, error: unknown): unknown {
  const { code } = error as NodeJS.ErrnoException;
  const full = ['ENOSPC', 'EDQUOT', 'EFBIG'];
  const refused = ['EACCES', 'EPERM', 'EROFS', 'ENOTDIR', 'EIO', 'EMFILE', 'EEXIST', 'EISDIR', 'EBUSY'];
  const isFull = full.includes(code ?? '');
  if (!isFull && !refused.includes(code ?? '')) return error;
  return new DataError({
    op: 'prepareShards',
    file: folder,
    problem: isFull ? `the disk is full (${code})` : `the folder cannot be written (${code})`,
    page: isFull ? 'data-disk-full' : 'data-write',
    remedy: isFull
      ? 'Free some space, then resume: whole shards are kept, nothing half-written has their names.'
      : 'missing permission, or a path that leads through a file. Choose another folder.',
    cause: error,
  });
}
