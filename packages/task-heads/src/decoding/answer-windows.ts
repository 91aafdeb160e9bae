import type { Encoding } from '@tesserae/tokenizer';
import { requireTokens } from './checks.js';
import type { Numbers } from './scores.js';
import { softmaxOf } from './scores.js';

/** The tokens of a question with its context, or a part of it; `QuestionWindow` of the data package is one. */
export interface AnswerTokens {
  /** Pairs (start, end) in UTF-16 units of the context; (-1, -1) for tokens that are not of it. */
  readonly offsets: Int32Array;
  /** Number of each token's word; absent: answers are not widened to words. */
  readonly wordIds?: Int32Array;
  /** 1 where no other window shows more context around the token; absent: everywhere. */
  readonly isMaxContext?: Uint8Array;
  /** The token whose logits stand for "no answer": [CLS]; undefined: there is none. Default 0. */
  readonly nullPosition?: number | undefined;
}

/** A window, and the logits of an answer's first and last token. */
export interface AnswerWindow {
  readonly tokens: AnswerTokens;
  /** [seqLen]; entries behind the tokens are padding. */
  readonly startLogits: Numbers;
  /** [seqLen] */
  readonly endLogits: Numbers;
}

/**
 * The tokens of a question and its context that were encoded as a pair.
 * @param options.clsId  the id of the token that stands for "no answer"; undefined: there is none
 */
export function answerTokens(
  encoding: Pick<Encoding, 'ids' | 'offsets' | 'sequenceIds' | 'wordIds'>,
  { clsId }: { readonly clsId: number | undefined },
): AnswerTokens {
  const { ids, sequenceIds, wordIds } = encoding;
  const offsets = encoding.offsets.map((place, index) => (sequenceIds[index >> 1] === 1 ? place : -1));
  const at = clsId === undefined ? -1 : ids.indexOf(clsId);
  return { offsets, wordIds, nullPosition: at < 0 ? undefined : at };
}

/** Number of tokens, padding left out. */
export const tokenCount = ({ tokens }: AnswerWindow): number => tokens.offsets.length / 2;

/** True for tokens of the context. */
export const isContext = ({ offsets }: AnswerTokens, token: number): boolean => offsets[2 * token]! >= 0;

/** The no-answer token of a window, if it has one. */
export const nullPositionOf = (tokens: AnswerTokens): number | undefined =>
  'nullPosition' in tokens ? tokens.nullPosition : 0;

/** Throws unless each token has both logits. @throws ShapeError */
export function requireAnswerLogits(op: string, window: AnswerWindow): void {
  requireTokens(op, window.startLogits, tokenCount(window));
  requireTokens(op, window.endLogits, tokenCount(window));
}

/** Spans of tokens, and what they score. */
export interface WindowSpans {
  readonly firsts: readonly number[];
  readonly lasts: readonly number[];
  readonly scores: readonly number[];
  /** Score of the no-answer token; 0 where there is none. */
  readonly noAnswerScore: number;
}

/**
 * Every span of the context of at most `maxAnswerLength` tokens; its score is P(first)·P(last), the probabilities taken
 * over the context and the no-answer token.
 */
export function windowSpans(window: AnswerWindow, maxAnswerLength: number): WindowSpans {
  const { tokens, startLogits, endLogits } = window;
  const nullPosition = nullPositionOf(tokens);
  const all = Array.from({ length: tokenCount(window) }, (_, token) => token);
  const counted = all.filter((token) => isContext(tokens, token) || token === nullPosition);
  const start = softmaxOf(counted.map((token) => startLogits[token]!));
  const end = softmaxOf(counted.map((token) => endLogits[token]!));
  const nullIndex = nullPosition === undefined ? -1 : counted.indexOf(nullPosition);
  const firsts: number[] = [];
  const lasts: number[] = [];
  const scores: number[] = [];
  counted.forEach((first, from) => {
    for (let to = from; to < counted.length && counted[to]! < first + maxAnswerLength; to++) {
      if (from === nullIndex || to === nullIndex) continue;
      firsts.push(first);
      lasts.push(counted[to]!);
      scores.push(start[from]! * end[to]!);
    }
  });
  return { firsts, lasts, scores, noAnswerScore: nullIndex < 0 ? 0 : start[nullIndex]! * end[nullIndex]! };
}

/** Where a span of tokens stands in the context; `alignsToWords` widens it to the words of its ends. */
export function spanPlace(
  { offsets, wordIds }: AnswerTokens,
  {
    first,
    last,
    alignsToWords,
  }: { readonly first: number; readonly last: number; readonly alignsToWords: boolean },
): { readonly start: number; readonly end: number } {
  let [from, to] = [first, last];
  if (alignsToWords && wordIds !== undefined) {
    const isSameWord = (a: number, b: number): boolean => offsets[2 * b]! >= 0 && wordIds[a] === wordIds[b];
    while (from > 0 && isSameWord(from, from - 1)) from--;
    while (to + 1 < wordIds.length && isSameWord(to, to + 1)) to++;
  }
  return { start: offsets[2 * from]!, end: offsets[2 * to + 1]! };
}
