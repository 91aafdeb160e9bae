import { FormatError } from '@tesserae/tensor';
import type { ByteSource, ReadOptions } from '../byte-source.js';
import { readRange } from '../byte-source.js';
import { quoted } from '../errors.js';

/** One file of an archive, as the central directory describes it. */
export interface ZipEntry {
  readonly name: string;
  readonly method: 'stored' | 'deflated';
  readonly sizeBytes: number;
  readonly packedBytes: number;
  /** Where its local header begins. */
  readonly headerStart: number;
  /** Where the next entry, or the directory, begins. */
  readonly limit: number;
}

const END_MAGIC = 0x06054b50;
const END64_MAGIC = 0x06064b50;
const LOCATOR64_MAGIC = 0x07064b50;
const ENTRY_MAGIC = 0x02014b50;
const END_BYTES = 22;
const LOCATOR64_BYTES = 20;
const END64_BYTES = 56;
const ENTRY_BYTES = 46;
const MAX_COMMENT_BYTES = 0xffff;
/** Far beyond any checkpoint: 100,000 tensors with long names take a tenth. */
const MAX_DIRECTORY_BYTES = 100_000_000;

/** Throws the error for an archive that contradicts itself. */
export function zipError(problem: string, file: string): FormatError {
  return new FormatError({
    op: 'zip',
    problem,
    likely: 'The file is truncated or damaged, or was put together by hand. Fetch it again.',
    page: 'zip-format',
    file,
  });
}

/**
 * The entries of an archive, by name; only its end is read.
 * @throws FormatError for a directory outside the file, absurd counts, names given twice or leading out,
 *   encryption, methods but stored and deflated
 * @see PKWARE APPNOTE.TXT 6.3.9, sections 4.3.12-4.3.16 and 4.5.3 (zip64)
 */
export async function readZipDirectory(
  source: ByteSource,
  options: ReadOptions = {},
): Promise<ReadonlyMap<string, ZipEntry>> {
  const { start, sizeBytes, count } = await findDirectory(source, options);
  const file = source.name;
  if (
    start + sizeBytes > source.sizeBytes ||
    sizeBytes > MAX_DIRECTORY_BYTES ||
    count * ENTRY_BYTES > sizeBytes
  )
    throw zipError(`a directory of ${count} entries, ${sizeBytes} bytes at ${start}, cannot be`, file);
  const bytes = await readRange(source, { start, end: start + sizeBytes }, options);
  const view = viewOf(bytes);
  const entries = new Map<string, FoundEntry>();
  let at = 0;
  for (let index = 0; index < count; index++) {
    if (at + ENTRY_BYTES > bytes.length || view.getUint32(at, true) !== ENTRY_MAGIC)
      throw zipError(`entry ${index} of ${count} is not where the directory says`, file);
    const { entry, end } = readEntry(bytes, at, file);
    if (entries.has(entry.name)) throw zipError(`${quoted(entry.name)} is given twice`, file);
    entries.set(entry.name, entry);
    at = end;
  }
  return withLimits([...entries.values()], { end: start, file });
}

type FoundEntry = Omit<ZipEntry, 'limit'>;

interface DirectoryPlace {
  readonly start: number;
  readonly sizeBytes: number;
  readonly count: number;
}

async function findDirectory(source: ByteSource, options: ReadOptions): Promise<DirectoryPlace> {
  const tailStart = Math.max(0, source.sizeBytes - END_BYTES - MAX_COMMENT_BYTES);
  const tail = await readRange(source, { start: tailStart, end: source.sizeBytes }, options);
  const view = viewOf(tail);
  for (let at = tail.length - END_BYTES; at >= 0; at--) {
    if (
      view.getUint32(at, true) !== END_MAGIC ||
      at + END_BYTES + view.getUint16(at + 20, true) !== tail.length
    )
      continue;
    const place = {
      count: view.getUint16(at + 10, true),
      sizeBytes: view.getUint32(at + 12, true),
      start: view.getUint32(at + 16, true),
    };
    const isLarge = place.count === 0xffff || place.sizeBytes === 0xffffffff || place.start === 0xffffffff;
    return isLarge ? readEnd64(source, tailStart + at, options) : place;
  }
  throw zipError('the end of the archive is missing', source.name);
}

