import type { HostTensor } from '@tesserae/tensor';
import { ShapeError, formatSpec, toNumbers } from '@tesserae/tensor';

// What every decoder does to logits: rows, probabilities, the best of them.

/** Numbers of one row, as a typed array or a list. */
export type Numbers = ArrayLike<number>;

/**
 * The rows of [batch, n]; they share the tensor's memory where its elements are plain numbers.
 * @throws ShapeError for any other rank
 */
export function logitRows(tensor: HostTensor): readonly Numbers[] {
  return rowsOf(tensor, { rank: 2, from: 'logitRows' });
}

/**
 * The rows of [batch, seqLen, n], text by text: `[text][token]`.
 * @throws ShapeError for any other rank
 */
export function tokenLogitRows(tensor: HostTensor): readonly (readonly Numbers[])[] {
  const rows = rowsOf(tensor, { rank: 3, from: 'tokenLogitRows' });
  const [batch, seqLen] = tensor.shape as readonly [number, number];
  return Array.from({ length: batch }, (_, text) => rows.slice(text * seqLen, (text + 1) * seqLen));
}

function rowsOf(
  tensor: HostTensor,
  { rank, from }: { readonly rank: number; readonly from: string },
): readonly Numbers[] {
  if (tensor.shape.length !== rank) {
    throw new ShapeError({
      op: from,
      problem: `${formatSpec(tensor)} has ${tensor.shape.length} axes, needed are ${rank}`,
      likely: 'Pass what the head gives for a batch: [batch, n] of texts, [batch, seqLen, n] of tokens.',
      page: 'logits-shape',
      got: tensor.shape,
      needed: rank,
    });
  }
  const isPacked = tensor.dtype === 'f16' || tensor.dtype === 'bf16';
  const values = isPacked ? Float32Array.from(toNumbers(tensor)) : tensor.data;
  const columns = tensor.shape.at(-1)!;
  const numRows = tensor.shape.slice(0, -1).reduce((product, size) => product * size, 1);
  return Array.from({ length: numRows }, (_, row) => values.subarray(row * columns, (row + 1) * columns));
}

/**
 * Probabilities of logits; they sum to 1.
 * @throws ShapeError when a logit is no finite number
 */
export function softmaxOf(logits: Numbers): Float64Array {
  const most = largestOf(logits);
  const weights = Float64Array.from(logits, (logit) => Math.exp(logit - most));
  const sum = weights.reduce((total, weight) => total + weight, 0);
  return weights.map((weight) => weight / sum);
}

/** log Σ exp(logit), without overflow. */
export function logSumExpOf(logits: Numbers): number {
  const most = largestOf(logits);
  let sum = 0;
  for (let index = 0; index < logits.length; index++) sum += Math.exp(logits[index]! - most);
  return most + Math.log(sum);
}

function largestOf(logits: Numbers): number {
  let most = -Infinity;
  for (let index = 0; index < logits.length; index++) {
    const logit = logits[index]!;
    if (Number.isNaN(logit) || logit === Infinity) throw notFinite(logit, index);
    if (logit > most) most = logit;
  }
  return most;
}

function notFinite(logit: number, index: number): ShapeError {
  return new ShapeError({
    op: 'softmaxOf',
    problem: `logit ${index} is ${logit}`,
    likely:
      'The model diverged in training, or overflowed in half precision: check its weights, or run in f32.',
    page: 'logits-finite',
    got: logit,
  });
}

/** Probability of a yes/no logit. */
export const sigmoidOf = (logit: number): number =>
  logit >= 0 ? 1 / (1 + Math.exp(-logit)) : Math.exp(logit) / (1 + Math.exp(logit));

/** Index of the largest value, the first of equal ones. */
export function bestOf(values: Numbers): number {
  let best = 0;
  for (let index = 1; index < values.length; index++) if (values[index]! > values[best]!) best = index;
  return best;
}

/** Indices of the `count` largest values, best first; of equal ones the first comes first. */
export function bestOfAll(values: Numbers, count: number): readonly number[] {
  const order = Array.from({ length: values.length }, (_, index) => index);
  return order.sort((a, b) => values[b]! - values[a]! || a - b).slice(0, count);
}
