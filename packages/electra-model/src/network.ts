import type { DType, Dim, Rng, Tensor } from '@tesserae/tensor';
import {
  ShapeError,
  add,
  attention,
  embedding,
  full,
  inScope,
  iota,
  layerNorm,
  reshape,
  sliceAxis,
  transposeLast,
} from '@tesserae/tensor';
import {
  activation,
  causalMask,
  combineMasks,
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

/** Which tokens each token attends to: all, itself and those to its left, or itself and those to its right. */
export type Sight = 'all' | 'left' | 'right';

/**
 * Ids to hidden states.
 * @param options.tokens  'first' computes only the first token of the last layer, with the same result; default 'all'
 * @param options.sight  what each token attends to; default 'all'
 * @param options.learnsPadding  true: the padding row of the word embeddings gets a gradient where it is read, as in
 *   Google's code; default false, as in Hugging Face's
 * @throws ShapeError when the text is longer than the config's positions and no positionIds are given
 * @returns float[batch, seqLen, hiddenSize]; [batch, 1, hiddenSize] for 'first'
 */
export function encode(
  params: ElectraParams,
  inputs: ElectraInputs,
  {
    config,
    rng,
    tokens = 'all',
    sight = 'all',
    learnsPadding = false,
  }: RunOptions & {
    readonly tokens?: WantedTokens;
    readonly sight?: Sight;
    readonly learnsPadding?: boolean;
  },
): Tensor {
  const embedded = inScope('embeddings', () =>
    embed(params.embeddings, inputs, { config, rng: subRng(rng, 'embeddings'), learnsPadding }),
  );
  // [batch, seqLen, hiddenSize]
  let hidden = params.projection === undefined ? embedded : linear(embedded, params.projection);
  const bias = attentionBias(inputs, { sight, dtype: hidden.spec.dtype });
  params.layers.forEach((layer, index) => {
    const isShortened = tokens === 'first' && index === params.layers.length - 1;
    const queries = isShortened ? sliceAxis(hidden, { axis: 1, start: 0, limit: 1 }) : hidden;
    hidden = inScope(`layers.${index}`, () =>
      encoderLayer(layer, { queries, source: hidden }, { config, rng: subRng(rng, index), bias }),
    );
  });
  return hidden;
}

/** What attention adds to its scores, if anything: [batch or 1, 1, seqLen or 1, seqLen]. */
function attentionBias(
  { inputIds, attentionMask }: ElectraInputs,
  { sight, dtype }: { readonly sight: Sight; readonly dtype: DType },
): Tensor | undefined {
  const masks = attentionMask === undefined ? [] : [paddingMask(attentionMask)];
  if (sight !== 'all') masks.push(sightMask(inputIds.spec.shape[1]!, sight));
  const [first, ...rest] = masks;
  return first === undefined ? undefined : maskBias(combineMasks(first, ...rest), { dtype });
}

/** bool[1, 1, seqLen, seqLen]: which keys a query sees. */
function sightMask(seqLen: Dim, sight: 'left' | 'right'): Tensor {
  const mask = causalMask({ qLen: seqLen, kvLen: seqLen });
  return sight === 'left' ? mask : transposeLast(mask);
}

/** What a layer reads: the tokens it computes, [batch, qLen, hiddenSize], and those they attend to, [batch, seqLen, hiddenSize]. */
interface LayerInputs {
  readonly queries: Tensor;
  readonly source: Tensor;
}

/** Word + token type + position, normed, with dropout: float[batch, seqLen, embeddingSize]. */
function embed(
  params: ElectraEmbeddingParams,
  inputs: ElectraInputs,
  { config, rng, learnsPadding }: RunOptions & { readonly learnsPadding: boolean },
): Tensor {
  const { inputIds, tokenTypeIds, positionIds } = inputs;
  const [, seqLen] = inputIds.spec.shape;
  if (positionIds === undefined) requirePositions(seqLen!, config);
  const types = tokenTypeIds ?? full(inputIds.spec, 0);
  const positions = positionIds ?? iota('i32', [1, seqLen!], { axis: 1 });
  const word = embedding(params.word, inputIds, { paddingId: learnsPadding ? null : config.padTokenId });
  const summed = add(add(word, embedding(params.type, types)), embedding(params.position, positions));
  return maybeDropout(norm(summed, params.norm, config), { rate: config.hiddenDropout, rng });
}

/**
 * Refuses a text longer than the model has positions for; a length that is a symbol passes, and is checked by the
 * look-up when the graph runs.
 * @throws ShapeError
 */
export function requirePositions(seqLen: Dim, { maxPositions }: Pick<ElectraConfig, 'maxPositions'>): void {
  if (typeof seqLen !== 'number' || seqLen <= maxPositions) return;
  throw new ShapeError({
    op: 'electra.encode',
    problem: `the text has ${seqLen} tokens, the model has ${maxPositions} positions`,
    likely: `Cut the text, or read it in windows: encodeBatch(texts, { maxLength: ${maxPositions} }).`,
    page: 'text-length',
    got: seqLen,
    needed: maxPositions,
  });
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
