import { bundleError } from './bundle-error.js';
import { WireCursor } from './wire.js';

/** A block of a table is some kilobytes; more is a bomb. */
const MAX_BLOCK_BYTES = 2 ** 26;

/**
 * Unpacks a block in Snappy's raw form.
 * @throws FormatError when it is damaged, or claims more than a block may hold
 * @see https://github.com/google/snappy/blob/main/format_description.txt
 */
export function unpackSnappy(packed: Uint8Array, file: string): Uint8Array {
  const cursor = new WireCursor(packed, file);
  const sizeBytes = cursor.length();
  if (sizeBytes > MAX_BLOCK_BYTES) throw bundleError(`a packed block of ${sizeBytes} bytes`, file);
  const result = new Uint8Array(sizeBytes);
  let filled = 0;
  while (!cursor.isAtEnd) {
    const tag = cursor.raw(1)[0]!;
    const { length, distance } = (tag & 3) === 0 ? literal(cursor, tag) : repeat(cursor, tag);
    if (filled + length > sizeBytes || distance > filled)
      throw bundleError('a packed block is damaged', file);
    if (distance === 0) result.set(cursor.raw(length), filled);
    else for (let index = filled; index < filled + length; index++) result[index] = result[index - distance]!;
    filled += length;
  }
  if (filled !== sizeBytes) throw bundleError(`a packed block gives ${filled} of ${sizeBytes} bytes`, file);
  return result;
}

interface Piece {
  readonly length: number;
  /** How far back it is copied from; 0: it follows. */
  readonly distance: number;
}

function literal(cursor: WireCursor, tag: number): Piece {
  const short = tag >>> 2;
  return { length: 1 + (short < 60 ? short : littleEndian(cursor.raw(short - 59))), distance: 0 };
}

function repeat(cursor: WireCursor, tag: number): Piece {
  const [length, distance] =
    (tag & 3) === 1
      ? [4 + ((tag >>> 2) & 7), ((tag >>> 5) << 8) | cursor.raw(1)[0]!]
      : [1 + (tag >>> 2), littleEndian(cursor.raw((tag & 3) === 2 ? 2 : 4))];
  return { length, distance: distance === 0 ? Infinity : distance }; // a distance of 0 is damage, not a literal
}

const littleEndian = (bytes: Uint8Array): number => bytes.reduceRight((value, byte) => value * 256 + byte, 0);
