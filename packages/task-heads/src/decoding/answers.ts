import { OptionError, checkOptions } from '@tesserae/tensor';
import type { AnswerTokens, AnswerWindow } from './answer-windows.js';
import { nullLogitsOf, requireAnswerLogits, spanPlace, windowSpans } from './answer-windows.js';
import { requireCounts } from './checks.js';

/** An answer in a context. `context.slice(start, end)` is `answer`. */
export interface Answer {
  readonly answer: string;
  /** Probability of its start times that of its end, within its window; summed over the spans that give this text. */
  readonly score: number;
  /** UTF-16 code units; both 0 for no answer. */
  readonly start: number;
  readonly end: number;
}

/** How answers are chosen. */
export interface AnswerOptions {
  readonly context: string;
  /** Answers that are given, best first; default 1. */
  readonly topK?: number;
  /** The most tokens of an answer; default 15. */
  readonly maxAnswerLength?: number;
  /** Lets 'no answer' compete: an empty text; default false. */
  readonly handleImpossibleAnswer?: boolean;
  /** Widens answers to whole words of the tokenizer; default true where the tokens have word ids. */
  readonly alignToWords?: boolean;
}

/** The answers of a question, and what speaks for there being none. */
export interface Answers {
  readonly answers: readonly Answer[];
  /** The least over the windows of the probability that the answer is at [CLS]: that there is none. */
  readonly noAnswerScore: number;
  /**
   * Logits of no answer, where they are least, minus those of the best span: SQuAD 2.0's threshold is on this. Google's and
   * the official script's value. Undefined where no window has a no-answer token.
   */
  readonly nullScoreDiff: number | undefined;
}

const KNOWN = ['context', 'topK', 'maxAnswerLength', 'handleImpossibleAnswer', 'alignToWords'];

/**
 * The best answers over all windows, as Hugging Face's pipeline (of transformers 4) chooses them: probabilities of starts
 * and ends over the context's tokens and [CLS], the best products of each window whose end is not before its start, the
 * scores of equal texts added.
 * @throws OptionError for unknown or impossible options · ShapeError when a token has no logits
 */
export function decodeAnswers(windows: readonly AnswerWindow[], options: AnswerOptions): Answers {
  const op = 'decodeAnswers';
  checkOptions(op, options, KNOWN);
  const { context, topK = 1, maxAnswerLength = 15, handleImpossibleAnswer = false } = options;
  requireCounts(op, { topK, maxAnswerLength });
  const found = new Map<string, Answer>();
  let [noAnswerScore, bestLogits, leastNull] = [1, -Infinity, Infinity as number | undefined];
  for (const window of windows) {
    requireAnswerLogits(op, window);
    const { startLogits, endLogits, tokens } = window;
    const alignsToWords = aligns(tokens, options.alignToWords);
    const inWindow = windowSpans(window, maxAnswerLength);
    noAnswerScore = Math.min(noAnswerScore, inWindow.noAnswerScore);
    leastNull = leastOf(leastNull, nullLogitsOf(window));
    const ranked = [...inWindow.spans].sort((a, b) => b.score - a.score);
    // more than asked for: words may make several spans one answer
    for (const { first, last, score } of ranked.slice(0, alignsToWords ? 2 * topK + 10 : topK)) {
      bestLogits = Math.max(bestLogits, startLogits[first]! + endLogits[last]!);
      const place = spanPlace(tokens, { first, last, alignsToWords });
      const answer = context.slice(place.start, place.end);
      const known = found.get(answer.toLowerCase()) ?? { answer, score: 0, ...place };
      found.set(answer.toLowerCase(), { ...known, score: known.score + score });
    }
  }
  const answers = [...found.values()];
  if (handleImpossibleAnswer) answers.push({ answer: '', score: noAnswerScore, start: 0, end: 0 });
  answers.sort((a, b) => b.score - a.score);
  const nullScoreDiff = leastNull === undefined ? undefined : leastNull - bestLogits;
  return { answers: answers.slice(0, topK), noAnswerScore, nullScoreDiff };
}

const leastOf = (a: number | undefined, b: number | undefined): number | undefined =>
  a === undefined || b === undefined ? undefined : Math.min(a, b);

function aligns({ wordIds }: AnswerTokens, wanted: boolean | undefined): boolean {
  if (wanted !== true || wordIds !== undefined) return wanted ?? wordIds !== undefined;
  throw new OptionError({
    op: 'decodeAnswers',
    problem: 'alignToWords is set, but the tokens have no word ids',
    likely: 'Take the tokens of an encoding, or leave alignToWords out.',
    page: 'option-conflict',
  });
}
