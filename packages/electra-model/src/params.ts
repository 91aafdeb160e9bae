import type { Tensor } from '@tesserae/tensor';
import type { LinearParams } from '@tesserae/nn';
import type { ParamSpec } from '@tesserae/weights';
import { linearSpec, normSpec, normalSpec, paramSpec } from '@tesserae/weights';
import type { ElectraConfig } from './config.js';

/** Scale and bias of a layer norm, [features] each. */
export interface NormParams<Leaf = Tensor> {
  readonly scale: Leaf;
  readonly bias: Leaf;
}

/** Tables of words, positions and token types, and the norm over their sum. */
export interface ElectraEmbeddingParams<Leaf = Tensor> {
  /** [vocabSize, embeddingSize] */
  readonly word: Leaf;
  /** [maxPositions, embeddingSize] */
  readonly position: Leaf;
  /** [typeVocabSize, embeddingSize] */
  readonly type: Leaf;
  readonly norm: NormParams<Leaf>;
}

/** One layer of the encoder. */
export interface ElectraLayerParams<Leaf = Tensor> {
  readonly query: LinearParams<Leaf>;
  readonly key: LinearParams<Leaf>;
  readonly value: LinearParams<Leaf>;
  readonly attentionOutput: LinearParams<Leaf>;
  readonly attentionNorm: NormParams<Leaf>;
  readonly intermediate: LinearParams<Leaf>;
  readonly output: LinearParams<Leaf>;
  readonly outputNorm: NormParams<Leaf>;
}

/** All parameters of the encoder. */
export interface ElectraParams<Leaf = Tensor> {
  readonly embeddings: ElectraEmbeddingParams<Leaf>;
  /** Present when embeddingSize and hiddenSize differ. */
  readonly projection?: LinearParams<Leaf>;
  readonly layers: readonly ElectraLayerParams<Leaf>[];
}

/**
 * Every parameter of the encoder: shape, initialiser and name in a Hugging Face checkpoint.
 * @param options.prefix  'electra.' in every class but the bare ElectraModel
 */
export function electraParamSpec(
  config: ElectraConfig,
  { prefix }: { readonly prefix: string },
): ElectraParams<ParamSpec> {
  const { vocabSize, embeddingSize, hiddenSize, maxPositions, typeVocabSize, numLayers } = config;
  const at = `${prefix}embeddings`;
  const std = config.initializerRange;
  const table = (rows: number, name: string): ParamSpec =>
    normalSpec([rows, embeddingSize], { std, name: `${at}.${name}.weight` });
  return {
    embeddings: {
      word: paramSpec([vocabSize, embeddingSize], {
        init: { kind: 'normal', std, zeroRow: config.padTokenId },
        name: `${at}.word_embeddings.weight`,
      }),
      position: table(maxPositions, 'position_embeddings'),
      type: table(typeVocabSize, 'token_type_embeddings'),
      norm: normSpec(embeddingSize, { name: `${at}.LayerNorm` }),
    },
    ...(embeddingSize === hiddenSize
      ? {}
      : { projection: linearSpec(embeddingSize, hiddenSize, { std, name: `${prefix}embeddings_project` }) }),
    layers: Array.from({ length: numLayers }, (_, index) =>
      layerSpec(config, `${prefix}encoder.layer.${index}`),
    ),
  };
}

function layerSpec(config: ElectraConfig, at: string): ElectraLayerParams<ParamSpec> {
  const { hiddenSize, intermediateSize, initializerRange: std } = config;
  const square = (name: string): LinearParams<ParamSpec> =>
    linearSpec(hiddenSize, hiddenSize, { std, name: `${at}.${name}` });
  return {
    query: square('attention.self.query'),
    key: square('attention.self.key'),
    value: square('attention.self.value'),
    attentionOutput: square('attention.output.dense'),
    attentionNorm: normSpec(hiddenSize, { name: `${at}.attention.output.LayerNorm` }),
    intermediate: linearSpec(hiddenSize, intermediateSize, { std, name: `${at}.intermediate.dense` }),
    output: linearSpec(intermediateSize, hiddenSize, { std, name: `${at}.output.dense` }),
    outputNorm: normSpec(hiddenSize, { name: `${at}.output.LayerNorm` }),
  };
}

/**
 * The generator's head: dense to embeddingSize, activation, norm, then the word embeddings (or a table of its
 * own).
 */
export interface MaskedLanguageModelParams<Leaf = Tensor> {
  readonly dense: LinearParams<Leaf>;
  readonly norm: NormParams<Leaf>;
  /** [vocabSize, embeddingSize]; absent when tied to the word embeddings. */
  readonly decoder?: Leaf;
  /** [vocabSize] */
  readonly bias: Leaf;
}

/** The discriminator's head: dense, activation, one logit a token. */
export interface DiscriminatorParams<Leaf = Tensor> {
  readonly dense: LinearParams<Leaf>;
  readonly prediction: LinearParams<Leaf>;
}

/** Parameters of the generator's head. */
export function maskedLanguageModelSpec(
  config: ElectraConfig,
  { hasDecoder }: { readonly hasDecoder: boolean },
): MaskedLanguageModelParams<ParamSpec> {
  const { vocabSize, hiddenSize, embeddingSize, initializerRange: std } = config;
  return {
    dense: linearSpec(hiddenSize, embeddingSize, { std, name: 'generator_predictions.dense' }),
    norm: normSpec(embeddingSize, { name: 'generator_predictions.LayerNorm' }),
    ...(hasDecoder
      ? { decoder: normalSpec([vocabSize, embeddingSize], { std, name: 'generator_lm_head.weight' }) }
      : {}),
    bias: paramSpec([vocabSize], { init: { kind: 'zeros' }, name: 'generator_lm_head.bias' }),
  };
}

/** Parameters of the discriminator's head. */
export function discriminatorSpec(config: ElectraConfig): DiscriminatorParams<ParamSpec> {
  const { hiddenSize, initializerRange: std } = config;
  return {
    dense: linearSpec(hiddenSize, hiddenSize, { std, name: 'discriminator_predictions.dense' }),
    prediction: linearSpec(hiddenSize, 1, { std, name: 'discriminator_predictions.dense_prediction' }),
  };
}

/** Names in files that carry nothing: buffers and aliases older releases stored. */
export const ELECTRA_IGNORED_NAMES: readonly RegExp[] = [/(^|\.)embeddings\.(position_ids|token_type_ids)$/];
