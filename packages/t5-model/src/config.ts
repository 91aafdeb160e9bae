import { ConfigError } from '@tesserae/tensor';

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
  /** A new model shares its head with the embedding table; for a stored one the file decides (`lm_head.weight`). */
  readonly tiesEmbeddings: boolean;
  /** Decoder outputs are scaled by dModel^-0.5 before the head: T5 1.0, not 1.1. */
  readonly scalesDecoderOutputs: boolean;
  readonly padTokenId: number;
  readonly eosTokenId: number;
  readonly decoderStartTokenId: number;
}

type Json = Readonly<Record<string, unknown>>;

/** Reads one key of config.json, or its default; the type is checked. */
function reader(json: Json, file: string) {
  const fail = (key: string, got: unknown, needed: string): never => {
    throw new ConfigError({
      op: 'T5Config',
      problem: `'${key}' is ${JSON.stringify(got)}, needed ${needed}`,
      likely: 'The file was edited or belongs to another kind of model.',
      page: 'config-field',
      file,
      got,
      needed,
    });
  };
  return {
    count(key: string, fallback: number): number {
      const value = json[key] ?? fallback;
      return Number.isSafeInteger(value) && (value as number) > 0 ? (value as number) : fail(key, value, 'a positive whole number');
    },
    number(key: string, fallback: number): number {
      const value = json[key] ?? fallback;
      return typeof value === 'number' && Number.isFinite(value) ? value : fail(key, value, 'a number');
    },
    text(key: string, fallback: string): string {
      const value = json[key] ?? fallback;
      return typeof value === 'string' ? value : fail(key, value, 'a text');
    },
    flag(key: string): boolean | undefined {
      const value = json[key];
      return value === undefined || value === null || typeof value === 'boolean' ? (value ?? undefined) : fail(key, value, 'true or false');
    },
    fail,
  };
}

/**
 * A T5 config from config.json, old or new; absent keys take Hugging Face's defaults.
 * @throws ConfigError naming file, key, what it is and what it must be
 */
export function t5ConfigFromHuggingFace(json: Json, { file = 'config.json' }: { readonly file?: string } = {}): T5Config {
  const read = reader(json, file);
  const numLayers = read.count('num_layers', 6);
  const tiesEmbeddings = read.flag('tie_word_embeddings') ?? true;
  const scales = read.flag('scale_decoder_outputs') ?? tiesEmbeddings;
  const { activationName, isGated } = feedForwardKind(read.text('feed_forward_proj', 'relu'), read.fail);
  const eos = json['eos_token_id'];
  return {
    modelType: read.text('model_type', 't5'),
    vocabSize: read.count('vocab_size', 32128),
    dModel: read.count('d_model', 512),
    headDim: read.count('d_kv', 64),
    dFf: read.count('d_ff', 2048),
    numLayers,
    numDecoderLayers: read.count('num_decoder_layers', numLayers),
    numHeads: read.count('num_heads', 8),
    numBuckets: read.count('relative_attention_num_buckets', 32),
    maxDistance: read.count('relative_attention_max_distance', 128),
    dropoutRate: read.number('dropout_rate', 0.1),
    layerNormEpsilon: read.number('layer_norm_epsilon', 1e-6),
    initializerFactor: read.number('initializer_factor', 1),
    activationName,
    isGated,
    tiesEmbeddings: tiesEmbeddings && scales,
    scalesDecoderOutputs: scales,
    padTokenId: read.number('pad_token_id', 0),
    eosTokenId: Array.isArray(eos) ? Number(eos[0]) : read.number('eos_token_id', 1),
    decoderStartTokenId: read.number('decoder_start_token_id', read.number('pad_token_id', 0)),
  };
}

/** `relu` | `gated-gelu` | `gated-<activation>`; plain "gated-gelu" means the tanh form, as in T5 1.1's release. */
function feedForwardKind(
  name: string,
  fail: (key: string, got: unknown, needed: string) => never,
): { readonly activationName: string; readonly isGated: boolean } {
  if (name === 'gated-gelu') return { activationName: 'gelu_new', isGated: true };
  const parts = name.split('-');
  if (parts.length > 2 || (parts.length === 2 && parts[0] !== 'gated')) {
    fail('feed_forward_proj', name, '"relu", "gated-gelu" or "gated-<activation>"');
  }
  return { activationName: parts.at(-1)!, isGated: parts.length === 2 };
}

/** The config as Hugging Face's config.json has it. */
export function t5ConfigToHuggingFace(config: T5Config, architecture: string): Json {
  const gated = config.activationName === 'gelu_new' ? 'gated-gelu' : `gated-${config.activationName}`;
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
    feed_forward_proj: config.isGated ? gated : config.activationName,
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

/** The shapes of the released sizes, and defaults shared by all. */
export const T5_DEFAULTS: T5Config = t5ConfigFromHuggingFace({});
