import type { Dim, Rng, Shape, Tensor } from '@tesserae/tensor';
import {
  GraphError,
  add,
  and,
  cast,
  dimSize,
  equal,
  floor,
  foldIn,
  gather,
  greater,
  iota,
  less,
  maximum,
  minimum,
  mul,
  multiplyDims,
  not,
  or,
  randomBernoulli,
  randomUniform,
  reduceSum,
  remainder,
  reshape,
  scatterAdd,
  sub,
  topK,
  where,
} from '@tesserae/tensor';

/** One batch of pre-training. What is absent from `maskedInputIds` on is drawn in the graph. */
export interface PretrainingBatch<Leaf = Tensor> {
  /** The original text, i32[batch, seqLen]. */
  readonly inputIds: Leaf;
  /** i32 or bool [batch, seqLen], 0 at padding; absent: padding is where inputIds are the config's padTokenId. */
  readonly attentionMask?: Leaf;
  /** i32[batch, seqLen]; absent: all 0. */
  readonly tokenTypeIds?: Leaf;
  /** What the generator reads, i32[batch, seqLen]; given together with positions and weights. */
  readonly maskedInputIds?: Leaf;
  /** Chosen positions, distinct, i32[batch, maxPredictions]; 0 in slots that are not used. */
  readonly maskedPositions?: Leaf;
  /** 1 in used slots, 0 in others, f32[batch, maxPredictions]. */
  readonly maskedWeights?: Leaf;
  /** Gumbel noise, f32[batch, maxPredictions, vocabSize]. */
  readonly gumbel?: Leaf;
}

/** Ids that masking must know. */
export interface SpecialIds {
  readonly cls: number;
  readonly sep: number;
  readonly mask: number;
}

/** A batch whose masked positions are known. */
export interface MaskedBatch {
  readonly inputIds: Tensor; // i32[batch, seqLen]
  readonly isReal: Tensor; // bool[batch, seqLen]
  readonly tokenTypeIds: Tensor | undefined;
  readonly maskedInputIds: Tensor; // i32[batch, seqLen]
  readonly positions: Tensor; // i32[batch, maxPredictions]
  readonly weights: Tensor; // f32[batch, maxPredictions]
  /** The original ids at the positions, i32[batch * maxPredictions]. */
  readonly originalIds: Tensor;
}

/** How masks are drawn. */
interface MaskingOptions {
  readonly rng: Rng;
  readonly maskProb: number;
  readonly maxPredictionsPerSeq?: number;
  readonly ids: SpecialIds;
  readonly padTokenId: number;
}

/** Share of chosen tokens that become [MASK]; the others stay as they are. */
const MASK_SHARE = 0.85;

/**
 * The batch with its masks: those it brings, or new ones.
 * @throws GraphError when it brings some of the three tensors of a masking, but not all
 */
export function maskBatch(batch: PretrainingBatch, options: MaskingOptions): MaskedBatch {
  const { inputIds, attentionMask, tokenTypeIds } = batch;
  const isReal = realTokens(attentionMask ?? not(equal(inputIds, options.padTokenId)));
  const { maskedInputIds, maskedPositions: positions, maskedWeights: weights } = batch;
  const given = [maskedInputIds, positions, weights].filter((tensor) => tensor !== undefined).length;
  if (given !== 0 && given !== 3) throw partialMasking(batch);
  const masking =
    given === 3
      ? { maskedInputIds: maskedInputIds!, positions: positions!, weights: weights! }
      : drawMasks(inputIds, isReal, options);
  const originalIds = gatherPositions(reshape(inputIds, [...inputIds.spec.shape, 1]), masking.positions);
  return { inputIds, isReal, tokenTypeIds, ...masking, originalIds: reshape(originalIds, [-1]) };
}

function realTokens(mask: Tensor): Tensor {
  return mask.spec.dtype === 'bool' ? mask : not(equal(mask, 0));
}

function partialMasking(batch: PretrainingBatch): GraphError {
  const got = Object.entries(batch).flatMap(([name, tensor]) => (tensor === undefined ? [] : [name]));
  return new GraphError({
    op: 'electraPretraining',
    problem: `the batch has ${got.join(', ')}, needed all of maskedInputIds, maskedPositions and maskedWeights, or none`,
    likely: 'Masks come from pretrainingBatch or are drawn in the graph, not partly both.',
    page: 'pretraining-batch',
    got,
  });
}

