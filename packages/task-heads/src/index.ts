export type { HeadSizes, ProblemType, SequenceClassificationParams } from './sequence-classification.js';
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
export type { AnswerTokens, AnswerWindow } from './decoding/answer-windows.js';
export { answerTokens } from './decoding/answer-windows.js';
export type { Answer, AnswerOptions } from './decoding/answers.js';
export { decodeAnswers } from './decoding/answers.js';
export type {
  AnswerRanking,
  BeamWindow,
  NBestAnswer,
  NBestOptions,
  NBestWindow,
} from './decoding/answer-n-best.js';
export { rankAnswers } from './decoding/answer-n-best.js';
export type { AggregationStrategy, Entity, EntityOptions, EntityWindow } from './decoding/entities.js';
export { decodeEntities } from './decoding/entities.js';
export type { WordRule } from './decoding/entity-words.js';
export type { LabelOptions, ScoredLabel } from './decoding/labels.js';
export { decodeLabels } from './decoding/labels.js';
export type { Numbers } from './decoding/scores.js';
export { logitRows, tokenLogitRows } from './decoding/scores.js';
