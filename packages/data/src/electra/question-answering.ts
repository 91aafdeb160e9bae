import type { Tokenizer } from '@tesserae/tokenizer';
import { checkInteger, checkOptions, DataError, show } from '../errors.js';
import type { AnswerSpan, QuestionAnswering } from '../readers/question-answering.js';
import { encoderIds, joinSegments, type EncoderFeatures } from './encoder-ids.js';

/** A question about a context: a record of `readSquad`, or one of your own. */
export interface ContextQuestion extends Pick<QuestionAnswering, 'question' | 'context'> {
  /** The first one is learned; none in test data and for questions without an answer. */
  readonly answers?: readonly AnswerSpan[];
  /** Default false. */
  readonly isImpossible?: boolean;
}

/** How questions become windows. */
export interface QuestionWindowOptions {
  readonly tokenizer: Pick<Tokenizer, 'encode' | 'specialTokens'>;
  /** Longest window, special tokens included. Default 512. */
  readonly maxLength?: number;
  /** Longer questions are cut. Default 64. */
  readonly maxQuestionLength?: number;
  /** Tokens between the beginnings of two windows. Default 128. */
  readonly docStride?: number;
}

/** One window on the context: `[CLS] question [SEP] part of the context [SEP]`. */
export interface QuestionWindow extends EncoderFeatures {
  readonly window: number;
  /** Pairs (start, end) in UTF-16 units of the context; (-1, -1) for tokens that are not of it. */
  readonly offsets: Int32Array; // [2 * seqLen]
  /** 1 where no other window shows more context around the token. */
  readonly isMaxContext: Uint8Array; // [seqLen]
  /** First and last token of the answer; 0, the no-answer slot, when it is not in this window. */
  readonly startPosition: number;
  readonly endPosition: number;
  /** True when the question has no answer at all. */
  readonly isImpossible: boolean;
}

const optionNames = ['tokenizer', 'maxLength', 'maxQuestionLength', 'docStride'];

/**
 * Windows over a context that is longer than the model's input, with the answer's tokens in those that hold it
 * whole.
 * @throws DataError (data-answer) when the context does not have the answer at its start
 */
export function questionWindows(
  { question, context, answers = [], isImpossible = false }: ContextQuestion,
  options: QuestionWindowOptions,
): readonly QuestionWindow[] {
  checkOptions('questionWindows', options, optionNames);
  const { tokenizer, maxLength = 512, maxQuestionLength = 64, docStride = 128 } = options;
  checkInteger('questionWindows', 'maxQuestionLength', maxQuestionLength, 1);
  checkInteger('questionWindows', 'docStride', docStride, 1);
  const ids = encoderIds(tokenizer);
  const query = tokenizer.encode(question, { addSpecialTokens: false }).ids.slice(0, maxQuestionLength);
  checkInteger('questionWindows', 'maxLength', maxLength, query.length + 4);
  const document = tokenizer.encode(context, { addSpecialTokens: false });
  const span =
    isImpossible || answers[0] === undefined
      ? undefined
      : answerTokens(context, answers[0], document.offsets);
  const parts = windowRanges(document.ids.length, { room: maxLength - query.length - 3, docStride });
  const before = query.length + 2;
  return parts.map((part, window) => {
    const features = joinSegments([query, document.ids.subarray(part.from, part.to)], ids);
    const holds = span !== undefined && span.first >= part.from && span.last < part.to;
    const offsets = new Int32Array(2 * features.inputIds.length).fill(-1);
    offsets.set(document.offsets.subarray(2 * part.from, 2 * part.to), 2 * before);
    return {
      ...features,
      window,
      offsets,
      isMaxContext: maxContext(parts, { window, before, seqLen: features.inputIds.length }),
      startPosition: holds ? span.first - part.from + before : 0,
      endPosition: holds ? span.last - part.from + before : 0,
      isImpossible,
    };
  });
}

interface TokenRange {
  readonly from: number;
  readonly to: number;
}

function windowRanges(
  length: number,
  { room, docStride }: { readonly room: number; readonly docStride: number },
): readonly TokenRange[] {
  const ranges: TokenRange[] = [];
  for (let from = 0; from < length; from += Math.min(room, docStride)) {
    const to = Math.min(from + room, length);
    ranges.push({ from, to });
    if (to === length) break;
  }
  return ranges.length > 0 ? ranges : [{ from: 0, to: 0 }];
}

interface MaxContextOptions {
  readonly window: number;
  readonly before: number;
  readonly seqLen: number;
}

/** A token's context in a window is the lesser of what is left and right of it, plus a hundredth of its length. */
function maxContext(parts: readonly TokenRange[], { window, before, seqLen }: MaxContextOptions): Uint8Array {
  const flags = new Uint8Array(seqLen);
  const scoreIn = ({ from, to }: TokenRange, token: number): number =>
    token < from || token >= to ? -1 : Math.min(token - from, to - 1 - token) + 0.01 * (to - from);
  const own = parts[window]!;
  for (let token = own.from; token < own.to; token++) {
    const score = scoreIn(own, token);
    const isBest = parts.every((part, other) => {
      const theirs = scoreIn(part, token);
      return other < window ? theirs < score : theirs <= score; // of equal ones the first
    });
    flags[before + token - own.from] = isBest ? 1 : 0;
  }
  return flags;
}

/** First and last token that overlap the answer. */
function answerTokens(
  context: string,
  { text, start }: AnswerSpan,
  offsets: Int32Array,
): { readonly first: number; readonly last: number } | undefined {
  const end = start + text.length;
  if (text === '' || context.slice(start, end) !== text) {
    throw new DataError({
      op: 'questionWindows',
      field: 'answers',
      problem: `the context has ${show(context.slice(start, end))} at ${start}, not ${show(text)}`,
      page: 'data-answer',
      remedy: 'the context was changed after annotation, or starts do not count UTF-16 units.',
    });
  }
  let [first, last] = [-1, -1];
  for (let token = 0; 2 * token < offsets.length; token++) {
    const overlaps = offsets[2 * token + 1]! > start && offsets[2 * token]! < end;
    if (!overlaps) continue;
    if (first < 0) first = token;
    last = token;
  }
  return first < 0 ? undefined : { first, last };
}
