import { checkNotEmpty, checkNumbers, checkOptions, checkPairs } from './checks.js';
import { precisionRecallF1 } from './classification.js';
import { rocAuc } from './ranking.js';
import { mean } from './statistics.js';

/** How well ELECTRA's discriminator finds replaced tokens; shares in [0, 1]. */
export interface ReplacedTokenScores {
  readonly accuracy: number;
  /** Share of truly replaced ones among tokens called replaced. */
  readonly precision: number;
  /** Share of found ones among replaced tokens. */
  readonly recall: number;
  readonly rocAuc: number;
}

/**
 * Scores of replaced-token detection over the tokens of a batch.
 * @param targets  1 where a token was replaced, 0 where not; any other number (−100, say) at padding leaves it out
 * @param logits  above 0 says "replaced"
 * @throws MetricError (metric-length-mismatch, metric-empty, metric-bad-number, metric-single-class)
 * @see ELECTRA's evaluation metrics. Its AUC is TensorFlow's estimate from 200 thresholds; ours is exact.
 */
export function replacedTokenScores(
  targets: ArrayLike<number>,
  logits: ArrayLike<number>,
): ReplacedTokenScores {
  const op = 'replacedTokenScores';
  checkPairs(op, targets, logits);
  const counted = Array.from(targets, (_, index) => index).filter(
    (index) => targets[index] === 0 || targets[index] === 1,
  );
  checkNotEmpty(op, counted, 'tokens that count');
  const labels = counted.map((index) => targets[index]!);
  const scores = counted.map((index) => logits[index]!);
  checkNumbers(op, scores, { name: 'logits' });
  const calls = scores.map((score): number => (score > 0 ? 1 : 0));
  const { precision, recall } = precisionRecallF1(labels, calls, { average: 'binary', labels: [0, 1] });
  const right = labels.map((label, index): number => (label === calls[index] ? 1 : 0));
  return { accuracy: mean(right), precision, recall, ...rocAuc(labels, scores) };
}

/**
 * Share of masked tokens that are predicted rightly, in [0, 1].
 * @param targets  ids, with `ignoreIndex` wherever nothing was masked
 * @throws MetricError (metric-length-mismatch, metric-empty) also when nothing was masked
 */
export function maskedAccuracy(
  targets: ArrayLike<number>,
  predictions: ArrayLike<number>,
  options: { readonly ignoreIndex?: number } = {},
): { readonly maskedAccuracy: number } {
  checkOptions('maskedAccuracy', options, ['ignoreIndex']);
  const { ignoreIndex = -100 } = options;
  checkPairs('maskedAccuracy', targets, predictions);
  const masked = Array.from(targets, (_, index) => index).filter((index) => targets[index] !== ignoreIndex);
  checkNotEmpty('maskedAccuracy', masked, 'masked tokens');
  return {
    maskedAccuracy: mean(masked.map((index): number => (targets[index] === predictions[index] ? 1 : 0))),
  };
}
