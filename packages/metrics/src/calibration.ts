import { checkInteger, checkNumbers, checkOptions, checkPairs } from './checks.js';
import { MetricError, show } from './errors.js';
import { mean, sum } from './statistics.js';

/** Probability of each class, in the order of the class numbers; they sum to 1. */
export type Distribution = ArrayLike<number>;

/**
 * Expected calibration error, in [0, 1]: how far the probability of the answers is from the share that is right, over
 * bins of equal width, weighted by their size.
 * @param targets  class numbers from 0
 * @throws MetricError (metric-bad-number, metric-unknown-label)
 * @see Guo et al. 2017; bins are open below and closed above
 */
export function expectedCalibrationError(
  targets: readonly number[],
  probabilities: readonly Distribution[],
  options: { readonly bins?: number } = {},
): { readonly expectedCalibrationError: number } {
  const op = 'expectedCalibrationError';
  checkOptions(op, options, ['bins']);
  const { bins = 15 } = options;
  checkInteger(op, bins, { name: 'bins', min: 1 });
  checkDistributions(op, targets, probabilities);
  const gaps = new Float64Array(bins);
  probabilities.forEach((distribution, index) => {
    const answer = Array.from(distribution).reduce(
      (top, value, at, all) => (value > all[top]! ? at : top),
      0,
    );
    const confidence = distribution[answer]!;
    const bin = Math.min(bins - 1, Math.max(0, Math.ceil(confidence * bins) - 1));
    gaps[bin]! += (answer === targets[index] ? 1 : 0) - confidence;
  });
  return { expectedCalibrationError: sum(gaps.map(Math.abs)) / targets.length };
}

/**
 * Brier score: mean squared distance between probabilities and what happened. For two classes in [0, 1], the square
 * of the one probability's error; for more the sum over classes, in [0, 2].
 * @param targets  class numbers from 0
 * @throws MetricError (metric-bad-number, metric-unknown-label)
 * @see Brier 1950; sklearn.metrics.brier_score_loss
 */
export function brierScore(
  targets: readonly number[],
  probabilities: readonly Distribution[],
): { readonly brierScore: number } {
  checkDistributions('brierScore', targets, probabilities);
  const distances = probabilities.map((distribution, index) =>
    sum(Array.from(distribution, (value, label) => (value - (label === targets[index] ? 1 : 0)) ** 2)),
  );
  const isBinary = probabilities[0]!.length === 2;
  return { brierScore: mean(distances) / (isBinary ? 2 : 1) };
}

function checkDistributions(op: string, targets: readonly number[], rows: readonly Distribution[]): void {
  checkPairs(op, targets, rows);
  const classes = rows[0]!.length;
  rows.forEach((row, index) => {
    checkNumbers(op, row, { name: `probabilities[${index}]`, min: 0, max: 1 });
    const total = sum(row);
    if (row.length < 2 || row.length !== classes || Math.abs(total - 1) > 1e-3) {
      throw new MetricError({
        op,
        problem: `probabilities[${index}] has ${row.length} values with sum ${total}, needed: ${Math.max(2, classes)} with sum 1`,
        likely: 'These are logits: take the softmax first. Of two classes give both probabilities.',
        page: 'metric-bad-number',
        got: row,
      });
    }
    const target = targets[index]!;
    if (Number.isInteger(target) && target >= 0 && target < classes) return;
    throw new MetricError({
      op,
      problem: `targets[${index}] is ${show(target)}, needed: a class number from 0 to ${classes - 1}`,
      likely: 'Map label names to their numbers first.',
      page: 'metric-unknown-label',
      got: target,
    });
  });
}
