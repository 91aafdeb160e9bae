import type { Tensor } from '@tesserae/tensor';
import type { ParamSpec } from '@tesserae/weights';
import { paramSpec } from '@tesserae/weights';
import type { T5Config } from './config.js';

/** Projections of an attention layer, without biases, in checkpoint layout [outputs, inputs]. */
export interface T5AttentionParams<Leaf = Tensor> {
  /** `[numHeads * headDim, dModel]`, as `key` and `value`. */
  readonly query: Leaf;
  /** `[numHeads * headDim, dModel]`. */
  readonly key: Leaf;
  /** `[numHeads * headDim, dModel]`. */
  readonly value: Leaf;
  /** `[dModel, numHeads * headDim]`. */
  readonly output: Leaf;
}

/** Self-attention, its norm, and in some blocks the table of its position bias. */
export interface T5SelfAttentionParams<Leaf = Tensor> extends T5AttentionParams<Leaf> {
  /** Root-mean-square norm before the attention. */
  readonly norm: Leaf;
  /** [numBuckets, numHeads]; in block 0 only, or in every block of UMT5. */
  readonly positionBias?: Leaf;
}

/** Attention of the decoder over the encoded source, and its norm. */
export interface T5CrossAttentionParams<Leaf = Tensor> extends T5AttentionParams<Leaf> {
  /** Root-mean-square norm before the attention. */
  readonly norm: Leaf;
}

/** `wi` in T5 1.0; `wi0` (activated) and `wi1` in the gated 1.1. */
export interface T5FeedForwardParams<Leaf = Tensor> {
  /** Root-mean-square norm before the layer. */
  readonly norm: Leaf;
  /** T5 1.0: `[dFf, dModel]`. */
  readonly wi?: Leaf;
  /** Gated: what goes through the activation, `[dFf, dModel]`. */
  readonly wi0?: Leaf;
  /** Gated: what multiplies it, `[dFf, dModel]`. */
  readonly wi1?: Leaf;
  /** `[dModel, dFf]`. */
  readonly wo: Leaf;
}

/** One block of the encoder. */
export interface T5EncoderBlockParams<Leaf = Tensor> {
  /** Every token to every token. */
  readonly selfAttention: T5SelfAttentionParams<Leaf>;
  /** Position by position. */
  readonly feedForward: T5FeedForwardParams<Leaf>;
}

/** One block of the decoder. */
export interface T5DecoderBlockParams<Leaf = Tensor> extends T5EncoderBlockParams<Leaf> {
  /** To the encoded source. */
  readonly crossAttention: T5CrossAttentionParams<Leaf>;
}

/** The blocks of an encoder or a decoder, and the norm after them, [dModel]. */
export interface T5StackParams<Block, Leaf = Tensor> {
  /** From the input to the output. */
  readonly blocks: readonly Block[];
  /** Root-mean-square norm behind the last block. */
  readonly finalNorm: Leaf;
}

/** What encoding needs. */
export interface T5EncoderModelParams<Leaf = Tensor> {
  /** [vocabSize, dModel]; encoder, decoder and (when tied) head use this one leaf. */
  readonly shared: Leaf;
  /** Reads the source. */
  readonly encoder: T5StackParams<T5EncoderBlockParams<Leaf>, Leaf>;
}

/** All parameters of an encoder-decoder. */
export interface T5Params<Leaf = Tensor> extends T5EncoderModelParams<Leaf> {
  /** Writes the target. */
  readonly decoder: T5StackParams<T5DecoderBlockParams<Leaf>, Leaf>;
  /** [vocabSize, dModel]; absent when the head is the embedding table. */
  readonly lmHead?: Leaf;
}

/**
 * Every parameter of an encoder-decoder: shape, initialiser and name in a Hugging Face checkpoint.
 * @param options.hasLmHead  whether the head has weights of its own
 */
export function t5ParamSpec(
  config: T5Config,
  { hasLmHead }: { readonly hasLmHead: boolean },
): T5Params<ParamSpec> {
  const { vocabSize, dModel, numDecoderLayers } = config;
  const shared = normal([vocabSize, dModel], 1, config, 'shared.weight');
  return {
    ...t5EncoderParamSpec(config),
    shared,
    decoder: {
      blocks: Array.from({ length: numDecoderLayers }, (_, index) => decoderBlock(config, index)),
      finalNorm: norm(dModel, config, 'decoder.final_layer_norm'),
    },
    ...(hasLmHead ? { lmHead: normal([vocabSize, dModel], 1, config, 'lm_head.weight') } : {}),
  };
}

