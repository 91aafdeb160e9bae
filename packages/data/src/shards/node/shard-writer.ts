import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { DataError } from '../../errors.js';
import type { ShardEntry } from '../manifest.js';
import {
  bytesPerId,
  encodeWords,
  shardFooter,
  shardHeader,
  shardLayout,
  type ShardDtype,
} from '../shard-layout.js';
import type { Disk, DiskFile } from './disk.js';

/** Ids as they are stored. */
export type ShardIds = Uint16Array | Uint32Array;

/** Name of a shard file. */
function shardName(index: number): string {
  return `shard-${String(index).padStart(5, '0')}.bin`;
}

/** Bytes gathered before they are written. */
const bufferBytes = 2 ** 20;
/** Ends are stored in 32 bits, and read as signed numbers. */
const mostTokens = 2 ** 31 - 1;

/** Writes one shard. It has its name only when it is whole. */
export interface ShardWriter {
  readonly numTokens: number;
  /** Adds a document. @param ends  where each feature ends, from the document's beginning */
  add(ids: ShardIds, ends: readonly number[]): Promise<void>;
  finish(): Promise<ShardEntry>;
  /** Gives up: removes what was written. */
  discard(): Promise<void>;
}

/** Options of `createShardWriter`. */
interface ShardWriterOptions {
  readonly disk: Disk;
  readonly folder: string;
  readonly index: number;
  readonly dtype: ShardDtype;
}

/** Begins a shard under a temporary name. */
export async function createShardWriter(options: ShardWriterOptions): Promise<ShardWriter> {
  const { disk, folder, index, dtype } = options;
  const name = shardName(index);
  const temporary = join(folder, `${name}.partial`);
  const sink = hashedSink(await disk.create(temporary));
  await sink.write(shardHeader(dtype));
  let ends = new Uint32Array(1024);
  const counts = { numTokens: 0, numEnds: 0, numDocuments: 0 };
  return {
    get numTokens() {
      return counts.numTokens;
    },
    async add(ids, documentEnds) {
      if (counts.numTokens + ids.length > mostTokens) throw tooLarge(name);
      for (const end of documentEnds) {
        if (counts.numEnds === ends.length) ends = doubled(ends);
        ends[counts.numEnds++] = counts.numTokens + end;
      }
      counts.numTokens += ids.length;
      counts.numDocuments++;
      await sink.write(encodeWords(ids));
    },
    async finish() {
      const { numTokens, numEnds, numDocuments } = counts;
      const { idsStart, endsStart, sizeBytes } = shardLayout({ dtype, numTokens, numEnds });
      await sink.write(new Uint8Array(endsStart - idsStart - numTokens * bytesPerId(dtype)));
      await sink.write(encodeWords(ends.subarray(0, numEnds)));
      await sink.write(shardFooter({ dtype, numTokens, numEnds }));
      const sha256 = await sink.close();
      await disk.rename(temporary, join(folder, name));
      await disk.syncFolder(folder);
      return { name, numDocuments, numTokens, sizeBytes, sha256 };
    },
    async discard() {
      await sink.discard();
      await disk.remove(temporary);
    },
  };
}

/** Gathers small writes and hashes all of them. */
function hashedSink(file: DiskFile) {
  const hash = createHash('sha256');
  const buffer = new Uint8Array(bufferBytes);
  let used = 0;
  const put = async (bytes: Uint8Array): Promise<void> => {
    hash.update(bytes);
    await file.write(bytes);
  };
  const flush = async (): Promise<void> => {
    if (used > 0) await put(buffer.subarray(0, used));
    used = 0;
  };
  return {
    async write(bytes: Uint8Array): Promise<void> {
      if (used + bytes.length > buffer.length) await flush();
      if (bytes.length > buffer.length) return put(bytes);
      buffer.set(bytes, used);
      used += bytes.length;
    },
    /** Everything is on the disk then. */
    async close(): Promise<string> {
      await flush();
      await file.sync();
      await file.close();
      return hash.digest('hex');
    },
    discard: () => file.close().catch(() => undefined), // closed already, when closing is what failed
  };
}

function doubled(array: Uint32Array<ArrayBuffer>): Uint32Array<ArrayBuffer> {
  const larger = new Uint32Array(2 * array.length);
  larger.set(array);
  return larger;
}

function tooLarge(name: string): DataError {
  return new DataError({
    op: 'prepareShards',
    file: name,
    field: 'shardTokens',
    problem: `a shard would have more than ${mostTokens} tokens`,
    page: 'option-value',
    remedy: 'a single document of that size, or shardTokens near the limit. Cut the document.',
  });
}
