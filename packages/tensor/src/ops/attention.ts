import { equalDims } from '../dim.js';
import { FLOAT_DTYPES } from '../dtype.js';
import type { Tensor } from '../graph/graph.js';
import type { Rng } from '../rng.js';
import type { TensorSpec } from '../spec.js';
import { formatSpec } from '../spec.js';
import type { CompositeRecord } from './define.js';
import { apply, applyAll, defineComposite } from './define.js';
import { add, cast, equal, mul, where } from './elementwise.js';
import { broadcastShapes, requireDtype, requireShape, sameDtype } from './infer.js';
import { gather, scatterAdd } from './indexing.js';
import { matmul } from './matmul.js';
import { expandDims, transpose } from './movement.js';
import { softmax } from './normalization.js';
import { bernoulliThreshold, bernoulliOp } from './random.js';
import { reduceSum } from './reduce.js';

/** Composites of a transformer layer. */

export interface DropoutParams extends Record<string, unknown> {
  /** Share of elements set to 0; the others grow by 1 / (1 - rate). */
  readonly rate: number;
  readonly stream: number;
}

export const dropoutOp: CompositeRecord<'dropout', DropoutParams> = defineComposite<'dropout', DropoutParams>({
  name: 'dropout',
  summary: 'Zeroes a random share of the elements and scales up the rest. Inputs: x, key i32[2].',
  dtypes: FLOAT_DTYPES,
  infer: ([x, key], { rate }) => {
    requireDtype('dropout', key!, ['i32']);
    requireShape(rate >= 0 && rate < 1, 'dropout', `rate ${rate} is not in [0, 1)`, 'A rate of 0.1 is usual.', 'dropout-rate');
    return [{ dtype: requireDtype('dropout', x!, FLOAT_DTYPES), shape: x!.shape }];
  },
  vjp: ({ inputs: [, key], cotangent, params }) => [apply(dropoutOp, [cotangent, key!], params), null],
  samples: [
    { inputs: [{ shape: [4, 5] }, { dtype: 'i32', shape: [2], values: [5, 6] }], params: { rate: 0.3, stream: 11 } },
  ],
  decompose: ([x, key], { rate, stream }) => {
    const keep = apply(bernoulliOp, [key!], { shape: x!.spec.shape, stream, threshold: bernoulliThreshold(1 - rate) });
    return [where(keep, mul(x!, 1 / (1 - rate)), 0)];
  },
});

export interface AttentionParams extends Record<string, unknown> {
  /** Factor on query·key: 1/√headDim in ELECTRA, 1 in T5 (folded into its query initialiser). */
  readonly scale: number;
  readonly hasBias: boolean;
  /** Dropout on the weights; null leaves it out, and there is no key input. */
  readonly dropout: DropoutParams | null;
}

