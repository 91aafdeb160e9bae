import type { ByteSource, ReadOptions } from '../byte-source.js';
import { bytesSource, rangeSource, readRange } from '../byte-source.js';
import { listed, quoted } from '../errors.js';
import type { ModelFolder } from '../folder.js';
import type { StoredDType } from '../safetensors/stored-dtype.js';
import { STORED_DTYPES } from '../safetensors/stored-dtype.js';
import type { StoredTensor } from '../stored/gather.js';
import { elementCount } from '../stored/layout.js';
import type { StoredFile } from '../stored/stored-file.js';
import { storedFile } from '../stored/stored-file.js';
import { bundleError } from './bundle-error.js';
import { maskedCrc32c } from './crc32c.js';
import { readTable } from './table.js';
import { wireFields, wireMessages, wireNumber } from './wire.js';

/** Shards of one checkpoint; a header may not choose how many files are looked for. */
const MOST_SHARDS = 100_000;

/** TensorFlow's numbers of element types. @see tensorflow/core/framework/types.proto */
const DTYPES: Readonly<Record<number, StoredDType>> = {
  1: 'F32',
  2: 'F64',
  3: 'I32',
  4: 'U8',
  5: 'I16',
  6: 'I8',
  8: 'C64',
  9: 'I64',
  10: 'BOOL',
  14: 'BF16',
  17: 'U16',
  19: 'F16',
  22: 'U32',
  23: 'U64',
};

interface BundleEntry {
  readonly name: string;
  readonly stored: StoredDType;
  readonly shape: readonly number[];
  readonly shard: number;
  readonly start: number;
  readonly sizeBytes: number;
  readonly crc: number;
  /** True when its values lie in parts under other keys. */
  readonly isSliced: boolean;
}

/**
 * Opens a TensorFlow checkpoint in the form of version 2: `PREFIX.index` and `PREFIX.data-…`.
 * Strings and resources are not tensors here and left out. A tensor's sum is checked when it is read.
 * @throws FormatError for a damaged index, a missing or short shard, an absurd size
 * @see tensorflow/core/protobuf/tensor_bundle.proto
 */
export async function openTensorFlow(
  folder: ModelFolder,
  prefix: string,
  options: ReadOptions = {},
): Promise<StoredFile> {
  const index = await folder.open(`${prefix}.index`, options);
  const file = index.name;
  const [header, ...table] = await readTable(index, options);
  if (header === undefined || header[0].length > 0) throw bundleError('the index has no header', file);
  const { shards, isBigEndian } = readHeader(header[1], file);
  const entries = table
    .filter(([key]) => key[0] !== 0) // parts of variables, under keys that are no text
    .flatMap(([key, value]) => readEntry(new TextDecoder().decode(key), value, { shards, file }) ?? []);
  const used = new Set(entries.filter(({ isSliced }) => !isSliced).map(({ shard }) => shard));
  const sources = await openShards(folder, { prefix, shards, used, file }, options);
  const tensors = new Map<string, StoredTensor>();
  for (const entry of entries) {
    const { name, stored, shape } = entry;
    if (entry.isSliced) tensors.set(name, { stored, shape, ...slicedTensor(name, file) });
    else
      tensors.set(name, { stored, shape, bytes: entrySource(entry, sources.get(entry.shard)!), isBigEndian });
  }
  return storedFile({ name: file, op: 'tensorflow', tensors, metadata: { format: 'tensorflow-bundle' } });
}

function readHeader(
  bytes: Uint8Array,
  file: string,
): { readonly shards: number; readonly isBigEndian: boolean } {
  const fields = wireFields(bytes, file);
  const shards = wireNumber(fields, 1, file);
  const endianness = wireNumber(fields, 2, file);
  if (shards < 1 || shards > MOST_SHARDS || endianness > 1)
    throw bundleError(`a header of ${shards} shards and endianness ${endianness}`, file);
  return { shards, isBigEndian: endianness === 1 };
}

