import { checkChoice, checkInteger, checkOptions, checkPairs } from './checks.js';
import {
  checkedWeights,
  confusionMatrix,
  type ConfusionMatrix,
  type Label,
  type LabelOptions,
} from './confusion.js';
import { MetricError, show } from './errors.js';
import { ratio, sum } from './statistics.js';

/** How scores of classes become one: of the positive class, over all decisions, plain or weighted by frequency. */
export type Average = 'binary' | 'micro' | 'macro' | 'weighted';

/** Options of `precisionRecallF1`. */
export interface F1Options extends LabelOptions {
  readonly average: Average;
  /** With `binary`: the class that is looked for; default 1. */
  readonly positive?: Label;
}

/** Shares in [0, 1]; a score with an empty denominator is 0. */
export interface PrecisionRecallF1 {
  readonly precision: number;
  readonly recall: number;
  readonly f1: number;
}

/** Scores of one class. */
export interface ClassScores extends PrecisionRecallF1 {
  readonly label: Label;
  /** Weight of the examples of this class. */
  readonly support: number;
}

/**
 * Share of predictions equal to their target, in [0, 1].
 * @see sklearn.metrics.accuracy_score
 */
export function accuracy(
  targets: readonly Label[],
  predictions: readonly Label[],
  options: Pick<LabelOptions, 'weights'> = {},
): { readonly accuracy: number } {
  checkOptions('accuracy', options, ['weights']);
  checkPairs('accuracy', targets, predictions);
  const weights = checkedWeights('accuracy', targets, options.weights);
  let right = 0;
  let total = 0;
  targets.forEach((target, index) => {
    total += weights(index);
    if (target === predictions[index]) right += weights(index);
  });
  return { accuracy: right / total };
}

/** Share of whole sequences (texts, or lists of ids) that are right in every element, in [0, 1]. */
export function sequenceAccuracy(
  targets: readonly (string | ArrayLike<unknown>)[],
  predictions: readonly (string | ArrayLike<unknown>)[],
): { readonly sequenceAccuracy: number } {
  checkPairs('sequenceAccuracy', targets, predictions);
  const right = targets.filter((target, index) => areEqual(target, predictions[index]!)).length;
  return { sequenceAccuracy: right / targets.length };
}

function areEqual(a: string | ArrayLike<unknown>, b: string | ArrayLike<unknown>): boolean {
  if (typeof a === 'string' || typeof b === 'string') return a === b;
  if (a.length !== b.length) return false;
  for (let index = 0; index < a.length; index++) if (a[index] !== b[index]) return false;
  return true;
}

/**
 * Precision, recall and F1, averaged as told.
 * @throws MetricError (metric-not-binary) when `average: 'binary'` meets more than two classes
 * @see sklearn.metrics.precision_recall_fscore_support, zero_division 0
 */
export function precisionRecallF1(
  targets: readonly Label[],
  predictions: readonly Label[],
  options: F1Options,
): PrecisionRecallF1 {
  const op = 'precisionRecallF1';
  checkOptions(op, options, ['labels', 'weights', 'average', 'positive']);
  const { average, positive = 1, labels, weights } = options;
  checkChoice(op, average, { name: 'average', allowed: ['binary', 'micro', 'macro', 'weighted'] });
  const matrix = confusionMatrix(targets, predictions, { labels, weights });
  if (average === 'micro') return microScores(matrix);
  const classes = scoresOfMatrix(matrix);
  if (average === 'binary') return binaryScores(classes, positive);
  const weightOf = ({ support }: ClassScores): number => (average === 'macro' ? 1 : support);
  const whole = sum(classes.map(weightOf));
  const averageOf = (name: keyof PrecisionRecallF1): number =>
    ratio(sum(classes.map((scores) => scores[name] * weightOf(scores))), whole);
  return { precision: averageOf('precision'), recall: averageOf('recall'), f1: averageOf('f1') };
}

/** Precision, recall, F1 and frequency of each class. */
export function classScores(
  targets: readonly Label[],
  predictions: readonly Label[],
  options: LabelOptions = {},
): readonly ClassScores[] {
  checkOptions('classScores', options, ['labels', 'weights']);
  return scoresOfMatrix(confusionMatrix(targets, predictions, options));
}

function scoresOfMatrix({ labels, counts, outside }: ConfusionMatrix): readonly ClassScores[] {
  const predicted = labels.map((_, column) => sum(counts.map((row) => row[column]!)));
  return labels.map((label, row) => {
    const support = sum(counts[row]!) + outside[row]!;
    return {
      label,
      support,
      ...scoresOfCounts(counts[row]![row]!, { predicted: predicted[row]!, actual: support }),
    };
  });
}

