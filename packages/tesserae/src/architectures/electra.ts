import type {
  DiscriminatorParams,
  ElectraConfig,
  ElectraParams,
  MaskedLanguageModelParams,
  WantedTokens,
} from '@tesserae/electra-model';
import {
  ELECTRA_IGNORED_NAMES,
  discriminatorHead,
  discriminatorSpec,
  electraConfigFromHuggingFace,
  electraConfigToHuggingFace,
  electraParamSpec,
  encode,
  maskedLanguageModelHead,
  maskedLanguageModelSpec,
} from '@tesserae/electra-model';
import { meanCrossEntropy, subRng } from '@tesserae/nn';
import type {
  MultipleChoiceParams,
  QuestionAnsweringParams,
  SequenceClassificationParams,
  TokenClassificationParams,
} from '@tesserae/task-heads';
import {
  multipleChoiceHead,
  multipleChoiceSpec,
  problemTypeOf,
  questionAnsweringHead,
  questionAnsweringSpec,
  replacedTokenLoss,
  sequenceClassificationHead,
  sequenceClassificationLoss,
  sequenceClassificationSpec,
  tokenClassificationHead,
  tokenClassificationLoss,
  tokenClassificationSpec,
  tokensAt,
} from '@tesserae/task-heads';
import type { Rng, Tensor } from '@tesserae/tensor';
import { OptionError, reshape } from '@tesserae/tensor';
import type { ParamSpec, TensorFile } from '@tesserae/weights';
import { answerOutputs } from './answer-outputs.js';
import type { Architecture, InputSpec } from './architecture.js';
import { ENCODER_INPUTS, optionalIds, withLoss } from './architecture.js';

/** Parameters of an ELECTRA class: the encoder, and a head. */
export interface ElectraWithHead<Head> {
  readonly electra: ElectraParams;
  readonly head: Head;
}

type Inputs = Readonly<Record<string, Tensor>>;
type Outputs = Readonly<Record<string, Tensor>>;

interface HeadContext {
  readonly config: ElectraConfig;
  readonly rng: Rng | undefined;
  readonly electra: ElectraParams;
}

interface HeadDefinition<Head> {
  readonly name: string;
  readonly inputs: Readonly<Record<string, InputSpec>>;
  readonly spec: (config: ElectraConfig, file: TensorFile | undefined) => unknown;
  /** Tokens of the last layer that the head reads; default all. */
  readonly tokens?: WantedTokens;
  /** @param hidden float[batch, seqLen, hiddenSize] */
  readonly forward: (head: Head, hidden: Tensor, inputs: Inputs, context: HeadContext) => Outputs;
  /** Changes the encoder's inputs, where the class does. */
  readonly flatten?: (input: Tensor) => Tensor;
  readonly ignoredNames?: readonly RegExp[];
}

const INPUTS = { ...ENCODER_INPUTS, token_type_ids: optionalIds, position_ids: optionalIds };
const LABELLED = { ...INPUTS, labels: optionalIds };

function hiddenStates(
  params: ElectraParams,
  inputs: Inputs,
  options: {
    readonly config: ElectraConfig;
    readonly rng: Rng | undefined;
    readonly tokens?: WantedTokens;
  },
): Tensor {
  return encode(
    params,
    {
      inputIds: inputs['input_ids']!,
      attentionMask: inputs['attention_mask'],
      tokenTypeIds: inputs['token_type_ids'],
      positionIds: inputs['position_ids'],
    },
    options,
  );
}

/** The bare encoder. */
export const electraModel: Architecture<ElectraConfig, ElectraParams> = {
  name: 'ElectraModel',
  inputs: INPUTS,
  basePrefix: 'electra.',
  ignoredNames: ELECTRA_IGNORED_NAMES,
  readConfig: electraConfigFromHuggingFace,
  writeConfig: (config) => electraConfigToHuggingFace(config, 'ElectraModel'),
  paramSpec: async (config) => electraParamSpec(config, { prefix: '' }),
  forward: (params, inputs, options) => ({ last_hidden_state: hiddenStates(params, inputs, options) }),
};

function electraWith<Head>(
  definition: HeadDefinition<Head>,
): Architecture<ElectraConfig, ElectraWithHead<Head>> {
  const { name, inputs, spec, forward, tokens, flatten = (input) => input, ignoredNames = [] } = definition;
  return {
    name,
    inputs,
    basePrefix: 'electra.',
    ignoredNames: [...ELECTRA_IGNORED_NAMES, ...ignoredNames],
    readConfig: electraConfigFromHuggingFace,
    writeConfig: (config) => electraConfigToHuggingFace(config, name),
    paramSpec: async (config, file) => ({
      electra: electraParamSpec(config, { prefix: 'electra.' }),
      head: spec(config, file),
    }),
    forward: ({ electra, head }, given, { config, rng }) => {
      const encoderInputs = Object.fromEntries(
        Object.entries(given).map(([key, tensor]) => [
          key,
          Object.hasOwn(INPUTS, key) ? flatten(tensor) : tensor,
        ]),
      );
      const hidden = hiddenStates(electra, encoderInputs, { config, rng, tokens });
      return forward(head, hidden, given, { config, rng: subRng(rng, 'head'), electra });
    },
  };
}

