import { DataError, show } from '../errors.js';
import { codeUnitIndex, type ToCodeUnit } from './code-points.js';

/** An answer and where it stands in its context. */
export interface AnswerSpan {
  readonly text: string;
  /** Index of its first UTF-16 code unit: `context.slice(start, start + text.length) === text`. */
  readonly start: number;
}

/** A question about a text that may hold its answer. */
export interface QuestionAnswering {
  readonly id: string;
  /** Empty where the data set has none. */
  readonly title: string;
  readonly question: string;
  readonly context: string;
  /** None when the question cannot be answered, or in test sets. */
  readonly answers: readonly AnswerSpan[];
  /** Whether the context does not answer the question (SQuAD 2.0). */
  readonly isImpossible: boolean;
}

/** An answer that is not where the file says: an error (default), or moved to the nearest place where it stands. */
export type MisplacedAnswers = 'error' | 'nearest';

/** Checks answers of one context and converts their positions. */
export interface ContextAnswers {
  readonly context: string;
  readonly toCodeUnit: ToCodeUnit;
}

/** Prepares a context for many questions. */
export function contextAnswers(context: string): ContextAnswers {
  return { context, toCodeUnit: codeUnitIndex(context) };
}

/**
 * The span of an answer given by text and position.
 * @param given.start  in code points, as Python counts
 * @throws DataError (data-answer) when the context has another text there
 */
export function answerSpan(
  { context, toCodeUnit }: ContextAnswers,
  given: {
    readonly text: string;
    readonly start: number;
    readonly misplaced: MisplacedAnswers;
    readonly op: string;
  },
): AnswerSpan {
  const { text, misplaced, op } = given;
  const start = toCodeUnit(given.start);
  if (given.start >= 0 && context.startsWith(text, start)) return { text, start };
  const near = nearest(context, text, start);
  if (near !== undefined && misplaced === 'nearest') return { text, start: near };
  const there = show(context.slice(Math.max(0, start), Math.max(0, start) + text.length));
  throw new DataError({
    op,
    problem: `the answer ${show(text)} is not at ${given.start} of the context, where ${there} stands${
      near === undefined ? '; it stands nowhere in it' : `; it stands at ${near}`
    }`,
    field: 'answer_start',
    page: 'data-answer',
    remedy:
      "positions that count bytes or code units instead of code points, or a context that was changed. misplacedAnswers: 'nearest' searches.",
  });
}

function nearest(context: string, text: string, start: number): number | undefined {
  const before = context.lastIndexOf(text, start);
  const behind = context.indexOf(text, start);
  const found = [before, behind].filter((index) => index >= 0);
  return found.length === 0
    ? undefined
    : found.reduce((a, b) => (Math.abs(a - start) <= Math.abs(b - start) ? a : b));
}
