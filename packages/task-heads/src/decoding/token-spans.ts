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

/** Probabilities of one row of logits. */
export function softmaxOf(logits: ArrayLike<number>): Float64Array {
  const values = Float64Array.from(logits);
  const largest = values.reduce((most, value) => Math.max(most, value), -Infinity);
  let sum = 0;
  for (let at = 0; at < values.length; at++) sum += values[at] = Math.exp(values[at]! - largest);
  return values.map((value) => value / sum);
}

/** Index of the largest value; the first of equals. */
export function argMaxOf(values: ArrayLike<number>): number {
  let best = 0;
  for (let at = 1; at < values.length; at++) if (values[at]! > values[best]!) best = at;
  return best;
}

/** 1 / (1 + e^-x). */
export function sigmoidOf(x: number): number {
  return x >= 0 ? 1 / (1 + Math.exp(-x)) : Math.exp(x) / (1 + Math.exp(x));
}
