// Arithmetic over one row of scores. Sums are taken in double precision, results stored in single.

/** Index of the largest value, the lowest of equal ones. */
export function argMaxOf(scores: Float32Array): number {
  let best = 0;
  for (let index = 1; index < scores.length; index++) if (scores[index]! > scores[best]!) best = index;
  return best;
}

/** log Σ exp(score); −Infinity where every score is. */
export function logSumExp(scores: Float32Array): number {
  const most = scores[argMaxOf(scores)]!;
  if (most === -Infinity) return most;
  let sum = 0;
  for (const score of scores) sum += Math.exp(score - most);
  return most + Math.log(sum);
}

/** Turns scores into log-probabilities, in place. */
export function logSoftmaxInPlace(scores: Float32Array): void {
  const total = logSumExp(scores);
  if (total === -Infinity) return;
  for (let index = 0; index < scores.length; index++) scores[index]! -= total;
}

/** Indices of the k largest values, best first, the lower index first among equals; −Infinity counts as a value. */
export function topIndices(scores: Float32Array, k: number): Int32Array {
  const size = Math.min(k, scores.length);
  const top = new Int32Array(size);
  let filled = 0;
  for (let index = 0; index < scores.length; index++) {
    const score = scores[index]!;
    if (filled === size && !(score > scores[top[size - 1]!]!)) continue;
    let at = filled < size ? filled++ : size - 1;
    for (; at > 0 && scores[top[at - 1]!]! < score; at--) top[at] = top[at - 1]!;
    top[at] = index;
  }
  return top;
}

/** Indices of all values above −Infinity, best first, the lower index first among equals. */
export function finiteIndicesByScore(scores: Float32Array): Int32Array {
  let count = 0;
  for (const score of scores) if (score > -Infinity) count++;
  const finite = new Int32Array(count);
  let at = 0;
  for (let index = 0; index < scores.length; index++) if (scores[index]! > -Infinity) finite[at++] = index;
  return finite.sort((a, b) => scores[b]! - scores[a]! || a - b);
}
