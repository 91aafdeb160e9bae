import { checkOptions } from '../errors.js';
import type { Model, Words } from '../pipeline.js';
import { codePointIn } from '../text/code-units.js';
import type { TokenSink } from '../text/token-sink.js';
import { leadShift, utf8Byte } from '../text/utf8.js';

/** Where the bytes sit among the ids. */
export interface ByteModelOptions {
  /** Id of byte 0; the ids below are special tokens. Default 3, as in ByT5. */
  readonly firstByteId?: number;
}

/**
 * UTF-8 bytes as ids. A token is written as the character of the same number (byte 0xc3 is `Ã`), as in
 * Hugging Face; every byte of a character has that character's offsets.
 */
export function createByteModel(options: ByteModelOptions = {}): Model {
  checkOptions('createByteModel', options, { firstByteId: 0 });
  const { firstByteId = 3 } = options;
  return Object.freeze({
    type: 'Bytes',
    vocabSize: 256,
    tokenToId: (token: string) =>
      token.length === 1 && token.charCodeAt(0) < 256 ? token.charCodeAt(0) + firstByteId : undefined,
    idToToken: (id: number) =>
      id >= firstByteId && id < firstByteId + 256 ? String.fromCharCode(id - firstByteId) : undefined,
    encode(words: Words, sink: TokenSink) {
      encodeBytes(words, sink, firstByteId);
    },
    toJson: () => ({ type: 'Bytes', first_byte_id: firstByteId }),
  });
}

function encodeBytes({ text, spans }: Words, sink: TokenSink, firstByteId: number): void {
  for (let k = 0; k < spans.length; k += 2) {
    const end = spans[k + 1]!;
    for (let i = spans[k]!; i < end;) {
      const codePoint = codePointIn(text.units, i, end);
      const next = i + (codePoint > 0xffff ? 2 : 1);
      const lead = leadShift(codePoint);
      for (let shift = lead; shift >= 0; shift -= 6) {
        sink.push(firstByteId + utf8Byte(codePoint, shift, lead), i, next);
      }
      i = next;
    }
    sink.wordCount++;
  }
}
