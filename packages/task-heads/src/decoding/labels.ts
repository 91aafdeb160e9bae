import type { ProblemType } from '@tesserae/nn';
import { OptionError, checkOptions } from '@tesserae/tensor';
import { requireCount, requireLabels } from './checks.js';
import type { Numbers } from './scores.js';
import { sigmoidOf, softmaxOf } from './scores.js';

/** A class and how likely it is; of a regression, the value. */
export interface ScoredLabel {
  readonly label: string;
  /** Place among the config's labels. */
  readonly id: number;
  readonly score: number;
}

/** How logits of a sequence become labels. */
export interface LabelOptions {
  /** Names of the classes, in the order of the logits. */
  readonly labels: readonly string[];
  /** The config's; absent: classes that exclude each other, or for one label a yes or no, as Hugging Face has it. */
  readonly problemType?: ProblemType;
  /** What makes scores of logits; default by the problem type: softmax, sigmoid, or none for a regression. */
  readonly scoring?: 'softmax' | 'sigmoid' | 'none';
  /** The most labels; default all. */
  readonly topK?: number;
  /** Leaves out labels whose score is below; default none. Of several labels at once, 0.5 is the usual choice. */
  readonly threshold?: number;
}

const OPTIONS = ['labels', 'problemType', 'scoring', 'topK', 'threshold'];

/**
 * Labels of a sequence with their scores, best first; values of a regression in the order of the labels.
 * @param logits  [numLabels]
 * @throws ConfigError when logits and labels differ in number · OptionError for a threshold on a regression
 */
export function decodeLabels(logits: Numbers, options: LabelOptions): readonly ScoredLabel[] {
  const op = 'decodeLabels';
  checkOptions(op, options, OPTIONS);
  const { labels, problemType, topK = labels.length, threshold } = options;
  const { scoring = scoringOf(labels.length, problemType) } = options;
  requireCount(op, 'topK', topK);
  requireLabels(op, labels, logits);
  if (threshold !== undefined && scoring === 'none') throw noThreshold(op, threshold);
  const scores = SCORING[scoring](logits);
  const scored = labels.map((label, id) => ({ label, id, score: scores[id]! }));
  if (scoring !== 'none') scored.sort((a, b) => b.score - a.score);
  return scored.filter(({ score }) => threshold === undefined || score >= threshold).slice(0, topK);
}

const SCORING: Readonly<
  Record<NonNullable<LabelOptions['scoring']>, (logits: Numbers) => ArrayLike<number>>
> = {
  softmax: softmaxOf,
  sigmoid: (logits) => Array.from(logits, sigmoidOf),
  none: (logits) => logits,
};

function scoringOf(numLabels: number, problemType: ProblemType | undefined): 'softmax' | 'sigmoid' | 'none' {
  if (problemType === 'regression') return 'none';
  if (problemType === 'multi_label_classification' || numLabels === 1) return 'sigmoid';
  return 'softmax';
}

function noThreshold(op: string, threshold: number): OptionError {
  return new OptionError({
    op,
    problem: `threshold is ${threshold}, but the values of a regression are no probabilities`,
    likely: "Leave threshold out, or set problem_type to 'multi_label_classification'.",
    page: 'option-conflict',
    got: threshold,
  });
}