const dropoutRateOf = (config: ElectraConfig): number => config.classifierDropout ?? config.hiddenDropout;
const headSizes = (config: ElectraConfig) => ({ ...config, numLabels: config.labels.length });

/** The discriminator: one logit a token, above 0 where it looks replaced. */
export const electraForPreTraining = electraWith<DiscriminatorParams>({
  name: 'ElectraForPreTraining',
  inputs: LABELLED,
  spec: (config) => discriminatorSpec(config),
  forward: (head, hidden, { labels, attention_mask: attentionMask }, { config }) => {
    const logits = discriminatorHead(head, hidden, { config });
    return withLoss({ logits }, labels && replacedTokenLoss(logits, labels, { attentionMask }));
  },
});

/** The generator: scores of every piece at each position, or at `logit_positions` [batch, count] only. */
export const electraForMaskedLM = electraWith<MaskedLanguageModelParams>({
  name: 'ElectraForMaskedLM',
  inputs: { ...LABELLED, logit_positions: optionalIds },
  spec: (config, file) =>
    maskedLanguageModelSpec(config, {
      hasDecoder: !config.tiesEmbeddings && (file?.has('generator_lm_head.weight') ?? true),
    }),
  ignoredNames: [/^generator_lm_head\.weight$/],
  forward: (head, hidden, { labels, logit_positions: positions }, { config, electra }) => {
    const states = positions === undefined ? hidden : tokensAt(hidden, positions);
    const logits = maskedLanguageModelHead(head, states, { config, word: electra.embeddings.word });
    if (labels !== undefined && positions !== undefined) throw labelsAtPositions();
    return withLoss({ logits }, labels && meanCrossEntropy(logits, labels));
  },
});

function labelsAtPositions(): OptionError {
  return new OptionError({
    op: 'ElectraForMaskedLM.forward',
    problem: 'labels and logit_positions are both given',
    likely: 'Labels stand at every token: leave logit_positions out.',
    page: 'option-conflict',
  });
}

/** One decision per text or pair. */
export const electraForSequenceClassification = electraWith<SequenceClassificationParams>({
  name: 'ElectraForSequenceClassification',
  inputs: LABELLED,
  tokens: 'first',
  spec: (config) =>
    sequenceClassificationSpec(headSizes(config)) satisfies SequenceClassificationParams<ParamSpec>,
  forward: (head, hidden, { labels }, { config, rng }) => {
    const logits = sequenceClassificationHead(head, hidden, { dropoutRate: dropoutRateOf(config), rng });
    if (labels === undefined) return { logits };
    const problemType = config.problemType ?? problemTypeOf(config.labels.length, labels);
    return withLoss({ logits }, sequenceClassificationLoss(logits, labels, { problemType }));
  },
});

/** One decision per token. */
export const electraForTokenClassification = electraWith<TokenClassificationParams>({
  name: 'ElectraForTokenClassification',
  inputs: LABELLED,
  spec: (config) => tokenClassificationSpec(headSizes(config)),
  forward: (head, hidden, { labels, attention_mask: attentionMask }, { config, rng }) => {
    const logits = tokenClassificationHead(head, hidden, { dropoutRate: dropoutRateOf(config), rng });
    return withLoss({ logits }, labels && tokenClassificationLoss(logits, labels, { attentionMask }));
  },
});

/** Start and end of an answer within the text. */
export const electraForQuestionAnswering = electraWith<QuestionAnsweringParams>({
  name: 'ElectraForQuestionAnswering',
  inputs: { ...INPUTS, start_positions: optionalIds, end_positions: optionalIds },
  spec: (config) => questionAnsweringSpec(config),
  forward: (head, hidden, inputs) => answerOutputs(questionAnsweringHead(head, hidden), inputs),
});

/** Inputs are [batch, numChoices, seqLen]. */
export const electraForMultipleChoice = electraWith<MultipleChoiceParams>({
  name: 'ElectraForMultipleChoice',
  inputs: LABELLED,
  tokens: 'first',
  spec: (config) => multipleChoiceSpec(config, { usesProjection: config.summaryUsesProjection }),
  flatten: (input) => reshape(input, [-1, input.spec.shape.at(-1)!]),
  forward: (head, hidden, { input_ids: inputIds, labels }, { config, rng }) => {
    const logits = multipleChoiceHead(head, hidden, {
      numChoices: inputIds!.spec.shape[1] as number,
      activationName: config.summaryActivation,
      dropoutRate: config.summaryLastDropout,
      rng,
    });
    return withLoss({ logits }, labels && meanCrossEntropy(logits, labels));
  },
});
