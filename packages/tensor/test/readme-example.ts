import { matmul, mean, mul, printGraph, spec, sub, symbol, trace, valueAndGrad } from '@tesserae/tensor';
import type { Tensor } from '@tesserae/tensor';

interface Batch {
  readonly x: Tensor; // f32[batch, 3]
  readonly y: Tensor; // f32[batch, 1]
}

function squaredError(weight: Tensor, { x, y }: Batch): Tensor {
  const error = sub(matmul(x, weight), y);
  return mean(mul(error, error));
}

function descend({ weight, batch }: { readonly weight: Tensor; readonly batch: Batch }) {
  const { value, grads } = valueAndGrad(squaredError)(weight, batch);
  return { weight: sub(weight, mul(grads, 0.1)), loss: value };
}

const rows = symbol('batch');
const { graph } = trace(descend, {
  weight: spec('f32', [3, 1]),
  batch: { x: spec('f32', [rows, 3]), y: spec('f32', [rows, 1]) },
});
export const text = printGraph(graph);
