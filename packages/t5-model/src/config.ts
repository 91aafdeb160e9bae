import type { ConfigFields, ProblemType } from '@tesserae/nn';
import { ACTIVATION_NAMES, classLabels, configFields, problemTypeField } from '@tesserae/nn';

/** Sizes and choices of a T5, in the paper's words; Hugging Face's keys are translated in one place below. */
export interface T5Config {
  /** `t5` (1.0, 1.1, LM-adapted, FLAN, ByT5), `mt5` or `umt5`; a UMT5 has a bias table in every block. */
  readonly modelType: T5ModelType;
  /** Rows of the embedding table; larger than the tokenizer's vocabulary in the released models. */
  readonly vocabSize: number;
  /** Features of a hidden state. */
  readonly dModel: number;
  /** Features of one head (d_kv); numHeads·headDim need not equal dModel. */
  readonly headDim: number;
  /** Features between the two maps of a feed-forward layer. */
  readonly dFf: number;
  /** Blocks of the encoder. */
  readonly numLayers: number;
  /** Blocks of the decoder. */
  readonly numDecoderLayers: number;
  /** Attention heads of a layer. */
  readonly numHeads: number;
  /** Buckets that distances fall into. */
  readonly numBuckets: number;
  /** Distance, in tokens, from which all positions share a bucket. */
  readonly maxDistance: number;
  /** Share of values that training drops, in [0, 1]. */
  readonly dropoutRate: number;
  /** Added to the mean square in a norm. */
  readonly layerNormEpsilon: number;
  /** What the deviations of all initialisers are multiplied by. */
  readonly initializerFactor: number;
  /** Hugging Face's name of the activation: relu, gelu_new, … */
  readonly activationName: string;
  /** wo(act(wi0 x) ⊙ wi1 x) instead of wo(act(wi x)). */
  readonly isGated: boolean;
  /**
   * A new model shares its head with the embedding table; for a stored one the file decides
   * (`lm_head.weight`).
   */
  readonly tiesEmbeddings: boolean;
  /** Decoder outputs are scaled by dModel^-0.5 before the head: T5 1.0, not 1.1. */
  readonly scalesDecoderOutputs: boolean;
  /** Id that fills rows up. */
  readonly padTokenId: number;
  /** Id that ends a text. */
  readonly eosTokenId: number;
  /** Id that the decoder reads first. */
  readonly decoderStartTokenId: number;
  /** Dropout before and in a classification head. */
  readonly classifierDropout: number;
  /** Names of the classes of a classification head, in order. */
  readonly labels: readonly string[];
  /** What the labels of a sequence mean; undefined: what their number and type imply. */
  readonly problemType: ProblemType | undefined;
}

/** Families that share T5's network, by Hugging Face's `model_type`. */
export type T5ModelType = 't5' | 'mt5' | 'umt5';

/** Every `T5ModelType`. */
export const T5_MODEL_TYPES: readonly T5ModelType[] = ['t5', 'mt5', 'umt5'];

type Json = Readonly<Record<string, unknown>>;

/** Far beyond any model: lists are made from these, so a damaged file must not choose their length. */
const MOST_LAYERS = 10_000;
const MOST_DISTANCE = 1_000_000;

/** Hugging Face's defaults for keys that a config.json lacks. */
const T5_FALLBACK = { vocabSize: 32128, dFf: 2048, numLayers: 6, numHeads: 8, feedForward: 'relu' };
const MT5_FALLBACK = { vocabSize: 250112, dFf: 1024, numLayers: 8, numHeads: 6, feedForward: 'gated-gelu' };

/**
 * A T5, mT5 or UMT5 config from config.json, old or new; absent keys take Hugging Face's defaults.
 * @param json  the object in the file
 * @param options.file  what errors call the file
 * @throws ConfigError naming file, key, what it is and what it must be
 */
export function t5ConfigFromHuggingFace(
  json: Json,
  { file = 'config.json' }: { readonly file?: string } = {},
): T5Config {
  const read = configFields(json, { op: 'T5Config', file });
  const modelType = modelTypeOf(read);
  const fallback = modelType === 't5' ? T5_FALLBACK : MT5_FALLBACK;
  const numLayers = read.count('num_layers', fallback.numLayers, { most: MOST_LAYERS });
  const padTokenId = read.id('pad_token_id', 0);
  return {
    modelType,
    vocabSize: read.count('vocab_size', fallback.vocabSize),
    dModel: read.count('d_model', 512),
    headDim: read.count('d_kv', 64),
    dFf: read.count('d_ff', fallback.dFf),
    numLayers,
    numDecoderLayers: read.count('num_decoder_layers', numLayers, { most: MOST_LAYERS }),
    numHeads: read.count('num_heads', fallback.numHeads),
    numBuckets: read.count('relative_attention_num_buckets', 32, { most: MOST_DISTANCE }),
    maxDistance: read.count('relative_attention_max_distance', 128, { most: MOST_DISTANCE }),
    dropoutRate: read.share('dropout_rate', 0.1),
    layerNormEpsilon: read.number('layer_norm_epsilon', 1e-6),
    initializerFactor: read.number('initializer_factor', 1),
    ...feedForwardKind(read, fallback.feedForward),
    ...headKind(read, modelType),
    padTokenId,
    eosTokenId: endTokenId(json, file),
    decoderStartTokenId: read.id('decoder_start_token_id', padTokenId),
    classifierDropout: read.share('classifier_dropout', 0),
    labels: classLabels(json, read),
    problemType: problemTypeField(json, read),
  };
}

