import type { Rng, Tensor } from '@tesserae/tensor';
import {
  add,
  attention,
  embedding,
  full,
  inScope,
  iota,
  layerNorm,
  reshape,
  sliceAxis,
} from '@tesserae/tensor';
import {
  activation,
  linear,
  maskBias,
  maybeDropout,
  mergeHeads,
  paddingMask,
  project,
  splitHeads,
  subRng,
} from '@tesserae/nn';
import type { ElectraConfig } from './config.js';
import type {
  DiscriminatorParams,
  ElectraEmbeddingParams,
  ElectraLayerParams,
  ElectraParams,
  MaskedLanguageModelParams,
  NormParams,
} from './params.js';

// ELECTRA's encoder as a pure function: BERT's post-norm layers over embeddings that may be projected.

/** What every part of the network needs besides its tensors. */
export interface RunOptions {
  readonly config: ElectraConfig;
  /** Randomness of dropout; undefined outside training. */
  readonly rng: Rng | undefined;
}

/** What the encoder reads. */
export interface ElectraInputs {
  /** i32[batch, seqLen] */
  readonly inputIds: Tensor;
  /** i32 or bool [batch, seqLen], 0 at padding; absent: nothing is padding. */
  readonly attentionMask?: Tensor;
  /** i32[batch, seqLen]; absent: all 0. */
  readonly tokenTypeIds?: Tensor;
  /** i32[batch, seqLen]; absent: 0, 1, 2, … */
  readonly positionIds?: Tensor;
}

/** Which tokens of the last layer are wanted: heads that read the first one need the others only as keys and values. */
export type WantedTokens = 'all' | 'first';

/**
 * Ids to hidden states.
 * @param options.tokens  'first' computes only the first token of the last layer, with the same result; default 'all'
 * @returns float[batch, seqLen, hiddenSize]; [batch, 1, hiddenSize] for 'first'
 */
export function encode(
  params: ElectraParams,
  inputs: ElectraInputs,
  { config, rng, tokens = 'all' }: RunOptions & { readonly tokens?: WantedTokens },
): Tensor {
  const bias = inputs.attentionMask === undefined ? undefined : maskBias(paddingMask(inputs.attentionMask));
  const embedded = inScope('embeddings', () =>
    embed(params.embeddings, inputs, { config, rng: subRng(rng, 'embeddings') }),
  );
  // [batch, seqLen, hiddenSize]
  let hidden = params.projection === undefined ? embedded : linear(embedded, params.projection);
  params.layers.forEach((layer, index) => {
    const isShortened = tokens === 'first' && index === params.layers.length - 1;
    const queries = isShortened ? sliceAxis(hidden, { axis: 1, start: 0, limit: 1 }) : hidden;
    hidden = inScope(`layers.${index}`, () =>
      encoderLayer(layer, { queries, source: hidden }, { config, rng: subRng(rng, index), bias }),
    );
  });
  return hidden;
}

/** What a layer reads: the tokens it computes, [batch, qLen, hiddenSize], and those they attend to, [batch, seqLen, hiddenSize]. */
interface LayerInputs {
  readonly queries: Tensor;
  readonly source: Tensor;
}

/** Word + token type + position, normed, with dropout: float[batch, seqLen, embeddingSize]. */
function embed(params: ElectraEmbeddingParams, inputs: ElectraInputs, { config, rng }: RunOptions): Tensor {
  const { inputIds, tokenTypeIds, positionIds } = inputs;
  const [, seqLen] = inputIds.spec.shape;
  const types = tokenTypeIds ?? full(inputIds.spec, 0);
  const positions = positionIds ?? iota('i32', [1, seqLen!], { axis: 1 });
  const word = embedding(params.word, inputIds, { paddingId: config.padTokenId });
  const summed = add(add(word, embedding(params.type, types)), embedding(params.position, positions));
  return maybeDropout(norm(summed, params.norm, config), { rate: config.hiddenDropout, rng });
}

function encoderLayer(
  params: ElectraLayerParams,
  inputs: LayerInputs,
  options: RunOptions & { readonly bias: Tensor | undefined },
): Tensor {
  const { config, rng } = options;
  const drop = (value: Tensor, name: string): Tensor =>
    maybeDropout(value, { rate: config.hiddenDropout, rng: subRng(rng, name) });
  const attended = linear(selfAttention(params, inputs, options), params.attentionOutput);
  // [batch, qLen, hiddenSize]
  const middle = norm(add(inputs.queries, drop(attended, 'attentionOutput')), params.attentionNorm, config);
  // [batch, qLen, intermediateSize]
  const inner = activation(config.activationName)(linear(middle, params.intermediate));
  return norm(add(middle, drop(linear(inner, params.output), 'output')), params.outputNorm, config);
}

function selfAttention(
  params: ElectraLayerParams,
  { queries, source }: LayerInputs,
  { config, rng, bias }: RunOptions & { readonly bias: Tensor | undefined },
): Tensor {
  const heads = { numHeads: config.numHeads, headDim: config.hiddenSize / config.numHeads };
  const weightRng = subRng(rng, 'attentionWeights');
  const context = attention(splitHeads(linear(queries, params.query), heads), {
    key: splitHeads(linear(source, params.key), heads),
    value: splitHeads(linear(source, params.value), heads), // [batch, seqLen, numHeads, headDim]
    bias,
    scale: heads.headDim ** -0.5,
    dropout: weightRng === undefined ? undefined : { rate: config.attentionDropout, rng: weightRng },
  });
  return mergeHeads(context);
}

/** Layer norm with the config's epsilon. */
function norm(x: Tensor, { scale, bias }: NormParams, config: ElectraConfig): Tensor {
  return layerNorm(x, { scale, bias, epsilon: config.layerNormEpsilon });
}

/**
 * The generator's scores of every piece of the vocabulary.
 * The activation is always the exact GELU, whatever the encoder uses. @see Hugging Face
 * ElectraGeneratorPredictions
 * @param options.word  the word embeddings, [vocabSize, embeddingSize], read when the head has no table of
 *   its own
 * @returns float[batch, seqLen, vocabSize]
 */
export function maskedLanguageModelHead(
  params: MaskedLanguageModelParams,
  hidden: Tensor,
  { config, word }: { readonly config: ElectraConfig; readonly word: Tensor },
): Tensor {
  const dense = activation('gelu')(linear(hidden, params.dense)); // [batch, seqLen, embeddingSize]
  const transformed = layerNorm(dense, { ...params.norm, epsilon: config.generatorNormEpsilon });
  return add(project(transformed, params.decoder ?? word), params.bias);
}

/** One logit a token, above 0 where the discriminator takes it for a replacement: float[batch, seqLen]. */
export function discriminatorHead(
  params: DiscriminatorParams,
  hidden: Tensor,
  { config }: { readonly config: ElectraConfig },
): Tensor {
  const logits = linear(activation(config.activationName)(linear(hidden, params.dense)), params.prediction);
  return reshape(logits, hidden.spec.shape.slice(0, 2));
}
