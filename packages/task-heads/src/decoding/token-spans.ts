import { FormatError } from '@tesserae/tensor';

/** Tokens of a text and where they are from, as `Encoding` of @tesserae/tokenizer has them. */
export interface TokenSpans {
  /** Pairs (start, end) in UTF-16 code units of the text a token is from. */
  readonly offsets: ArrayLike<number>;
  /** Number of the word in its text, -1 for special tokens put in. */
  readonly wordIds: ArrayLike<number>;
  /** 1 for special tokens put in. */
  readonly specialTokensMask: ArrayLike<number>;
  /** 0 for the text, 1 for its pair, -1 for special tokens put in. */
  readonly sequenceIds: ArrayLike<number>;
}

/**
 * Probabilities of one row of logits.
 * @throws FormatError when a logit is no number, or infinite
 */
export function softmaxOf(logits: ArrayLike<number>): Float64Array {
  const values = Float64Array.from(logits);
  const largest = largestOf(values);
  let sum = 0;
  for (let at = 0; at < values.length; at++) sum += values[at] = Math.exp(values[at]! - largest);
  return values.map((value) => value / sum);
}

/**
 * log Σ exp(logit), without overflow.
 * @throws FormatError as `softmaxOf`
 */
export function logSumExpOf(logits: ArrayLike<number>): number {
  const largest = largestOf(logits);
  let sum = 0;
  for (let at = 0; at < logits.length; at++) sum += Math.exp(logits[at]! - largest);
  return largest + Math.log(sum);
}

/** The largest logit; -∞ is what a mask leaves, anything else that is not finite is an error. */
function largestOf(logits: ArrayLike<number>): number {
  let largest = -Infinity;
  for (let at = 0; at < logits.length; at++) {
    const logit = logits[at]!;
    if (Number.isNaN(logit) || logit === Infinity) throw notFinite(logit, at);
    if (logit > largest) largest = logit;
  }
  return largest;
}

function notFinite(logit: number, at: number): FormatError {
  return new FormatError({
    op: 'softmax',
    problem: `logit ${at} is ${logit}`,
    likely:
      'The model diverged in training, or overflowed in half precision: check its weights, or run in f32.',
    page: 'logits-finite',
    got: logit,
  });
}

/** Index of the largest value; the first of equals. */
export function argMaxOf(values: ArrayLike<number>): number {
  let best = 0;
  for (let at = 1; at < values.length; at++) if (values[at]! > values[best]!) best = at;
  return best;
}

/** Indices of the `count` largest values, best first; of equals the first comes first. */
export function largestIndices(values: ArrayLike<number>, count: number): readonly number[] {
  const best: number[] = [];
  for (let index = 0; index < values.length; index++) {
    const value = values[index]!;
    let place = best.length;
    while (place > 0 && values[best[place - 1]!]! < value) place--;
    if (place === count) continue; // most values of a vocabulary end here
    best.splice(place, 0, index);
    best.length = Math.min(best.length, count);
  }
  return best;
}

/** 1 / (1 + e^-x). */
export function sigmoidOf(x: number): number {
  return x >= 0 ? 1 / (1 + Math.exp(-x)) : Math.exp(x) / (1 + Math.exp(x));
}
