import type { Rng, Tensor } from '@tesserae/tensor';
import { add, attention, cast, mul, rmsNorm } from '@tesserae/tensor';
import { activation, maybeDropout, mergeHeads, project, splitHeads, subRng, widened } from '@tesserae/nn';
import type { T5Config } from './config.js';
import type { T5AttentionParams, T5FeedForwardParams } from './params.js';

// The parts of a T5 block. Pre-norm: x + dropout(layer(norm(x))); no biases anywhere.

/** Keys and values of one attention layer, float[batch, kvLen, numHeads, headDim]. */
export interface KeyValue<Leaf = Tensor> {
  /** `[batch, kvLen, numHeads, headDim]`. */
  readonly key: Leaf;
  /** `[batch, kvLen, numHeads, headDim]`. */
  readonly value: Leaf;
}

/**
 * T5's norm: root mean square only, no mean, no bias. Narrow floats are squared in f32, as f16 ends at 65,504, and the
 * result has the scale's dtype.
 */
export function norm(x: Tensor, scale: Tensor, config: T5Config): Tensor {
  const normed = rmsNorm(widened(x), { scale: widened(scale), epsilon: config.layerNormEpsilon });
  return cast(normed, scale.spec.dtype);
}

/** x + dropout(y), the end of every layer. */
export function residual(
  x: Tensor,
  y: Tensor,
  { config, rng }: { readonly config: T5Config; readonly rng: Rng | undefined },
): Tensor {
  const layer = maybeDropout(y, { rate: config.dropoutRate, rng: subRng(rng, 'residual') });
  // with `wo` kept in f32 the residual is f32 from the first feed-forward on
  return x.spec.dtype === y.spec.dtype ? add(x, layer) : add(widened(x), widened(layer));
}

/** Keys and values of `source` [batch, kvLen, dModel]. */
export function keyValue(params: T5AttentionParams, source: Tensor, config: T5Config): KeyValue {
  return {
    key: splitHeads(project(source, params.key), config),
    value: splitHeads(project(source, params.value), config), // [batch, kvLen, numHeads, headDim]
  };
}

/**
 * Attention of one layer, projections included.
 * @param x  normed hidden states, float[batch, qLen, dModel]
 * @param options.bias  position bias and masks, broadcastable to [batch, numHeads, qLen, kvLen]
 */
export function attentionLayer(
  params: T5AttentionParams,
  x: Tensor,
  options: {
    readonly config: T5Config;
    readonly source: KeyValue;
    readonly bias: Tensor | undefined;
    readonly rng: Rng | undefined;
  },
): Tensor {
  const { config, source, bias, rng } = options;
  const query = splitHeads(project(x, params.query), config); // [batch, qLen, numHeads, headDim]
  const weightRng = subRng(rng, 'weights');
  const context = attention(query, {
    ...source,
    bias,
    scale: 1, // no 1/√headDim: T5 folds it into the query initialiser
    dropout: weightRng === undefined ? undefined : { rate: config.dropoutRate, rng: weightRng },
  });
  return project(mergeHeads(context), params.output); // [batch, qLen, dModel]
}

/** wo(act(wi x)), or wo(act(wi0 x) ⊙ wi1 x) when gated. */
export function feedForward(
  params: T5FeedForwardParams,
  x: Tensor,
  { config, rng }: { readonly config: T5Config; readonly rng: Rng | undefined },
): Tensor {
  const act = activation(config.activationName);
  const hidden = config.isGated
    ? mul(act(project(x, params.wi0!)), project(x, params.wi1!))
    : act(project(x, params.wi!)); // [batch, len, dFf]
  return project(maybeDropout(hidden, { rate: config.dropoutRate, rng: subRng(rng, 'hidden') }), params.wo);
}
