import { checkPairs } from './checks.js';
import { f1WithInvalid } from './classification.js';
import { groupsOf, type Grouped } from './metric.js';

/** Shares in [0, 1]. */
export interface MultiRcScores {
  /** F1 of "is a right answer" over all answers (F1a). */
  readonly f1: number;
  /** Share of questions with every answer judged rightly. */
  readonly exactMatch: number;
}

/**
 * Scores of MultiRC, where each answer of a question is judged by itself.
 * @param targets  per answer 0 or 1, grouped by question
 * @param predictions  0 or 1; anything else counts as wrong
 * @see multirc_f1_over_all_answers and all_match of T5
 */
export function multiRc(targets: readonly Grouped<number>[], predictions: readonly number[]): MultiRcScores {
  checkPairs('multiRc', targets, predictions);
  const questions = groupsOf(targets);
  const { f1 } = f1WithInvalid(
    targets.map(({ value }) => value),
    predictions,
  );
  const right = questions.filter((answers) =>
    answers.every((index) => predictions[index] === targets[index]!.value),
  );
  return { f1, exactMatch: right.length / questions.length };
}
