import { OptionError, checkOptions } from '@tesserae/tensor';
import type { AnswerTokens, AnswerWindow } from './answer-windows.js';
import { requireAnswerLogits, spanPlace, windowSpans } from './answer-windows.js';
import { requireCount } from './checks.js';
import { bestOfAll } from './scores.js';

/** A part of a context that answers a question. */
export interface Answer {
  /** `context.slice(start, end)`; empty: there is no answer. */
  readonly text: string;
  readonly score: number;
  /** In UTF-16 units of the context. */
  readonly start: number;
  readonly end: number;
}

/** How answers are read. */
export interface AnswerOptions {
  /** The most answers. Default 1. */
  readonly topK?: number;
  /** The longest answer, in tokens. Default 15. */
  readonly maxAnswerLength?: number;
  /** The empty answer stands among the others, by its score. Default false. */
  readonly handlesImpossibleAnswer?: boolean;
  /** Answers are widened to whole words. Default: where the windows have word ids. */
  readonly alignsToWords?: boolean;
}

const OPTIONS = ['topK', 'maxAnswerLength', 'handlesImpossibleAnswer', 'alignsToWords'];

/**
 * Answers to a question from the windows of its context, best first, as Hugging Face's QuestionAnsweringPipeline finds
 * them: a span's score is the product of the probabilities of its ends, within its window; equal texts count
 * together.
 * @throws ShapeError when a token has no logits
 */
export function decodeAnswers(
  context: string,
  windows: readonly AnswerWindow[],
  options: AnswerOptions = {},
): readonly Answer[] {
  const op = 'decodeAnswers';
  checkOptions(op, options, OPTIONS);
  const { topK = 1, maxAnswerLength = 15, handlesImpossibleAnswer = false } = options;
  requireCount(op, 'topK', topK);
  requireCount(op, 'maxAnswerLength', maxAnswerLength);
  const answers = new Map<string, Answer>();
  let noAnswerScore = Infinity;
  for (const window of windows) {
    requireAnswerLogits(op, window);
    const alignsToWords = aligns(window.tokens, options.alignsToWords);
    const spans = windowSpans(window, maxAnswerLength);
    noAnswerScore = Math.min(noAnswerScore, spans.noAnswerScore);
    // more than asked for: words may make several spans one answer
    for (const best of bestOfAll(spans.scores, alignsToWords ? 2 * topK + 10 : topK)) {
      const ends = { first: spans.firsts[best]!, last: spans.lasts[best]!, alignsToWords };
      const place = spanPlace(window.tokens, ends);
      const text = context.slice(place.start, place.end);
      const known = answers.get(text.toLowerCase()) ?? { text, score: 0, ...place };
      answers.set(text.toLowerCase(), { ...known, score: known.score + spans.scores[best]! });
    }
  }
  const found = [...answers.values()];
  if (handlesImpossibleAnswer && windows.length > 0) {
    found.push({ text: '', score: noAnswerScore, start: 0, end: 0 });
  }
  return found.sort((a, b) => b.score - a.score).slice(0, topK);
}

function aligns({ wordIds }: AnswerTokens, wanted: boolean | undefined): boolean {
  if (wanted !== true || wordIds !== undefined) return wanted ?? wordIds !== undefined;
  throw new OptionError({
    op: 'decodeAnswers',
    problem: 'alignsToWords, but the tokens have no word ids',
    likely: 'Make the tokens of an encoding with `answerTokens`, or leave alignsToWords out.',
    page: 'option-conflict',
  });
}
