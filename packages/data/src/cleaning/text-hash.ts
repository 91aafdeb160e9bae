import { type Hash64, mixWord } from './hash-table.js';

/**
 * A 64-bit hash of a text as exact duplicates are told: in Unicode's composed form, runs of white space as one
 * space, none at the ends. Upper and lower case and punctuation count.
 */
export function exactHash(text: string): Hash64 {
  const composed = text.normalize('NFC');
  let high = 0x2545f491;
  let low = 0x1b873593;
  let length = 0;
  let isGap = false;
  for (let at = 0; at < composed.length; at++) {
    const unit = composed.charCodeAt(at);
    if (isSpace(unit)) {
      isGap = length > 0;
      continue;
    }
    for (let step = isGap ? 0 : 1; step < 2; step++) {
      const next = step === 0 ? 0x20 : unit;
      high = Math.imul(high ^ next, 0x01000193);
      low = Math.imul(((low << 13) | (low >>> 19)) ^ next, 0xcc9e2d51);
      length++;
    }
    isGap = false;
  }
  return { high: mixWord(high ^ length), low: mixWord(low ^ Math.imul(length, 0x9e3779b1)) };
}

/** White space as `String.prototype.trim` knows it. */
function isSpace(unit: number): boolean {
  if (unit <= 0x20) return unit === 0x20 || (unit >= 9 && unit <= 13);
  if (unit < 0xa0) return false;
  if (unit === 0xa0 || unit === 0xfeff || unit === 0x1680) return true;
  if (unit < 0x2000 || unit > 0x3000) return false;
  return unit <= 0x200a || [0x2028, 0x2029, 0x202f, 0x205f, 0x3000].includes(unit);
}
