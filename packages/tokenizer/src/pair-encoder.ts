import { assembleEncoding, countSpecialTokens, type Encoding, type TokenRange } from './encoding.js';
import { checkChoice, checkInteger, show, TokenizerError } from './errors.js';
import type { TemplatePiece } from './pipeline.js';
import { createTextEncoder } from './text-encoder.js';
import type { TokenSink } from './text/token-sink.js';
import type { TokenIndex } from './token-index.js';
import type { TokenizerParts } from './tokenizer-parts.js';
import { truncatedLengths, truncationStrategies, type TruncationStrategy } from './truncation.js';

/** How one text, or a pair, is encoded. */
export interface EncodeOptions {
  /** A second text, such as the context of a question. */
  readonly pair?: string;
  /** Puts in the post-processor's special tokens. Default true. */
  readonly addSpecialTokens?: boolean;
  /** The most tokens the result may have, special tokens included. Default: no limit. */
  readonly maxLength?: number;
  /** Which text is cut to keep within `maxLength`; special tokens stay. Default 'longestFirst'. */
  readonly truncation?: TruncationStrategy;
  /** The end that is cut. Default 'right'. */
  readonly truncationSide?: 'right' | 'left';
}

/** The options that single texts and batches share. */
export const encodeOptionNames: readonly string[] = [
  'addSpecialTokens',
  'maxLength',
  'truncation',
  'truncationSide',
];

const bareSingle: readonly TemplatePiece[] = [{ sequence: 'A', typeId: 0 }];
const barePair: readonly TemplatePiece[] = [...bareSingle, { sequence: 'B', typeId: 1 }];

/** A text, or two, to an encoding; options are checked before. */
export type PairEncoder = (text: string, pair: string | undefined, options: EncodeOptions) => Encoding;

/** Encodes, truncates and puts in the special tokens. */
export function createPairEncoder(parts: TokenizerParts, { idToToken }: TokenIndex): PairEncoder {
  const { postProcessor } = parts;
  const encodeText = createTextEncoder(parts);
  const single = postProcessor?.single ?? bareSingle;
  const double = postProcessor?.pair ?? barePair;
  const skipsRepeated = postProcessor?.skipsRepeated ?? false;
  return (text, pair, options) => {
    const { addSpecialTokens = true, maxLength, truncation = 'longestFirst' } = options;
    const pieces = pair === undefined ? single : double;
    const room =
      maxLength === undefined
        ? Infinity
        : roomFor(maxLength, addSpecialTokens ? countSpecialTokens(pieces) : 0);
    const first = encodeText(text);
    const second = pair === undefined ? undefined : encodeText(pair);
    const lengths = { first: first.length, second: second?.length };
    const kept = truncatedLengths(lengths, { room, strategy: truncation });
    const inputs = {
      A: keptRange(first, kept.first, options),
      ...(second === undefined ? {} : { B: keptRange(second, kept.second!, options) }),
    };
    return assembleEncoding(inputs, { pieces, addSpecialTokens, skipsRepeated, idToToken });
  };
}

function keptRange(sink: TokenSink, length: number, { truncationSide = 'right' }: EncodeOptions): TokenRange {
  const from = truncationSide === 'right' ? 0 : sink.length - length;
  return { sink, from, to: from + length };
}

/**
 * Checks the values of encode options.
 * @throws TokenizerError (bad-option)
 */
export function checkEncodeOptions(op: string, options: EncodeOptions): void {
  checkChoice(op, 'addSpecialTokens', options.addSpecialTokens, [true, false]);
  checkInteger(op, 'maxLength', options.maxLength, 0);
  checkChoice(op, 'truncation', options.truncation, truncationStrategies);
  checkChoice(op, 'truncationSide', options.truncationSide, ['right', 'left']);
  if (options.maxLength !== undefined || options.truncation === undefined) return;
  throw new TokenizerError({
    code: 'bad-option',
    op,
    field: 'truncation',
    problem: `truncation is ${show(options.truncation)}, but maxLength is not given`,
    remedy: 'pass maxLength (often tokenizer.modelMaxLength); without it nothing is cut.',
  });
}

function roomFor(maxLength: number, specialTokens: number): number {
  if (maxLength >= specialTokens) return maxLength - specialTokens;
  throw new TokenizerError({
    code: 'bad-length',
    op: 'encode',
    field: 'maxLength',
    problem: `maxLength is ${maxLength}, but the special tokens alone are ${specialTokens}`,
    remedy: 'a larger maxLength, or addSpecialTokens: false.',
  });
}
