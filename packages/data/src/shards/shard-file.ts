import { DataError } from '../errors.js';
import type { ByteRange, DataFile, RangeReader } from '../readers/data-file.js';
import type { ShardEntry } from './manifest.js';
import { shardError } from './shard-error.js';
import {
  bytesPerId,
  checkShardEnds,
  decodeIds,
  FOOTER_BYTES,
  HEADER_BYTES,
  type ShardDtype,
  type ShardLayout,
  shardLayout,
} from './shard-layout.js';

/** One shard, read by range. */
export interface ShardFile {
  readonly entry: ShardEntry;
  /** Ids from a token on, `end` excluded. */
  ids(start: number, end: number, signal?: AbortSignal): Promise<Int32Array>;
  /** Where the features of a document lie: its start, then the end of each. */
  bounds(document: number): Promise<Int32Array>;
  /** All bytes, for checking the hash. */
  bytes(signal?: AbortSignal): Promise<Uint8Array>;
}

/** Documents whose ends are read at once. */
const blockDocuments = 2048;

/** What opening a shard needs. */
interface ShardFileOptions {
  readonly entry: ShardEntry;
  readonly dtype: ShardDtype;
  readonly numFeatures: number;
  readonly signal?: AbortSignal;
}

/**
 * Opens a shard and checks its size, head and foot.
 * @throws DataError data-shard-missing, data-shards
 */
export async function openShardFile(file: DataFile, options: ShardFileOptions): Promise<ShardFile> {
  const { entry, dtype, numFeatures, signal } = options;
  const numEnds = entry.numDocuments * numFeatures;
  const counts = { dtype, numTokens: entry.numTokens, numEnds };
  const layout = shardLayout(counts);
  const ranges = rangesOf(file);
  const sizeBytes = await missingNamed(file, ranges.sizeBytes({ signal }));
  if (sizeBytes !== layout.sizeBytes) {
    const problem = `the file has ${sizeBytes} bytes, the manifest says ${layout.sizeBytes}`;
    throw shardError({ file: file.name, problem });
  }
  const [header, footer] = await Promise.all([
    ranges.read({ start: 0, end: HEADER_BYTES }, { signal }),
    ranges.read({ start: layout.footerStart, end: layout.footerStart + FOOTER_BYTES }, { signal }),
  ]);
  checkShardEnds(file.name, { header, footer }, counts);
  return shardReader(file, { ...options, layout });
}

function shardReader(
  file: DataFile,
  { entry, dtype, numFeatures, layout }: ShardFileOptions & { readonly layout: ShardLayout },
): ShardFile {
  const ranges = rangesOf(file);
  const width = bytesPerId(dtype);
  const exactly = async (range: ByteRange, signal?: AbortSignal): Promise<Uint8Array> => {
    const bytes = await ranges.read(range, { signal });
    if (bytes.length !== range.end - range.start) throw cutOff(file.name, range);
    return bytes;
  };
  let block: { readonly first: number; readonly ends: Promise<Int32Array> } | undefined;
  const endsFrom = (first: number): Promise<Int32Array> => {
    if (block?.first === first) return block.ends;
    const last = Math.min(first + blockDocuments, entry.numDocuments);
    const endAt = (document: number): number => layout.endsStart + 4 * numFeatures * document;
    // one end more in front: where the first document begins
    const range = { start: Math.max(layout.endsStart, endAt(first) - 4), end: endAt(last) };
    const ends = exactly(range).then((bytes) => decodeIds(bytes, 'u32'));
    ends.catch(() => (block = undefined)); // a read that failed must not be remembered
    block = { first, ends };
    return ends;
  };
  return {
    entry,
    async ids(start, end, signal) {
      const range = { start: layout.idsStart + width * start, end: layout.idsStart + width * end };
      return decodeIds(await exactly(range, signal), dtype);
    },
    async bounds(document) {
      const first = document - (document % blockDocuments);
      const ends = await endsFrom(first);
      const at = (document - first) * numFeatures - (first === 0 ? 1 : 0);
      const bounds = Int32Array.from({ length: numFeatures + 1 }, (_, place) => ends[at + place] ?? 0);
      checkBounds(file.name, { bounds, document, numTokens: entry.numTokens });
      return bounds;
    },
    bytes: (signal) => exactly({ start: 0, end: layout.sizeBytes }, signal),
  };
}

function cutOff(file: string, { start, end }: ByteRange): DataError {
  const problem = `bytes ${start} to ${end} are not there; the file was cut off since it was opened`;
  return shardError({ file, problem });
}

function checkBounds(
  file: string,
  facts: { readonly bounds: Int32Array; readonly document: number; readonly numTokens: number },
): void {
  const { bounds, document, numTokens } = facts;
  const isSound = bounds.every((end, place) => end <= numTokens && end >= (bounds[place - 1] ?? 0));
  if (isSound) return;
  const problem = `the index of document ${document} is ${[...bounds].join(', ')}; the shard has ${numTokens} tokens`;
  throw shardError({ file, field: 'index', problem });
}

function rangesOf(file: DataFile): RangeReader {
  if (file.ranges !== undefined) return file.ranges;
  throw shardError({
    file: file.name,
    problem: 'the shard comes as a stream, and shards are read by range',
    remedy: 'use a file, a Blob, or a web server that sends ranges.',
  });
}

async function missingNamed<T>(file: DataFile, opened: Promise<T>): Promise<T> {
  try {
    return await opened;
  } catch (cause) {
    if (!(cause instanceof DataError) || !['data-path', 'data-http'].includes(cause.code)) throw cause;
    throw new DataError({
      op: 'shards',
      file: file.name,
      problem: 'a shard that the manifest lists cannot be read',
      page: 'data-shard-missing',
      remedy: 'an incomplete copy of the folder. Copy it again, or prepare it anew.',
      cause,
    });
  }
}