/** The parameters of the encoder alone. */
export function t5EncoderParamSpec(config: T5Config): T5EncoderModelParams<ParamSpec> {
  const { vocabSize, dModel, numLayers } = config;
  return {
    shared: normal([vocabSize, dModel], 1, config, 'shared.weight'),
    encoder: {
      blocks: Array.from({ length: numLayers }, (_, index) => encoderBlock(config, index)),
      finalNorm: norm(dModel, config, 'encoder.final_layer_norm'),
    },
  };
}

function encoderBlock(config: T5Config, index: number): T5EncoderBlockParams<ParamSpec> {
  const at = `encoder.block.${index}.layer`;
  return {
    selfAttention: selfAttention(config, `${at}.0`, index),
    feedForward: feedForward(config, `${at}.1`),
  };
}

function decoderBlock(config: T5Config, index: number): T5DecoderBlockParams<ParamSpec> {
  const at = `decoder.block.${index}.layer`;
  return {
    selfAttention: selfAttention(config, `${at}.0`, index),
    crossAttention: {
      norm: norm(config.dModel, config, `${at}.1.layer_norm`),
      ...projections(config, `${at}.1.EncDecAttention`),
    },
    feedForward: feedForward(config, `${at}.2`),
  };
}

function selfAttention(config: T5Config, at: string, index: number): T5SelfAttentionParams<ParamSpec> {
  const { dModel, numBuckets, numHeads } = config;
  const table = `${at}.SelfAttention.relative_attention_bias.weight`;
  const hasTable = index === 0 || config.modelType === 'umt5';
  return {
    norm: norm(dModel, config, `${at}.layer_norm`),
    ...projections(config, `${at}.SelfAttention`),
    ...(hasTable ? { positionBias: normal([numBuckets, numHeads], dModel ** -0.5, config, table) } : {}),
  };
}

/**
 * No 1/√headDim in T5's attention: the query initialiser carries it. @see Raffel et al. 2020, and T5X
 * layers.py
 */
function projections(config: T5Config, at: string): T5AttentionParams<ParamSpec> {
  const { dModel, headDim, numHeads } = config;
  const inner = numHeads * headDim;
  return {
    query: normal([inner, dModel], (dModel * headDim) ** -0.5, config, `${at}.q.weight`),
    key: normal([inner, dModel], dModel ** -0.5, config, `${at}.k.weight`),
    value: normal([inner, dModel], dModel ** -0.5, config, `${at}.v.weight`),
    output: normal([dModel, inner], inner ** -0.5, config, `${at}.o.weight`),
  };
}

function feedForward(config: T5Config, at: string): T5FeedForwardParams<ParamSpec> {
  const { dModel, dFf } = config;
  const wide = (name: string): ParamSpec =>
    normal([dFf, dModel], dModel ** -0.5, config, `${at}.DenseReluDense.${name}.weight`);
  return {
    norm: norm(dModel, config, `${at}.layer_norm`),
    ...(config.isGated ? { wi0: wide('wi_0'), wi1: wide('wi_1') } : { wi: wide('wi') }),
    wo: normal([dModel, dFf], dFf ** -0.5, config, `${at}.DenseReluDense.wo.weight`),
  };
}

function normal(shape: readonly number[], std: number, config: T5Config, name: string): ParamSpec {
  return paramSpec(shape, { init: { kind: 'normal', std: std * config.initializerFactor }, name });
}

function norm(dModel: number, config: T5Config, at: string): ParamSpec {
  const { initializerFactor: factor } = config;
  return paramSpec([dModel], {
    init: factor === 1 ? { kind: 'ones' } : { kind: 'uniform', low: factor, high: factor },
    name: `${at}.weight`,
  });
}

/** Names in old files that carry nothing: a bias table that cross-attention never used. */
export const T5_IGNORED_NAMES: readonly RegExp[] = [
  /^(transformer\.)?decoder\.block\.0\.layer\.1\.EncDecAttention\.relative_attention_bias\.weight$/,
];

/** Other names under which files repeat the embedding table: alias -> name. */
export const T5_ALIASES: Readonly<Record<string, string>> = {
  'encoder.embed_tokens.weight': 'shared.weight',
  'decoder.embed_tokens.weight': 'shared.weight',
};
