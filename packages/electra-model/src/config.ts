import { ConfigError } from '@tesserae/tensor';

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
  readonly padTokenId: number;
  /** How multiple choice reads a sequence: the first token, projected, with this activation. */
  readonly summaryActivation: string | undefined;
  readonly summaryUsesProjection: boolean;
  readonly summaryLastDropout: number;
  /** The generator's head is the word embedding table. */
  readonly tiesEmbeddings: boolean;
  /** Names of the classes of a classification head, in order. */
  readonly labels: readonly string[];
  readonly problemType: 'regression' | 'single_label_classification' | 'multi_label_classification' | undefined;
}

type Json = Readonly<Record<string, unknown>>;

function fail(file: string, key: string, got: unknown, needed: string): never {
  throw new ConfigError({
    op: 'ElectraConfig',
    problem: `'${key}' is ${JSON.stringify(got)}, needed ${needed}`,
    likely: 'The file was edited or belongs to another kind of model.',
    page: 'config-field',
    file,
    got,
    needed,
  });
}

/**
 * An ELECTRA config from config.json; absent keys take Hugging Face's defaults.
 * @throws ConfigError naming file, key, what it is and what it must be
 */
export function electraConfigFromHuggingFace(json: Json, { file = 'config.json' }: { readonly file?: string } = {}): ElectraConfig {
  const count = (key: string, fallback: number): number => {
    const value = json[key] ?? fallback;
    return Number.isSafeInteger(value) && (value as number) > 0 ? (value as number) : fail(file, key, value, 'a positive whole number');
  };
  const number = (key: string, fallback: number): number => {
    const value = json[key] ?? fallback;
    return typeof value === 'number' && Number.isFinite(value) ? value : fail(file, key, value, 'a number');
  };
  const hiddenSize = count('hidden_size', 256);
  const numHeads = count('num_attention_heads', 4);
  if (hiddenSize % numHeads !== 0) fail(file, 'num_attention_heads', numHeads, `a divisor of hidden_size (${hiddenSize})`);
  const activationName = json['hidden_act'] ?? 'gelu';
  const summaryActivation = 'summary_activation' in json ? json['summary_activation'] : 'gelu';
  const classifierDropout = json['classifier_dropout'] ?? undefined;
  return {
    vocabSize: count('vocab_size', 30522),
    embeddingSize: count('embedding_size', 128),
    hiddenSize,
    numLayers: count('num_hidden_layers', 12),
    numHeads,
    intermediateSize: count('intermediate_size', 1024),
    activationName: typeof activationName === 'string' ? activationName : fail(file, 'hidden_act', activationName, 'a name'),
    hiddenDropout: number('hidden_dropout_prob', 0.1),
    attentionDropout: number('attention_probs_dropout_prob', 0.1),
    classifierDropout: classifierDropout === undefined ? undefined : number('classifier_dropout', 0),
    maxPositions: count('max_position_embeddings', 512),
    typeVocabSize: count('type_vocab_size', 2),
    initializerRange: number('initializer_range', 0.02),
    layerNormEpsilon: number('layer_norm_eps', 1e-12),
    padTokenId: number('pad_token_id', 0),
    summaryActivation: typeof summaryActivation === 'string' ? summaryActivation : undefined,
    summaryUsesProjection: json['summary_use_proj'] !== false,
    summaryLastDropout: number('summary_last_dropout', 0.1),
    tiesEmbeddings: json['tie_word_embeddings'] !== false,
    labels: readLabels(json, file),
    problemType: readProblemType(json, file),
  };
}

function readProblemType(json: Json, file: string): ElectraConfig['problemType'] {
  const value = json['problem_type'] ?? undefined;
  const known = ['regression', 'single_label_classification', 'multi_label_classification'] as const;
  if (value === undefined) return undefined;
  return known.find((name) => name === value) ?? fail(file, 'problem_type', value, known.join(' | '));
}

function readLabels(json: Json, file: string): readonly string[] {
  const map = json['id2label'];
  if (map === undefined || map === null) {
    const numLabels = json['num_labels'] ?? 2;
    if (!Number.isSafeInteger(numLabels) || (numLabels as number) < 1) fail(file, 'num_labels', numLabels, 'a positive whole number');
    return Array.from({ length: numLabels as number }, (_, index) => `LABEL_${index}`);
  }
  const entries = typeof map === 'object' ? Object.entries(map) : fail(file, 'id2label', map, 'an object of id to name');
  const labels = new Array<string | undefined>(entries.length).fill(undefined);
  for (const [id, name] of entries) {
    const index = Number(id);
    if (!(index in labels) || typeof name !== 'string') fail(file, `id2label.${id}`, name, `a name for an id below ${labels.length}`);
    labels[index] = name;
  }
  return labels.map((name, index) => name ?? fail(file, 'id2label', map, `a name for id ${index}`));
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

type Shape = readonly [embeddingSize: number, hiddenSize: number, numLayers: number, numHeads: number, intermediateSize: number];

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
