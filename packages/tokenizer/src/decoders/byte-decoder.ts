import type { Decoder } from '../pipeline.js';
import { bytesToText, textToBytes } from '../text/utf8.js';

/**
 * Joins tokens as bytes: a one-character token below U+0100 is that byte, any other token its own text.
 * Bytes that are not UTF-8 are dropped, as Python's `errors="ignore"` does for ByT5.
 */
export function createByteDecoder(): Decoder {
  return Object.freeze({
    type: 'Bytes',
    decode(tokens: readonly string[]): readonly string[] {
      const bytes: number[] = [];
      for (const token of tokens) {
        if (token.length === 1 && token.charCodeAt(0) < 256) bytes.push(token.charCodeAt(0));
        else for (const byte of textToBytes(token)) bytes.push(byte);
      }
      return [bytesToText(Uint8Array.from(bytes))];
    },
    toJson: () => ({ type: 'Bytes' }),
  });
}
