import { checkPadding, padBatch, paddingRules, type BatchEncoding, type PaddingOptions } from './batch.js';
import { decodeIds, type DecodeOptions } from './decoding.js';
import { RowStore, type Encoding } from './encoding.js';
import { checkOptions, show, TokenizerError } from './errors.js';
import { writeTokenizerFiles, type TokenizerFiles } from './files/write-files.js';
import {
  checkEncodeOptions,
  checkInput,
  createPairEncoder,
  encodeRules,
  type EncodeOptions,
  type PairEncoder,
  type TextInput,
} from './pair-encoder.js';
import { createStreamDecoder, type StreamDecoder, type StreamDecodeOptions } from './stream-decoder.js';
import { indexTokens, type SpecialToken } from './token-index.js';
import type { SpecialTokenRole, TokenizerParts } from './tokenizer-parts.js';

/** How a batch is encoded: as single texts, then padded. */
export interface EncodeBatchOptions extends Omit<EncodeOptions, 'pair'>, PaddingOptions {}

/**
 * One row of a batch: a text or a pair of texts; with `isSplitIntoWords`, an array of words or a pair of such
 * arrays.
 */
export type BatchInput = TextInput | readonly [TextInput, TextInput];

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
  encode(text: TextInput, options?: EncodeOptions): Encoding;
  /** Texts or pairs to one padded batch. @throws TokenizerError as `encode`, and when a row does not fit */
  encodeBatch(texts: readonly BatchInput[], options?: EncodeBatchOptions): BatchEncoding;
  /** Ids to text; ids without a token (rows a model has beyond its vocabulary) give nothing. */
  decode(ids: ArrayLike<number>, options?: DecodeOptions): string;
  /** Text of ids that come one by one, such as those of a model that writes. */
  streamDecoder(options?: StreamDecodeOptions): StreamDecoder;
  tokenToId(token: string): number | undefined;
  idToToken(id: number): string | undefined;
  /** True for ids that `decode` leaves out with skipSpecialTokens. */
  isSpecial(id: number): boolean;
  /** The files of a Hugging Face folder, by name, that load this tokenizer again. */
  toFiles(): TokenizerFiles;
}

const oneRules = { ...encodeRules, pair: null };
const batchRules = { ...encodeRules, ...paddingRules };

/**
 * Composes a tokenizer from its stages.
 * @throws TokenizerError when ids collide or leave holes, or a special token is not in the vocabulary
 */
export function createTokenizer(parts: TokenizerParts): Tokenizer {
  const index = indexTokens(parts);
  const encodePair = createPairEncoder(parts);
  return Object.freeze({
    parts: Object.freeze({ ...parts }),
    vocabSize: index.vocabSize,
    specialTokens: index.specialTokens,
    modelMaxLength: parts.modelMaxLength,
    encode: (text: TextInput, options: EncodeOptions = {}) =>
      encodeOne(text, options, { encodePair, idToToken: index.idToToken }),
    encodeBatch: (texts: readonly BatchInput[], options: EncodeBatchOptions = {}) =>
      encodeRows(texts, options, {
        encodePair,
        idToToken: index.idToToken,
        padId: index.specialTokens.pad?.id,
      }),
    decode: (ids: ArrayLike<number>, options: DecodeOptions = {}) =>
      decodeIds(ids, options, { parts, index }),
    streamDecoder: (options: StreamDecodeOptions = {}) => createStreamDecoder(options, { parts, index }),
    tokenToId: index.tokenToId,
    idToToken: index.idToToken,
    isSpecial: index.isSpecial,
    toFiles: () => writeTokenizerFiles(parts),
  });
}

interface Machinery {
  readonly encodePair: PairEncoder;
  readonly idToToken: (id: number) => string | undefined;
}

function encodeOne(text: TextInput, options: EncodeOptions, { encodePair, idToToken }: Machinery): Encoding {
  const op = 'encode';
  checkOptions(op, options, oneRules);
  checkEncodeOptions(op, options);
  checkInput(op, 'text', { input: text, options });
  if (options.pair !== undefined) checkInput(op, 'pair', { input: options.pair, options });
  const rows = new RowStore(0);
  encodePair({ text, pair: options.pair }, options, (inputs, layout) => rows.add(inputs, layout));
  const overflowing: Encoding[] = [];
  for (let row = 1; row < rows.size; row++) overflowing.push(rows.encoding(row, idToToken));
  return rows.encoding(0, idToToken, overflowing);
}

function encodeRows(
  texts: readonly BatchInput[],
  options: EncodeBatchOptions,
  { encodePair, idToToken, padId }: Machinery & { readonly padId: number | undefined },
): BatchEncoding {
  const op = 'encodeBatch';
  checkOptions(op, options, batchRules);
  checkEncodeOptions(op, options);
  checkPadding(options);
  if (!Array.isArray(texts)) {
    const problem = `texts must be an array, got ${show(texts)}`;
    const remedy = 'wrap it: [text].';
    throw new TokenizerError({ code: 'bad-input', op, field: 'texts', problem, remedy });
  }
  const rows = new RowStore(32 * texts.length);
  const sampleIds: number[] = [];
  texts.forEach((input: BatchInput, sample) => {
    const [text, pair] = isPair(input, options) ? input : [input as TextInput, undefined];
    checkInput(op, `texts[${sample}]`, { input: text, options });
    if (pair !== undefined) checkInput(op, `texts[${sample}][1]`, { input: pair, options });
    encodePair({ text, pair }, options, (inputs, layout) => {
      rows.add(inputs, layout);
      sampleIds.push(sample);
    });
  });
  return padBatch({ rows, sampleIds, idToToken, padId }, options);
}

/** Two texts; or two arrays of words, as an array of two words is no pair. */
function isPair(
  input: BatchInput,
  { isSplitIntoWords = false }: EncodeBatchOptions,
): input is readonly [TextInput, TextInput] {
  if (!Array.isArray(input) || input.length !== 2) return false;
  return !isSplitIntoWords || input.every((text) => Array.isArray(text));
}
