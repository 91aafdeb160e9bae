import type { ByteSource, ReadOptions } from '../byte-source.js';
import { rangeSource, readRange } from '../byte-source.js';
import { quoted } from '../errors.js';
import { canHold, inflate } from '../inflate.js';
import type { ZipEntry } from './zip-directory.js';
import { checkRoom, readZipDirectory, viewOf, zipError } from './zip-directory.js';

/** An archive whose entries are read by name and range. */
export interface ZipArchive {
  readonly names: readonly string[];
  /** The bytes of an entry; undefined when there is none of this name. */
  open(name: string): ByteSource | undefined;
}

const LOCAL_MAGIC = 0x04034b50;
const LOCAL_BYTES = 30;

/** Opens an archive; its directory is read and checked. @throws FormatError when it contradicts itself */
export async function openZip(source: ByteSource, options: ReadOptions = {}): Promise<ZipArchive> {
  const entries = await readZipDirectory(source, options);
  return {
    names: [...entries.keys()],
    open: (name) => {
      const entry = entries.get(name);
      return entry === undefined ? undefined : entrySource(source, entry);
    },
  };
}

/** The local header is read with the first bytes; a deflated entry is unpacked whole for each read. */
function entrySource(source: ByteSource, entry: ZipEntry): ByteSource {
  const { name, sizeBytes, method, packedBytes } = entry;
  const file = source.name;
  if (!canHold(packedBytes, sizeBytes))
    throw zipError(`${quoted(name)}: ${packedBytes} bytes cannot hold ${sizeBytes}`, file);
  let place: { readonly start: number; readonly end: number } | undefined;
  return {
    name: file,
    sizeBytes,
    read: async (start, end, options = {}) => {
      place ??= await placeOf(source, entry, options);
      const packed = rangeSource(source, place);
      if (method === 'stored') return readRange(packed, { start, end }, options);
      const bytes = await readRange(packed, { start: 0, end: packedBytes }, options);
      const { signal } = options;
      const whole = await inflate(bytes, {
        format: 'deflate-raw',
        sizeBytes,
        op: 'zip',
        page: 'zip-format',
        file,
        signal,
      });
      return whole.slice(start, end);
    },
  };
}

async function placeOf(
  source: ByteSource,
  { name, headerStart, packedBytes, limit }: ZipEntry,
  options: ReadOptions,
): Promise<{ readonly start: number; readonly end: number }> {
  const header = viewOf(
    await readRange(source, { start: headerStart, end: headerStart + LOCAL_BYTES }, options),
  );
  if (header.getUint32(0, true) !== LOCAL_MAGIC)
    throw zipError(`${quoted(name)} is not where the directory says`, source.name);
  const start = headerStart + LOCAL_BYTES + header.getUint16(26, true) + header.getUint16(28, true);
  checkRoom({ name, packedBytes }, { start, limit, file: source.name });
  return { start, end: start + packedBytes };
}
