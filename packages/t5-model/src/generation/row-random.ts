import { rngKey, threefry2x32 } from '@tesserae/tensor';

/** Random numbers of one row: the draw of a token and a purpose, whatever was drawn before. */
export interface RowRandom {
  /** Uniform in [0, 1). @param slot  which of the draws for this token */
  uniform(position: number, slot: number): number;
}

/**
 * Numbers that depend on the seed, the source and the index of the returned sequence only: not on the batch around
 * the row, and not on the backend.
 */
export function rowRandom(
  seed: number,
  { source, index }: { readonly source: ArrayLike<number>; readonly index: number },
): RowRandom {
  const [low, high] = rngKey(seed).data;
  let key: readonly [number, number] = threefry2x32([low!, high!], [source.length, index]);
  for (let at = 0; at < source.length; at++) key = threefry2x32(key, [source[at]!, at]);
  return {
    uniform: (position, slot) => {
      const [a, b] = threefry2x32(key, [position, slot]);
      return ((a >>> 5) * 2 ** 26 + (b >>> 6)) / 2 ** 53;
    },
  };
}

/** An index drawn with probabilities that are proportional to `weights`; undefined when all are 0. */
export function drawIndex(weights: ArrayLike<number>, uniform: number): number | undefined {
  let sum = 0;
  for (let index = 0; index < weights.length; index++) sum += weights[index]!;
  let rest = uniform * sum;
  let last: number | undefined;
  for (let index = 0; index < weights.length; index++) {
    const weight = weights[index]!;
    if (!(weight > 0)) continue;
    last = index;
    if (rest < weight) return index;
    rest -= weight;
  }
  return last;
}
