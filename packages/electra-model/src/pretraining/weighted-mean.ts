import type { Tensor } from '@tesserae/tensor';
import { add, div, mul, reduceSum } from '@tesserae/tensor';

/** Google adds this to every denominator, so that a batch without weight has loss 0. */
const LEAST_WEIGHT = 1e-6;

/** Σ w·x / (Σ w + 1e-6). */
export function weightedMean(x: Tensor, weights: Tensor): Tensor {
  return div(reduceSum(mul(x, weights)), add(reduceSum(weights), LEAST_WEIGHT));
}
