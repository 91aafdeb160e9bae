import { subRng } from '@tesserae/nn';
import type { T5ClassificationParams, T5Config, T5EncoderModelParams, T5Params } from '@tesserae/t5-model';
import {
  T5_ALIASES,
  T5_IGNORED_NAMES,
  checkEndTokens,
  lastEndTokenState,
  t5ClassificationHead,
  t5ClassificationSpec,
  t5EncoderParamSpec,
  t5ParamSpec,
} from '@tesserae/t5-model';
import type { QuestionAnsweringParams, TokenClassificationParams } from '@tesserae/task-heads';
import {
  problemTypeOf,
  questionAnsweringHead,
  questionAnsweringSpec,
  sequenceClassificationLoss,
  tokenClassificationHead,
  tokenClassificationLoss,
  tokenClassificationSpec,
} from '@tesserae/task-heads';
import { mapTree } from '@tesserae/tensor';
import type { ParamSpec } from '@tesserae/weights';
import { answerOutputs } from './answer-outputs.js';
import type { Architecture } from './architecture.js';
import { ENCODER_INPUTS, optionalIds, withLoss } from './architecture.js';
import {
  DECODER_INPUTS,
  DECODER_NAMES,
  T5_BASE_PREFIX,
  bothStacks,
  encoderAliases,
  encoderStack,
  t5Class,
} from './t5.js';

// Classes that decide about texts: a T5, or its encoder, and a head.

/** Parameters of a T5 with a head. */
export interface WithHead<Model, Head> {
  readonly transformer: Model;
  readonly head: Head;
}

/** The specs of a model whose tensors are stored under a prefix. */
function prefixed<Specs extends object>(specs: Specs): Specs {
  return mapTree(specs, (spec: ParamSpec) => ({ ...spec, name: T5_BASE_PREFIX + spec.name! })) as Specs;
}

const prefixedAliases = Object.fromEntries(
  Object.entries(T5_ALIASES).map(([alias, name]) => [T5_BASE_PREFIX + alias, T5_BASE_PREFIX + name]),
);

/** One decision per text, read off the decoder's state at the text's last end token. */
export const t5ForSequenceClassification: Architecture<
  T5Config,
  WithHead<T5Params, T5ClassificationParams>
> = {
  ...t5Class('ForSequenceClassification'),
  inputs: { ...DECODER_INPUTS, labels: optionalIds },
  aliases: prefixedAliases,
  paramSpec: async (config) => ({
    transformer: prefixed(t5ParamSpec(config, { hasLmHead: false })),
    head: t5ClassificationSpec(config),
  }),
  checkValues: ({ input_ids: inputIds }, config) => checkEndTokens(inputIds!, config),
  forward: ({ transformer, head }, inputs, { config, rng }) => {
    const { encoded, decoded } = bothStacks(transformer, inputs, { config, rng });
    const sentence = lastEndTokenState(decoded, inputs['input_ids']!, config); // [batch, dModel]
    const logits = t5ClassificationHead(head, sentence, { config, rng: subRng(rng, 'head') });
    const outputs = { logits, encoder_last_hidden_state: encoded };
    const { labels } = inputs;
    if (labels === undefined) return outputs;
    const problemType = config.problemType ?? problemTypeOf(config.labels.length, labels);
    return withLoss(outputs, sequenceClassificationLoss(logits, labels, { problemType }));
  },
};

/** One decision per token, read off the encoder. */
export const t5ForTokenClassification: Architecture<
  T5Config,
  WithHead<T5EncoderModelParams, TokenClassificationParams>
> = {
  ...t5Class('ForTokenClassification'),
  inputs: { ...ENCODER_INPUTS, labels: optionalIds },
  ignoredNames: DECODER_NAMES,
  aliases: encoderAliases(T5_BASE_PREFIX),
  paramSpec: async (config) => ({
    transformer: prefixed(t5EncoderParamSpec(config)),
    head: tokenClassificationSpec({
      hiddenSize: config.dModel,
      numLabels: config.labels.length,
      initializerRange: config.initializerFactor,
    }),
  }),
  forward: ({ transformer, head }, inputs, { config, rng }) => {
    const hidden = encoderStack(transformer, inputs, { config, rng });
    const { classifierDropout: dropoutRate } = config;
    const logits = tokenClassificationHead(head, hidden, { dropoutRate, rng: subRng(rng, 'head') });
    const { labels } = inputs;
    return withLoss({ logits }, labels && tokenClassificationLoss(logits, labels, {}));
  },
};

/** Start and end of an answer within the text, read off the decoder, which reads the text too. */
export const t5ForQuestionAnswering: Architecture<T5Config, WithHead<T5Params, QuestionAnsweringParams>> = {
  ...t5Class('ForQuestionAnswering'),
  inputs: { ...DECODER_INPUTS, start_positions: optionalIds, end_positions: optionalIds },
  ignoredNames: [...T5_IGNORED_NAMES, /^lm_head\.weight$/],
  paramSpec: async (config) => ({
    transformer: t5ParamSpec(config, { hasLmHead: false }),
    head: questionAnsweringSpec({
      hiddenSize: config.dModel,
      initializerRange: config.initializerFactor * config.dModel ** -0.5,
    }),
  }),
  forward: ({ transformer, head }, inputs, run) => {
    const { encoded, decoded } = bothStacks(transformer, inputs, run);
    const outputs = answerOutputs(questionAnsweringHead(head, decoded), inputs);
    return { ...outputs, encoder_last_hidden_state: encoded };
  },
};