function modelTypeOf(read: ConfigFields): T5ModelType {
  const name = read.text('model_type', 't5');
  const found = T5_MODEL_TYPES.find((type) => type === name);
  return found ?? read.fail('model_type', name, T5_MODEL_TYPES.join(' | '));
}

/**
 * What config.json says of the head; whether a head is stored, the weights say. Scaling is what
 * `scale_decoder_outputs` says, where it is; else a T5 scales unless it is untied, an mT5 does not scale (transformers
 * writes "tied" into every mT5 and never scales one), and a UMT5 scales if it is tied.
 */
function headKind(
  read: ConfigFields,
  modelType: T5ModelType,
): Pick<T5Config, 'tiesEmbeddings' | 'scalesDecoderOutputs'> {
  const saysTied = read.flag('tie_word_embeddings', modelType === 't5');
  const scalesDecoderOutputs = read.flag('scale_decoder_outputs', saysTied && modelType !== 'mt5');
  // transformers 5 writes "tied" into a 1.1 too; that it does not scale tells them apart.
  return { tiesEmbeddings: saysTied && (scalesDecoderOutputs || modelType !== 't5'), scalesDecoderOutputs };
}

/** The first of several, where a config lists several. */
function endTokenId(json: Json, file: string): number {
  const value = json['eos_token_id'];
  const first = { eos_token_id: Array.isArray(value) ? (value as unknown[])[0] : value };
  return configFields(first, { op: 'T5Config', file }).id('eos_token_id', 1);
}

/**
 * `relu` | `gated-gelu` | `gated-<activation>`; plain "gated-gelu" means the tanh form, as in T5 1.1's
 * release.
 */
function feedForwardKind(read: ConfigFields, fallback: string): Pick<T5Config, 'activationName' | 'isGated'> {
  const kind = read.text('feed_forward_proj', fallback);
  if (kind === 'gated-gelu') return { activationName: 'gelu_new', isGated: true };
  const isGated = kind.startsWith('gated-');
  const activationName = isGated ? kind.slice('gated-'.length) : kind;
  if (!ACTIVATION_NAMES.includes(activationName)) {
    read.fail(
      'feed_forward_proj',
      kind,
      `an activation, or gated- and one, of ${ACTIVATION_NAMES.join(', ')}`,
    );
  }
  return { activationName, isGated };
}

/**
 * What `feed_forward_proj` says; "gated-gelu" is taken by the tanh form, so the exact one goes by its other
 * name.
 */
function feedForwardName({ activationName, isGated }: T5Config): string {
  if (!isGated) return activationName;
  if (activationName === 'gelu_new') return 'gated-gelu';
  return activationName === 'gelu' ? 'gated-gelu_python' : `gated-${activationName}`;
}

/**
 * The config as Hugging Face's config.json has it.
 * @param architecture  the class that `architectures` names
 */
export function t5ConfigToHuggingFace(config: T5Config, architecture: string): Json {
  return {
    architectures: [architecture],
    model_type: config.modelType,
    vocab_size: config.vocabSize,
    d_model: config.dModel,
    d_kv: config.headDim,
    d_ff: config.dFf,
    num_layers: config.numLayers,
    num_decoder_layers: config.numDecoderLayers,
    num_heads: config.numHeads,
    relative_attention_num_buckets: config.numBuckets,
    relative_attention_max_distance: config.maxDistance,
    dropout_rate: config.dropoutRate,
    layer_norm_epsilon: config.layerNormEpsilon,
    initializer_factor: config.initializerFactor,
    feed_forward_proj: feedForwardName(config),
    is_gated_act: config.isGated,
    dense_act_fn: config.activationName,
    is_encoder_decoder: true,
    use_cache: true,
    tie_word_embeddings: config.tiesEmbeddings,
    scale_decoder_outputs: config.scalesDecoderOutputs,
    pad_token_id: config.padTokenId,
    eos_token_id: config.eosTokenId,
    decoder_start_token_id: config.decoderStartTokenId,
    classifier_dropout: config.classifierDropout,
    id2label: Object.fromEntries(config.labels.map((name, index) => [index, name])),
    label2id: Object.fromEntries(config.labels.map((name, index) => [name, index])),
    ...(config.problemType === undefined ? {} : { problem_type: config.problemType }),
  };
}

/** Hugging Face's defaults, which are those of t5-small. */
export const T5_DEFAULTS: T5Config = t5ConfigFromHuggingFace({});
