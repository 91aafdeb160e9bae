import type { Tensor } from '@tesserae/tensor';
import { multiplyDims, reshape } from '@tesserae/tensor';

/** Splits features into heads: [batch, len, numHeads * headDim] -> [batch, len, numHeads, headDim]. */
export function splitHeads(
  x: Tensor,
  { numHeads, headDim }: { readonly numHeads: number; readonly headDim: number },
): Tensor {
  const [batch, len] = x.spec.shape;
  return reshape(x, [batch!, len!, numHeads, headDim]);
}

/** Joins heads: [batch, len, numHeads, headDim] -> [batch, len, numHeads * headDim]. */
export function mergeHeads(x: Tensor): Tensor {
  const [batch, len, numHeads, headDim] = x.spec.shape;
  return reshape(x, [batch!, len!, multiplyDims(numHeads!, headDim!)]);
}
