import { checkPadding, padBatch, type BatchEncoding, type PaddingOptions } from './batch.js';
import { decodeIds, type DecodeOptions } from './decoding.js';
import type { Encoding } from './encoding.js';
import { checkOptions, checkText, show, TokenizerError } from './errors.js';
import { writeTokenizerFiles, type TokenizerFiles } from './files/write-files.js';
import {
  checkEncodeOptions,
  createPairEncoder,
  encodeOptionNames,
  type EncodeOptions,
  type PairEncoder,
} from './pair-encoder.js';
import { indexTokens, type SpecialToken } from './token-index.js';
import type { SpecialTokenRole, TokenizerParts } from './tokenizer-parts.js';

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

const batchNames = [...encodeOptionNames, 'padding', 'padToMultipleOf', 'paddingSide'];

/**
 * Composes a tokenizer from its stages.
 * @throws TokenizerError when ids collide or leave holes, or a special token is not in the vocabulary
 */
export function createTokenizer(parts: TokenizerParts): Tokenizer {
  const index = indexTokens(parts);
  const encodePair = createPairEncoder(parts, index);
  return Object.freeze({
    parts: Object.freeze({ ...parts }),
    vocabSize: index.vocabSize,
    specialTokens: index.specialTokens,
    modelMaxLength: parts.modelMaxLength,
    encode(text: string, options: EncodeOptions = {}): Encoding {
      checkOptions('encode', options, [...encodeOptionNames, 'pair']);
      checkEncodeOptions('encode', options);
      checkText('encode', 'text', text);
      if (options.pair !== undefined) checkText('encode', 'pair', options.pair);
      return encodePair(text, options.pair, options);
    },
    encodeBatch: (texts: readonly BatchInput[], options: EncodeBatchOptions = {}) =>
      encodeRows(texts, options, { encodePair, padId: index.specialTokens.pad?.id }),
    decode: (ids: ArrayLike<number>, options: DecodeOptions = {}) =>
      decodeIds(ids, options, { parts, index }),
    tokenToId: index.tokenToId,
    idToToken: index.idToToken,
    isSpecial: index.isSpecial,
    toFiles: () => writeTokenizerFiles(parts),
  });
}

function encodeRows(
  texts: readonly BatchInput[],
  options: EncodeBatchOptions,
  { encodePair, padId }: { readonly encodePair: PairEncoder; readonly padId: number | undefined },
): BatchEncoding {
  checkOptions('encodeBatch', options, batchNames);
  checkEncodeOptions('encodeBatch', options);
  checkPadding('encodeBatch', options);
  if (!Array.isArray(texts)) throw notAnArray(texts);
  const encodings = texts.map((input, row) => {
    const [text, pair] = typeof input === 'string' ? [input] : checkedPair(input, row);
    return encodePair(text!, pair, options);
  });
  const { padding, padToMultipleOf, paddingSide } = options;
  return padBatch(encodings, { padding, padToMultipleOf, paddingSide, padId });
}

function checkedPair(input: unknown, row: number): readonly string[] {
  if (Array.isArray(input) && input.length === 2 && input.every((text) => typeof text === 'string'))
    return input;
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
