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
