import { checkNumbers, checkOptions, checkPairs } from './checks.js';
import { MetricError, show } from './errors.js';

/** A class, by name or number. Labels are equal as `===` has it: 1 is not '1'. */
export type Label = string | number | boolean;

/** Options of every metric on labels. */
export interface LabelOptions {
  /** All classes; default: those that occur. A target outside is an error, a prediction outside counts as wrong. */
  readonly labels?: readonly Label[];
  /** How much each example counts; default 1 (`sample_weight` of scikit-learn). */
  readonly weights?: ArrayLike<number>;
}

/** How often each class was taken for each other. */
export interface ConfusionMatrix {
  /** Order of rows and columns. */
  readonly labels: readonly Label[];
  /** Weight of examples by target (row) and prediction (column). */
  readonly counts: readonly (readonly number[])[];
  /** Per target, weight of predictions that are none of the labels. */
  readonly outside: readonly number[];
}

/**
 * Confusion matrix of labels.
 * @throws MetricError (metric-length-mismatch, metric-empty, metric-bad-number, metric-unknown-label)
 */
export function confusionMatrix(
  targets: readonly Label[],
  predictions: readonly Label[],
  options: LabelOptions = {},
): ConfusionMatrix {
  const op = 'confusionMatrix';
  checkOptions(op, options, ['labels', 'weights']);
  checkPairs(op, targets, predictions);
  const weights = checkedWeights(op, targets, options.weights);
  checkLabels(op, targets, 'targets');
  checkLabels(op, predictions, 'predictions');
  const labels = options.labels ?? labelsIn(targets, predictions);
  const rows = new Map(labels.map((label, row) => [label, row]));
  const counts = labels.map(() => new Array<number>(labels.length).fill(0));
  const outside = new Array<number>(labels.length).fill(0);
  targets.forEach((target, index) => {
    const row = rows.get(target);
    if (row === undefined) throw unknownLabel(op, target, { index, labels });
    const column = rows.get(predictions[index]!);
    if (column === undefined) outside[row]! += weights(index);
    else counts[row]![column]! += weights(index);
  });
  return { labels, counts, outside };
}

/** Weight of each example, after a check of the list. */
export function checkedWeights(
  op: string,
  targets: ArrayLike<unknown>,
  weights: ArrayLike<number> | undefined,
): (index: number) => number {
  if (weights === undefined) return () => 1;
  checkPairs(`${op}: weights`, targets, weights);
  checkNumbers(op, weights, { name: 'weights', min: 0 });
  return (index) => weights[index]!;
}

/** Classes in ascending order, each once. */
function labelsIn(targets: readonly Label[], predictions: readonly Label[]): readonly Label[] {
  const found = new Set(targets);
  for (const label of predictions) found.add(label);
  return [...found].sort((a, b) => (typeof a === typeof b ? (a < b ? -1 : 1) : typeof a < typeof b ? -1 : 1));
}

function checkLabels(op: string, labels: readonly unknown[], name: string): void {
  const index = labels.findIndex(
    (label) => !(typeof label === 'string' || typeof label === 'boolean' || Number.isFinite(label)),
  );
  if (index < 0) return;
  throw new MetricError({
    op,
    problem: `${name}[${index}] is ${show(labels[index])}, needed: a string, a boolean or a finite number`,
    likely: 'Scores are not labels: take the arg-max first.',
    page: 'metric-bad-input',
    got: labels[index],
  });
}

function unknownLabel(
  op: string,
  target: Label,
  { index, labels }: { readonly index: number; readonly labels: readonly Label[] },
): MetricError {
  return new MetricError({
    op,
    problem: `targets[${index}] is ${show(target)}, which is none of ${labels.slice(0, 12).map(show).join(', ')}`,
    likely: 'Names and ids are mixed, or the list of labels is of another data set.',
    page: 'metric-unknown-label',
    got: target,
    needed: labels,
  });
}
