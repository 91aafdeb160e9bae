import type { CodePoints } from './code-points.js';

/** Inclusive ranges of bytes, one for each byte of a character. */
type ByteRanges = readonly (readonly [low: number, high: number])[];

/** First and last character of each encoded length. */
const LENGTHS: readonly (readonly [low: number, high: number, tail: number])[] = [
  [0, 0x7f, 0],
  [0x80, 0x7ff, 1],
  [0x800, 0xffff, 2],
  [0x10000, 0x10ffff, 3],
];

/** A set of characters as UTF-8: a character is in the set when its bytes lie in one of the lists of ranges. */
export function utf8Ranges(set: CodePoints): readonly ByteRanges[] {
  return set.flatMap(([low, high]) =>
    LENGTHS.flatMap(([first, last, tail]) => {
      const from = Math.max(low, first);
      const to = Math.min(high, last);
      return from <= to ? splitRange(from, to, tail) : [];
    }),
  );
}

/** Splits a range of characters of one encoded length so that the bytes of each part vary independently. */
function splitRange(low: number, high: number, tail: number): readonly ByteRanges[] {
  for (let bytes = tail; bytes > 0; bytes--) {
    const mask = (1 << (6 * bytes)) - 1;
    if (low >> (6 * bytes) === high >> (6 * bytes)) continue;
    if ((low & mask) !== 0) {
      return [...splitRange(low, low | mask, tail), ...splitRange((low | mask) + 1, high, tail)];
    }
    if ((high & mask) !== mask) {
      return [...splitRange(low, (high & ~mask) - 1, tail), ...splitRange(high & ~mask, high, tail)];
    }
  }
  const from = utf8Bytes(low, tail);
  const to = utf8Bytes(high, tail);
  return [from.map((byte, index) => [byte, to[index]!] as const)];
}

function utf8Bytes(codePoint: number, tail: number): readonly number[] {
  const lead = [0, 0xc0, 0xe0, 0xf0][tail]! | (codePoint >> (6 * tail));
  const rest = Array.from({ length: tail }, (_, at) => 0x80 | ((codePoint >> (6 * (tail - 1 - at))) & 0x3f));
  return [lead, ...rest];
}
