import type { ElectraConfig, ElectraParams } from '@tesserae/electra-model';
import { electraParamSpec, encode as encodeElectra } from '@tesserae/electra-model';
import type { T5Config, T5EncoderModelParams } from '@tesserae/t5-model';
import { encode as encodeT5, t5EncoderParamSpec } from '@tesserae/t5-model';
import type { Encoder } from '@tesserae/task-heads';

// The models as encoders: what any head of @tesserae/task-heads stands on.

/** ELECTRA as an encoder; its parameters are named as in Hugging Face's classes with a head. */
export function electraEncoder(config: ElectraConfig): Encoder<ElectraParams> {
  return {
    hiddenSize: config.hiddenSize,
    dropoutRate: config.classifierDropout ?? config.hiddenDropout,
    initializerRange: config.initializerRange,
    specs: electraParamSpec(config, { prefix: 'electra.' }),
    encode: (params, { inputIds, attentionMask, tokenTypeIds }, { rng, tokens = 'all' }) =>
      encodeElectra(params, { inputIds, attentionMask, tokenTypeIds }, { config, rng, tokens }),
  };
}

/** T5's encoder. It has no segments, so token types are not read; a text's first token is its first word's. */
export function t5Encoder(config: T5Config): Encoder<T5EncoderModelParams> {
  return {
    hiddenSize: config.dModel,
    dropoutRate: config.classifierDropout,
    initializerRange: config.initializerFactor * config.dModel ** -0.5,
    specs: t5EncoderParamSpec(config),
    encode: (params, { inputIds, attentionMask }, { rng }) =>
      encodeT5(params, inputIds, { config, rng, attentionMask }),
  };
}
