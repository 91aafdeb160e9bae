import { checkPadding, padBatch, type BatchEncoding, type PaddingOptions } from './batch.js';
import { decodeIds, type DecodeOptions } from './decoding.js';
import { assembleEncoding, countSpecialTokens, type Encoding, type TokenRange } from './encoding.js';
import { checkChoice, checkInteger, checkOptions, checkText, show, TokenizerError } from './errors.js';
import { writeTokenizerFiles, type TokenizerFiles } from './files/write-files.js';
import type { TemplatePiece } from './pipeline.js';
import { createTextEncoder } from './text-encoder.js';
import { indexTokens, type SpecialToken } from './token-index.js';
import type { SpecialTokenRole, TokenizerParts } from './tokenizer-parts.js';
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

/** How a batch is encoded: as single texts, then padded. */
export interface EncodeBatchOptions extends Omit<EncodeOptions, 'pair'>, PaddingOptions {}

/** One row of a batch: a text or a pair of texts. */
export type BatchInput = string | readonly [string, string];

/** Text to ids and back. Immutable; every method is pure. */
export interface Tokenizer {
  /** The stages, for those who build on them. */
  readonly parts: TokenizerParts;
  /** Number of ids, added tokens included: every id from 0 to vocabSize - 1 has a token. */
  readonly vocabSize: number;
  /** The token and id of each role that this tokenizer has. */
  readonly specialTokens: Readonly<Partial<Record<SpecialTokenRole, SpecialToken>>>;
  /** The longest input the model was made for, when the files say so. */
  readonly modelMaxLength: number | undefined;
  /** Text to tokens. @throws TokenizerError for unknown options and impossible lengths */
  encode(text: string, options?: EncodeOptions): Encoding;
  /** Texts or pairs to one padded batch. @throws TokenizerError as `encode`, and when a row does not fit */
  encodeBatch(texts: readonly BatchInput[], options?: EncodeBatchOptions): BatchEncoding;
  /** Ids to text; ids without a token (rows a model has beyond its vocabulary) give nothing. */
  decode(ids: ArrayLike<number>, options?: DecodeOptions): string;
  tokenToId(token: string): number | undefined;
  idToToken(id: number): string | undefined;
  /** True for ids that `decode` leaves out with skipSpecialTokens. */
  isSpecial(id: number): boolean;
  /** The files of a Hugging Face folder, by name, that load this tokenizer again. */
  toFiles(): TokenizerFiles;
}

const encodeNames = ['addSpecialTokens', 'maxLength', 'truncation', 'truncationSide'];
const batchNames = [...encodeNames, 'padding', 'padToMultipleOf', 'paddingSide'];

const bareSingle: readonly TemplatePiece[] = [{ sequence: 'A', typeId: 0 }];
const barePair: readonly TemplatePiece[] = [...bareSingle, { sequence: 'B', typeId: 1 }];

/**
 * Composes a tokenizer from its stages.
 * @throws TokenizerError when ids collide or leave holes, or a special token is not in the vocabulary
 */
export function createTokenizer(parts: TokenizerParts): Tokenizer {
  const index = indexTokens(parts);
  const encodeText = createTextEncoder(parts);

  const encodePair = (text: string, pair: string | undefined, options: EncodeOptions): Encoding => {
    const { addSpecialTokens = true, maxLength, truncation = 'longestFirst', truncationSide = 'right' } = options;
    const { postProcessor } = parts;
    const pieces =
      pair === undefined ? (postProcessor?.single ?? bareSingle) : (postProcessor?.pair ?? barePair);
    const first = encodeText(text);
    const second = pair === undefined ? undefined : encodeText(pair);
    const lengths = { first: first.length, second: second?.length };
    const room =
      maxLength === undefined ? Infinity : roomFor(maxLength, addSpecialTokens ? countSpecialTokens(pieces) : 0);
    const kept = truncatedLengths(lengths, { room, strategy: truncation });
    const range = (sink: typeof first, length: number): TokenRange =>
      truncationSide === 'right'
        ? { sink, from: 0, to: length }
        : { sink, from: sink.length - length, to: sink.length };
    return assembleEncoding(
      {
        A: range(first, kept.first),
        ...(second === undefined ? {} : { B: range(second, kept.second!) }),
      },
      {
        pieces,
        addSpecialTokens,
        skipsRepeated: postProcessor?.skipsRepeated ?? false,
        idToToken: index.idToToken,
      },
    );
  };

  return Object.freeze({
    parts,
    vocabSize: index.vocabSize,
    specialTokens: index.specialTokens,
    modelMaxLength: parts.modelMaxLength,
    encode(text: string, options: EncodeOptions = {}): Encoding {
      checkOptions('encode', options, [...encodeNames, 'pair']);
      checkEncodeOptions('encode', options);
      checkText('encode', 'text', text);
      if (options.pair !== undefined) checkText('encode', 'pair', options.pair);
      return encodePair(text, options.pair, options);
    },
    encodeBatch(texts: readonly BatchInput[], options: EncodeBatchOptions = {}): BatchEncoding {
      checkOptions('encodeBatch', options, batchNames);
      checkEncodeOptions('encodeBatch', options);
      checkPadding('encodeBatch', options);
      checkChoice('encodeBatch', 'paddingSide', options.paddingSide, ['right', 'left']);
      if (!Array.isArray(texts)) throw notAnArray(texts);
      const encodings = texts.map((input, row) => {
        const [text, pair] = typeof input === 'string' ? [input] : checkedPair(input, row);
        return encodePair(text!, pair, options);
      });
      const { padding, padToMultipleOf, paddingSide } = options;
      return padBatch(encodings, { padding, padToMultipleOf, paddingSide, padId: index.specialTokens.pad?.id });
    },
    decode: (ids: ArrayLike<number>, options: DecodeOptions = {}) => decodeIds(ids, options, { parts, index }),
    tokenToId: index.tokenToId,
    idToToken: index.idToToken,
    isSpecial: index.isSpecial,
    toFiles: () => writeTokenizerFiles(parts),
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

function checkEncodeOptions(op: string, options: EncodeOptions): void {
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

function checkedPair(input: unknown, row: number): readonly string[] {
  if (Array.isArray(input) && input.length === 2 && input.every((text) => typeof text === 'string')) return input;
  throw new TokenizerError({
    code: 'bad-input',
    op: 'encodeBatch',
    field: `texts[${row}]`,
    problem: `a row is a string or a pair of strings, got ${show(input)}`,
  });
}

function notAnArray(texts: unknown): TokenizerError {
  return new TokenizerError({
    code: 'bad-input',
    op: 'encodeBatch',
    field: 'texts',
    problem: `texts must be an array, got ${show(texts)}`,
    remedy: 'for a single text call encode, or wrap it: [text].',
  });
}
