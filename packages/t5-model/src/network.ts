import type { Rng, Tensor } from '@tesserae/tensor';
import {
  concat,
  embedding,
  equal,
  full,
  inScope,
  mul,
  sliceAxis,
  subtractDims,
  where,
} from '@tesserae/tensor';
import {
  IGNORE_INDEX,
  causalMask,
  combineMasks,
  maskBias,
  maybeDropout,
  meanCrossEntropy,
  paddingMask,
  project,
  subRng,
} from '@tesserae/nn';
import type { T5Config } from './config.js';
import type { KeyValue } from './layers.js';
import { attentionLayer, feedForward, keyValue, norm, residual } from './layers.js';
import type {
  T5DecoderBlockParams,
  T5EncoderBlockParams,
  T5EncoderModelParams,
  T5Params,
  T5SelfAttentionParams,
} from './params.js';
import { positionBias } from './position-bias.js';

// T5 as pure functions over its parameters.

/** What every part of the network needs besides its tensors. */
export interface RunOptions {
  /** Sizes and variants of the model. */
  readonly config: T5Config;
  /** Randomness of dropout; undefined outside training. */
  readonly rng: Rng | undefined;
}

/**
 * Encoder: ids to hidden states.
 * @param inputIds  i32[batch, srcLen]
 * @param options.attentionMask  i32 or bool [batch, srcLen]; undefined: nothing is padding
 * @returns float[batch, srcLen, dModel]
 */
export function encode(
  params: T5EncoderModelParams,
  inputIds: Tensor,
  options: RunOptions & { readonly attentionMask: Tensor | undefined },
): Tensor {
  const { config, attentionMask } = options;
  const rng = subRng(options.rng, 'encoder');
  const len = inputIds.spec.shape[1]!;
  const mask = attentionMask === undefined ? undefined : paddingMask(attentionMask);
  const biasOf = sharedBias((table) => {
    const bias = positionBias(table, { ...config, isCausal: false, qLen: len, kvLen: len });
    return mask === undefined ? bias : maskBias(mask, { bias });
  });
  let hidden = embed(params.shared, inputIds, { config, rng }); // [batch, srcLen, dModel]
  params.encoder.blocks.forEach((block, index) => {
    hidden = inScope(`encoder.blocks.${index}`, () =>
      encoderBlock(block, hidden, { config, rng: subRng(rng, index), bias: biasOf(block.selfAttention) }),
    );
  });
  return finish(hidden, params.encoder.finalNorm, { config, rng });
}

function encoderBlock(
  block: T5EncoderBlockParams,
  x: Tensor,
  options: RunOptions & { readonly bias: Tensor },
): Tensor {
  const attended = selfAttention(block.selfAttention, x, { ...options, rng: subRng(options.rng, 'self') });
  return feedForwardLayer(block, attended, options);
}

/**
 * Decoder: teacher-forced ids to hidden states.
 * @param decoderInputIds  i32[batch, tgtLen]
 * @param options.encoded  float[batch, srcLen, dModel]
 * @param options.attentionMask  of the source, [batch, srcLen]
 * @param options.decoderAttentionMask  of the target, [batch, tgtLen]; undefined: causal only
 * @returns float[batch, tgtLen, dModel]
 */
export function decode(
  params: T5Params,
  decoderInputIds: Tensor,
  options: RunOptions & {
    readonly encoded: Tensor;
    readonly attentionMask: Tensor | undefined;
    readonly decoderAttentionMask: Tensor | undefined;
  },
): Tensor {
  const { config, encoded, attentionMask, decoderAttentionMask } = options;
  const rng = subRng(options.rng, 'decoder');
  const len = decoderInputIds.spec.shape[1]!;
  const causal = causalMask({ qLen: len, kvLen: len });
  const mask =
    decoderAttentionMask === undefined ? causal : combineMasks(causal, paddingMask(decoderAttentionMask));
  const biasOf = sharedBias((table) =>
    maskBias(mask, { bias: positionBias(table, { ...config, isCausal: true, qLen: len, kvLen: len }) }),
  );
  const { dtype } = encoded.spec;
  const crossBias = attentionMask === undefined ? undefined : maskBias(paddingMask(attentionMask), { dtype });
  let hidden = embed(params.shared, decoderInputIds, { config, rng }); // [batch, tgtLen, dModel]
  params.decoder.blocks.forEach((block, index) => {
    hidden = inScope(`decoder.blocks.${index}`, () => {
      const source = keyValue(block.crossAttention, encoded, config);
      return decoderBlock(block, hidden, {
        config,
        rng: subRng(rng, index),
        bias: biasOf(block.selfAttention),
        source,
        crossBias,
      });
    });
  });
  return finish(hidden, params.decoder.finalNorm, { config, rng });
}

function decoderBlock(
  block: T5DecoderBlockParams,
  x: Tensor,
  options: RunOptions & {
    readonly bias: Tensor;
    readonly source: KeyValue;
    readonly crossBias: Tensor | undefined;
  },
): Tensor {
  const attended = selfAttention(block.selfAttention, x, { ...options, rng: subRng(options.rng, 'self') });
  const crossed = crossAttention(block, attended, { ...options, rng: subRng(options.rng, 'cross') });
  return feedForwardLayer(block, crossed, options);
}

