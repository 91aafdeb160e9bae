import { checkOptions } from '@tesserae/tensor';
import type { Answer } from './answers.js';
import type { AnswerTokens, AnswerWindow } from './answer-windows.js';
import { isContext, nullLogitsOf, requireAnswerLogits, spanPlace } from './answer-windows.js';
import { requireCounts } from './checks.js';
import { largestIndices, softmaxOf } from './token-spans.js';

// The n-best list of the SQuAD scripts, which ranks spans by the sum of their logits over all windows.

/** Ends of a joint head: the best starts, and the best ends for each of them. */
export interface BeamWindow {
  readonly tokens: AnswerTokens;
  /** [beamSize] log-probabilities, and the tokens they are of. */
  readonly startTopLogProbs: ArrayLike<number>;
  readonly startTopIndices: ArrayLike<number>;
  /** [beamSize, beamSize], row-major: a row for each start. */
  readonly endTopLogProbs: ArrayLike<number>;
  readonly endTopIndices: ArrayLike<number>;
}

/** A window of either head, and what its answerability classifier says, if it has one. */
export type NBestWindow = (AnswerWindow | BeamWindow) & {
  /** Large where the question has no answer. */
  readonly answerableLogit?: number;
};

/** How the list is made. */
export interface NBestOptions {
  /** The most answers; and, unless a head has chosen them, starts and ends that are tried in each window. Default 20. */
  readonly nBest?: number;
  /** The longest answer, in tokens. Default 30. */
  readonly maxAnswerLength?: number;
  /** The empty answer is chosen when `scoreDiff` is above; absent: never, as for SQuAD 1.1. */
  readonly noAnswerThreshold?: number;
}

/** One answer of the list. */
export interface NBestAnswer extends Answer {
  /** Probability among the answers of the list. */
  readonly score: number;
  readonly startLogit: number;
  readonly endLogit: number;
}

/** What is known about a question. */
export interface AnswerRanking {
  /** Best first, each text once. */
  readonly answers: readonly NBestAnswer[];
  /**
   * The answerability logit, else the score of "no answer", of the window where it is least; undefined where no window
   * has one.
   */
  readonly noAnswerScore: number | undefined;
  /**
   * What the threshold is compared with, and official evaluations search the best threshold for: the answerability
   * logit; or by how much "no answer" scores above the best answer.
   */
  readonly scoreDiff: number | undefined;
  /** The text of the best answer; '' where there is none or the threshold rules it out. */
  readonly prediction: string;
}

interface Candidate {
  readonly window: NBestWindow;
  readonly first: number;
  readonly last: number;
  readonly startLogit: number;
  readonly endLogit: number;
}

const OPTIONS = ['nBest', 'maxAnswerLength', 'noAnswerThreshold'];

/**
 * The n-best answers over all windows of a context, as the SQuAD scripts of BERT and ELECTRA rank them. Spans begin
 * where the window shows the most context. A text is the slice of the context, not words joined by spaces.
 * @throws ShapeError when a token has no logits
 */
export function rankAnswers(
  context: string,
  windows: readonly NBestWindow[],
  options: NBestOptions = {},
): AnswerRanking {
  const op = 'rankAnswers';
  checkOptions(op, options, OPTIONS);
  const { nBest = 20, maxAnswerLength = 30, noAnswerThreshold } = options;
  requireCounts(op, { nBest, maxAnswerLength });
  for (const window of windows) if ('startLogits' in window) requireAnswerLogits(op, window);
  const candidates = windows
    .flatMap((window) => spansOf(window, { nBest, maxAnswerLength }))
    .sort((a, b) => b.startLogit + b.endLogit - (a.startLogit + a.endLogit));
  const answers = distinctAnswers(context, candidates, nBest);
  const noAnswerScore = leastNoAnswerScore(windows);
  const hasClassifier = windows.some(({ answerableLogit }) => answerableLogit !== undefined);
  const [best] = answers;
  const bestScore = best === undefined ? 0 : best.startLogit + best.endLogit;
  const scoreDiff = noAnswerScore === undefined || hasClassifier ? noAnswerScore : noAnswerScore - bestScore;
  const isRuledOut =
    noAnswerThreshold !== undefined && scoreDiff !== undefined && scoreDiff > noAnswerThreshold;
  return { answers, noAnswerScore, scoreDiff, prediction: isRuledOut ? '' : (best?.answer ?? '') };
}

/** Spans of a window whose ends are among the best and belong together. */
function spansOf(
  window: NBestWindow,
  { nBest, maxAnswerLength }: { readonly nBest: number; readonly maxAnswerLength: number },
): readonly Candidate[] {
  const { tokens } = window;
  const pairs = 'startLogits' in window ? bestPairs(window, nBest) : beamPairs(window);
  return pairs
    .filter(({ first, last }) => {
      const isInside = isContext(tokens, first) && isContext(tokens, last);
      const isShown = tokens.isMaxContext === undefined || tokens.isMaxContext[first] === 1;
      return isInside && isShown && last >= first && last - first < maxAnswerLength;
    })
    .map((pair) => ({ window, ...pair }));
}

type Pair = Omit<Candidate, 'window'>;

function bestPairs(window: AnswerWindow, nBest: number): readonly Pair[] {
  const { startLogits, endLogits } = window;
  const lasts = largestIndices(endLogits, nBest);
  return largestIndices(startLogits, nBest).flatMap((first) =>
    lasts.map((last) => ({ first, last, startLogit: startLogits[first]!, endLogit: endLogits[last]! })),
  );
}

/** Every pair of the beams, however many are asked for. */
function beamPairs(window: BeamWindow): readonly Pair[] {
  const { startTopLogProbs, startTopIndices, endTopLogProbs, endTopIndices } = window;
  const beamSize = startTopIndices.length;
  return Array.from({ length: endTopIndices.length }, (_, pair) => {
    const start = Math.floor(pair / beamSize);
    return {
      first: startTopIndices[start]!,
      last: endTopIndices[pair]!,
      startLogit: startTopLogProbs[start]!,
      endLogit: endTopLogProbs[pair]!,
    };
  });
}

function distinctAnswers(
  context: string,
  candidates: readonly Candidate[],
  nBest: number,
): readonly NBestAnswer[] {
  const found = new Map<string, Omit<NBestAnswer, 'score'>>();
  for (const { window, first, last, startLogit, endLogit } of candidates) {
    if (found.size === nBest) break;
    const place = spanPlace(window.tokens, { first, last, alignsToWords: false });
    const answer = context.slice(place.start, place.end);
    if (!found.has(answer)) found.set(answer, { answer, ...place, startLogit, endLogit });
  }
  const answers = [...found.values()];
  const probabilities =
    answers.length === 0 ? [] : softmaxOf(answers.map(({ startLogit, endLogit }) => startLogit + endLogit));
  return answers.map((answer, index) => ({ ...answer, score: probabilities[index]! }));
}

function leastNoAnswerScore(windows: readonly NBestWindow[]): number | undefined {
  const scores = windows.map((window) => {
    if (window.answerableLogit !== undefined) return window.answerableLogit;
    return 'startLogits' in window ? nullLogitsOf(window) : undefined;
  });
  const known = scores.filter((score) => score !== undefined);
  return known.length === 0 ? undefined : Math.min(...known);
}
