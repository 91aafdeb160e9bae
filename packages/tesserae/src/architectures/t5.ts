import type { T5Config, T5EncoderModelParams, T5ModelType, T5Params } from '@tesserae/t5-model';
import {
  T5_ALIASES,
  T5_IGNORED_NAMES,
  conditionalGeneration,
  decode,
  encode,
  shiftRight,
  t5ConfigFromHuggingFace,
  t5ConfigToHuggingFace,
  t5EncoderParamSpec,
  t5ParamSpec,
} from '@tesserae/t5-model';
import type { Rng, Tensor } from '@tesserae/tensor';
import { OptionError } from '@tesserae/tensor';
import type { TensorFile } from '@tesserae/weights';
import { sameTensor } from '@tesserae/weights';
import type { Architecture, Json } from './architecture.js';
import { ENCODER_INPUTS, optionalIds } from './architecture.js';

const HEAD = 'lm_head.weight';
const EMBEDDINGS = 'shared.weight';

/** How Hugging Face's class names begin, by `model_type`. */
export const T5_CLASS_PREFIXES: Readonly<Record<T5ModelType, string>> = {
  t5: 'T5',
  mt5: 'MT5',
  umt5: 'UMT5',
};

/** Prefix under which the classes with a head keep the model in their files. */
export const T5_BASE_PREFIX = 'transformer.';

/** Tensors of a whole model that an encoder has no use for. */
export const DECODER_NAMES: readonly RegExp[] = [/^(transformer\.)?decoder\./, /^lm_head\./];

/** Arguments of a class that decodes. */
export const DECODER_INPUTS = {
  ...ENCODER_INPUTS,
  decoder_input_ids: optionalIds,
  decoder_attention_mask: optionalIds,
};

/** What all T5 classes share; the class that is written is that of the model's family. */
export function t5Class(suffix: string) {
  return {
    name: `T5${suffix}`,
    basePrefix: T5_BASE_PREFIX,
    ignoredNames: T5_IGNORED_NAMES,
    aliases: T5_ALIASES,
    readConfig: t5ConfigFromHuggingFace,
    writeConfig: (config: T5Config): Json =>
      t5ConfigToHuggingFace(config, T5_CLASS_PREFIXES[config.modelType] + suffix),
  };
}

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

type Inputs = Readonly<Record<string, Tensor>>;

interface Run {
  readonly config: T5Config;
  readonly rng: Rng | undefined;
}

/** Raffel et al. 2020: text to text. */
export const t5ForConditionalGeneration: Architecture<T5Config, T5Params> = {
  ...t5Class('ForConditionalGeneration'),
  inputs: { ...DECODER_INPUTS, labels: optionalIds },
  ignoredNames: [...T5_IGNORED_NAMES, /^lm_head\.weight$/],
  writeConfig: (config, specs) => ({
    ...t5Class('ForConditionalGeneration').writeConfig(config),
    tie_word_embeddings: !('lmHead' in specs),
  }),
  paramSpec: async (config, file) => t5ParamSpec(config, { hasLmHead: await hasLmHead(config, file) }),
  forward: (params, inputs, options) => {
    requireOneOf('T5ForConditionalGeneration', inputs, ['labels', 'decoder_input_ids']);
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

/** Encoder and decoder without a head. */
export const t5Model: Architecture<T5Config, T5Params> = {
  ...t5Class('Model'),
  inputs: DECODER_INPUTS,
  ignoredNames: [...T5_IGNORED_NAMES, /^lm_head\.weight$/],
  paramSpec: async (config) => t5ParamSpec(config, { hasLmHead: false }),
  forward: (params, inputs, run) => {
    requireOneOf('T5Model', inputs, ['decoder_input_ids']);
    const { encoded, decoded } = bothStacks(params, inputs, run);
    return { last_hidden_state: decoded, encoder_last_hidden_state: encoded };
  },
};

/** The encoder alone. */
export const t5EncoderModel: Architecture<T5Config, T5EncoderModelParams> = {
  ...t5Class('EncoderModel'),
  inputs: ENCODER_INPUTS,
  ignoredNames: DECODER_NAMES,
  aliases: encoderAliases(),
  paramSpec: async (config) => t5EncoderParamSpec(config),
  forward: (params, inputs, run) => ({ last_hidden_state: encoderStack(params, inputs, run) }),
};

/** What an encoder's file may call its embeddings; the decoder's copy does not matter to it. */
export function encoderAliases(prefix = ''): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(T5_ALIASES)
      .filter(([alias]) => alias.startsWith('encoder.'))
      .map(([alias, name]) => [prefix + alias, prefix + name]),
  );
}

/** Last hidden states of the encoder, float[batch, srcLen, dModel]. */
export function encoderStack(params: T5EncoderModelParams, inputs: Inputs, run: Run): Tensor {
  return encode(params, inputs['input_ids']!, { ...run, attentionMask: inputs['attention_mask'] });
}

/** Last hidden states of both; where no decoder input is given the decoder reads the source, shifted right. */
export function bothStacks(
  params: T5Params,
  inputs: Inputs,
  run: Run,
): { readonly encoded: Tensor; readonly decoded: Tensor } {
  const encoded = encoderStack(params, inputs, run);
  const decoded = decode(
    params,
    inputs['decoder_input_ids'] ?? shiftRight(inputs['input_ids']!, run.config),
    {
      ...run,
      encoded,
      attentionMask: inputs['attention_mask'],
      decoderAttentionMask: inputs['decoder_attention_mask'],
    },
  );
  return { encoded, decoded };
}

function requireOneOf(op: string, inputs: Inputs, names: readonly string[]): void {
  if (names.some((name) => inputs[name] !== undefined)) return;
  throw new OptionError({
    op,
    problem: names.length === 1 ? `${names[0]} is not given` : `neither ${names.join(' nor ')} are given`,
    likely: 'The decoder needs something to read; generation makes its own.',
    page: 'missing-input',
    got: Object.keys(inputs),
    needed: names,
  });
}
