import type { Tensor } from '@tesserae/tensor';
import {
  cast,
  div,
  equal,
  expandDims,
  maximum,
  mul,
  not,
  reduceMax,
  reduceSum,
  sqrt,
  where,
} from '@tesserae/tensor';
import { requireChoice } from './decoding/checks.js';
import { firstToken } from './sequence-classification.js';

/** How a text's vector is made of its tokens': the first token's, the mean, the largest of each feature. */
export type Pooling = 'cls' | 'mean' | 'max';

/** Every pooling. */
export const POOLINGS: readonly Pooling[] = ['cls', 'mean', 'max'];

/**
 * One vector a text; padding does not count.
 * @param hidden  float[batch, seqLen, hiddenSize]
 * @param options.attentionMask  i32[batch, seqLen], 0 for padding
 * @param options.normalize  to length 1; default false
 * @returns float[batch, hiddenSize]
 */
export function pool(
  hidden: Tensor,
  {
    pooling,
    attentionMask,
    normalize = false,
  }: { readonly pooling: Pooling; readonly attentionMask: Tensor; readonly normalize?: boolean },
): Tensor {
  requireChoice('pool', 'pooling', pooling, POOLINGS);
  const isReal = expandDims(not(equal(attentionMask, 0)), { axis: 2 }); // [batch, seqLen, 1]
  const vectors = pooled(hidden, pooling, isReal);
  if (!normalize) return vectors;
  const length = sqrt(reduceSum(mul(vectors, vectors), { axes: [-1], keepDims: true }));
  return div(vectors, maximum(length, 1e-12));
}

function pooled(hidden: Tensor, pooling: Pooling, isReal: Tensor): Tensor {
  if (pooling === 'cls') return firstToken(hidden);
  if (pooling === 'max') return reduceMax(where(isReal, hidden, Number.NEGATIVE_INFINITY), { axes: [1] });
  const weights = cast(isReal, hidden.spec.dtype);
  const count = reduceSum(weights, { axes: [1] }); // [batch, 1]
  return div(reduceSum(mul(hidden, weights), { axes: [1] }), maximum(count, 1));
}