/** Precision, recall and F1 from how many were right, predicted and to be found. */
export function scoresOfCounts(
  right: number,
  { predicted, actual }: { readonly predicted: number; readonly actual: number },
): PrecisionRecallF1 {
  return {
    precision: ratio(right, predicted),
    recall: ratio(right, actual),
    f1: ratio(2 * right, predicted + actual),
  };
}

function microScores({ counts, outside }: ConfusionMatrix): PrecisionRecallF1 {
  const right = sum(counts.map((row, index) => row[index]!));
  const predicted = sum(counts.map(sum));
  return scoresOfCounts(right, { predicted, actual: predicted + sum(outside) });
}

function binaryScores(classes: readonly ClassScores[], positive: Label): PrecisionRecallF1 {
  if (classes.length > 2) {
    throw new MetricError({
      op: 'precisionRecallF1',
      problem: `average 'binary' needs two classes, got ${classes.map(({ label }) => show(label)).join(', ')}`,
      likely: "Choose 'macro', 'micro' or 'weighted'; for predictions that are no label use f1WithInvalid.",
      page: 'metric-not-binary',
    });
  }
  const found = classes.find(({ label }) => label === positive);
  if (found === undefined && classes.length < 2) return { precision: 0, recall: 0, f1: 0 }; // as scikit-learn
  if (found === undefined) {
    throw new MetricError({
      op: 'precisionRecallF1',
      problem: `the positive class ${show(positive)} occurs nowhere; there are ${classes.map(({ label }) => show(label)).join(', ')}`,
      likely: "Name it with the option 'positive'.",
      page: 'metric-unknown-label',
      got: positive,
    });
  }
  return { precision: found.precision, recall: found.recall, f1: found.f1 };
}

/**
 * F1 of class 1 where a prediction that is neither 0 nor 1 (a text that is no label) counts as the wrong one.
 * @throws MetricError (metric-unknown-label) when a target is neither 0 nor 1
 * @see f1_score_with_invalid of T5
 */
export function f1WithInvalid(
  targets: readonly number[],
  predictions: readonly number[],
): { readonly f1: number } {
  checkPairs('f1WithInvalid', targets, predictions);
  confusionMatrix(targets, targets, { labels: [0, 1] }); // other targets are refused before anything is made of them
  const mended = predictions.map((value, index) =>
    value === 0 || value === 1 ? value : 1 - targets[index]!,
  );
  const { f1 } = precisionRecallF1(targets, mended, { average: 'binary', labels: [0, 1] });
  return { f1 };
}

/**
 * Plain mean of the F1 of classes 0 … numClasses − 1, absent ones included; other predictions count as wrong.
 * @see mean_multiclass_f1 of T5 (`mean_3class_f1` of CommitmentBank)
 */
export function meanClassF1(
  targets: readonly number[],
  predictions: readonly number[],
  options: { readonly numClasses: number; readonly weights?: ArrayLike<number> },
): { readonly meanClassF1: number } {
  checkOptions('meanClassF1', options, ['numClasses', 'weights']);
  checkInteger('meanClassF1', options.numClasses, { name: 'numClasses', min: 1 });
  const labels = Array.from({ length: options.numClasses }, (_, label) => label);
  const { f1 } = precisionRecallF1(targets, predictions, {
    average: 'macro',
    labels,
    weights: options.weights,
  });
  return { meanClassF1: f1 };
}

/**
 * Matthews correlation in [−1, 1], of any number of classes; 0 when one side is constant.
 * @see sklearn.metrics.matthews_corrcoef; Gorodkin 2004
 */
export function matthews(
  targets: readonly Label[],
  predictions: readonly Label[],
  options: Pick<LabelOptions, 'weights'> = {},
): { readonly matthews: number } {
  checkOptions('matthews', options, ['weights']);
  const { counts } = confusionMatrix(targets, predictions, options);
  const actual = counts.map(sum);
  const predicted = counts.map((_, column) => sum(counts.map((row) => row[column]!)));
  const total = sum(actual);
  const dot = (a: readonly number[], b: readonly number[]): number => sum(a.map((x, index) => x * b[index]!));
  const right = sum(counts.map((row, index) => row[index]!));
  const covariance = right * total - dot(actual, predicted);
  const variances = (total * total - dot(predicted, predicted)) * (total * total - dot(actual, actual));
  return { matthews: variances <= 0 ? 0 : covariance / Math.sqrt(variances) };
}
