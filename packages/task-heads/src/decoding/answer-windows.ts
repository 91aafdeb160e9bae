import { requireTokenLogits } from './checks.js';
import { softmaxOf } from './token-spans.js';

/**
 * The tokens of a question and its context, or a part of it; the context is sequence 1. An `Encoding` of a pair is one; a
 * `QuestionWindow` of the data package becomes one by `answerTokens`.
 */
export interface AnswerTokens {
  /** Pairs (start, end) in UTF-16 code units of the text a token is from. */
  readonly offsets: ArrayLike<number>;
  readonly sequenceIds: ArrayLike<number>;
  /** Number of each token's word; absent: answers are not widened to words. */
  readonly wordIds?: ArrayLike<number>;
  /** 1 where no other window shows more context around the token; absent: everywhere. */
  readonly isMaxContext?: ArrayLike<number>;
}

/** One window over a question and a part of its context. */
export interface AnswerWindow {
  readonly tokens: AnswerTokens;
  /** [seqLen]; padding may follow. */
  readonly startLogits: ArrayLike<number>;
  /** [seqLen] */
  readonly endLogits: ArrayLike<number>;
  /** The token whose logits stand for "no answer"; null: there is none. Default 0, where [CLS] stands. */
  readonly nullPosition?: number | null;
}

/** Tokens of a window whose offsets are those of the context, and negative elsewhere. */
export function answerTokens({
  offsets,
  isMaxContext,
}: {
  readonly offsets: Int32Array;
  readonly isMaxContext?: Uint8Array;
}): AnswerTokens {
  const sequenceIds = Array.from({ length: offsets.length / 2 }, (_, token) =>
    offsets[2 * token]! < 0 ? -1 : 1,
  );
  return { offsets, sequenceIds, ...(isMaxContext === undefined ? {} : { isMaxContext }) };
}

/** True for tokens of the context. */
export const isContext = ({ sequenceIds }: AnswerTokens, token: number): boolean => sequenceIds[token] === 1;

/** Sum of the logits of "no answer"; undefined where no token stands for it. */
export function nullLogitsOf({ nullPosition = 0, startLogits, endLogits }: AnswerWindow): number | undefined {
  return nullPosition === null ? undefined : startLogits[nullPosition]! + endLogits[nullPosition]!;
}

/** Throws unless each token has both logits. @throws ShapeError */
export function requireAnswerLogits(op: string, { tokens, startLogits, endLogits }: AnswerWindow): void {
  requireTokenLogits(op, startLogits, tokens.sequenceIds.length);
  requireTokenLogits(op, endLogits, tokens.sequenceIds.length);
}

/** A span of tokens, and how likely it is the answer within its window. */
interface ScoredSpan {
  readonly first: number;
  readonly last: number;
  readonly score: number;
}

/**
 * Every span of the context of at most `maxAnswerLength` tokens, and the score of "no answer". Scores are P(first)·P(last),
 * the probabilities taken over the context and the no-answer token.
 */
export function windowSpans(
  window: AnswerWindow,
  maxAnswerLength: number,
): { readonly spans: readonly ScoredSpan[]; readonly noAnswerScore: number } {
  const { tokens, startLogits, endLogits, nullPosition = 0 } = window;
  const counted = Array.from({ length: tokens.sequenceIds.length }, (_, token) => token).filter(
    (token) => isContext(tokens, token) || token === nullPosition,
  );
  const start = softmaxOf(counted.map((token) => startLogits[token]!));
  const end = softmaxOf(counted.map((token) => endLogits[token]!));
  const spans: ScoredSpan[] = [];
  counted.forEach((first, from) => {
    for (let to = from; to < counted.length && counted[to]! < first + maxAnswerLength; to++) {
      const last = counted[to]!;
      if (first !== nullPosition && last !== nullPosition)
        spans.push({ first, last, score: start[from]! * end[to]! });
    }
  });
  const at = nullPosition === null ? -1 : counted.indexOf(nullPosition);
  return { spans, noAnswerScore: at < 0 ? 0 : start[at]! * end[at]! };
}

/** Where a span of tokens stands in the context; `alignsToWords` widens it to the words of its ends. */
export function spanPlace(
  { offsets, sequenceIds, wordIds }: AnswerTokens,
  {
    first,
    last,
    alignsToWords,
  }: { readonly first: number; readonly last: number; readonly alignsToWords: boolean },
): { readonly start: number; readonly end: number } {
  let [from, to] = [first, last];
  if (alignsToWords && wordIds !== undefined) {
    const isSameWord = (a: number, b: number): boolean => sequenceIds[b] === 1 && wordIds[a] === wordIds[b];
    while (from > 0 && isSameWord(from, from - 1)) from--;
    while (to + 1 < wordIds.length && isSameWord(to, to + 1)) to++;
  }
  return { start: offsets[2 * from]!, end: offsets[2 * to + 1]! };
}
