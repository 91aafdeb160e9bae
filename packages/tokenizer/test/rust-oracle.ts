import { Tokenizer as RustTokenizer } from 'tokenizers';
import type { Encoding } from '../src/index.js';

/** Everything both libraries say about a text, in one form: offsets in UTF-16 code units. */
export interface ComparableEncoding {
  readonly ids: readonly number[];
  readonly offsets: readonly number[];
  readonly typeIds: readonly number[];
  readonly specialTokensMask: readonly number[];
  readonly wordIds: readonly number[];
}

/** Hugging Face's Rust library on the same tokenizer.json. */
export function rustTokenizer(tokenizerJson: string): RustTokenizer {
  return RustTokenizer.fromString(tokenizerJson);
}

/** What the Rust library says; its code-point offsets become code units of the text each token is from. */
export async function rustEncode(
  rust: RustTokenizer,
  text: string,
  { pair, addSpecialTokens = true }: { pair?: string | undefined; addSpecialTokens?: boolean } = {},
): Promise<ComparableEncoding> {
  const encoding = await rust.encode(text, pair ?? null, { addSpecialTokens });
  const units = [codeUnitIndex(text), codeUnitIndex(pair ?? '')];
  const sequenceIds = encoding.getSequenceIds();
  return {
    ids: encoding.getIds(),
    offsets: encoding.getOffsets().flatMap((pairOfOffsets, i) => {
      const index = units[sequenceIds[i] ?? 0]!;
      return pairOfOffsets.map((offset) => index[offset]!);
    }),
    typeIds: encoding.getTypeIds(),
    specialTokensMask: encoding.getSpecialTokensMask(),
    wordIds: encoding.getWordIds().map((wordId) => wordId ?? -1),
  };
}

/** Ours in the same form. */
export function comparable(encoding: Encoding): ComparableEncoding {
  return {
    ids: [...encoding.ids],
    offsets: [...encoding.offsets],
    typeIds: [...encoding.typeIds],
    specialTokensMask: [...encoding.specialTokensMask],
    wordIds: [...encoding.wordIds],
  };
}

/** Code-unit index of every code point, and of the end. */
function codeUnitIndex(text: string): number[] {
  const index: number[] = [];
  let at = 0;
  for (const char of text) {
    index.push(at);
    at += char.length;
  }
  return [...index, at];
}
