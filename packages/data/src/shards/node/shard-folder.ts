import { type FileHandle, open } from 'node:fs/promises';
import { join } from 'node:path';
import type { DataError } from '../../errors.js';
import type { ByteRange, DataFile } from '../../readers/data-file.js';
import { pathError, pathFile } from '../../readers/node/path-file.js';
import { shardError } from '../shard-error.js';
import { openShards, type OpenShardsOptions, type ShardFolder, type ShardSet } from '../shard-set.js';

/** Files open at the same time: fewer than any system allows, since a set may have thousands. */
const mostOpen = 128;

/**
 * Opens a folder of shards. Files stay open between reads, up to 128 of them, until the set is closed.
 * @throws DataError data-path, and as `openShards`
 */
export async function openShardFolder(path: string, options: OpenShardsOptions = {}): Promise<ShardSet> {
  const files = createOpenFiles();
  const folder: ShardFolder = {
    file: (name) => heldFile(join(path, name), files),
    close: () => files.close(),
  };
  try {
    return await openShards(folder, options);
  } catch (error) {
    await files.close();
    throw error;
  }
}

interface OpenFiles {
  /** Calls `body` with the file, which is opened if it is not; it is not closed meanwhile. */
  use<T>(path: string, body: (handle: FileHandle) => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

interface OpenFile {
  readonly handle: Promise<FileHandle>;
  users: number;
}

function createOpenFiles(): OpenFiles {
  const files = new Map<string, OpenFile>(); // the least recently used first
  let isClosed = false;
  const closeUnused = (): void => {
    for (const [path, { handle, users }] of files) {
      if (files.size <= mostOpen) return;
      if (users > 0) continue;
      files.delete(path);
      void handle.then((file) => file.close()).catch(() => undefined); // was read only: nothing can be lost
    }
  };
  return {
    async use(path, body) {
      if (isClosed) throw closedSet(path);
      const file = files.get(path) ?? { handle: openFile(path), users: 0 };
      files.delete(path);
      files.set(path, file);
      file.users++;
      try {
        return await body(await file.handle);
      } finally {
        file.users--;
        closeUnused();
      }
    },
    async close() {
      isClosed = true;
      const handles = [...files.values()].map(({ handle }) => handle.then((file) => file.close()));
      files.clear();
      await Promise.allSettled(handles);
    },
  };
}

async function openFile(path: string): Promise<FileHandle> {
  try {
    return await open(path, 'r');
  } catch (error) {
    throw await pathError(path, error);
  }
}

/** A file that stays open: a `pathFile` opens it for every read, which takes longer than the read. */
function heldFile(path: string, files: OpenFiles): DataFile {
  return {
    ...pathFile(path),
    ranges: {
      sizeBytes: () => files.use(path, async (handle) => (await handle.stat()).size),
      async read(range, { signal } = {}) {
        signal?.throwIfAborted();
        return files.use(path, (handle) => readRange(handle, range));
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
  return filled === bytes.length ? bytes : bytes.subarray(0, filled);
}

function closedSet(file: string): DataError {
  const remedy = 'a stream that goes on behind close(). End its loop first.';
  return shardError({ file, problem: 'the set was closed', remedy });
}
