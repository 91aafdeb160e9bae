import { checkInteger, checkNumbers, checkOptions, checkPairs } from './checks.js';
import { accuracy, meanClassF1, precisionRecallF1 } from './classification.js';
import { MetricError } from './errors.js';
import { auc } from './ranking.js';
import { sum } from './statistics.js';

/** One answer option of one example, as the T5 preprocessor of the same name lays them out. */
export interface RankedOption {
  /** Which example; options of one example share it. */
  readonly example: number | string;
  /** Number of the option within the example, from 0. */
  readonly option: number;
  readonly isCorrect: boolean;
  /** Weight of the example; default 1. */
  readonly weight?: number;
  /** Tokens of the option's text; needed with `normalizeByLength`. */
  readonly length?: number;
}

/** Options of `rankClassification`. */
export interface RankClassificationOptions {
  /** Classes of every example; left out when their number varies, and then only accuracy is computed. */
  readonly numClasses?: number;
  /** Divides each log-likelihood by the option's `length`. */
  readonly normalizeByLength?: boolean;
}

/** Shares in [0, 1] (T5 prints them × 100). Two classes give `f1` and both areas, more give `meanClassF1`. */
export interface RankClassificationScores {
  readonly accuracy: number;
  readonly f1?: number;
  readonly meanClassF1?: number;
  readonly rocAuc?: number;
  readonly averagePrecision?: number;
}

interface Choice {
  readonly options: readonly RankedOption[];
  readonly scores: readonly number[];
  readonly best: number;
  readonly weight: number;
}

/**
 * Classification by the likeliest option: the option with the highest log-likelihood is the answer, and is right
 * when it is one of the correct ones.
 * @param scores  log-likelihood of each option
 * @throws MetricError (metric-bad-input) when an example does not have `numClasses` options
 * @see rank_classification of T5; log-likelihoods are rounded to float32 where it does
 */
export function rankClassification(
  targets: readonly RankedOption[],
  scores: readonly number[],
  options: RankClassificationOptions = {},
): RankClassificationScores {
  const op = 'rankClassification';
  checkOptions(op, options, ['numClasses', 'normalizeByLength']);
  checkPairs(op, targets, scores);
  const { numClasses, normalizeByLength = false } = options;
  const lengths = targets.map(({ length }) => (normalizeByLength ? length : 1));
  checkNumbers(op, lengths, { name: 'length', min: Number.MIN_VALUE });
  const likelihoods = scores.map((score, index) => score / lengths[index]!);
  checkNumbers(op, likelihoods, { name: 'scores' });
  if (numClasses === undefined) return { accuracy: shareRight(choices(targets, likelihoods)) };
  checkInteger(op, numClasses, { name: 'numClasses', min: 2 });
  const chosen = choices(targets, likelihoods.map(Math.fround));
  for (const { options: given } of chosen) {
    if (given.length !== numClasses || given.some(({ option }, index) => option !== index)) {
      throw wrongOptions(op, given, numClasses);
    }
  }
  return fixedClassScores(chosen, numClasses);
}

/** Options grouped by example and sorted by number; equal likelihoods go to the first, as arg-max has it. */
function choices(targets: readonly RankedOption[], scores: readonly number[]): readonly Choice[] {
  const groups = new Map<number | string, number[]>();
  targets.forEach(({ example }, index) => {
    const group = groups.get(example);
    if (group === undefined) groups.set(example, [index]);
    else group.push(index);
  });
  return [...groups.values()].map((indices) => {
    indices.sort((a, b) => targets[a]!.option - targets[b]!.option);
    const own = indices.map((index) => scores[index]!);
    const best = own.reduce((top, score, index) => (score > own[top]! ? index : top), 0);
    const options = indices.map((index) => targets[index]!);
    return { options, scores: own, best, weight: options[best]!.weight ?? 1 };
  });
}

function shareRight(chosen: readonly Choice[]): number {
  const right = sum(chosen.map(({ options, best, weight }) => (options[best]!.isCorrect ? weight : 0)));
  return right / sum(chosen.map(({ weight }) => weight));
}

function fixedClassScores(chosen: readonly Choice[], numClasses: number): RankClassificationScores {
  const weights = chosen.map(({ options }) => options[0]!.weight ?? 1);
  const byFirst = chosen.map((choice, index) => ({ ...choice, weight: weights[index]! }));
  if (chosen.some(({ options }) => options.filter(({ isCorrect }) => isCorrect).length > 1)) {
    return { accuracy: shareRight(byFirst) };
  }
  const actual = chosen.map(({ options }) => options.findIndex(({ isCorrect }) => isCorrect));
  const unanswered = actual.indexOf(-1);
  if (unanswered >= 0) throw nothingCorrect(chosen[unanswered]!.options[0]!.example);
  const predicted = chosen.map(({ best }) => best);
  const shared = accuracy(actual, predicted, { weights });
  if (numClasses > 2) return { ...shared, ...meanClassF1(actual, predicted, { numClasses, weights }) };
  const { f1 } = precisionRecallF1(actual, predicted, { average: 'binary', labels: [0, 1], weights });
  const positives = chosen.map(({ scores }) => secondProbability(scores[0]!, scores[1]!));
  return { ...shared, f1, ...auc(actual, positives, { weights }) };
}

/** Softmax of two, in float32 as T5 computes it: what becomes equal by rounding must tie here too. */
function secondProbability(first: number, second: number): number {
  const top = Math.max(first, second);
  const [a, b] = [first, second].map((value) => Math.fround(Math.exp(Math.fround(value - top)))) as [
    number,
    number,
  ];
  return Math.fround(b / Math.fround(a + b));
}

function nothingCorrect(example: number | string): MetricError {
  return new MetricError({
    op: 'rankClassification',
    problem: `no option of example ${example} is correct`,
    likely: 'The label is none of the options; with a fixed number of classes each example needs one.',
    page: 'metric-unknown-label',
    got: example,
  });
}

function wrongOptions(op: string, given: readonly RankedOption[], numClasses: number): MetricError {
  const { example } = given[0]!;
  return new MetricError({
    op,
    problem: `example ${example} has the options ${given.map(({ option }) => option).join(', ')}, needed: 0 to ${numClasses - 1}`,
    likely: "Leave 'numClasses' out when the number of options varies; each must be scored once.",
    page: 'metric-bad-input',
    got: given,
  });
}
