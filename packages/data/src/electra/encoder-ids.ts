import type { Tokenizer } from '@tesserae/tokenizer';
import { DataError } from '../errors.js';

/** The special ids of a BERT vocabulary. */
export interface EncoderIds {
  readonly cls: number;
  readonly sep: number;
  readonly pad: number;
  readonly mask: number;
}

/** Text to ids, without special tokens. */
export type EncodeText = (text: string) => Int32Array;

/** One input of the encoder; not padded. */
export interface EncoderFeatures {
  readonly inputIds: Int32Array; // [seqLen]
  /** Segment of each token: 0 up to the first [SEP], 1 behind it. */
  readonly typeIds: Int32Array; // [seqLen]
}

/**
 * The special ids of a tokenizer.
 * @throws DataError (data-special-tokens) when it lacks one of them
 */
export function encoderIds({ specialTokens }: Pick<Tokenizer, 'specialTokens'>): EncoderIds {
  const idOf = (role: keyof EncoderIds): number => {
    const token = specialTokens[role];
    if (token !== undefined) return token.id;
    throw new DataError({
      op: 'encoderIds',
      problem: `the tokenizer has no ${role} token`,
      page: 'data-special-tokens',
      remedy: 'an ELECTRA or BERT tokenizer has [CLS], [SEP], [PAD] and [MASK]; a T5 tokenizer has not.',
    });
  };
  return { cls: idOf('cls'), sep: idOf('sep'), pad: idOf('pad'), mask: idOf('mask') };
}

/** A tokenizer as `EncodeText`. */
export function plainEncoder(tokenizer: Pick<Tokenizer, 'encode'>): EncodeText {
  return (text) => tokenizer.encode(text, { addSpecialTokens: false }).ids;
}

/** `[CLS] A [SEP]` or `[CLS] A [SEP] B [SEP]`. An empty second segment is left out. */
export function joinSegments(
  [first, second]: readonly [ArrayLike<number>, ArrayLike<number>?],
  { cls, sep }: Pick<EncoderIds, 'cls' | 'sep'>,
): EncoderFeatures {
  const firstLength = first.length + 2;
  const secondLength = second === undefined || second.length === 0 ? 0 : second.length + 1;
  const inputIds = new Int32Array(firstLength + secondLength);
  inputIds[0] = cls;
  inputIds.set(first, 1);
  inputIds[firstLength - 1] = sep;
  if (secondLength > 0) {
    inputIds.set(second!, firstLength);
    inputIds[inputIds.length - 1] = sep;
  }
  return { inputIds, typeIds: new Int32Array(inputIds.length).fill(1, firstLength) };
}

/** Takes tokens off the end of the longer text, one by one, until both fit; a tie shortens the second. */
export function truncatePair(
  [first, second]: readonly [Int32Array, Int32Array],
  maxLength: number,
): readonly [Int32Array, Int32Array] {
  let [firstLength, secondLength] = [first.length, second.length];
  while (firstLength + secondLength > maxLength) {
    if (firstLength > secondLength) firstLength--;
    else secondLength--;
  }
  return [first.slice(0, firstLength), second.slice(0, secondLength)];
}
