import { FLOAT_DTYPES } from '../dtype.js';
import type { Tensor } from '../graph/graph.js';
import type { Rng } from '../rng.js';
import type { TensorSpec } from '../spec.js';
import { equalShapes, formatSpec } from '../spec.js';
import { apply, applyAll, defineComposite } from './define.js';
import type { DropoutParams } from './dropout.js';
import { dropoutOp, requireRate } from './dropout.js';
import { add, mul } from './elementwise.js';
import { broadcastShapes, requireShape, sameDtype } from './infer.js';
import { matmul } from './matmul.js';
import { transpose } from './movement.js';
import { softmax } from './normalization.js';
import { requireKey } from './random.js';
import { reduceSum } from './reduce.js';

/** Parameters of attention. */
type AttentionParams = {
  /** Factor on query·key: 1/√headDim in ELECTRA, 1 in T5 (folded into its query initialiser). */
  readonly scale: number;
  readonly hasBias: boolean;
  /** Dropout on the weights; null leaves it out, and there is no key input. */
  readonly dropout: DropoutParams | null;
};

export const attentionOp = defineComposite<'attention', AttentionParams>({
  name: 'attention',
  summary:
    'softmax(query·keyᵀ·scale + bias)·value per head. Inputs [batch, len, numHeads, headDim] ×3, bias?, rng key?. ' +
    'Outputs: context [batch, qLen, numHeads, headDim], weights before dropout [batch, numHeads, qLen, kvLen].',
  dtypes: FLOAT_DTYPES,
  infer: (inputs, params) => {
    if (params.dropout !== null) requireRate('attention', params.dropout.rate);
    return inferAttention(attentionInputs(inputs, params));
  },
  vjp: ({ inputs, outputs: [, weights], cotangents: [g, gWeights], cotangent, params }) => {
    const { query, key, value, bias, rngKey } = attentionInputs(inputs, params);
    const context = headsFirst(g ?? cotangent); // [batch, numHeads, qLen, headDim]
    const dropped = applyDropout(weights!, rngKey, params);
    const fromContext = applyDropout(
      matmul(context, headsFirst(value), { transposeB: true }),
      rngKey,
      params,
    );
    const gDropped = gWeights === undefined ? fromContext : add(fromContext, gWeights);
    const along = reduceSum(mul(gDropped, weights!), { axes: [-1], keepDims: true });
    const gScores = mul(weights!, add(gDropped, mul(along, -1)));
    const gQuery = headsFirst(matmul(mul(gScores, params.scale), headsFirst(key)));
    const gKey = headsFirst(matmul(mul(gScores, params.scale), headsFirst(query), { transposeA: true }));
    const gValue = headsFirst(matmul(dropped, context, { transposeA: true }));
    return [
      gQuery,
      gKey,
      gValue,
      ...(bias === undefined ? [] : [gScores]),
      ...(rngKey === undefined ? [] : [null]),
    ];
  },
  samples: attentionSamples(),
  decompose: (inputs, params) => {
    const { query, key, value, bias, rngKey } = attentionInputs(inputs, params);
    const scores = matmul(mul(headsFirst(query), params.scale), headsFirst(key), { transposeB: true });
    const weights = softmax(bias === undefined ? scores : add(scores, bias)); // [batch, numHeads, qLen, kvLen]
    return [headsFirst(matmul(applyDropout(weights, rngKey, params), headsFirst(value))), weights];
  },
});

/** Swaps the length and the head axis; its own inverse. */
const headsFirst = (x: Tensor): Tensor => transpose(x, [0, 2, 1, 3]);

function applyDropout(x: Tensor, rngKey: Tensor | undefined, { dropout: params }: AttentionParams): Tensor {
  return rngKey === undefined || params === null ? x : apply(dropoutOp, [x, rngKey], params);
}

function attentionInputs<T>(inputs: readonly T[], { hasBias, dropout: params }: AttentionParams) {
  const [query, key, value] = inputs as readonly [T, T, T];
  const bias = hasBias ? inputs[3] : undefined;
  const rngKey = params === null ? undefined : inputs[hasBias ? 4 : 3];
  return { query, key, value, bias, rngKey };
}

