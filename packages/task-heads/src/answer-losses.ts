import type { Tensor } from '@tesserae/tensor';
import { add, and, cast, crossEntropy, dimSize, greaterEqual, less, mul, where } from '@tesserae/tensor';
import { IGNORE_INDEX, binaryCrossEntropy, widened } from '@tesserae/nn';
import type { GivenStarts } from './joint-answers.js';

/** What an example says: the answer's ends, and whether there is none. */
export interface AnswerLabels {
  /** i32[batch]; 0 where there is no answer in this window. */
  readonly startPositions: Tensor;
  /** i32[batch] */
  readonly endPositions: Tensor;
  /** i32[batch], 1 where the question has no answer; what an answerability classifier learns. */
  readonly isImpossible?: Tensor | undefined;
}

/**
 * Losses of google-research/electra's SQuAD head for each example, float[batch]: the mean of the cross-entropies of start
 * and end, and the weighted binary cross-entropy of answerability.
 * @param options.answerabilityWeight  default 0.5
 */
export function answerLosses(
  { startLogits, endLogits, answerableLogit }: GivenStarts,
  { startPositions, endPositions, isImpossible }: AnswerLabels,
  { answerabilityWeight = 0.5 }: { readonly answerabilityWeight?: number } = {},
): Tensor {
  const ends = add(positionLosses(startLogits, startPositions), positionLosses(endLogits, endPositions));
  const spans = mul(ends, 0.5);
  if (answerableLogit === undefined || isImpossible === undefined) return spans;
  const targets = cast(isImpossible, widened(answerableLogit).spec.dtype);
  return add(spans, mul(binaryCrossEntropy(answerableLogit, targets), answerabilityWeight));
}

/** Cross-entropy of a position in each row; 0 for one outside the sequence. */
function positionLosses(logits: Tensor, positions: Tensor): Tensor {
  return crossEntropy(widened(logits), insideOnly(positions, logits), { ignoreIndex: IGNORE_INDEX });
}

/** IGNORE_INDEX for positions outside the sequence. */
export function insideOnly(positions: Tensor, logits: Tensor): Tensor {
  const seqLen = dimSize(logits.spec.shape[1]!, 'i32');
  return where(and(greaterEqual(positions, 0), less(positions, seqLen)), positions, IGNORE_INDEX);
}
