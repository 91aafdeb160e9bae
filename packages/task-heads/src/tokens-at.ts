import type { Tensor } from '@tesserae/tensor';
import { add, dimSize, gather, iota, mul, multiplyDims, reshape } from '@tesserae/tensor';

/**
 * The vectors of some tokens: heads that are asked about a few run on these only.
 * @param hidden  float[batch, seqLen, features]
 * @param positions  i32[batch, count], each in [0, seqLen)
 * @returns float[batch, count, features]
 */
export function tokensAt(hidden: Tensor, positions: Tensor): Tensor {
  const [batch, seqLen, features] = hidden.spec.shape;
  const rows = reshape(hidden, [multiplyDims(batch!, seqLen!), features!]);
  const firstOfRow = mul(iota('i32', [batch!, 1], { axis: 0 }), dimSize(seqLen!, 'i32'));
  return gather(rows, add(positions, firstOfRow), { axis: 0 });
}
