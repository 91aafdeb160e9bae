import { answerStatistics, bestOf, normalizeSquad, wordF1 } from './answers.js';
import { checkNumbers, checkOptions, checkPairs, checkTexts } from './checks.js';
import { splitWords } from './python-text.js';
import { sum } from './statistics.js';

/** Options of `squad2`. */
export interface Squad2Options {
  /** Per question, how likely it is to have no answer; any scale. Gives the best thresholds besides. */
  readonly noAnswerScores?: readonly number[];
  /** A question with a higher score is taken as answered with nothing; default 1. */
  readonly threshold?: number;
}

/** Scores of the official script, in percent but for totals (questions) and thresholds (the scale of the scores). */
export interface Squad2Scores {
  readonly exact: number;
  readonly f1: number;
  readonly total: number;
  readonly hasAnswerExact?: number;
  readonly hasAnswerF1?: number;
  readonly hasAnswerTotal?: number;
  readonly noAnswerExact?: number;
  readonly noAnswerF1?: number;
  readonly noAnswerTotal?: number;
  readonly bestExact?: number;
  readonly bestExactThreshold?: number;
  readonly bestF1?: number;
  readonly bestF1Threshold?: number;
}

/**
 * Scores of SQuAD 2.0, where an empty list of answers says that there is none and an empty prediction claims so.
 * @param targets  answers of each question
 * @throws MetricError (metric-length-mismatch, metric-empty, metric-bad-input, metric-bad-number)
 * @see SQuAD's evaluate-v2.0. The search for thresholds breaks ties in the order of the questions given.
 */
export function squad2(
  targets: readonly (readonly string[])[],
  predictions: readonly string[],
  options: Squad2Options = {},
): Squad2Scores {
  checkOptions('squad2', options, ['noAnswerScores', 'threshold']);
  checkPairs('squad2', targets, predictions);
  checkTexts('squad2', predictions, 'predictions');
  targets.forEach((answers, index) => checkTexts('squad2', answers, `targets[${index}]`));
  const { noAnswerScores, threshold = 1 } = options;
  checkNumbers('squad2', [threshold], { name: 'threshold' });
  const hasAnswer = targets.map((answers) => answers.length > 0);
  const raw = rawScores(targets, predictions);
  if (noAnswerScores === undefined) return breakdown(raw, hasAnswer);
  checkPairs('squad2: noAnswerScores', targets, noAnswerScores);
  checkNumbers('squad2', noAnswerScores, { name: 'noAnswerScores' });
  const decided = raw.map((scores, index): QuestionScores => {
    const emptied = hasAnswer[index] ? 0 : 1;
    return noAnswerScores[index]! > threshold ? [emptied, emptied] : scores;
  });
  const search = { noAnswerScores, hasAnswer, predictions };
  const exact = bestThreshold(
    raw.map(([score]) => score),
    search,
  );
  const f1 = bestThreshold(
    raw.map(([, score]) => score),
    search,
  );
  return {
    ...breakdown(decided, hasAnswer),
    bestExact: exact.score,
    bestExactThreshold: exact.threshold,
    bestF1: f1.score,
    bestF1Threshold: f1.threshold,
  };
}

type QuestionScores = readonly [exact: number, f1: number];

/** Best exact match and F1 per question; answers that normalise to nothing are left out. */
function rawScores(
  targets: readonly (readonly string[])[],
  predictions: readonly string[],
): readonly QuestionScores[] {
  const golds = targets.map((answers) => {
    const real = answers.filter((text) => normalizeSquad(text) !== '');
    return real.length > 0 ? real : [''];
  });
  const exacts = answerStatistics(golds, { predictions, normalize: normalizeSquad });
  return golds.map((answers, index) => [
    exacts[index]![0],
    bestOf(answers, (text) => agreement(text, predictions[index]!)),
  ]);
}

/** F1 of words; if either text is empty, whether both are. */
function agreement(target: string, prediction: string): number {
  const [gold, own] = [splitWords(normalizeSquad(target)), splitWords(normalizeSquad(prediction))];
  if (gold.length === 0 || own.length === 0) return gold.length === own.length ? 1 : 0;
  return wordF1(gold, own);
}

function breakdown(scores: readonly QuestionScores[], hasAnswer: readonly boolean[]): Squad2Scores {
  const part = (isIn: (index: number) => boolean): { exact: number; f1: number; total: number } => {
    const own = scores.filter((_, index) => isIn(index));
    const percent = (values: readonly number[]): number => (100 * sum(values)) / own.length;
    return {
      exact: percent(own.map(([exact]) => exact)),
      f1: percent(own.map(([, f1]) => f1)),
      total: own.length,
    };
  };
  const all = part(() => true);
  const has = part((index) => hasAnswer[index]!);
  const no = part((index) => !hasAnswer[index]!);
  return {
    ...all,
    ...(has.total > 0 ? { hasAnswerExact: has.exact, hasAnswerF1: has.f1, hasAnswerTotal: has.total } : {}),
    ...(no.total > 0 ? { noAnswerExact: no.exact, noAnswerF1: no.f1, noAnswerTotal: no.total } : {}),
  };
}

interface ThresholdSearch {
  readonly noAnswerScores: readonly number[];
  readonly hasAnswer: readonly boolean[];
  readonly predictions: readonly string[];
}

/**
 * Best score over thresholds: from "nothing has an answer" on, questions are answered in the order of their scores.
 */
function bestThreshold(
  scores: readonly number[],
  { noAnswerScores, hasAnswer, predictions }: ThresholdSearch,
): { readonly score: number; readonly threshold: number } {
  let current = hasAnswer.filter((has) => !has).length;
  let [best, threshold] = [current, 0];
  const order = scores.map((_, index) => index).sort((a, b) => noAnswerScores[a]! - noAnswerScores[b]!);
  for (const index of order) {
    if (hasAnswer[index]) current += scores[index]!;
    else if (predictions[index] !== '') current -= 1;
    if (current <= best) continue;
    best = current;
    threshold = noAnswerScores[index]!;
  }
  return { score: (100 * best) / scores.length, threshold };
}
