import type { TokenSpans } from './token-spans.js';
import { sigmoidOf } from './token-spans.js';

/** A word and how likely it was put in the place of another. `text.slice(start, end)` is `word`. */
export interface ReplacedWord {
  readonly word: string;
  /** UTF-16 code units. */
  readonly start: number;
  readonly end: number;
  /** Probability that it is not the original: the largest, or the mean, of its tokens. */
  readonly score: number;
  readonly isReplaced: boolean;
}

/**
 * What ELECTRA's discriminator says of each word.
 * @param scored.logits  [seqLen], one for each token
 * @param options.threshold  probability from which a word counts as replaced; default 0.5
 */
export function decodeReplacedTokens(
  scored: { readonly tokens: TokenSpans; readonly logits: ArrayLike<number> },
  options: { readonly text: string; readonly threshold?: number; readonly of?: 'max' | 'mean' },
): ReplacedWord[] {
  const { tokens, logits } = scored;
  const { text, threshold = 0.5, of = 'max' } = options;
  const { offsets, wordIds, specialTokensMask } = tokens;
  const words = new Map<number, { start: number; end: number; scores: number[] }>();
  for (let at = 0; at < specialTokensMask.length; at++) {
    if (specialTokensMask[at] !== 0 || wordIds[at]! < 0) continue;
    const [start, end] = [offsets[2 * at]!, offsets[2 * at + 1]!];
    const word = words.get(wordIds[at]!) ?? { start, end, scores: [] };
    words.set(wordIds[at]!, word);
    word.end = Math.max(word.end, end);
    word.scores.push(sigmoidOf(logits[at]!));
  }
  return [...words.values()].map(({ start, end, scores }) => {
    const score =
      of === 'max' ? Math.max(...scores) : scores.reduce((sum, value) => sum + value, 0) / scores.length;
    return { word: text.slice(start, end), start, end, score, isReplaced: score >= threshold };
  });
}
