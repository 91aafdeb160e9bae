import type { Tensor } from '@tesserae/tensor';
import { add, cast, div, flattenTree, minimum, mul, reduceSum, sqrt } from '@tesserae/tensor';
import { zipTrees } from './optimizer.js';

/** Keeps the quotient finite when all gradients are 0, as PyTorch does. */
const NORM_EPSILON = 1e-6;

/** Sum of squares of each leaf, f32 scalars in the order of `flattenTree`. */
export function squaredNorms(grads: unknown): readonly Tensor[] {
  return flattenTree<Tensor>(grads).map(({ leaf }) => reduceSum(mul(cast(leaf, 'f32'), cast(leaf, 'f32'))));
}

/** Root of the sum of squares over all leaves, f32 scalar. */
export function globalNorm(grads: unknown): Tensor {
  return sqrt(squaredNorms(grads).reduce((sum, square) => add(sum, square)));
}

/** Scales all gradients together so that their global norm is at most `maxNorm` (null leaves them); gives the norm before. */
export function clipByGlobalNorm<Grads>(
  grads: Grads,
  { maxNorm }: { readonly maxNorm: number | null },
): { readonly grads: Grads; readonly norm: Tensor } {
  const norm = globalNorm(grads);
  if (maxNorm === null) return { grads, norm };
  const factor = minimum(div(maxNorm, add(norm, NORM_EPSILON)), 1);
  const clipped = zipTrees([grads], ([grad]) => mul(grad!, cast(factor, grad!.spec.dtype)));
  return { grads: clipped, norm };
}
