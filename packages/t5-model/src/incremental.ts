import type { Dim, Tensor } from '@tesserae/tensor';
import { concat, expandDims, inScope, reshape, scalar, updateSlice } from '@tesserae/tensor';
import { causalMask, maskBias, paddingMask } from '@tesserae/nn';
import type { T5Config } from './config.js';
import type { KeyValue } from './layers.js';
import { attentionLayer, keyValue, norm, residual } from './layers.js';
import {
  crossAttention,
  embed,
  encode,
  feedForwardLayer,
  finish,
  languageModelHead,
  sharedBias,
} from './network.js';
import type { T5DecoderBlockParams, T5Params } from './params.js';
import { positionBias } from './position-bias.js';

// Decoding one token at a time: cross-attention is projected once, self-attention keys and values are cached.

/** What the encoder leaves for the decoder's steps. */
export interface Encoded<Leaf = Tensor> {
  /** Keys and values of the source for each decoder block, float[batch, srcLen, numHeads, headDim]. */
  readonly cross: readonly KeyValue<Leaf>[];
}

/** Self-attention memory: for each decoder block, float[batch, maxLen, numHeads, headDim]. */
export type DecoderCache<Leaf = Tensor> = readonly KeyValue<Leaf>[];

/** Encodes a source and projects the keys and values that every decoder step reads. */
export function encodeForDecoding(
  params: T5Params,
  inputIds: Tensor,
  { config, attentionMask }: { readonly config: T5Config; readonly attentionMask: Tensor | undefined },
): Encoded {
  const encoded = encode(params, inputIds, { config, rng: undefined, attentionMask });
  return { cross: params.decoder.blocks.map((block) => keyValue(block.crossAttention, encoded, config)) };
}

/** Shape of one cache tensor: [batch, maxLen, numHeads, headDim]. */
export function cacheShape(
  config: T5Config,
  { batch, maxLen }: { readonly batch: Dim; readonly maxLen: Dim },
): readonly Dim[] {
  return [batch, maxLen, config.numHeads, config.headDim];
}

/** What one step reads. */
export interface DecodeStepInputs<Leaf = Tensor> {
  /** i32[batch]: the token written last. */
  readonly lastIds: Leaf;
  /** i32[1]: where it stands, counted from 0. */
  readonly position: Leaf;
  /** Keys and values of the tokens before, of each layer. */
  readonly cache: DecoderCache<Leaf>;
  /** Keys and values of the source, of each layer. */
  readonly cross: readonly KeyValue<Leaf>[];
  /** i32[batch, srcLen] of the source. */
  readonly attentionMask: Leaf;
}

/** What one step gives. */
export interface DecodeStepOutputs<Leaf = Tensor> {
  /** float[batch, vocabSize]: scores of the next token. */
  readonly logits: Leaf;
  /** The cache with this position written; meant to take the memory of the one given. */
  readonly cache: DecoderCache<Leaf>;
}

/** One step of the decoder. Positions after `position` hold stale values and are masked. */
export function decodeStep(params: T5Params, inputs: DecodeStepInputs, config: T5Config): DecodeStepOutputs {
  const { lastIds, position, cache, cross, attentionMask } = inputs;
  const maxLen = cache[0]!.key.spec.shape[1]!;
  const offset = reshape(position, []);
  const mask = causalMask({ qLen: 1, kvLen: maxLen, offset }); // [1, 1, 1, maxLen]
  const biasOf = sharedBias((table) =>
    maskBias(mask, {
      bias: positionBias(table, { ...config, isCausal: true, qLen: 1, kvLen: maxLen, offset }),
    }),
  );
  const crossBias = maskBias(paddingMask(attentionMask));
  const run = { config, rng: undefined };
  let hidden = embed(params.shared, expandDims(lastIds, { axis: 1 }), run); // [batch, 1, dModel]
  const nextCache: KeyValue[] = [];
  params.decoder.blocks.forEach((block, index) => {
    inScope(`decoder.blocks.${index}`, () => {
      const bias = biasOf(block.selfAttention);
      const attended = cachedSelfAttention(block, hidden, { config, bias, position, cache: cache[index]! });
      nextCache.push(attended.cache);
      const crossed = crossAttention(block, attended.hidden, { ...run, source: cross[index]!, crossBias });
      hidden = feedForwardLayer(block, crossed, run);
    });
  });
  const last = finish(hidden, params.decoder.finalNorm, run);
  const logits = languageModelHead(params, reshape(last, [last.spec.shape[0]!, config.dModel]), config);
  return { logits, cache: nextCache };
}

function cachedSelfAttention(
  { selfAttention: params }: T5DecoderBlockParams,
  x: Tensor,
  options: {
    readonly config: T5Config;
    readonly bias: Tensor;
    readonly position: Tensor;
    readonly cache: KeyValue;
  },
): { readonly hidden: Tensor; readonly cache: KeyValue } {
  const { config, bias, position, cache } = options;
  const normed = norm(x, params.norm, config);
  const fresh = keyValue(params, normed, config); // [batch, 1, numHeads, headDim]
  const zero = reshape(scalar('i32', 0), [1]);
  const starts = concat([zero, position, zero, zero], { axis: 0 });
  const source = {
    key: updateSlice(cache.key, fresh.key, starts),
    value: updateSlice(cache.value, fresh.value, starts),
  };
  const attended = attentionLayer(params, normed, { config, source, bias, rng: undefined });
  return { hidden: residual(x, attended, { config, rng: undefined }), cache: source };
}
