import type { ConfigFields, ProblemType } from '@tesserae/nn';
import { classLabels, configFields, problemTypeField } from '@tesserae/nn';

/** Sizes and choices of an ELECTRA encoder; Hugging Face's keys are translated in one place below. */
export interface ElectraConfig {
  readonly vocabSize: number;
  /** Features of the embedding tables; projected to hiddenSize when they differ. */
  readonly embeddingSize: number;
  readonly hiddenSize: number;
  readonly numLayers: number;
  readonly numHeads: number;
  readonly intermediateSize: number;
  /** Hugging Face's name of the activation; "gelu" is the exact form. */
  readonly activationName: string;
  readonly hiddenDropout: number;
  readonly attentionDropout: number;
  /** Dropout before a classification head; absent: hiddenDropout. */
  readonly classifierDropout: number | undefined;
  /** Longest input, in tokens. */
  readonly maxPositions: number;
  readonly typeVocabSize: number;
  /** Standard deviation of the initial weights. */
  readonly initializerRange: number;
  readonly layerNormEpsilon: number;
  /** Epsilon of the norm in the generator's head; see `generatorEpsilon`. */
  readonly generatorNormEpsilon: number;
  readonly padTokenId: number;
  /** How multiple choice reads a sequence: the first token, projected, with this activation. */
  readonly summaryActivation: string | undefined;
  readonly summaryUsesProjection: boolean;
  readonly summaryLastDropout: number;
  /** The generator's head is the word embedding table. */
  readonly tiesEmbeddings: boolean;
  /** Names of the classes of a classification head, in order. */
  readonly labels: readonly string[];
  readonly problemType: ProblemType | undefined;
}

type Json = Readonly<Record<string, unknown>>;

/** Far beyond any model: lists are made from these, so a damaged file must not choose their length. */
const MOST_LAYERS = 10_000;

/**
 * An ELECTRA config from config.json; absent keys take Hugging Face's defaults.
 * @throws ConfigError naming file, key, what it is and what it must be
 */
export function electraConfigFromHuggingFace(
  json: Json,
  { file = 'config.json' }: { readonly file?: string } = {},
): ElectraConfig {
  const read = configFields(json, { op: 'ElectraConfig', file });
  requireSupported(json, read);
  const layerNormEpsilon = read.number('layer_norm_eps', 1e-12);
  return {
    vocabSize: read.count('vocab_size', 30522),
    embeddingSize: read.count('embedding_size', 128),
    ...readWidth(read),
    numLayers: read.count('num_hidden_layers', 12, { most: MOST_LAYERS }),
    intermediateSize: read.count('intermediate_size', 1024),
    activationName: read.activation('hidden_act', 'gelu'),
    hiddenDropout: read.share('hidden_dropout_prob', 0.1),
    attentionDropout: read.share('attention_probs_dropout_prob', 0.1),
    classifierDropout: isAbsent(json['classifier_dropout']) ? undefined : read.share('classifier_dropout', 0),
    maxPositions: read.count('max_position_embeddings', 512),
    typeVocabSize: read.count('type_vocab_size', 2),
    initializerRange: read.number('initializer_range', 0.02),
    layerNormEpsilon,
    generatorNormEpsilon: read.number('generator_layer_norm_eps', generatorEpsilon(json, layerNormEpsilon)),
    padTokenId: read.id('pad_token_id', 0),
    summaryActivation:
      json['summary_activation'] === null ? undefined : read.activation('summary_activation', 'gelu'),
    summaryUsesProjection: read.flag('summary_use_proj', true),
    summaryLastDropout: read.share('summary_last_dropout', 0.1),
    tiesEmbeddings: read.flag('tie_word_embeddings', true),
    labels: classLabels(json, read),
    problemType: problemTypeField(json, read),
  };
}

const isAbsent = (value: unknown): value is undefined | null => value === undefined || value === null;