function inferAttention(inputs: ReturnType<typeof attentionInputs<TensorSpec>>): readonly TensorSpec[] {
  const { query, key, value, bias, rngKey } = inputs;
  const dtype = sameDtype(
    'attention',
    [query, key, value, ...(bias === undefined ? [] : [bias])],
    FLOAT_DTYPES,
  );
  if (rngKey !== undefined) requireKey('attention', rngKey);
  const [batch, qLen, numHeads, headDim] = query.shape;
  const [, kvLen] = key.shape;
  const fits =
    [query, key, value].every((input) => input.shape.length === 4) &&
    equalShapes(key.shape, [batch!, kvLen!, numHeads!, headDim!]) &&
    equalShapes(value.shape.slice(0, 3), key.shape.slice(0, 3));
  requireShape(fits, {
    op: 'attention',
    problem: `query ${formatSpec(query)}, key ${formatSpec(key)}, value ${formatSpec(value)} do not fit`,
    likely:
      'Each is [batch, len, numHeads, headDim] with equal batch and heads; key and value share their length.',
    page: 'attention-shapes',
  });
  const weights = { dtype, shape: [batch!, numHeads!, qLen!, kvLen!] };
  if (bias !== undefined) requireBias(bias, weights);
  return [{ dtype, shape: [batch!, qLen!, numHeads!, value.shape[3]!] }, weights];
}

/** The bias may repeat along axes of the scores, but not enlarge them. */
function requireBias(bias: TensorSpec, scores: TensorSpec): void {
  requireShape(equalShapes(broadcastShapes('attention', [scores.shape, bias.shape]), scores.shape), {
    op: 'attention',
    problem: `bias ${formatSpec(bias)} does not broadcast to the scores ${formatSpec(scores)}`,
    likely: 'A bias is [batch or 1, numHeads or 1, qLen or 1, kvLen or 1].',
    page: 'attention-bias',
  });
}

function attentionSamples() {
  const self = [{ shape: [2, 3, 2, 4] }, { shape: [2, 3, 2, 4] }, { shape: [2, 3, 2, 4] }];
  const cross = [{ shape: [1, 2, 2, 3] }, { shape: [1, 5, 2, 3] }, { shape: [1, 5, 2, 3] }];
  const key = { dtype: 'i32' as const, shape: [2], values: [8, 9] };
  return [
    { inputs: self, params: { scale: 0.5, hasBias: false, dropout: null } },
    { inputs: [...cross, { shape: [1, 2, 2, 5] }], params: { scale: 1, hasBias: true, dropout: null } },
    {
      inputs: [...self, { shape: [2, 1, 1, 3] }, key],
      params: { scale: 1, hasBias: true, dropout: { rate: 0.25, stream: 4 } },
    },
  ];
}

/**
 * Multi-head attention, without its projections.
 * @param query  float[batch, qLen, numHeads, headDim]
 * @param options.key  float[batch, kvLen, numHeads, headDim]
 * @param options.value  float[batch, kvLen, numHeads, headDim]
 * @param options.bias  added to the scores, broadcastable to [batch, numHeads, qLen, kvLen]; masks go here
 * @param options.scale  factor on query·key
 * @returns float[batch, qLen, numHeads, headDim]
 * @see Vaswani et al. 2017
 */
export function attention(
  query: Tensor,
  options: {
    readonly key: Tensor;
    readonly value: Tensor;
    readonly scale: number;
    readonly bias?: Tensor;
    readonly dropout?: { readonly rate: number; readonly rng: Rng };
  },
): Tensor {
  const { key, value, scale, bias, dropout: drop } = options;
  const isDropping = drop !== undefined && drop.rate > 0;
  const params = isDropping ? { rate: drop.rate, stream: drop.rng.stream } : null;
  const inputs = [
    query,
    key,
    value,
    ...(bias === undefined ? [] : [bias]),
    ...(isDropping ? [drop.rng.key] : []),
  ];
  return applyAll(attentionOp, inputs, { scale, hasBias: bias !== undefined, dropout: params })[0]!;
}
