export type { HeadSizes, SequenceClassificationParams } from './sequence-classification.js';
export {
  firstToken,
  problemTypeOf,
  sequenceClassificationHead,
  sequenceClassificationLoss,
  sequenceClassificationSpec,
} from './sequence-classification.js';
export type {
  MultipleChoiceParams,
  QuestionAnsweringParams,
  TokenClassificationParams,
} from './token-heads.js';
export {
  multipleChoiceHead,
  multipleChoiceSpec,
  questionAnsweringHead,
  questionAnsweringLoss,
  questionAnsweringSpec,
  replacedTokenLoss,
  tokenClassificationHead,
  tokenClassificationLoss,
  tokenClassificationSpec,
} from './token-heads.js';
export type { Pooling } from './pooling.js';
export { POOLINGS, pool } from './pooling.js';
export type { Classification, LabelOptions, LabelScore } from './decoding/labels.js';
export { decodeClassification, labelsAbove, topLabels } from './decoding/labels.js';
export type { AggregationStrategy, Entity, EntityOptions, TaggedWindow } from './decoding/entities.js';
export { AGGREGATION_STRATEGIES, decodeEntities } from './decoding/entities.js';
export type { Answer, AnswerOptions, Answers } from './decoding/answers.js';
export { decodeAnswers } from './decoding/answers.js';
export type { AnswerTokens, AnswerWindow } from './decoding/answer-windows.js';
export { answerTokens } from './decoding/answer-windows.js';
export type {
  AnswerRanking,
  BeamWindow,
  NBestAnswer,
  NBestOptions,
  NBestWindow,
} from './decoding/answer-n-best.js';
export { rankAnswers } from './decoding/answer-n-best.js';
export type { FilledToken } from './decoding/fill-mask.js';
export { decodeMask } from './decoding/fill-mask.js';
export type { ReplacedWord } from './decoding/replaced-tokens.js';
export { decodeReplacedTokens } from './decoding/replaced-tokens.js';
export type { TokenSpans } from './decoding/token-spans.js';
export { argMaxOf, softmaxOf } from './decoding/token-spans.js';
export type {
  Encoder,
  EncoderFacts,
  EncoderInputs,
  Head,
  TaskInputs,
  TaskModel,
  TaskOutputs,
  TaskParams,
} from './encoder.js';
export { withHead } from './encoder.js';
export { answerHead, sequenceHead, tokenHead } from './heads.js';
export type { GoogleAnswerOptions, GoogleHeadOptions, GoogleSequenceOptions } from './google-task-heads.js';
export { googleAnswerHead, googleSequenceHead, googleTokenHead } from './google-task-heads.js';
export type { OneLayerParams } from './google-heads.js';
export type { AnswerBeams, GivenStarts, JointAnswerOptions, JointAnswerParams } from './joint-answers.js';
export { answerMask } from './joint-answers.js';
export { tokensAt } from './tokens-at.js';
export type {
  DiscriminatorLikelihoodOptions,
  MaskedRow,
  TextLikelihood,
  WithinWord,
} from './decoding/text-likelihood.js';
export {
  discriminatorLikelihood,
  maskedRows,
  textLikelihood,
  tokenLogProb,
} from './decoding/text-likelihood.js';
