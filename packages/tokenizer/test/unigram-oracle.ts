/**
 * What is known of the two oracles of Unigram tokenizers, and how they depart from each other.
 *
 * Hugging Face's Rust library applies a character map to whole grapheme clusters of less than six bytes, and there
 * the shortest rule that fits a beginning of the cluster instead of the longest: what the rule did not read is lost
 * (`e◌́◌̣` becomes `é`). It also shifts all later offsets when a rule writes more or fewer characters than it reads.
 * SentencePiece does neither, and so do we (docs/decisions/0004). `rustNormalized` predicts the departure, so that
 * every difference in ids is explained by it, or is an error.
 */
import { createTokenizer, type Tokenizer } from '../src/index.js';
import { readCharacterMap, type CharacterMap } from '../src/normalizers/character-map.js';
import { textOf } from '../src/text/aligned-text.js';
import { comparable, rustEncode, type ComparableEncoding } from './rust-oracle.js';
import type { Tokenizer as RustTokenizer } from 'tokenizers';

const graphemes = new Intl.Segmenter(undefined, { granularity: 'grapheme' });

/** A text as the Rust library normalises it, and whether its offsets can be right. */
interface RustText {
  readonly text: string;
  readonly isAligned: boolean;
}

/** Predicts the Rust library's Precompiled normaliser. */
export function rustNormalized(text: string, map: CharacterMap): RustText {
  let result = '';
  let isAligned = true;
  const apply = (part: string): boolean => {
    const replacement = shortestRule(part, map);
    if (replacement === undefined) return false;
    if ([...part].length !== 1 || [...replacement].length !== 1) isAligned = false;
    result += replacement;
    return true;
  };
  for (const { segment } of graphemes.segment(text)) {
    if (new TextEncoder().encode(segment).length < 6 && apply(segment)) continue;
    for (const char of segment) if (!apply(char)) result += char;
  }
  return { text: result, isAligned };
}

/** The replacement of the shortest beginning of the text that is a key. */
function shortestRule(text: string, map: CharacterMap): string | undefined {
  let end = 0;
  for (const char of text) {
    end += char.length;
    const match = map.longest(text, 0, end);
    if (match?.end === end) return match.replacement;
  }
  return undefined;
}

/** Compares a tokenizer with the Rust library on the same tokenizer.json. */
export interface UnigramComparison {
  /** What differs, or undefined; `isDeparture` when ids differ for the known reason and no other. */
  compare(text: string): Promise<{ readonly difference: string | undefined; readonly isDeparture: boolean }>;
}

/** @param characterMap  the map of the tokenizer's Precompiled normaliser */
export function unigramComparison(
  ours: Tokenizer,
  rust: RustTokenizer,
  characterMap: Uint8Array,
): UnigramComparison {
  const map = readCharacterMap(characterMap, { op: 'test', field: 'characterMap' });
  const bare = createTokenizer({ ...ours.parts, normalizer: undefined });
  const specials = (ours.parts.addedTokens ?? []).map(({ content }) => content);
  return {
    async compare(text) {
      const got = comparable(ours.encode(text));
      const expected = await rustEncode(rust, text);
      const wellFormed = text.replaceAll(/\p{Cs}/gu, '\ufffd');
      const predicted = rustNormalized(wellFormed, map);
      const own = textOf(ours.parts.normalizer!.normalize(text, 0, text.length));
      const isDeparture = predicted.text !== own && !specials.some((token) => text.includes(token));
      if (!isDeparture) {
        const isWhole = predicted.isAligned && predicted.text === own;
        return { difference: firstDifference(got, expected, isWhole), isDeparture };
      }
      const explained = comparable(bare.encode(predicted.text));
      return { difference: firstDifference(explained, expected, false), isDeparture };
    },
  };
}

function firstDifference(
  got: ComparableEncoding,
  expected: ComparableEncoding,
  withOffsets: boolean,
): string | undefined {
  const fields = withOffsets
    ? (['ids', 'offsets', 'typeIds', 'specialTokensMask', 'wordIds'] as const)
    : (['ids', 'typeIds', 'specialTokensMask'] as const);
  for (const field of fields) {
    const at = expected[field].findIndex((value, index) => value !== got[field][index]);
    if (at >= 0 || got[field].length !== expected[field].length)
      return `${field}[${at}]: ${got[field][at]}, expected ${expected[field][at]} (${got[field].length}, ${expected[field].length})`;
  }
  return undefined;
}
