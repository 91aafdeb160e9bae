import type { Rng, Tensor } from '@tesserae/tensor';
import { cast, mean, reshape, sliceAxis } from '@tesserae/tensor';
import type { LinearParams, ProblemType } from '@tesserae/nn';
import {
  activation,
  binaryCrossEntropy,
  linear,
  maybeDropout,
  meanCrossEntropy,
  meanSquaredError,
  subRng,
} from '@tesserae/nn';
import type { ParamSpec } from '@tesserae/weights';
import { linearSpec } from '@tesserae/weights';

// One decision per sequence, read off the first token; the head Hugging Face gives ELECTRA.

/** Dense, GELU, then one logit a class. */
export interface SequenceClassificationParams<Leaf = Tensor> {
  readonly dense: LinearParams<Leaf>;
  readonly output: LinearParams<Leaf>;
}

/** What the parameters of a head are sized by. */
export interface HeadSizes {
  readonly hiddenSize: number;
  readonly numLabels: number;
  /** Standard deviation of the initial weights. */
  readonly initializerRange: number;
}

/** Parameters of the head: shapes, initialisers, checkpoint names. */
export function sequenceClassificationSpec(sizes: HeadSizes): SequenceClassificationParams<ParamSpec> {
  const { hiddenSize, numLabels, initializerRange: std } = sizes;
  return {
    dense: linearSpec(hiddenSize, hiddenSize, { std, name: 'classifier.dense' }),
    output: linearSpec(hiddenSize, numLabels, { std, name: 'classifier.out_proj' }),
  };
}

/**
 * Logits of each class.
 * @param hidden  float[batch, seqLen, hiddenSize]
 * @returns float[batch, numLabels]
 */
export function sequenceClassificationHead(
  params: SequenceClassificationParams,
  hidden: Tensor,
  { dropoutRate, rng }: { readonly dropoutRate: number; readonly rng: Rng | undefined },
): Tensor {
  const drop = (x: Tensor, name: string): Tensor =>
    maybeDropout(x, { rate: dropoutRate, rng: subRng(rng, name) });
  const dense = activation('gelu')(linear(drop(firstToken(hidden), 'features'), params.dense));
  return linear(drop(dense, 'dense'), params.output);
}

/** The vector of token 0: float[batch, seqLen, hiddenSize] -> float[batch, hiddenSize]. */
export function firstToken(hidden: Tensor): Tensor {
  const [batch, , features] = hidden.spec.shape;
  return reshape(sliceAxis(hidden, { axis: 1, start: 0, limit: 1 }), [batch!, features!]);
}

/**
 * The problem type that labels imply when the config names none: one logit is a regression, ids are classes,
 * floats are many.
 */
export function problemTypeOf(numLabels: number, labels: Tensor): ProblemType {
  if (numLabels === 1) return 'regression';
  return labels.spec.dtype === 'i32' ? 'single_label_classification' : 'multi_label_classification';
}

/**
 * The loss of a sequence decision, averaged over the batch.
 * @param logits  float[batch, numLabels]
 * @param labels  i32[batch] class ids; float[batch] or [batch, 1] values; or float[batch, numLabels] of 0 and
 *   1
 */
export function sequenceClassificationLoss(
  logits: Tensor,
  labels: Tensor,
  { problemType }: { readonly problemType: ProblemType },
): Tensor {
  if (problemType === 'single_label_classification') return meanCrossEntropy(logits, labels);
  const targets = reshape(cast(labels, logits.spec.dtype), logits.spec.shape);
  if (problemType === 'regression') return meanSquaredError(logits, targets);
  return mean(binaryCrossEntropy(logits, targets));
}