/** Positions drawn without replacement; Google's code draws with replacement and has a few less. */
function drawMasks(
  inputIds: Tensor,
  isReal: Tensor,
  { rng, maskProb, maxPredictionsPerSeq, ids }: MaskingOptions,
): Pick<MaskedBatch, 'maskedInputIds' | 'positions' | 'weights'> {
  const [batch, seqLen] = inputIds.spec.shape as readonly [Dim, Dim];
  const slots = numSlots(seqLen, { maskProb, maxPredictionsPerSeq });
  const isSpecial = or(or(equal(inputIds, ids.cls), equal(inputIds, ids.sep)), equal(inputIds, ids.mask));
  const isCandidate = and(isReal, not(isSpecial));
  const noise = randomUniform(foldIn(rng, 'positions'), { shape: [batch, seqLen] });
  const drawn = topK(where(isCandidate, noise, -1), { k: slots }).indices; // [batch, slots]
  const numReal = countRows(isReal); // [batch, 1]
  const wanted = minimum(maximum(roundHalfEven(mul(numReal, maskProb)), 1), slots);
  const isUsed = less(iota('f32', [1, slots], { axis: 1 }), minimum(wanted, countRows(isCandidate)));
  const positions = where(isUsed, drawn, 0);
  const isMasked = randomBernoulli(foldIn(rng, 'masks'), { shape: [batch, slots], probability: MASK_SHARE });
  const becomesMask = cast(and(isUsed, isMasked), 'f32');
  const isHidden = greater(spread(reshape(becomesMask, [-1]), positions, inputIds.spec.shape), 0.5);
  return { maskedInputIds: where(isHidden, ids.mask, inputIds), positions, weights: cast(isUsed, 'f32') };
}

const countRows = (mask: Tensor): Tensor => reduceSum(cast(mask, 'f32'), { axes: [1], keepDims: true });

/** Slots a row has for chosen positions. @throws GraphError when the length is not a number */
function numSlots(
  seqLen: Dim,
  { maskProb, maxPredictionsPerSeq }: Pick<MaskingOptions, 'maskProb' | 'maxPredictionsPerSeq'>,
): number {
  if (typeof seqLen !== 'number') {
    throw new GraphError({
      op: 'electraPretraining',
      problem: 'masks are drawn for a length that is a symbol, needed a number',
      likely: 'Trace with numbers, or give the masks with the batch.',
      page: 'pretraining-batch',
    });
  }
  const most = maxPredictionsPerSeq ?? Math.max(1, Math.trunc((maskProb + 0.005) * seqLen));
  return Math.min(most, seqLen);
}

/** Halves to the even neighbour, as TensorFlow rounds; x is not negative. */
function roundHalfEven(x: Tensor): Tensor {
  const whole = floor(x);
  const rest = sub(x, whole);
  const isUp = or(greater(rest, 0.5), and(equal(rest, 0.5), equal(remainder(whole, 2), 1)));
  return add(whole, cast(isUp, 'f32'));
}

/** i32[batch * maxPredictions]: positions in the batch's tokens laid end to end. */
function flatPositions(positions: Tensor, seqLen: Dim): Tensor {
  const [batch] = positions.spec.shape;
  const rowStarts = mul(iota('i32', [batch!, 1], { axis: 0 }), dimSize(seqLen, 'i32'));
  return reshape(add(positions, rowStarts), [-1]);
}

/** Vectors at the positions: [batch, seqLen, features] -> [batch * maxPredictions, features]. */
export function gatherPositions(x: Tensor, positions: Tensor): Tensor {
  const [batch, seqLen, features] = x.spec.shape;
  const rows = reshape(x, [multiplyDims(batch!, seqLen!), features!]);
  return gather(rows, flatPositions(positions, seqLen!), { axis: 0 });
}

/** Values of the chosen positions, f32[batch * maxPredictions], at their places among zeros: f32[batch, seqLen]. */
function spread(values: Tensor, positions: Tensor, shape: Shape): Tensor {
  const [batch, seqLen] = shape;
  const size = multiplyDims(batch!, seqLen!);
  return reshape(scatterAdd(flatPositions(positions, seqLen!), values, { axis: 0, size }), shape);
}

/**
 * Ids put at the positions whose weight is 1.
 * They travel as f32, which holds every id exactly (below 2²⁴); positions must be distinct.
 * @param ids  i32[batch * maxPredictions]
 * @returns the new ids, i32[batch, seqLen], and where they were put, bool[batch, seqLen]
 */
export function placeIds(
  ids: Tensor,
  { inputIds, positions, weights }: Pick<MaskedBatch, 'inputIds' | 'positions' | 'weights'>,
): { readonly inputIds: Tensor; readonly isPlaced: Tensor } {
  const { shape } = inputIds.spec;
  const flatWeights = reshape(weights, [-1]);
  const isPlaced = greater(spread(flatWeights, positions, shape), 0.5);
  const placed = cast(spread(mul(cast(ids, 'f32'), flatWeights), positions, shape), 'i32');
  return { inputIds: where(isPlaced, placed, inputIds), isPlaced };
}
