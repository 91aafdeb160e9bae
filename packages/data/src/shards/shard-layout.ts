import { shardError } from './shard-error.js';

/** How ids are stored: 16 bits where the vocabulary allows it. */
export type ShardDtype = 'u16' | 'u32';

/** The narrowest dtype for ids below `vocabSize`. */
export function shardDtype(vocabSize: number): ShardDtype {
  return vocabSize <= 2 ** 16 ? 'u16' : 'u32';
}

/** Bytes of one id. */
export function bytesPerId(dtype: ShardDtype): 2 | 4 {
  return dtype === 'u16' ? 2 : 4;
}

/** What a shard file holds. */
interface ShardCounts {
  readonly dtype: ShardDtype;
  readonly numTokens: number;
  /** Ends in its index: documents × features. */
  readonly numEnds: number;
}

/** Where the parts of a shard file lie, in bytes. */
export interface ShardLayout {
  readonly idsStart: number;
  readonly endsStart: number;
  readonly footerStart: number;
  readonly sizeBytes: number;
}

/** Bytes of the head: magic, version, bytes per id. */
export const HEADER_BYTES = 16;
/** Bytes of the foot: counts and magic. */
export const FOOTER_BYTES = 24;
/** Version of the shard file. */
const version = 1;

const headMagic = 'TESSHARD';
const footMagic = 'DRAHSSET';

/** Ids behind the header, ends (u32 each) behind the ids from a multiple of 4 on, then the footer. */
export function shardLayout({ dtype, numTokens, numEnds }: ShardCounts): ShardLayout {
  const idsEnd = HEADER_BYTES + numTokens * bytesPerId(dtype);
  const endsStart = Math.ceil(idsEnd / 4) * 4;
  const footerStart = endsStart + 4 * numEnds;
  return { idsStart: HEADER_BYTES, endsStart, footerStart, sizeBytes: footerStart + FOOTER_BYTES };
}

/** The first bytes of a shard. */
export function shardHeader(dtype: ShardDtype): Uint8Array {
  const bytes = new Uint8Array(HEADER_BYTES);
  bytes.set(new TextEncoder().encode(headMagic));
  const view = new DataView(bytes.buffer);
  view.setUint32(8, version, true);
  view.setUint32(12, bytesPerId(dtype), true);
  return bytes;
}

/** The last bytes of a shard. */
export function shardFooter({ numTokens, numEnds }: ShardCounts): Uint8Array {
  const bytes = new Uint8Array(FOOTER_BYTES);
  const view = new DataView(bytes.buffer);
  view.setBigUint64(0, BigInt(numTokens), true);
  view.setBigUint64(8, BigInt(numEnds), true);
  bytes.set(new TextEncoder().encode(footMagic), 16);
  return bytes;
}

/**
 * Checks head and foot of a shard against what the manifest says.
 * @throws DataError (data-shards)
 */
export function checkShardEnds(
  file: string,
  ends: { readonly header: Uint8Array; readonly footer: Uint8Array },
  counts: ShardCounts,
): void {
  checkSame(file, 'header', { got: ends.header, needed: shardHeader(counts.dtype) });
  checkSame(file, 'footer', { got: ends.footer, needed: shardFooter(counts) });
}

function checkSame(
  file: string,
  field: string,
  { got, needed }: { readonly got: Uint8Array; readonly needed: Uint8Array },
): void {
  if (got.length === needed.length && got.every((byte, at) => byte === needed[at])) return;
  const hex = (bytes: Uint8Array): string =>
    Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
  throw shardError({ file, field, problem: `the ${field} is ${hex(got)}, needed ${hex(needed)}` });
}

const isLittleEndian = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;

/** Little-endian ids as numbers. */
export function decodeIds(bytes: Uint8Array, dtype: ShardDtype): Int32Array {
  const count = bytes.length / bytesPerId(dtype);
  if (!isLittleEndian) {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    const read = (at: number): number =>
      dtype === 'u16' ? view.getUint16(2 * at, true) : view.getInt32(4 * at, true);
    return Int32Array.from({ length: count }, (_, at) => read(at));
  }
  const aligned = bytes.byteOffset % bytesPerId(dtype) === 0 ? bytes : bytes.slice();
  const { buffer, byteOffset } = aligned;
  return dtype === 'u16'
    ? new Int32Array(new Uint16Array(buffer, byteOffset, count))
    : new Int32Array(new Int32Array(buffer, byteOffset, count));
}

/** Ids or ends as little-endian bytes. */
export function encodeWords(words: Uint16Array | Uint32Array): Uint8Array {
  if (isLittleEndian) return new Uint8Array(words.buffer, words.byteOffset, words.byteLength);
  const bytes = new Uint8Array(words.byteLength);
  const view = new DataView(bytes.buffer);
  words.forEach((word, at) => {
    if (words.BYTES_PER_ELEMENT === 2) view.setUint16(2 * at, word, true);
    else view.setUint32(4 * at, word, true);
  });
  return bytes;
}
