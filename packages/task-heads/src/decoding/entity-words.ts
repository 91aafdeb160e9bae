import type { Tokenizer } from '@tesserae/tokenizer';
import type { EntityWindow } from './entities.js';
import type { Numbers } from './scores.js';

/** A token of the text, and the probability of each label. */
export interface ScoredToken {
  readonly word: string;
  /** Position in the whole text, in UTF-16 units. */
  readonly start: number;
  readonly end: number;
  readonly index: number;
  readonly isSubword: boolean;
  readonly scores: Numbers;
}

/**
 * What makes a token the continuation of a word.
 * - `huggingFace`: with WordPiece, that its spelling and its source differ in length, which takes a word for a
 *   continuation if the normaliser removed something in it, such as a combining accent; else, that no space is before
 *   or at its first character.
 * - `tokenizer`: that it belongs to the same word as the token before, as the tokenizer split the text.
 */
export type WordRule = 'huggingFace' | 'tokenizer';

/** All rules. */
export const WORD_RULES: readonly WordRule[] = ['huggingFace', 'tokenizer'];

/** Reads the tokens of a text. */
export interface WordReader {
  /** The whole text. */
  readonly text: string;
  /** What tokens spell together. */
  readonly spell: (tokens: readonly string[]) => string;
  /** The tokens of a window, special tokens left out. */
  readonly tokens: (
    encoding: EntityWindow['encoding'],
    scoresOf: (index: number) => Numbers,
  ) => readonly ScoredToken[];
}

interface WordReaderOptions {
  readonly tokenizer: Pick<Tokenizer, 'parts' | 'specialTokens'>;
  readonly wordRule: WordRule;
  readonly delimiter: string;
}

/** A reader of one text; of words, it counts positions in the text that `delimiter` makes of them. */
export function createWordReader(
  source: string | readonly string[],
  { tokenizer, wordRule, delimiter }: WordReaderOptions,
): WordReader {
  const isSplit = typeof source !== 'string';
  const text = isSplit ? source.join(delimiter) : source;
  const wordStarts = isSplit ? startsOf(source, delimiter) : undefined;
  const { decoder, model } = tokenizer.parts;
  const prefix = (model as { readonly continuingSubwordPrefix?: unknown }).continuingSubwordPrefix;
  const isWordPiece = typeof prefix === 'string' && prefix !== '';
  const isSubword = (
    word: string,
    { start, end }: { readonly start: number; readonly end: number },
  ): boolean =>
    isWordPiece
      ? lengthOf(word) !== lengthOf(text.slice(start, end))
      : start > 0 && !text.slice(start - 1, start + 1).includes(' ');
  return {
    text,
    spell: (tokens) => (decoder === undefined ? tokens.join(' ') : decoder.decode(tokens).join('')),
    tokens: (encoding, scoresOf) => {
      const { ids, tokens, offsets, specialTokensMask, wordIds } = encoding;
      const read: ScoredToken[] = [];
      ids.forEach((id, index) => {
        if (specialTokensMask[index] === 1) return;
        const shift = wordStarts?.[wordIds[index]!] ?? 0;
        const [start, end] = [offsets[2 * index]! + shift, offsets[2 * index + 1]! + shift];
        const isUnknown = id === tokenizer.specialTokens.unk?.id;
        const word = isUnknown ? text.slice(start, end) : tokens[index]!;
        const continues =
          wordRule === 'tokenizer'
            ? index > 0 && wordIds[index] === wordIds[index - 1]
            : !isUnknown && isSubword(word, { start, end });
        read.push({ word, start, end, index, isSubword: continues, scores: scoresOf(index) });
      });
      return read;
    },
  };
}

/** Length in characters (code points), which is what the reference counts. */
const lengthOf = (text: string): number => Array.from(text).length;

function startsOf(words: readonly string[], delimiter: string): readonly number[] {
  let at = 0;
  return words.map((word) => {
    const start = at;
    at += word.length + delimiter.length;
    return start;
  });
}
