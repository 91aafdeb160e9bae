import type { Tensor } from '@tesserae/tensor';
import { add, matmul } from '@tesserae/tensor';

/** Parameters of an affine map, in the layout of PyTorch checkpoints. */
export interface LinearParams<Leaf = Tensor> {
  /** [outputs, inputs] */
  readonly weight: Leaf;
  /** [outputs] */
  readonly bias: Leaf;
}

/** x·Wᵀ: [..., inputs] × [outputs, inputs] -> [..., outputs]. */
export function project(x: Tensor, weight: Tensor): Tensor {
  return matmul(x, weight, { transposeB: true });
}

/** x·Wᵀ + b: [..., inputs] -> [..., outputs]. */
export function linear(x: Tensor, { weight, bias }: LinearParams): Tensor {
  return add(project(x, weight), bias);
}
