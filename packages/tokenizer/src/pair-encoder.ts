import { countSpecialTokens, type RowInputs, type RowLayout, type TokenRange } from './encoding.js';
import { flag, show, TokenizerError } from './errors.js';
import type { TemplatePiece } from './pipeline.js';
import { createTextEncoder, type TextEncoder } from './text-encoder.js';
import { TokenSink } from './text/token-sink.js';
import type { TokenizerParts } from './tokenizer-parts.js';
import { tokenWindows, truncatedLengths, type TruncationStrategy } from './truncation.js';

/** A text, or its words when it comes split into words. */
export type TextInput = string | readonly string[];

/** How one text, or a pair, is encoded. */
export interface EncodeOptions {
  /** A second text, such as the context of a question. */
  readonly pair?: TextInput;
  /**
   * The text is an array of words: each is encoded by itself, `wordIds` number them, and offsets count from the
   * start of the word. Default false.
   */
  readonly isSplitIntoWords?: boolean;
  /** Puts in the post-processor's special tokens. Default true. */
  readonly addSpecialTokens?: boolean;
  /** Reads special tokens in the text as text: for texts of strangers. Default false. */
  readonly splitSpecialTokens?: boolean;
  /** The most tokens the result may have, special tokens included. Default: no limit. */
  readonly maxLength?: number;
  /** Which text is cut to keep within `maxLength`; special tokens stay. Default 'longestFirst'. */
  readonly truncation?: TruncationStrategy;
  /** The end that is cut. Default 'right'. */
  readonly truncationSide?: 'right' | 'left';
  /** Gives what was cut off as further windows, each with its special tokens. Default false. */
  readonly returnOverflowing?: boolean;
  /** Number of tokens that a window shares with the one before. Default 0. */
  readonly stride?: number;
}

/** What the options that single texts and batches share may be. */
export const encodeRules = {
  isSplitIntoWords: flag,
  addSpecialTokens: flag,
  splitSpecialTokens: flag,
  maxLength: 0,
  truncation: ['longestFirst', 'onlyFirst', 'onlySecond'],
  truncationSide: ['right', 'left'],
  returnOverflowing: flag,
  stride: 0,
};

const bareSingle: readonly TemplatePiece[] = [{ sequence: 'A', typeId: 0 }];
const barePair: readonly TemplatePiece[] = [...bareSingle, { sequence: 'B', typeId: 1 }];

/** Where the rows of an input go: the whole of it, or each of its windows, the first one first. */
export type RowVisitor = (inputs: RowInputs, layout: RowLayout) => void;

/** Encodes and truncates a text or a pair, and hands each row over; options are checked before. */
export type PairEncoder = (
  texts: { readonly text: TextInput; readonly pair: TextInput | undefined },
  options: EncodeOptions,
  visit: RowVisitor,
) => void;

/** Makes the encoder; the tokens it hands over are valid during the call only. */
export function createPairEncoder(parts: TokenizerParts): PairEncoder {
  const { postProcessor } = parts;
  const encodeText = createTextEncoder(parts);
  const single = postProcessor?.single ?? bareSingle;
  const double = postProcessor?.pair ?? barePair;
  const skipsRepeated = postProcessor?.skipsRepeated ?? false;
  const sinks = [new TokenSink(64), new TokenSink(64)] as const;
  return ({ text, pair }, options, visit) => {
    const { addSpecialTokens = true, maxLength } = options;
    const pieces = pair === undefined ? single : double;
    const first = fill(sinks[0], text, { encodeText, options });
    const second = pair === undefined ? undefined : fill(sinks[1], pair, { encodeText, options });
    const specials = addSpecialTokens ? countSpecialTokens(pieces) : 0;
    const room = maxLength === undefined ? Infinity : roomFor(maxLength, specials);
    const layout = { pieces, addSpecialTokens, skipsRepeated };
    for (const inputs of rowsOf({ first, second }, { room, options })) visit(inputs, layout);
  };
}

