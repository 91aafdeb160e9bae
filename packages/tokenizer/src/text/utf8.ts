/** UTF-8 bytes of a text; a lone surrogate becomes U+FFFD. */
export function textToBytes(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

/** Text of UTF-8 bytes, without the bytes that are not well-formed. A byte order mark stays. */
export function bytesToText(bytes: Uint8Array): string {
  const kept = new Uint8Array(bytes.length);
  let length = 0;
  for (let i = 0; i < bytes.length;) {
    const width = sequenceWidth(bytes, i);
    for (let k = 0; k < width; k++) kept[length++] = bytes[i + k]!;
    i += Math.max(1, width);
  }
  return new TextDecoder('utf-8', { ignoreBOM: true }).decode(kept.subarray(0, length));
}

/** Text of bytes [from, to), or undefined when they are not UTF-8; for short texts faster than TextDecoder. */
export function decodeUtf8(bytes: Uint8Array, from: number, to: number): string | undefined {
  let text = '';
  for (let i = from; i < to;) {
    const width = sequenceWidth(bytes, i);
    if (width === 0 || i + width > to) return undefined;
    let codePoint = bytes[i]! & [0, 0x7f, 0x1f, 0x0f, 0x07][width]!;
    for (let k = 1; k < width; k++) codePoint = (codePoint << 6) | (bytes[i + k]! & 0x3f);
    text += String.fromCodePoint(codePoint);
    i += width;
  }
  return text;
}

/** Length of the well-formed sequence at `start`, or 0 when there is none. Unicode standard, table 3-7. */
function sequenceWidth(bytes: Uint8Array, start: number): number {
  const lead = bytes[start]!;
  if (lead < 0x80) return 1;
  if (lead < 0xc2 || lead > 0xf4) return 0;
  const width = 1 + tailLength(lead);
  const second = bytes[start + 1] ?? 0;
  const lowest = lead === 0xe0 ? 0xa0 : lead === 0xf0 ? 0x90 : 0x80;
  const highest = lead === 0xed ? 0x9f : lead === 0xf4 ? 0x8f : 0xbf;
  if (second < lowest || second > highest) return 0;
  for (let k = 2; k < width; k++) if (((bytes[start + k] ?? 0) & 0xc0) !== 0x80) return 0;
  return width;
}

/** Number of bytes after the first one in a UTF-8 sequence, by that first byte. */
export function tailLength(lead: number): number {
  return lead < 0x80 ? 0 : lead < 0xe0 ? 1 : lead < 0xf0 ? 2 : 3;
}

/** First bits of a UTF-8 sequence, by the number of bytes that follow. */
export const leadMarks: readonly number[] = [0, 0xc0, 0xe0, 0xf0];

/** Six times the number of bytes after the first one of a code point: where the bits of the first one begin. */
export function leadShift(codePoint: number): number {
  return codePoint < 0x80 ? 0 : codePoint < 0x800 ? 6 : codePoint < 0x10000 ? 12 : 18;
}

/** The byte of a code point's UTF-8 form whose bits begin at `shift`: from `lead`, its `leadShift`, in steps of 6 to 0. */
export function utf8Byte(codePoint: number, shift: number, lead: number): number {
  const bits = codePoint >> shift;
  return shift < lead ? 0x80 | (bits & 0x3f) : leadMarks[lead / 6]! | bits;
}