function readEntry(
  name: string,
  bytes: Uint8Array,
  { shards, file }: { readonly shards: number; readonly file: string },
): BundleEntry | undefined {
  const fields = wireFields(bytes, file);
  const number = (field: number): number => wireNumber(fields, field, file);
  const stored = DTYPES[number(1)];
  if (stored === undefined) return undefined; // strings, such as the object graph of TensorFlow 2
  const shape = wireMessages(fields, 2, file).flatMap((message) =>
    wireMessages(wireFields(message, file), 2, file).map((dim) => wireNumber(wireFields(dim, file), 1, file)),
  );
  const isSliced = fields.some(({ field }) => field === 7);
  const entry = {
    name,
    stored,
    shape,
    shard: number(3),
    start: number(4),
    sizeBytes: number(5),
    crc: number(6),
    isSliced,
  };
  const needed = elementCount(shape) * STORED_DTYPES[stored].sizeBytes;
  if (isSliced) return Number.isNaN(needed) ? sizeMisfit(entry, needed, file) : entry;
  if (entry.sizeBytes !== needed) return sizeMisfit(entry, needed, file);
  if (entry.shard >= shards)
    throw bundleError(`${quoted(name)} is in shard ${entry.shard} of ${shards}`, file);
  return entry;
}

function sizeMisfit({ name, stored, shape, sizeBytes }: BundleEntry, needed: number, file: string): never {
  const problem = `${quoted(name)}: ${stored}[${shape.join(',')}] takes ${needed} bytes, it has ${sizeBytes}`;
  throw bundleError(problem, file, { got: sizeBytes, needed });
}

interface WantedShards {
  readonly prefix: string;
  readonly shards: number;
  readonly used: ReadonlySet<number>;
  readonly file: string;
}

async function openShards(
  folder: ModelFolder,
  { prefix, shards, used, file }: WantedShards,
  options: ReadOptions,
): Promise<ReadonlyMap<number, ByteSource>> {
  const sources = new Map<number, ByteSource>();
  const absent: string[] = [];
  for (const shard of used) {
    const name = `${prefix}.data-${fiveDigits(shard)}-of-${fiveDigits(shards)}`;
    if (await folder.has(name)) sources.set(shard, await folder.open(name, options));
    else absent.push(name);
  }
  if (absent.length === 0) return sources;
  throw bundleError(`${absent.length} of ${shards} data files are missing: ${listed(absent)}`, file, {
    page: 'tensorflow-shard',
    likely: 'A checkpoint is its .index and all its .data files. Put the missing ones beside the index.',
    got: absent,
  });
}

/** The bytes of a tensor; read whole, they are checked against the sum that was written with them. */
function entrySource({ name, start, sizeBytes, crc }: BundleEntry, shard: ByteSource): ByteSource {
  const end = start + sizeBytes;
  if (end > shard.sizeBytes) {
    const problem = `${quoted(name)} ends at byte ${end}, the file has ${shard.sizeBytes}`;
    throw bundleError(problem, shard.name, { page: 'file-truncated', got: shard.sizeBytes, needed: end });
  }
  const range = rangeSource(shard, { start, end });
  return {
    ...range,
    read: async (from, to, options) => {
      const bytes = await readRange(range, { start: from, end: to }, options);
      if (to - from === sizeBytes && maskedCrc32c(bytes) !== crc) {
        const problem = `${quoted(name)} is not as it was written (CRC-32C)`;
        throw bundleError(problem, shard.name, {
          page: 'tensorflow-crc',
          got: maskedCrc32c(bytes),
          needed: crc,
        });
      }
      return bytes;
    },
  };
}

function slicedTensor(name: string, file: string): Pick<StoredTensor, 'bytes' | 'refuse'> {
  return {
    bytes: bytesSource(file, new Uint8Array(0)),
    refuse: () => {
      throw bundleError(`${quoted(name)} was saved in parts by a partitioner`, file, {
        page: 'tensorflow-slices',
        likely: 'Load the checkpoint in TensorFlow without a partitioner and save it again.',
      });
    },
  };
}

const fiveDigits = (value: number): string => String(value).padStart(5, '0');