async function readEnd64(source: ByteSource, end: number, options: ReadOptions): Promise<DirectoryPlace> {
  const file = source.name;
  const start = end - LOCATOR64_BYTES;
  if (start < 0) throw zipError('the zip64 locator is missing', file);
  const locator = viewOf(await readRange(source, { start, end }, options));
  const at = safeNumber(locator, 8, file);
  if (locator.getUint32(0, true) !== LOCATOR64_MAGIC || at + END64_BYTES > start)
    throw zipError('the zip64 locator is missing or points behind itself', file);
  const record = viewOf(await readRange(source, { start: at, end: at + END64_BYTES }, options));
  if (record.getUint32(0, true) !== END64_MAGIC)
    throw zipError('the zip64 record is not where it should be', file);
  return {
    count: safeNumber(record, 32, file),
    sizeBytes: safeNumber(record, 40, file),
    start: safeNumber(record, 48, file),
  };
}

function readEntry(
  bytes: Uint8Array,
  at: number,
  file: string,
): { readonly entry: FoundEntry; readonly end: number } {
  const view = viewOf(bytes);
  const flags = view.getUint16(at + 8, true);
  const method = view.getUint16(at + 10, true);
  const [nameLength, extraLength, commentLength] = [28, 30, 32].map((field) =>
    view.getUint16(at + field, true),
  );
  const nameEnd = at + ENTRY_BYTES + nameLength!;
  const end = nameEnd + extraLength! + commentLength!;
  if (end > bytes.length) throw zipError('an entry leaves the directory', file);
  const name = checkName(bytes.subarray(at + ENTRY_BYTES, nameEnd), file);
  if ((flags & 1) !== 0) throw zipError(`${quoted(name)} is encrypted`, file);
  if (method !== 0 && method !== 8) throw zipError(`${quoted(name)} is packed with method ${method}`, file);
  const sizes = withZip64(
    [view.getUint32(at + 24, true), view.getUint32(at + 20, true), view.getUint32(at + 42, true)],
    viewOf(bytes.subarray(nameEnd, nameEnd + extraLength!)),
    file,
  );
  const [sizeBytes, packedBytes, headerStart] = sizes as [number, number, number];
  if (method === 0 && sizeBytes !== packedBytes) throw zipError(`${quoted(name)} has two sizes`, file);
  return {
    entry: { name, method: method === 0 ? 'stored' : 'deflated', sizeBytes, packedBytes, headerStart },
    end,
  };
}

/** Fields of 0xffffffff stand, in this order, as 64 bits in the extra field 1. */
function withZip64(fields: readonly number[], extra: DataView, file: string): readonly number[] {
  if (!fields.includes(0xffffffff)) return fields;
  for (let at = 0; at + 4 <= extra.byteLength; at += 4 + extra.getUint16(at + 2, true)) {
    if (extra.getUint16(at, true) !== 1) continue;
    const end = Math.min(extra.byteLength, at + 4 + extra.getUint16(at + 2, true));
    let next = at + 4;
    return fields.map((field) => {
      if (field !== 0xffffffff) return field;
      if (next + 8 > end) throw zipError('a zip64 field is too short', file);
      next += 8;
      return safeNumber(extra, next - 8, file);
    });
  }
  throw zipError('a zip64 field is missing', file);
}

/** Names are only looked up, never written to; yet one that leads out is a sign that the archive is hostile. */
function checkName(bytes: Uint8Array, file: string): string {
  const name = new TextDecoder().decode(bytes);
  const isSafe = !/^\/|[\\:\u0000]/.test(name) && !name.split('/').includes('..');
  if (!isSafe) throw zipError(`${quoted(name)} leads out of the archive`, file);
  return name;
}

function withLimits(
  entries: readonly FoundEntry[],
  { end, file }: { readonly end: number; readonly file: string },
): ReadonlyMap<string, ZipEntry> {
  const ordered = [...entries].sort((a, b) => a.headerStart - b.headerStart);
  return new Map(
    ordered.map((entry, index): [string, ZipEntry] => {
      const limit = ordered[index + 1]?.headerStart ?? end;
      checkRoom(entry, { start: entry.headerStart, limit, file });
      return [entry.name, { ...entry, limit }];
    }),
  );
}

/** @throws FormatError when the bytes of an entry, from `start` on, reach into the next one */
export function checkRoom(
  { name, packedBytes }: Pick<ZipEntry, 'name' | 'packedBytes'>,
  { start, limit, file }: { readonly start: number; readonly limit: number; readonly file: string },
): void {
  if (start + packedBytes > limit) throw zipError(`${quoted(name)} overlaps what comes after it`, file);
}

function safeNumber(view: DataView, at: number, file: string): number {
  const value = view.getBigUint64(at, true);
  if (value <= BigInt(Number.MAX_SAFE_INTEGER)) return Number(value);
  throw zipError(`a size or place of ${value} cannot be`, file);
}

/** A view of exactly these bytes. */
export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
}