/** Keys that change the arithmetic to something that is not computed here. */
function requireSupported(json: Json, read: ConfigFields): void {
  const positions = read.text('position_embedding_type', 'absolute');
  if (positions !== 'absolute') read.fail('position_embedding_type', positions, '"absolute"');
  const summary = read.text('summary_type', 'first');
  if (summary !== 'first') read.fail('summary_type', summary, '"first"');
  if (read.flag('is_decoder', false)) read.fail('is_decoder', json['is_decoder'], 'false: an encoder');
}

function readWidth(read: ConfigFields): Pick<ElectraConfig, 'hiddenSize' | 'numHeads'> {
  const hiddenSize = read.count('hidden_size', 256);
  const numHeads = read.count('num_attention_heads', 4);
  if (hiddenSize % numHeads === 0) return { hiddenSize, numHeads };
  return read.fail('num_attention_heads', numHeads, `a divisor of hidden_size (${hiddenSize})`);
}

/**
 * PyTorch's default, which the first Hugging Face releases used in the generator's head whatever the config
 * said.
 */
const EARLY_GENERATOR_EPSILON = 1e-5;

/**
 * Files saved by those releases are known by the absence of `transformers_version` and keep the arithmetic
 * they were
 * saved with; later ones, and Google's own code, use the one epsilon everywhere.
 */
function generatorEpsilon(json: Json, layerNormEpsilon: number): number {
  const isEarly = Object.keys(json).length > 0 && json['transformers_version'] === undefined;
  return isEarly ? EARLY_GENERATOR_EPSILON : layerNormEpsilon;
}

/** The config as Hugging Face's config.json has it. */
export function electraConfigToHuggingFace(config: ElectraConfig, architecture: string): Json {
  return {
    architectures: [architecture],
    model_type: 'electra',
    vocab_size: config.vocabSize,
    embedding_size: config.embeddingSize,
    hidden_size: config.hiddenSize,
    num_hidden_layers: config.numLayers,
    num_attention_heads: config.numHeads,
    intermediate_size: config.intermediateSize,
    hidden_act: config.activationName,
    hidden_dropout_prob: config.hiddenDropout,
    attention_probs_dropout_prob: config.attentionDropout,
    classifier_dropout: config.classifierDropout ?? null,
    max_position_embeddings: config.maxPositions,
    type_vocab_size: config.typeVocabSize,
    initializer_range: config.initializerRange,
    layer_norm_eps: config.layerNormEpsilon,
    generator_layer_norm_eps: config.generatorNormEpsilon,
    pad_token_id: config.padTokenId,
    summary_type: 'first',
    summary_use_proj: config.summaryUsesProjection,
    summary_activation: config.summaryActivation ?? null,
    summary_last_dropout: config.summaryLastDropout,
    tie_word_embeddings: config.tiesEmbeddings,
    id2label: Object.fromEntries(config.labels.map((name, index) => [index, name])),
    label2id: Object.fromEntries(config.labels.map((name, index) => [name, index])),
    ...(config.problemType === undefined ? {} : { problem_type: config.problemType }),
  };
}

/** Hugging Face's defaults, which are ELECTRA-small's sizes. */
export const ELECTRA_DEFAULTS: ElectraConfig = electraConfigFromHuggingFace({});

type Shape = readonly [
  embeddingSize: number,
  hiddenSize: number,
  numLayers: number,
  numHeads: number,
  intermediateSize: number,
];

const SHAPES: Readonly<Record<string, Shape>> = {
  'electra-small': [128, 256, 12, 4, 1024],
  'electra-base': [768, 768, 12, 12, 3072],
  'electra-large': [1024, 1024, 24, 16, 4096],
};

/** Configs of the released discriminators by name. @see Clark et al. 2020, table 6 */
export const ELECTRA_SIZES: Readonly<Record<string, ElectraConfig>> = Object.fromEntries(
  Object.entries(SHAPES).map(([name, [embeddingSize, hiddenSize, numLayers, numHeads, intermediateSize]]) => [
    name,
    { ...ELECTRA_DEFAULTS, embeddingSize, hiddenSize, numLayers, numHeads, intermediateSize },
  ]),
);
