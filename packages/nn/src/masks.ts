import type { DType, Dim, Tensor } from '@tesserae/tensor';
import { add, and, equal, expandDims, iota, lessEqual, not, scalar, where } from '@tesserae/tensor';

/**
 * What a masked score becomes: the most negative finite f32, as Hugging Face uses. Scores are replaced, not
 * summed,
 * so two masks never overflow to -∞, and a row with everything masked gives equal weights, not NaN.
 */
export const MASKED_SCORE = -3.4028234663852886e38;

/** The same for narrower floats, in which the score above would be -∞: their own most negative finite number. */
const NARROW_SCORES: Readonly<Partial<Record<DType, number>>> = {
  f16: -65_504,
  bf16: -3.3895313892515355e38,
};

/**
 * Which key positions are real.
 * @param attentionMask  i32 or bool [batch, kvLen]; 0 marks padding
 * @returns bool[batch, 1, 1, kvLen]
 */
export function paddingMask(attentionMask: Tensor): Tensor {
  const isReal = attentionMask.spec.dtype === 'bool' ? attentionMask : not(equal(attentionMask, 0));
  return expandDims(expandDims(isReal, { axis: 1 }), { axis: 1 });
}

/**
 * Which keys a query may see when it may not look ahead.
 * @param options.offset  position of the first query: 0 without a cache (i32 scalar tensor or number)
 * @returns bool[1, 1, qLen, kvLen]
 */
export function causalMask({
  qLen,
  kvLen,
  offset = 0,
}: {
  readonly qLen: Dim;
  readonly kvLen: Dim;
  readonly offset?: Tensor | number;
}): Tensor {
  const keys = iota('i32', [1, 1, 1, kvLen], { axis: 3 });
  return lessEqual(keys, queryPositions(qLen, offset));
}

/** i32[1, 1, qLen, 1]: absolute positions of the queries. */
export function queryPositions(qLen: Dim, offset: Tensor | number): Tensor {
  return add(iota('i32', [1, 1, qLen, 1], { axis: 2 }), offset);
}

/** Conjunction of masks, by broadcasting. */
export function combineMasks(first: Tensor, ...rest: readonly Tensor[]): Tensor {
  return rest.reduce((mask, next) => and(mask, next), first);
}

/**
 * A mask, and a bias if there is one, as what attention adds to its scores.
 * @param mask  bool, broadcastable to [batch, numHeads, qLen, kvLen]
 * @param options.dtype  of the result where there is no bias: that of the queries; default f32
 */
export function maskBias(
  mask: Tensor,
  { bias, dtype = 'f32' }: { readonly bias?: Tensor; readonly dtype?: DType } = {},
): Tensor {
  const kept = bias ?? scalar(dtype, 0);
  return where(mask, kept, NARROW_SCORES[kept.spec.dtype] ?? MASKED_SCORE);
}