function selfAttention(
  params: T5SelfAttentionParams,
  x: Tensor,
  options: RunOptions & { readonly bias: Tensor },
): Tensor {
  const normed = norm(x, params.norm, options.config);
  const source = keyValue(params, normed, options.config);
  return residual(x, attentionLayer(params, normed, { ...options, source }), options);
}

/** Cross-attention and its residual; no position bias here, only the padding of the source. */
export function crossAttention(
  { crossAttention: params }: T5DecoderBlockParams,
  x: Tensor,
  options: RunOptions & { readonly source: KeyValue; readonly crossBias: Tensor | undefined },
): Tensor {
  const normed = norm(x, params.norm, options.config);
  return residual(x, attentionLayer(params, normed, { ...options, bias: options.crossBias }), options);
}

/** Feed-forward and its residual. */
export function feedForwardLayer(
  { feedForward: params }: T5EncoderBlockParams,
  x: Tensor,
  { config, rng }: RunOptions,
): Tensor {
  const ownRng = subRng(rng, 'feedForward');
  const normed = norm(x, params.norm, config);
  return residual(x, feedForward(params, normed, { config, rng: ownRng }), { config, rng: ownRng });
}

/** The bias of each block: from its own table if it has one (UMT5), else the one block 0 made. */
export function sharedBias(
  make: (table: Tensor) => Tensor,
): (params: Pick<T5SelfAttentionParams, 'positionBias'>) => Tensor {
  let latest: Tensor | undefined;
  return ({ positionBias: table }) => {
    if (table !== undefined) latest = make(table);
    return latest!;
  };
}

/** Rows of the shared table, with dropout; ids i32[batch, len] -> float[batch, len, dModel]. */
export function embed(shared: Tensor, ids: Tensor, { config, rng }: RunOptions): Tensor {
  return maybeDropout(embedding(shared, ids), { rate: config.dropoutRate, rng: subRng(rng, 'embeddings') });
}

/** Final norm and dropout of a stack. */
export function finish(hidden: Tensor, scale: Tensor, { config, rng }: RunOptions): Tensor {
  return maybeDropout(norm(hidden, scale, config), { rate: config.dropoutRate, rng: subRng(rng, 'final') });
}

/**
 * Scores of every piece of the vocabulary.
 * The tied head of T5 1.0 reads outputs scaled by dModel^-0.5; the untied head of 1.1 does not.
 * @param hidden  float[..., dModel]
 * @returns float[..., vocabSize]
 */
export function languageModelHead(params: T5Params, hidden: Tensor, config: T5Config): Tensor {
  const scaled = config.scalesDecoderOutputs ? mul(hidden, config.dModel ** -0.5) : hidden;
  return project(scaled, params.lmHead ?? params.shared);
}

/**
 * Labels shifted right: what the decoder reads while it is taught.
 * @param labels  i32[batch, tgtLen]; IGNORE_INDEX becomes padding
 */
export function shiftRight(labels: Tensor, config: T5Config): Tensor {
  const [batch, len] = labels.spec.shape;
  const start = full({ dtype: 'i32', shape: [batch!, 1] }, config.decoderStartTokenId);
  const shifted = concat([start, sliceAxis(labels, { axis: 1, start: 0, limit: subtractDims(len!, 1) })], {
    axis: 1,
  });
  return where(equal(shifted, IGNORE_INDEX), config.padTokenId, shifted);
}

/** What `T5ForConditionalGeneration` reads; one of `labels` and `decoderInputIds` must be given. */
export interface T5Inputs {
  /** i32`[batch, srcLen]`. */
  readonly inputIds: Tensor;
  /** `[batch, srcLen]`, 0 for padding; default: nothing is padding. */
  readonly attentionMask?: Tensor;
  /** i32`[batch, tgtLen]`: the target moved right behind the start token. */
  readonly decoderInputIds?: Tensor;
  /** `[batch, tgtLen]`, 0 for padding; default: causal only. */
  readonly decoderAttentionMask?: Tensor;
  /** i32[batch, tgtLen], IGNORE_INDEX where nothing is asked. */
  readonly labels?: Tensor;
}

/** What `T5ForConditionalGeneration` gives. */
export interface T5Outputs {
  /** Mean cross-entropy over the labels that count; present when labels are given. */
  readonly loss?: Tensor;
  /** float[batch, tgtLen, vocabSize] */
  readonly logits: Tensor;
  /** float[batch, srcLen, dModel] */
  readonly encoderLastHiddenState: Tensor;
}

/** The whole model: encode, decode with teacher forcing, score, and the loss when labels are given. */
export function conditionalGeneration(
  params: T5Params,
  inputs: T5Inputs,
  { config, rng }: RunOptions,
): T5Outputs {
  const { inputIds, attentionMask, decoderAttentionMask, labels } = inputs;
  const decoderInputIds = inputs.decoderInputIds ?? shiftRight(labels!, config);
  const encoded = encode(params, inputIds, { config, rng, attentionMask });
  const decoded = decode(params, decoderInputIds, {
    config,
    rng,
    encoded,
    attentionMask,
    decoderAttentionMask,
  });
  const logits = languageModelHead(params, decoded, config);
  return {
    ...(labels === undefined ? {} : { loss: meanCrossEntropy(logits, labels) }),
    logits,
    encoderLastHiddenState: encoded,
  };
}
