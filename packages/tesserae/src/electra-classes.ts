import type { ElectraConfig } from '@tesserae/electra-model';
import {
  electraForMaskedLM,
  electraForMultipleChoice,
  electraForPreTraining,
  electraForQuestionAnswering,
  electraForSequenceClassification,
  electraForTokenClassification,
  electraModel,
} from './architectures/electra.js';
import { MaskedLMFacade } from './masked-lm-facade.js';
import { MultipleChoiceFacade } from './multiple-choice-facade.js';
import {
  EmbeddingFacade,
  QuestionAnsweringFacade,
  ReplacedTokenFacade,
  SequenceClassificationFacade,
  TokenClassificationFacade,
} from './task-facades.js';

/** The bare encoder: hidden states, and vectors of texts. */
export class ElectraModel extends EmbeddingFacade<ElectraConfig> {
  static readonly architecture = electraModel;
}

/** The discriminator: which words were put in the place of others. */
export class ElectraForPreTraining extends ReplacedTokenFacade<ElectraConfig> {
  static readonly architecture = electraForPreTraining;
}

/** The generator: what may stand at a mask, and how likely a text is. */
export class ElectraForMaskedLM extends MaskedLMFacade<ElectraConfig> {
  static readonly architecture = electraForMaskedLM;
}

/** ELECTRA that decides about whole texts or pairs. */
export class ElectraForSequenceClassification extends SequenceClassificationFacade<ElectraConfig> {
  static readonly architecture = electraForSequenceClassification;
}

/** ELECTRA that finds entities. */
export class ElectraForTokenClassification extends TokenClassificationFacade<ElectraConfig> {
  static readonly architecture = electraForTokenClassification;
}

/** ELECTRA that finds answers in a context. */
export class ElectraForQuestionAnswering extends QuestionAnsweringFacade<ElectraConfig> {
  static readonly architecture = electraForQuestionAnswering;
}

/** ELECTRA that chooses among continuations. */
export class ElectraForMultipleChoice extends MultipleChoiceFacade<ElectraConfig> {
  static readonly architecture = electraForMultipleChoice;
}
