import type { T5Config } from '@tesserae/t5-model';
import { t5EncoderModel } from './architectures/t5.js';
import {
  t5ForQuestionAnswering,
  t5ForSequenceClassification,
  t5ForTokenClassification,
} from './architectures/t5-heads.js';
import {
  EmbeddingFacade,
  QuestionAnsweringFacade,
  SequenceClassificationFacade,
  TokenClassificationFacade,
} from './task-facades.js';
import { T5ForConditionalGeneration } from './t5-for-conditional-generation.js';

/** T5's encoder: hidden states, and vectors of texts. */
export class T5EncoderModel extends EmbeddingFacade<T5Config> {
  static readonly architecture = t5EncoderModel;
}

/** T5 that decides about whole texts or pairs. */
export class T5ForSequenceClassification extends SequenceClassificationFacade<T5Config> {
  static readonly architecture = t5ForSequenceClassification;
}

/** T5's encoder that finds entities. */
export class T5ForTokenClassification extends TokenClassificationFacade<T5Config> {
  static readonly architecture = t5ForTokenClassification;
}

/** T5 that finds answers in a context. */
export class T5ForQuestionAnswering extends QuestionAnsweringFacade<T5Config> {
  static readonly architecture = t5ForQuestionAnswering;
}

// The families share the network: the config tells them apart.
export {
  T5ForConditionalGeneration as T5,
  T5ForConditionalGeneration as MT5ForConditionalGeneration,
  T5ForConditionalGeneration as UMT5ForConditionalGeneration,
  T5EncoderModel as MT5EncoderModel,
  T5EncoderModel as UMT5EncoderModel,
  T5ForSequenceClassification as MT5ForSequenceClassification,
  T5ForSequenceClassification as UMT5ForSequenceClassification,
  T5ForTokenClassification as MT5ForTokenClassification,
  T5ForTokenClassification as UMT5ForTokenClassification,
  T5ForQuestionAnswering as MT5ForQuestionAnswering,
  T5ForQuestionAnswering as UMT5ForQuestionAnswering,
};
