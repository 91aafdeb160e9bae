import { checkNumbers, checkPairs } from './checks.js';
import { MetricError } from './errors.js';
import { mean, sum } from './statistics.js';

/**
 * Pearson's linear correlation, in [−1, 1].
 * @throws MetricError (metric-constant) when a side does not vary: the correlation is undefined
 * @see scipy.stats.pearsonr
 */
export function pearson(
  targets: readonly number[],
  predictions: readonly number[],
): { readonly pearson: number } {
  checkNumberPairs('pearson', targets, predictions);
  return { pearson: linearCorrelation('pearson', targets, predictions) };
}

/**
 * Spearman's rank correlation, in [−1, 1]; equal values share the mean of their ranks.
 * @throws MetricError (metric-constant) when a side does not vary
 * @see scipy.stats.spearmanr
 */
export function spearman(
  targets: readonly number[],
  predictions: readonly number[],
): { readonly spearman: number } {
  checkNumberPairs('spearman', targets, predictions);
  return { spearman: linearCorrelation('spearman', meanRanks(targets), meanRanks(predictions)) };
}

/** Mean of squared differences. */
export function meanSquaredError(
  targets: readonly number[],
  predictions: readonly number[],
): { readonly meanSquaredError: number } {
  checkNumberPairs('meanSquaredError', targets, predictions);
  return { meanSquaredError: mean(targets.map((target, index) => (target - predictions[index]!) ** 2)) };
}

function checkNumberPairs(op: string, targets: readonly number[], predictions: readonly number[]): void {
  checkPairs(op, targets, predictions);
  checkNumbers(op, targets, { name: 'targets' });
  checkNumbers(op, predictions, { name: 'predictions' });
}

function linearCorrelation(op: string, x: readonly number[], y: readonly number[]): number {
  const [dx, dy] = [centred(x), centred(y)];
  const [normX, normY] = [norm(dx), norm(dy)];
  if (normX === 0 || normY === 0) {
    throw new MetricError({
      op,
      problem: `all ${normX === 0 ? 'targets' : 'predictions'} are equal, so there is no correlation`,
      likely: 'The model answers the same to everything, or there is one example only.',
      page: 'metric-constant',
    });
  }
  const r = sum(dx.map((value, index) => (value / normX) * (dy[index]! / normY)));
  return Math.max(-1, Math.min(1, r));
}

function centred(values: readonly number[]): number[] {
  const middle = mean(values);
  return values.map((value) => value - middle);
}

/** Length of a vector; scaled first, so that squares neither overflow nor vanish. */
function norm(values: readonly number[]): number {
  const largest = values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  return largest === 0 ? 0 : largest * Math.sqrt(sum(values.map((value) => (value / largest) ** 2)));
}

/** Ranks from 1; equal values get the mean of the ranks they take together. */
function meanRanks(values: readonly number[]): number[] {
  const order = values.map((_, index) => index).sort((a, b) => values[a]! - values[b]!);
  const ranks = new Array<number>(values.length);
  for (let start = 0; start < order.length;) {
    let end = start + 1;
    while (end < order.length && values[order[end]!] === values[order[start]!]) end++;
    for (let at = start; at < end; at++) ranks[order[at]!] = (start + 1 + end) / 2;
    start = end;
  }
  return ranks;
}