export const attentionOp = defineComposite<'attention', AttentionParams>({
  name: 'attention',
  summary:
    'softmax(query·keyᵀ·scale + bias)·value per head. Inputs [batch, len, numHeads, headDim] ×3, bias?, rng key?. ' +
    'Outputs: context [batch, qLen, numHeads, headDim], weights before dropout [batch, numHeads, qLen, kvLen].',
  dtypes: FLOAT_DTYPES,
  infer: (inputs, { hasBias }) => inferAttention(inputs, hasBias),
  vjp: ({ inputs, outputs: [, weights], cotangents: [g, gWeights], cotangent, params }) => {
    const { query, key, value, bias, rngKey } = attentionInputs(inputs, params);
    const context = headsFirst(g ?? cotangent); // [batch, numHeads, qLen, headDim]
    const dropped = applyDropout(weights!, rngKey, params);
    const fromContext = applyDropout(matmul(context, headsFirst(value), { transposeB: true }), rngKey, params);
    const gDropped = gWeights === undefined ? fromContext : add(fromContext, gWeights);
    const along = reduceSum(mul(gDropped, weights!), { axes: [-1], keepDims: true });
    const gScores = mul(weights!, add(gDropped, mul(along, -1)));
    const gQuery = headsFirst(matmul(mul(gScores, params.scale), headsFirst(key)));
    const gKey = headsFirst(matmul(mul(gScores, params.scale), headsFirst(query), { transposeA: true }));
    const gValue = headsFirst(matmul(dropped, context, { transposeA: true }));
    return [gQuery, gKey, gValue, ...(bias === undefined ? [] : [gScores]), ...(rngKey === undefined ? [] : [null])];
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

function inferAttention(inputs: readonly TensorSpec[], hasBias: boolean): readonly TensorSpec[] {
  const [query, key, value] = inputs as readonly [TensorSpec, TensorSpec, TensorSpec];
  const dtype = sameDtype('attention', [query, key, value], FLOAT_DTYPES);
  const ranks = [query, key, value].every((input) => input.shape.length === 4);
  const fits =
    ranks &&
    equalDims(query.shape[2]!, key.shape[2]!) &&
    equalDims(query.shape[3]!, key.shape[3]!) &&
    equalDims(key.shape[1]!, value.shape[1]!) &&
    equalDims(key.shape[2]!, value.shape[2]!);
  requireShape(
    fits,
    'attention',
    `query ${formatSpec(query)}, key ${formatSpec(key)}, value ${formatSpec(value)} do not fit`,
    'Each is [batch, len, numHeads, headDim] with equal heads; key and value share their length.',
    'attention-shapes',
  );
  const [batch, qLen, numHeads] = query.shape;
  const weights = { dtype, shape: [batch!, numHeads!, qLen!, key.shape[1]!] };
  if (hasBias) broadcastShapes('attention', [weights.shape, inputs[3]!.shape]);
  return [{ dtype, shape: [batch!, qLen!, numHeads!, value.shape[3]!] }, weights];
}

function attentionSamples() {
  const self = [{ shape: [2, 3, 2, 4] }, { shape: [2, 3, 2, 4] }, { shape: [2, 3, 2, 4] }];
  const cross = [{ shape: [1, 2, 2, 3] }, { shape: [1, 5, 2, 3] }, { shape: [1, 5, 2, 3] }];
  const key = { dtype: 'i32' as const, shape: [2], values: [8, 9] };
  return [
    { inputs: self, params: { scale: 0.5, hasBias: false, dropout: null } },
    { inputs: [...cross, { shape: [1, 2, 2, 5] }], params: { scale: 1, hasBias: true, dropout: null } },
    { inputs: [...self, { shape: [2, 1, 1, 3] }, key], params: { scale: 1, hasBias: true, dropout: { rate: 0.25, stream: 4 } } },
  ];
}

export interface EmbeddingParams extends Record<string, unknown> {
  /** An id whose look-ups give the table no gradient (BERT's and ELECTRA's padding row); null: none. */
  readonly paddingId: number | null;
}

export const embeddingOp = defineComposite<'embedding', EmbeddingParams>({
  name: 'embedding',
  summary: 'Rows of a table [vocabSize, features] at i32 ids.',
  dtypes: FLOAT_DTYPES,
  infer: ([table, ids]) => {
    requireDtype('embedding', ids!, ['i32']);
    requireShape(table!.shape.length === 2, 'embedding', `table is ${formatSpec(table!)}`, 'A table has two axes.', 'embedding-table');
    return [{ dtype: table!.dtype, shape: [...ids!.shape, table!.shape[1]!] }];
  },
  vjp: ({ inputs: [table, ids], cotangent, params: { paddingId } }) => {
    const isPadding = paddingId === null ? undefined : expandDims(equal(ids!, paddingId), { axis: -1 });
    const updates = isPadding === undefined ? cotangent : where(isPadding, 0, cotangent);
    return [scatterAdd(ids!, updates, { axis: 0, size: table!.spec.shape[0]! }), null];
  },
  samples: [
    { inputs: [{ shape: [6, 3] }, { dtype: 'i32', shape: [2, 4], below: 6 }], params: { paddingId: null } },
    {
      inputs: [{ shape: [4, 2] }, { dtype: 'i32', shape: [3], values: [0, 2, 0] }],
      params: { paddingId: 0 },
      skipGradient: 'the padding row gives no gradient by definition',
    },
  ],
  decompose: ([table, ids]) => [gather(table!, ids!, { axis: 0 })],
});

export const quantizedMatmulOp = defineComposite<'quantizedMatmul', Record<string, never>>({
  name: 'quantizedMatmul',
  summary: 'x [..., k] times i8 weights [n, k] with one scale per output row [n]: x·(weight·scale)ᵀ.',
  dtypes: ['f32', 'f16', 'bf16', 'f64'],
  infer: ([x, weight, scales]) => {
    requireDtype('quantizedMatmul', weight!, ['i8']);
    const dtype = sameDtype('quantizedMatmul', [x!, scales!], FLOAT_DTYPES);
    const fits = weight!.shape.length === 2 && equalDims(weight!.shape[1]!, x!.shape.at(-1) ?? 0);
    requireShape(
      fits && scales!.shape.length === 1 && equalDims(scales!.shape[0]!, weight!.shape[0]!),
      'quantizedMatmul',
      `${formatSpec(x!)} × ${formatSpec(weight!)} with scales ${formatSpec(scales!)}`,
      'Weights are [outputs, inputs], scales [outputs].',
      'quantized-shapes',
    );
    return [{ dtype, shape: [...x!.shape.slice(0, -1), weight!.shape[0]!] }];
  },
  vjp: ({ inputs: [x, weight, scales], cotangent }) => [
    matmul(mul(cotangent, scales!), cast(weight!, x!.spec.dtype)),
    null,
    reduceSum(
      mul(cotangent, matmul(x!, cast(weight!, x!.spec.dtype), { transposeB: true })),
      { axes: cotangent.spec.shape.slice(0, -1).map((_, axis) => axis) },
    ),
  ],
  samples: [
    { inputs: [{ shape: [2, 3, 4] }, { dtype: 'i8', shape: [5, 4], below: 90 }, { shape: [5], range: [0.01, 0.02] }], params: {} },
  ],
  decompose: ([x, weight, scales]) => [mul(matmul(x!, cast(weight!, x!.spec.dtype), { transposeB: true }), scales!)],
});

/** Zeroes a random share `rate` of the elements and scales up the rest; `x` itself when the rate is 0. @see Srivastava et al. 2014 */
export function dropout(x: Tensor, { rate, rng }: { readonly rate: number; readonly rng: Rng }): Tensor {
  return rate === 0 ? x : apply(dropoutOp, [x, rng.key], { rate, stream: rng.stream });
}

/**
 * Multi-head attention, without its projections.
 * @param query  float[batch, qLen, numHeads, headDim]
 * @param options.key, options.value  float[batch, kvLen, numHeads, headDim]
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
  const inputs = [query, key, value, ...(bias === undefined ? [] : [bias]), ...(isDropping ? [drop.rng.key] : [])];
  return applyAll(attentionOp, inputs, { scale, hasBias: bias !== undefined, dropout: params })[0]!;
}

/**
 * Rows of `table` [vocabSize, features] at `ids` (i32[...]) -> float[..., features].
 * @param options.paddingId  an id whose look-ups give the table no gradient, as PyTorch's padding_idx
 */
export function embedding(table: Tensor, ids: Tensor, { paddingId = null }: { readonly paddingId?: number | null } = {}): Tensor {
  return apply(embeddingOp, [table, ids], { paddingId });
}

/** x·(weight·scale)ᵀ with i8 `weight` [outputs, inputs] and one scale per output. */
export function quantizedMatmul(x: Tensor, { weight, scales }: { readonly weight: Tensor; readonly scales: Tensor }): Tensor {
  return apply(quantizedMatmulOp, [x, weight, scales], {});
}
