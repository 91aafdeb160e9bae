import { checkNumbers, checkOptions, checkPairs } from './checks.js';
import { checkedWeights } from './confusion.js';
import { MetricError, show } from './errors.js';

/** Options of `rocAuc`, `averagePrecision` and `auc`. */
export interface RankingOptions {
  /** How much each example counts; default 1. */
  readonly weights?: ArrayLike<number>;
  /** For targets that are no 0 and 1: those from here on are positive. */
  readonly targetThreshold?: number;
}

/** Area under two curves, both in [0, 1]. */
export interface AucScores {
  readonly rocAuc: number;
  readonly averagePrecision: number;
}

/**
 * Area under the ROC curve: how probably a positive scores above a negative, ties counting half.
 * @param targets  1 (or true) for positive, 0 (or false)
 * @throws MetricError (metric-single-class) when one class is missing
 * @see sklearn.metrics.roc_auc_score
 */
export function rocAuc(
  targets: ArrayLike<number | boolean>,
  scores: ArrayLike<number>,
  options: RankingOptions = {},
): { readonly rocAuc: number } {
  return { rocAuc: rankingScores('rocAuc', { targets, scores, options }).rocAuc };
}

/**
 * Area under the precision-recall curve as a sum of steps, without interpolation.
 * @throws MetricError (metric-single-class) when one class is missing
 * @see sklearn.metrics.average_precision_score
 */
export function averagePrecision(
  targets: ArrayLike<number | boolean>,
  scores: ArrayLike<number>,
  options: RankingOptions = {},
): { readonly averagePrecision: number } {
  return {
    averagePrecision: rankingScores('averagePrecision', { targets, scores, options }).averagePrecision,
  };
}

/** Both areas; `auc` and `score_auc` of T5. */
export function auc(
  targets: ArrayLike<number | boolean>,
  scores: ArrayLike<number>,
  options: RankingOptions = {},
): AucScores {
  return rankingScores('auc', { targets, scores, options });
}

interface RankingInput {
  readonly targets: ArrayLike<number | boolean>;
  readonly scores: ArrayLike<number>;
  readonly options: RankingOptions;
}

function rankingScores(op: string, { targets, scores, options }: RankingInput): AucScores {
  checkOptions(op, options, ['weights', 'targetThreshold']);
  checkPairs(op, targets, scores);
  checkNumbers(op, scores, { name: 'scores' });
  const weights = checkedWeights(op, targets, options.weights);
  const isPositive = Array.from(targets, (target, index) =>
    binaryTarget(op, target, { index, threshold: options.targetThreshold }),
  );
  const order = Array.from(scores, (_, index) => index).sort((a, b) => scores[b]! - scores[a]!);
  let [positive, negative, area, rocArea] = [0, 0, 0, 0];
  for (let start = 0; start < order.length;) {
    let [tiedPositive, tiedNegative, end] = [0, 0, start];
    for (; end < order.length && scores[order[end]!] === scores[order[start]!]; end++) {
      if (isPositive[order[end]!]) tiedPositive += weights(order[end]!);
      else tiedNegative += weights(order[end]!);
    }
    rocArea += tiedNegative * (positive + tiedPositive / 2);
    positive += tiedPositive;
    negative += tiedNegative;
    if (tiedPositive > 0) area += tiedPositive * (positive / (positive + negative));
    start = end;
  }
  if (positive === 0 || negative === 0) throw singleClass(op, positive === 0 ? 'positive' : 'negative');
  return { rocAuc: rocArea / (positive * negative), averagePrecision: area / positive };
}

function binaryTarget(
  op: string,
  target: number | boolean,
  { index, threshold }: { readonly index: number; readonly threshold: number | undefined },
): boolean {
  if (threshold !== undefined && typeof target === 'number' && Number.isFinite(target))
    return target >= threshold;
  if (target === 1 || target === true) return true;
  if (target === 0 || target === false) return false;
  throw new MetricError({
    op,
    problem: `targets[${index}] is ${show(target)}, needed: 0 or 1`,
    likely: "Targets and scores are swapped, or 'targetThreshold' is missing.",
    page: 'metric-unknown-label',
    got: target,
  });
}

function singleClass(op: string, missing: string): MetricError {
  return new MetricError({
    op,
    problem: `there is no ${missing} example, so there is nothing to rank`,
    likely: 'The sample is too small, or all targets were mapped to one class.',
    page: 'metric-single-class',
  });
}