function fill(
  sink: TokenSink,
  text: TextInput,
  { encodeText, options }: { readonly encodeText: TextEncoder; readonly options: EncodeOptions },
): TokenSink {
  const job = { sink, splitSpecialTokens: options.splitSpecialTokens ?? false };
  sink.reset();
  if (typeof text === 'string') {
    encodeText(text, job);
    return sink;
  }
  text.forEach((word, index) => {
    const from = sink.length;
    encodeText(word, job);
    sink.wordIds.fill(index, from, sink.length);
  });
  return sink;
}

interface RowsJob {
  readonly room: number;
  readonly options: EncodeOptions;
}

/**
 * The row with what is kept of both texts; then, if asked for, those with further windows, in Hugging Face's
 * order.
 */
function rowsOf(
  { first, second }: { readonly first: TokenSink; readonly second: TokenSink | undefined },
  { room, options }: RowsJob,
): readonly RowInputs[] {
  const { truncation = 'longestFirst', truncationSide = 'right', stride = 0 } = options;
  const isOnlyFirst = options.returnOverflowing !== true;
  const lengths = { first: first.length, second: second?.length };
  const kept = truncatedLengths(lengths, { room, strategy: truncation });
  const windows = (sink: TokenSink, length: number): readonly TokenRange[] => {
    const rules = { kept: length, stride, side: truncationSide, isOnlyFirst };
    return tokenWindows(sink.length, rules).map((window) => ({ sink, ...window }));
  };
  const firsts = windows(first, kept.first);
  if (second === undefined) return firsts.map((A) => ({ A }));
  const seconds = windows(second, kept.second!);
  const [A, ...laterA] = firsts;
  const [B, ...laterB] = seconds;
  return [
    { A: A!, B: B! },
    ...laterA.flatMap((later) => seconds.map((each) => ({ A: later, B: each }))),
    ...laterB.map((later) => ({ A: A!, B: later })),
  ];
}

/**
 * Checks that encode options go together.
 * @throws TokenizerError (bad-option)
 */
export function checkEncodeOptions(op: string, options: EncodeOptions): void {
  const fail = (field: keyof EncodeOptions, other: string, remedy: string): never => {
    const problem = `${field} is ${show(options[field])}, but ${other}`;
    throw new TokenizerError({ code: 'bad-option', op, field, problem, remedy });
  };
  if (options.stride !== undefined && options.returnOverflowing !== true) {
    fail('stride', 'returnOverflowing is not true', 'only windows share tokens: pass it.');
  }
  if (options.maxLength !== undefined) return;
  for (const name of ['truncation', 'truncationSide', 'returnOverflowing'] as const) {
    if (options[name]) fail(name, 'maxLength is not given', 'pass it, such as modelMaxLength.');
  }
}

/**
 * Checks that a text is of the kind the options announce.
 * @throws TokenizerError (bad-input)
 */
export function checkInput(op: string, field: string, { input, options }: InputCheck): void {
  const isSplit = options.isSplitIntoWords ?? false;
  const isArray = Array.isArray(input);
  if (isSplit ? isArray && input.every((word) => typeof word === 'string') : typeof input === 'string')
    return;
  const problem = `${field} must be ${isSplit ? 'an array of words' : 'a string'}, got ${show(input)}`;
  const remedy = isArray && !isSplit ? 'if these are words, pass isSplitIntoWords: true.' : undefined;
  throw new TokenizerError({ code: 'bad-input', op, field, problem, remedy });
}

interface InputCheck {
  readonly input: unknown;
  readonly options: EncodeOptions;
}

function roomFor(maxLength: number, specialTokens: number): number {
  if (maxLength >= specialTokens) return maxLength - specialTokens;
  throw new TokenizerError({
    code: 'bad-length',
    op: 'encode',
    field: 'maxLength',
    problem: `maxLength is ${maxLength}, the special tokens alone are ${specialTokens}`,
    remedy: 'a larger maxLength, or addSpecialTokens: false.',
  });
}
