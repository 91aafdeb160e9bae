import type { DType, Tensor } from '@tesserae/tensor';
import { add, cast, matmul } from '@tesserae/tensor';
import { projectAdapted } from './adapted-matrix.js';
import { outputAdapterOf } from './adapted-output.js';

/** Parameters of an affine map, in the layout of PyTorch checkpoints. */
export interface LinearParams<Leaf = Tensor> {
  /** [outputs, inputs] */
  readonly weight: Leaf;
  /** [outputs] */
  readonly bias: Leaf;
}

/**
 * x·Wᵀ: [..., inputs] × [outputs, inputs] -> [..., outputs], in the weight's dtype: a weight kept in f32 among narrower
 * ones (T5's `wo`) is multiplied in f32. A matrix with an adapter is kept apart from it.
 */
export function project(x: Tensor, weight: Tensor): Tensor {
  const adapter = outputAdapterOf(weight);
  if (adapter !== undefined) return adapter.adapt(project(x, adapter.matrix));
  const fitting = fittingDtype(x, weight);
  return projectAdapted(fitting, weight) ?? matmul(fitting, weight, { transposeB: true });
}

const MIXED: readonly DType[] = ['f32', 'f16', 'bf16'];

/** x in the weight's dtype where both are of a mixed-precision run; any other pair is the caller's mistake. */
function fittingDtype(x: Tensor, weight: Tensor): Tensor {
  const isMixed = [x, weight].every(({ spec }) => MIXED.includes(spec.dtype));
  return isMixed ? cast(x, weight.spec.dtype) : x;
}

/** x·Wᵀ + b: [..., inputs] -> [..., outputs]. */
export function linear(x: Tensor, { weight, bias }: LinearParams): Tensor {
  const adapter = outputAdapterOf(weight); // a bottleneck reads the bias too
  if (adapter !== undefined) return adapter.adapt(linear(x, { weight: adapter.matrix, bias }));
  return add(project(x, weight), bias);
}
