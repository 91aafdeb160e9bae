import type { Rng, Tensor } from '@tesserae/tensor';
import {
  add,
  cast,
  equal,
  isCounted,
  maskedMean,
  mul,
  not,
  reshape,
  sliceAxis,
  where,
} from '@tesserae/tensor';
import type { LinearParams } from '@tesserae/nn';
import {
  IGNORE_INDEX,
  activation,
  binaryCrossEntropy,
  linear,
  maybeDropout,
  meanCrossEntropy,
  subRng,
} from '@tesserae/nn';
import type { ParamSpec } from '@tesserae/weights';
import { linearSpec } from '@tesserae/weights';
import { insideOnly } from './answer-losses.js';
import type { HeadSizes } from './sequence-classification.js';
import { firstToken } from './sequence-classification.js';

// Decisions per token, and those that pick tokens or sequences.

/** One affine map for every token. */
export interface TokenClassificationParams<Leaf = Tensor> {
  readonly classifier: LinearParams<Leaf>;
}

/** Parameters of the head: shapes, initialisers, checkpoint names. */
export function tokenClassificationSpec({
  hiddenSize,
  numLabels,
  initializerRange: std,
}: HeadSizes): TokenClassificationParams<ParamSpec> {
  return { classifier: linearSpec(hiddenSize, numLabels, { std, name: 'classifier' }) };
}

/**
 * Logits of each class for each token: float[batch, seqLen, hiddenSize] -> float[batch, seqLen, numLabels].
 */
export function tokenClassificationHead(
  params: TokenClassificationParams,
  hidden: Tensor,
  { dropoutRate, rng }: { readonly dropoutRate: number; readonly rng: Rng | undefined },
): Tensor {
  return linear(maybeDropout(hidden, { rate: dropoutRate, rng }), params.classifier);
}

/**
 * Mean cross-entropy over the tokens that are real and labelled.
 * @param labels  i32[batch, seqLen]; IGNORE_INDEX, and padding by the mask, are left out
 */
export function tokenClassificationLoss(
  logits: Tensor,
  labels: Tensor,
  { attentionMask }: { readonly attentionMask?: Tensor },
): Tensor {
  if (attentionMask === undefined) return meanCrossEntropy(logits, labels);
  return meanCrossEntropy(logits, where(equal(attentionMask, 0), IGNORE_INDEX, labels));
}

/**
 * Mean binary cross-entropy of a yes/no per token over the real tokens; ELECTRA's discriminator.
 * @param logits  float[batch, seqLen]
 * @param labels  i32[batch, seqLen], 1 where replaced
 */
export function replacedTokenLoss(
  logits: Tensor,
  labels: Tensor,
  { attentionMask }: { readonly attentionMask?: Tensor },
): Tensor {
  const losses = binaryCrossEntropy(logits, cast(labels, logits.spec.dtype));
  const mask = attentionMask === undefined ? isCounted(labels) : not(equal(attentionMask, 0));
  return maskedMean(losses, mask);
}

/** One affine map that scores each token as a start and as an end. */
export interface QuestionAnsweringParams<Leaf = Tensor> {
  /** Two outputs: start and end. */
  readonly output: LinearParams<Leaf>;
}

/** Parameters of the head: shapes, initialisers, checkpoint names. */
export function questionAnsweringSpec({
  hiddenSize,
  initializerRange: std,
}: Omit<HeadSizes, 'numLabels'>): QuestionAnsweringParams<ParamSpec> {
  return { output: linearSpec(hiddenSize, 2, { std, name: 'qa_outputs' }) };
}

/** Logits of an answer starting and ending at each token, float[batch, seqLen] each. */
export function questionAnsweringHead(
  params: QuestionAnsweringParams,
  hidden: Tensor,
): { readonly startLogits: Tensor; readonly endLogits: Tensor } {
  const logits = linear(hidden, params.output); // [batch, seqLen, 2]
  const shape = hidden.spec.shape.slice(0, 2);
  const column = (index: number): Tensor =>
    reshape(sliceAxis(logits, { axis: 2, start: index, limit: index + 1 }), shape);
  return { startLogits: column(0), endLogits: column(1) };
}

/**
 * Half the sum of the two cross-entropies; positions outside the sequence are left out.
 * @param positions  where answers start and end, each i32[batch]
 */
export function questionAnsweringLoss(
  { startLogits, endLogits }: { readonly startLogits: Tensor; readonly endLogits: Tensor },
  positions: { readonly startPositions: Tensor; readonly endPositions: Tensor },
): Tensor {
  const { startPositions, endPositions } = positions;
  const loss = (logits: Tensor, labels: Tensor): Tensor =>
    meanCrossEntropy(logits, insideOnly(labels, logits));
  return mul(add(loss(startLogits, startPositions), loss(endLogits, endPositions)), 0.5);
}

/** A projection of the first token and the score of a choice. */
export interface MultipleChoiceParams<Leaf = Tensor> {
  /** Projection of the first token; absent when the config turns it off. */
  readonly summary?: LinearParams<Leaf>;
  readonly classifier: LinearParams<Leaf>;
}

/** Parameters of the head: shapes, initialisers, checkpoint names. */
export function multipleChoiceSpec(
  { hiddenSize, initializerRange: std }: Omit<HeadSizes, 'numLabels'>,
  { usesProjection }: { readonly usesProjection: boolean },
): MultipleChoiceParams<ParamSpec> {
  return {
    ...(usesProjection
      ? { summary: linearSpec(hiddenSize, hiddenSize, { std, name: 'sequence_summary.summary' }) }
      : {}),
    classifier: linearSpec(hiddenSize, 1, { std, name: 'classifier' }),
  };
}

/**
 * One score a choice, from the first token of each.
 * @param hidden  float[batch * numChoices, seqLen, hiddenSize]
 * @returns float[batch, numChoices]
 */
export function multipleChoiceHead(
  params: MultipleChoiceParams,
  hidden: Tensor,
  options: {
    readonly numChoices: number;
    readonly activationName: string | undefined;
    readonly dropoutRate: number;
    readonly rng: Rng | undefined;
  },
): Tensor {
  const { numChoices, activationName, dropoutRate, rng } = options;
  const first = firstToken(hidden);
  const projected = params.summary === undefined ? first : linear(first, params.summary);
  const summary = activation(activationName ?? 'linear')(projected);
  const dropped = maybeDropout(summary, { rate: dropoutRate, rng: subRng(rng, 'summary') });
  return reshape(linear(dropped, params.classifier), [-1, numChoices]);
}
