import type { Tensor } from '@tesserae/tensor';
import type { ProblemType } from '@tesserae/nn';
import type { Head, TaskOutputs } from './encoder.js';
import type { SequenceClassificationParams } from './sequence-classification.js';
import {
  problemTypeOf,
  sequenceClassificationHead,
  sequenceClassificationLoss,
  sequenceClassificationSpec,
} from './sequence-classification.js';
import type { QuestionAnsweringParams, TokenClassificationParams } from './token-heads.js';
import {
  questionAnsweringHead,
  questionAnsweringLoss,
  questionAnsweringSpec,
  tokenClassificationHead,
  tokenClassificationLoss,
  tokenClassificationSpec,
} from './token-heads.js';

// The heads of Hugging Face's classes as values, for `withHead`. Labels and outputs have the names of its `forward`.

/** Outputs, with the loss when there is one. */
export function withLoss(outputs: TaskOutputs, loss: Tensor | undefined): TaskOutputs {
  return loss === undefined ? outputs : { ...outputs, loss };
}

/** What a text is: classes, several classes at once, or a value. Reads the first token. */
export function sequenceHead({
  numLabels,
  problemType,
}: {
  readonly numLabels: number;
  /** Default: what the labels imply. */
  readonly problemType?: ProblemType;
}): Head<SequenceClassificationParams> {
  return {
    tokens: 'first',
    labels: ['labels'],
    specs: (encoder) => sequenceClassificationSpec({ ...encoder, numLabels }),
    forward: (params, hidden, { inputs: { labels }, dropoutRate, rng }) => {
      const logits = sequenceClassificationHead(params, hidden, { dropoutRate, rng });
      if (labels === undefined) return { logits };
      const kind = problemType ?? problemTypeOf(numLabels, labels);
      return withLoss({ logits }, sequenceClassificationLoss(logits, labels, { problemType: kind }));
    },
  };
}

/** What each token is. */
export function tokenHead({ numLabels }: { readonly numLabels: number }): Head<TokenClassificationParams> {
  return {
    tokens: 'all',
    labels: ['labels'],
    specs: (encoder) => tokenClassificationSpec({ ...encoder, numLabels }),
    forward: (params, hidden, { inputs: { labels, attentionMask }, dropoutRate, rng }) => {
      const logits = tokenClassificationHead(params, hidden, { dropoutRate, rng });
      const options = attentionMask === undefined ? {} : { attentionMask };
      return withLoss({ logits }, labels && tokenClassificationLoss(logits, labels, options));
    },
  };
}

/** Where an answer begins and ends, each by itself. */
export function answerHead(): Head<QuestionAnsweringParams> {
  return {
    tokens: 'all',
    labels: ['startPositions', 'endPositions'],
    specs: (encoder) => questionAnsweringSpec(encoder),
    forward: (params, hidden, { inputs: { startPositions, endPositions } }) => {
      const logits = questionAnsweringHead(params, hidden);
      if (startPositions === undefined || endPositions === undefined) return logits;
      return withLoss(logits, questionAnsweringLoss(logits, { startPositions, endPositions }));
    },
  };
}
