import type { ConfigFields } from '@tesserae/nn';
import { ACTIVATION_NAMES, configFields } from '@tesserae/nn';

/** Sizes and choices of a T5, in the paper's words; Hugging Face's keys are translated in one place below. */
export interface T5Config {
  readonly modelType: string;
  /** Rows of the embedding table; larger than the tokenizer's vocabulary in the released models. */
  readonly vocabSize: number;
  readonly dModel: number;
  /** Features of one head (d_kv); numHeads·headDim need not equal dModel. */
  readonly headDim: number;
  readonly dFf: number;
  readonly numLayers: number;
  readonly numDecoderLayers: number;
  readonly numHeads: number;
  readonly numBuckets: number;
  /** Distance, in tokens, from which all positions share a bucket. */
  readonly maxDistance: number;
  readonly dropoutRate: number;
  readonly layerNormEpsilon: number;
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
  readonly padTokenId: number;
  readonly eosTokenId: number;
  readonly decoderStartTokenId: number;
}

type Json = Readonly<Record<string, unknown>>;

/** Far beyond any model: lists are made from these, so a damaged file must not choose their length. */
const MOST_LAYERS = 10_000;
const MOST_DISTANCE = 1_000_000;

/**
 * A T5 config from config.json, old or new; absent keys take Hugging Face's defaults.
 * @throws ConfigError naming file, key, what it is and what it must be
 */
export function t5ConfigFromHuggingFace(
  json: Json,
  { file = 'config.json' }: { readonly file?: string } = {},
): T5Config {
  const read = configFields(json, { op: 'T5Config', file });
  const numLayers = read.count('num_layers', 6, { most: MOST_LAYERS });
  const tiesEmbeddings = read.flag('tie_word_embeddings', true);
  const scales = read.flag('scale_decoder_outputs', tiesEmbeddings);
  const padTokenId = read.id('pad_token_id', 0);
  return {
    modelType: read.text('model_type', 't5'),
    vocabSize: read.count('vocab_size', 32128),
    dModel: read.count('d_model', 512),
    headDim: read.count('d_kv', 64),
    dFf: read.count('d_ff', 2048),
    numLayers,
    numDecoderLayers: read.count('num_decoder_layers', numLayers, { most: MOST_LAYERS }),
    numHeads: read.count('num_heads', 8),
    numBuckets: read.count('relative_attention_num_buckets', 32, { most: MOST_DISTANCE }),
    maxDistance: read.count('relative_attention_max_distance', 128, { most: MOST_DISTANCE }),
    dropoutRate: read.share('dropout_rate', 0.1),
    layerNormEpsilon: read.number('layer_norm_epsilon', 1e-6),
    initializerFactor: read.number('initializer_factor', 1),
    ...feedForwardKind(read),
    tiesEmbeddings: tiesEmbeddings && scales,
    scalesDecoderOutputs: scales,
    padTokenId,
    eosTokenId: endTokenId(json, file),
    decoderStartTokenId: read.id('decoder_start_token_id', padTokenId),
  };
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
function feedForwardKind(read: ConfigFields): Pick<T5Config, 'activationName' | 'isGated'> {
  const kind = read.text('feed_forward_proj', 'relu');
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

/** The config as Hugging Face's config.json has it. */
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
  };
}

/** Hugging Face's defaults, which are those of t5-small. */
export const T5_DEFAULTS: T5Config = t5ConfigFromHuggingFace({});
