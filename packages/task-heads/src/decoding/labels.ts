import { ShapeError } from '@tesserae/tensor';
import type { ProblemType } from '@tesserae/nn';
import { requireCounts } from './checks.js';
import { argMaxOf, largestIndices, sigmoidOf, softmaxOf } from './token-spans.js';

/** A class and how likely it is; of a regression the value itself. */
export interface LabelScore {
  readonly label: string;
  readonly score: number;
}

/** A decision about a text. */
export interface Classification extends LabelScore {
  /** Score of every class, in the order of the config's labels: probabilities, or values of a regression. */
  readonly scores: readonly number[];
}

/** How logits become scores. */
export interface LabelOptions {
  readonly labels: readonly string[];
  /** Default: what the number of logits implies, one a regression, more one class of several. */
  readonly problemType?: ProblemType;
}

/**
 * The decision that a row of logits stands for: softmax for one class of several, sigmoid where several may hold, the value of a
 * regression.
 * @throws ShapeError when there are not as many labels as logits
 */
export function decodeClassification(
  logits: ArrayLike<number>,
  { labels, problemType }: LabelOptions,
): Classification {
  requireLabels(labels, logits.length);
  const kind = problemType ?? (logits.length === 1 ? 'regression' : 'single_label_classification');
  const scores =
    kind === 'regression'
      ? Array.from(logits)
      : kind === 'multi_label_classification'
        ? Array.from(logits, sigmoidOf)
        : [...softmaxOf(logits)];
  const best = argMaxOf(scores);
  return { label: labels[best]!, score: scores[best]!, scores };
}

/** The `topK` best classes, best first; null for all of them. @throws OptionError */
export function topLabels(
  { scores }: Classification,
  labels: readonly string[],
  topK: number | null,
): LabelScore[] {
  if (topK !== null) requireCounts('topLabels', { topK });
  const order = largestIndices(scores, topK ?? scores.length);
  return order.map((index) => ({ label: labels[index]!, score: scores[index]! }));
}

/** The classes of a multi-label decision that hold. */
export function labelsAbove(
  { scores }: Classification,
  labels: readonly string[],
  threshold = 0.5,
): LabelScore[] {
  return scores.flatMap((score, index) => (score >= threshold ? [{ label: labels[index]!, score }] : []));
}

/** @throws ShapeError when labels and logits differ in number */
export function requireLabels(labels: readonly string[], numLogits: number): void {
  if (labels.length === numLogits) return;
  throw new ShapeError({
    op: 'labels',
    problem: `the head gives ${numLogits} scores, the config names ${labels.length} labels`,
    likely:
      "The config's id2label is not that of the weights. Correct it, or pass labels of the right number.",
    page: 'labels-misfit',
    got: labels.length,
    needed: numLogits,
  });
}
