import { OptionError } from '@tesserae/tensor';
import { logSoftmaxInPlace } from './numerics.js';
import type { LogitsProcessor, PrefixAllowedTokensFn } from './row-history.js';

// What forbids or favours ids, each as Hugging Face defines it. Histories have the start token first, so lengths
// count it and a penalty for repetition touches it.

/** Largest and smallest finite numbers in single precision. */
const MOST = 3.4028234663852886e38;

const penalised = (score: number, penalty: number): number => (score < 0 ? score * penalty : score / penalty);

/** Divides positive scores of ids that the row has had, and multiplies negative ones. @see Keskar et al. 2019 */
export function repetitionPenalty(penalty: number): LogitsProcessor {
  return (scores, { ids }) => {
    for (const id of new Set(ids)) scores[id] = penalised(scores[id]!, penalty);
  };
}

/** Favours ids of the source when the penalty is above 1. */
export function encoderRepetitionPenalty(penalty: number, sources: readonly Int32Array[]): LogitsProcessor {
  const unique = sources.map((ids) => Array.from(new Set(ids)));
  return (scores, { source }) => {
    for (const id of unique[source]!) scores[id] = penalised(scores[id]!, 1 / penalty);
  };
}

/** Forbids what would complete an n-gram that the row has already. */
export function noRepeatNgram(size: number): LogitsProcessor {
  return (scores, { ids }) => forbidNgrams(scores, ids, { of: ids, size });
}

/** Forbids what would complete an n-gram of the source. */
export function encoderNoRepeatNgram(size: number, sources: readonly Int32Array[]): LogitsProcessor {
  return (scores, { source, ids }) => forbidNgrams(scores, ids, { of: sources[source]!, size });
}

function forbidNgrams(
  scores: Float32Array,
  ids: readonly number[],
  { of, size }: { readonly of: ArrayLike<number>; readonly size: number },
): void {
  const from = ids.length + 1 - size;
  if (from < 0) return;
  for (let at = 0; at + size <= of.length; at++) {
    let same = 0;
    while (same < size - 1 && of[at + same] === ids[from + same]) same++;
    if (same === size - 1) scores[of[at + same]!] = -Infinity;
  }
}

/** Ids in a row, and what is added to the score of the last where the others come before it. */
export type BiasedSequence = readonly [ids: readonly number[], bias: number];

/** Adds a bias to sequences; −Infinity forbids them. Of a sequence given twice the last bias counts. */
export function sequenceBias(given: readonly BiasedSequence[]): LogitsProcessor {
  const sequences = Array.from(new Map(given.map((biased) => [biased[0].join(), biased])).values());
  return (scores, { ids }) => {
    for (const [sequence, bias] of sequences) {
      const before = sequence.length - 1;
      // Hugging Face leaves a sequence out until the history, start token included, is as long as all of it.
      if (before > 0 && sequence.length > ids.length) continue;
      const from = ids.length - before;
      let same = 0;
      while (same < before && ids[from + same] === sequence[same]) same++;
      if (same === before) scores[sequence[before]!]! += bias;
    }
  };
}

/** Forbids sequences; the end token alone cannot be forbidden so. */
export function badWords(
  words: readonly (readonly number[])[],
  { endIds }: { readonly endIds: readonly number[] },
): LogitsProcessor {
  const isEnd = (word: readonly number[]): boolean => word.length === 1 && endIds.includes(word[0]!);
  return sequenceBias(words.filter((word) => !isEnd(word)).map((word) => [word, -Infinity]));
}

/** Forbids ids, always or only where `when` holds. */
export function suppress(
  tokens: readonly number[],
  { when = () => true }: { readonly when?: (length: number) => boolean } = {},
): LogitsProcessor {
  return (scores, { ids }) => {
    if (when(ids.length)) for (const id of tokens) scores[id] = -Infinity;
  };
}

/** Allows only these ids, with score 0, where `when` holds. */
export function force(
  tokens: readonly number[],
  { when }: { readonly when: (length: number) => boolean },
): LogitsProcessor {
  return (scores, { ids }) => {
    if (!when(ids.length)) return;
    scores.fill(-Infinity);
    for (const id of tokens) scores[id] = 0;
  };
}

/** Allows what a function of the row says. @throws OptionError when it answers with nothing */
export function prefixConstraint(allowed: PrefixAllowedTokensFn): LogitsProcessor {
  return (scores, { source, ids }) => {
    const kept = new Map<number, number>();
    for (const id of allowed(source, ids)) kept.set(id, scores[id] ?? -Infinity);
    if (kept.size === 0) {
      throw new OptionError({
        op: 'generate',
        problem: `prefixAllowedTokensFn allows nothing after ${ids.length - 1} tokens of row ${source}`,
        likely: 'Let it allow the end token where an answer is complete.',
        page: 'generation-dead-end',
        got: ids,
      });
    }
    scores.fill(-Infinity);
    for (const [id, score] of kept) if (id < scores.length) scores[id] = score;
  };
}

/** Replaces NaN by 0 and infinities by the largest and smallest numbers. */
export function removeInvalid(): LogitsProcessor {
  return (scores) => {
    for (let index = 0; index < scores.length; index++) {
      const score = scores[index]!;
      if (Number.isNaN(score)) scores[index] = 0;
      else if (!Number.isFinite(score)) scores[index] = score > 0 ? MOST : -MOST;
    }
  };
}

/** Raises the end tokens ever more from `start` new tokens on. */
export function exponentialDecay(
  [start, factor]: readonly [number, number],
  { endIds }: { readonly endIds: readonly number[] },
): LogitsProcessor {
  return (scores, { ids }) => {
    const over = ids.length - (start + 1);
    if (over <= 0) return;
    for (const id of endIds) scores[id]! += Math.abs(scores[id]!) * (factor ** over - 1);
  };
}

/** Makes log-probabilities of what the others left. */
export function renormalize(): LogitsProcessor {
  return (scores) => logSoftmaxInPlace(scores);
}
