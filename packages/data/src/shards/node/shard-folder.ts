import { type FileHandle, open } from 'node:fs/promises';
import { join } from 'node:path';
import type { DataError } from '../../errors.js';
import type { DataFile } from '../../readers/data-file.js';
import { pathError, pathFile } from '../../readers/node/path-file.js';
import { shardError } from '../shard-error.js';
import { openShards, type OpenShardsOptions, type ShardFolder, type ShardSet } from '../shard-set.js';

/**
 * Opens a folder of shards; each file stays open until the set is closed.
 * @throws DataError data-path, and as `openShards`
 */
export async function openShardFolder(path: string, options: OpenShardsOptions = {}): Promise<ShardSet> {
  const folder = createFolder(path);
  try {
    return await openShards(folder, options);
  } catch (error) {
    await folder.close?.();
    throw error;
  }
}

function createFolder(path: string): ShardFolder {
  const handles = new Map<string, Promise<FileHandle>>();
  let isClosed = false;
  const handleOf = (name: string): Promise<FileHandle> => {
    const file = join(path, name);
    if (isClosed) throw closedSet(file); // a read that is under way must not open it again
    const opened =
      handles.get(name) ??
      open(file, 'r').catch(async (error: unknown) => {
        throw await pathError(file, error);
      });
    handles.set(name, opened);
    return opened;
  };
  return {
    file: (name) => heldFile(join(path, name), () => handleOf(name)),
    async close() {
      isClosed = true;
      const opened = await Promise.allSettled(handles.values());
      handles.clear();
      await Promise.all(opened.map((one) => (one.status === 'fulfilled' ? one.value.close() : undefined)));
    },
  };
}

function closedSet(file: string): DataError {
  const remedy = 'a stream that goes on behind close(). End its loop first.';
  return shardError({ file, problem: 'the set was closed', remedy });
}

/** A file that is opened once: a `pathFile` opens it for every read, which takes longer than the read. */
function heldFile(path: string, handle: () => Promise<FileHandle>): DataFile {
  return {
    ...pathFile(path),
    ranges: {
      sizeBytes: async () => (await (await handle()).stat()).size,
      async read({ start, end }, { signal } = {}) {
        signal?.throwIfAborted();
        const bytes = new Uint8Array(end - start);
        const file = await handle();
        let filled = 0;
        while (filled < bytes.length) {
          const { bytesRead } = await file.read(bytes, filled, bytes.length - filled, start + filled);
          if (bytesRead === 0) break;
          filled += bytesRead;
        }
        return filled === bytes.length ? bytes : bytes.subarray(0, filled);
      },
    },
  };
}
