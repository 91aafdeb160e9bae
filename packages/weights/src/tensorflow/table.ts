import type { ByteSource, ReadOptions } from '../byte-source.js';
import { readRange } from '../byte-source.js';
import { bundleError } from './bundle-error.js';
import { maskedCrc32c } from './crc32c.js';
import { unpackSnappy } from './snappy.js';
import { WireCursor } from './wire.js';

const MAGIC = 0xdb4775248b80fb57n;
const FOOTER_BYTES = 48;
/** After each block: how it is packed, and its sum. */
const TRAILER_BYTES = 5;
/** The index of the largest models takes a few megabytes. */
const MAX_TABLE_BYTES = 2 ** 28;

/** A key and its value, in the order of the table. */
type TableEntry = readonly [key: Uint8Array, value: Uint8Array];

/**
 * All entries of a sorted table, LevelDB's file format, every block checked against its sum.
 * @throws FormatError when it is no table, or damaged
 * @see https://github.com/google/leveldb/blob/main/doc/table_format.md
 */
export async function readTable(
  source: ByteSource,
  options: ReadOptions = {},
): Promise<readonly TableEntry[]> {
  const { name: file, sizeBytes } = source;
  if (sizeBytes < FOOTER_BYTES || sizeBytes > MAX_TABLE_BYTES)
    throw bundleError(`an index of ${sizeBytes} bytes`, file, { got: sizeBytes });
  const bytes = await readRange(source, { start: 0, end: sizeBytes }, options);
  const footer = new WireCursor(bytes.subarray(sizeBytes - FOOTER_BYTES), file);
  readHandle(footer); // of the meta index, which is empty
  const index = readHandle(footer);
  footer.at = FOOTER_BYTES - 8;
  const magic = footer.uint64();
  if (magic !== MAGIC)
    throw bundleError('the index does not end as one', file, { got: magic, needed: MAGIC });
  const entries: TableEntry[] = [];
  for (const [, value] of readBlock(bytes, index, file)) {
    options.signal?.throwIfAborted();
    for (const entry of readBlock(bytes, readHandle(new WireCursor(value, file)), file)) {
      const last = entries.at(-1);
      if (last !== undefined && !isBefore(last[0], entry[0]))
        throw bundleError('the names are not in order', file);
      entries.push(entry);
    }
  }
  return entries;
}

interface BlockHandle {
  readonly start: number;
  readonly sizeBytes: number;
}

function readHandle(cursor: WireCursor): BlockHandle {
  return { start: cursor.length(), sizeBytes: cursor.length() };
}

function readBlock(
  bytes: Uint8Array,
  { start, sizeBytes }: BlockHandle,
  file: string,
): readonly TableEntry[] {
  const end = start + sizeBytes;
  if (end + TRAILER_BYTES > bytes.length - FOOTER_BYTES) throw bundleError('a block leaves the index', file);
  const trailer = new WireCursor(bytes.subarray(end, end + TRAILER_BYTES), file);
  const packing = trailer.raw(1)[0]!;
  const [got, needed] = [maskedCrc32c(bytes.subarray(start, end + 1)), trailer.uint32()];
  if (got !== needed) {
    const facts = { page: 'tensorflow-crc', got, needed };
    throw bundleError(`the block of the index at ${start} is not as it was written (CRC-32C)`, file, facts);
  }
  if (packing > 1) throw bundleError(`a block is packed in a way ${packing} that is not known`, file);
  const block = bytes.subarray(start, end);
  return blockEntries(packing === 1 ? unpackSnappy(block, file) : block, file);
}

/** Keys share what they have in common with the one before; the restart points at the end are not needed. */
function blockEntries(block: Uint8Array, file: string): readonly TableEntry[] {
  if (block.length < 4) throw bundleError('a block without its end', file);
  const view = new DataView(block.buffer, block.byteOffset, block.length);
  const limit = block.length - 4 - 4 * view.getUint32(block.length - 4, true);
  if (limit < 0) throw bundleError('a block with more restart points than bytes', file);
  const cursor = new WireCursor(block.subarray(0, limit), file);
  const entries: TableEntry[] = [];
  let key: Uint8Array = new Uint8Array(0);
  while (!cursor.isAtEnd) {
    const [shared, added, valueBytes] = [cursor.length(), cursor.length(), cursor.length()];
    if (shared > key.length) throw bundleError('a name shares more than there is', file);
    const next = new Uint8Array(shared + cursor.bytes.subarray(cursor.at, cursor.at + added).length);
    next.set(key.subarray(0, shared));
    next.set(cursor.raw(added), shared);
    key = next;
    entries.push([key, cursor.raw(valueBytes)]);
  }
  return entries;
}

function isBefore(a: Uint8Array, b: Uint8Array): boolean {
  const at = a.findIndex((byte, index) => byte !== b[index]);
  return at < 0 ? a.length < b.length : at < b.length && a[at]! < b[at]!;
}
