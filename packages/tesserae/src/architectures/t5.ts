import type { T5Config, T5EncoderModelParams, T5Params } from '@tesserae/t5-model';
import {
  T5_IGNORED_NAMES,
  conditionalGeneration,
  encode,
  t5ConfigFromHuggingFace,
  t5ConfigToHuggingFace,
  t5EncoderParamSpec,
  t5ParamSpec,
} from '@tesserae/t5-model';
import { OptionError } from '@tesserae/tensor';
import type { TensorFile } from '@tesserae/weights';
import { sameTensor } from '@tesserae/weights';
import type { Architecture } from './architecture.js';
import { ENCODER_INPUTS, optionalIds } from './architecture.js';

const HEAD = 'lm_head.weight';
const EMBEDDINGS = 'shared.weight';

/**
 * Whether the head has weights of its own: the file decides. A head that repeats the embeddings of a tied model
 * (older releases store both) is the embeddings.
 */
async function hasLmHead(config: T5Config, file: TensorFile | undefined): Promise<boolean> {
  if (file === undefined) return !config.tiesEmbeddings;
  if (!file.has(HEAD)) return false;
  const repeats =
    config.tiesEmbeddings && file.has(EMBEDDINGS) && (await sameTensor(file, [HEAD, EMBEDDINGS]));
  return !repeats;
}

/** Raffel et al. 2020: text to text. */
export const t5ForConditionalGeneration: Architecture<T5Config, T5Params> = {
  name: 'T5ForConditionalGeneration',
  inputs: {
    ...ENCODER_INPUTS,
    decoder_input_ids: optionalIds,
    decoder_attention_mask: optionalIds,
    labels: optionalIds,
  },
  ignoredNames: [...T5_IGNORED_NAMES, /^lm_head\.weight$/],
  readConfig: t5ConfigFromHuggingFace,
  writeConfig: (config, specs) => ({
    ...t5ConfigToHuggingFace(config, 'T5ForConditionalGeneration'),
    tie_word_embeddings: !('lmHead' in specs),
  }),
  paramSpec: async (config, file) => t5ParamSpec(config, { hasLmHead: await hasLmHead(config, file) }),
  forward: (params, inputs, options) => {
    if (inputs['labels'] === undefined && inputs['decoder_input_ids'] === undefined) {
      throw new OptionError({
        op: 'T5ForConditionalGeneration',
        problem: 'neither labels nor decoder_input_ids are given',
        likely: 'The decoder needs one of them; generation makes its own.',
        page: 'missing-input',
      });
    }
    const { loss, logits, encoderLastHiddenState } = conditionalGeneration(
      params,
      {
        inputIds: inputs['input_ids']!,
        attentionMask: inputs['attention_mask'],
        decoderInputIds: inputs['decoder_input_ids'],
        decoderAttentionMask: inputs['decoder_attention_mask'],
        labels: inputs['labels'],
      },
      options,
    );
    return {
      ...(loss === undefined ? {} : { loss }),
      logits,
      encoder_last_hidden_state: encoderLastHiddenState,
    };
  },
};

/** The encoder alone. */
export const t5EncoderModel: Architecture<T5Config, T5EncoderModelParams> = {
  name: 'T5EncoderModel',
  inputs: ENCODER_INPUTS,
  ignoredNames: [...T5_IGNORED_NAMES, /^decoder\./, /^lm_head\./],
  readConfig: t5ConfigFromHuggingFace,
  writeConfig: (config) => t5ConfigToHuggingFace(config, 'T5EncoderModel'),
  paramSpec: async (config) => t5EncoderParamSpec(config),
  forward: (params, inputs, { config, rng }) => ({
    last_hidden_state: encode(params, inputs['input_ids']!, {
      config,
      rng,
      attentionMask: inputs['attention_mask'],
    }),
  }),
};
