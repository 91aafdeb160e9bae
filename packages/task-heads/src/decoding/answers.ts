import { OptionError, checkOptions } from '@tesserae/tensor';
import type { TokenSpans } from './token-spans.js';
import { softmaxOf } from './token-spans.js';

/** An answer in a context. `context.slice(start, end)` is `answer`. */
export interface Answer {
  readonly answer: string;
  /** Probability of its start times that of its end, within its window. */
  readonly score: number;
  /** UTF-16 code units; both 0 for no answer. */
  readonly start: number;
  readonly end: number;
}

/** One window over a question and a part of its context. */
export interface AnswerWindow {
  /** Of the row [CLS] question [SEP] context [SEP]; the context is sequence 1. */
  readonly tokens: TokenSpans;
  readonly startLogits: ArrayLike<number>;
  readonly endLogits: ArrayLike<number>;
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
  /** Widens answers to whole words; default true. */
  readonly alignToWords?: boolean;
}

/** The answers of a question, and what speaks for there being none. */
export interface Answers {
  readonly answers: readonly Answer[];
  /** The least over the windows of the probability that the answer is at [CLS]: that there is none. */
  readonly noAnswerScore: number;
  /** Logits of no answer minus those of the best answer: SQuAD 2.0's threshold is on this. Google's and the official script's value. */
  readonly nullScoreDiff: number;
}

const KNOWN = ['context', 'topK', 'maxAnswerLength', 'handleImpossibleAnswer', 'alignToWords'];

interface Candidate {
  readonly score: number;
  readonly logits: number;
  readonly first: number;
  readonly last: number;
}

/**
 * The best answers over all windows, as Hugging Face's pipeline chooses them: probabilities of starts and ends over the context's tokens
 * (and [CLS]), the best products of each window whose end is not before its start.
 * @throws OptionError for unknown or impossible options
 */
export function decodeAnswers(windows: readonly AnswerWindow[], options: AnswerOptions): Answers {
  checkOptions('decodeAnswers', options, KNOWN);
  const {
    context,
    topK = 1,
    maxAnswerLength = 15,
    handleImpossibleAnswer = false,
    alignToWords = true,
  } = options;
  requireCounts({ topK, maxAnswerLength });
  const found: Answer[] = [];
  let noAnswerScore = 1;
  let [bestLogits, leastNull] = [-Infinity, Infinity];
  for (const window of windows) {
    const { candidates, nullScore, nullLogits } = candidatesOf(window, {
      topK,
      maxAnswerLength,
      withNull: handleImpossibleAnswer,
    });
    noAnswerScore = Math.min(noAnswerScore, nullScore);
    leastNull = Math.min(leastNull, nullLogits);
    for (const { score, logits, first, last } of candidates) {
      bestLogits = Math.max(bestLogits, logits);
      const { offsets } = window.tokens;
      const [start, end] = spanOf(
        context,
        { start: offsets[2 * first]!, end: offsets[2 * last + 1]! },
        alignToWords,
      );
      found.push({ answer: context.slice(start, end), score, start, end });
    }
  }
  if (handleImpossibleAnswer) found.push({ answer: '', score: noAnswerScore, start: 0, end: 0 });
  const answers = withoutRepeats(found.sort((a, b) => b.score - a.score)).slice(0, topK);
  return { answers, noAnswerScore, nullScoreDiff: leastNull - bestLogits };
}

function requireCounts(counts: Readonly<Record<string, number>>): void {
  for (const [name, value] of Object.entries(counts)) {
    if (Number.isSafeInteger(value) && value > 0) continue;
    throw new OptionError({
      op: 'decodeAnswers',
      problem: `${name} is ${value}, needed a whole number from 1`,
      page: 'option-value',
      got: value,
    });
  }
}

/** Several windows, or spans widened to the same words, may give the same answer: the surest stays. */
function withoutRepeats(sorted: readonly Answer[]): Answer[] {
  const seen = new Set<string>();
  return sorted.filter(({ start, end }) => {
    const key = `${start} ${end}`;
    return !seen.has(key) && seen.add(key);
  });
}

function candidatesOf(
  { tokens, startLogits, endLogits }: AnswerWindow,
  {
    topK,
    maxAnswerLength,
    withNull,
  }: { readonly topK: number; readonly maxAnswerLength: number; readonly withNull: boolean },
): { readonly candidates: readonly Candidate[]; readonly nullScore: number; readonly nullLogits: number } {
  const { sequenceIds } = tokens;
  const isContext = (at: number): boolean => sequenceIds[at] === 1;
  const masked = (logits: ArrayLike<number>): Float64Array =>
    softmaxOf(
      Array.from({ length: sequenceIds.length }, (_, at) =>
        isContext(at) || (withNull && at === 0) ? logits[at]! : -Infinity,
      ),
    );
  const [starts, ends] = [masked(startLogits), masked(endLogits)];
  const nullScore = starts[0]! * ends[0]!;
  const best: Candidate[] = [];
  for (let first = 0; first < sequenceIds.length; first++) {
    if (!isContext(first)) continue;
    const limit = Math.min(sequenceIds.length, first + maxAnswerLength);
    for (let last = first; last < limit && isContext(last); last++) {
      const score = starts[first]! * ends[last]!;
      if (best.length === topK && score <= best.at(-1)!.score) continue;
      const candidate = { score, logits: startLogits[first]! + endLogits[last]!, first, last };
      const place = best.findIndex((other) => other.score < score);
      best.splice(place < 0 ? best.length : place, 0, candidate);
      best.length = Math.min(best.length, topK);
    }
  }
  return { candidates: best, nullScore, nullLogits: startLogits[0]! + endLogits[0]! };
}

function spanOf(
  context: string,
  { start, end }: { readonly start: number; readonly end: number },
  alignToWords: boolean,
): readonly [number, number] {
  if (!alignToWords) return [start, end];
  let [from, to] = [start, end];
  while (from > 0 && !/\s/.test(context[from - 1]!)) from--;
  while (to < context.length && !/\s/.test(context[to]!)) to++;
  return [from, to];
}
