import { createMetaspaceDecoder } from './decoders/metaspace-decoder.js';
import { checkOptions, flag } from './errors.js';
import { createUnigram } from './models/unigram.js';
import { createEosTemplate } from './post-processors/template-processor.js';
import { readSentencePieceModel } from './sentencepiece/model-file.js';
import type { SentencePieceModel } from './sentencepiece/model-format.js';
import { writeSentencePieceModel } from './sentencepiece/model-writer.js';
import { singlePrecision } from './sentencepiece/single-precision.js';
import { createSentencePieceStages } from './sentencepiece/sentencepiece-stages.js';
import { sentinels } from './sentinels.js';
import {
  idAfter,
  specialAddedToken,
  type AddedToken,
  type SpecialTokenNames,
  type TokenizerParts,
} from './tokenizer-parts.js';
import { createTokenizer, type Tokenizer } from './tokenizer.js';

/** A T5 tokenizer; also that of mT5, UMT5 and any other SentencePiece Unigram model. */
export interface T5TokenizerOptions {
  /** The bytes of `spiece.model`, or what `readSentencePieceModel` made of them. */
  readonly model: Uint8Array | SentencePieceModel;
  /**
   * Number of sentinels `<extra_id_0>` and up; the first has the highest id. Default 100, and none where the
   * model has pieces of that name, or ids of padding and end other than T5's 0 and 1.
   */
  readonly extraIds?: number;
  /**
   * True puts a space before the text after every added token, as Hugging Face did before it had this switch and
   * does by default; false only where the text has one. Default true.
   */
  readonly legacy?: boolean;
  /** Names of special tokens, where they are not those of the model's own control pieces. */
  readonly specialTokens?: SpecialTokenNames;
  /** Further special tokens; those that the model has no piece for get the ids after all others. */
  readonly additionalSpecialTokens?: readonly string[];
  /** Further added tokens, such as those of tokenizer_config.json. */
  readonly addedTokens?: readonly AddedToken[];
  readonly modelMaxLength?: number;
  /** The class Hugging Face loads the saved files with. Default `T5Tokenizer`. */
  readonly tokenizerClass?: string;
  /** Names the file in errors. */
  readonly file?: string;
}

const rules = {
  model: null,
  extraIds: 0,
  legacy: flag,
  specialTokens: null,
  additionalSpecialTokens: null,
  addedTokens: null,
  modelMaxLength: null,
  tokenizerClass: null,
  file: null,
};

/** Sentinels of T5 and mT5; UMT5 has 300. */
const usualExtraIds = 100;
const op = 'createT5Tokenizer';

/**
 * T5's tokenizer: SentencePiece's character map and Unigram model, sentinels after the pieces, `</s>` at the end.
 * Ids are those of SentencePiece itself.
 * @throws TokenizerError when the model is damaged or of another type, or special tokens are missing
 * @see Raffel et al. 2020, §2.2.1; Hugging Face T5Tokenizer
 */
export function createT5Tokenizer(options: T5TokenizerOptions): Tokenizer {
  return createTokenizer(t5Parts(options));
}

/** The stages of `createT5Tokenizer`. */
export function t5Parts(options: T5TokenizerOptions): TokenizerParts {
  checkOptions(op, options, rules);
  const { legacy = true, file, model: given } = options;
  const source = given instanceof Uint8Array ? readSentencePieceModel(given, file) : given;
  const { pieces, kinds, unkId, byteFallback } = source;
  const model = createUnigram({ pieces, kinds, unkId, byteFallback, precision: singlePrecision, file });
  const specialTokens = { ...controlNames(source), ...options.specialTokens };
  const addedTokens = allAddedTokens(source, { ...options, specialTokens });
  const { eos } = specialTokens;
  const id = eos && (model.tokenToId(eos) ?? addedTokens.find(({ content }) => content === eos)?.id);
  return {
    tokenizerClass: options.tokenizerClass ?? 'T5Tokenizer',
    ...createSentencePieceStages(source, { prefixes: legacy ? 'always' : 'first', file }),
    model,
    postProcessor: typeof id === 'number' ? createEosTemplate({ eos: { token: eos!, id } }) : undefined,
    decoder: createMetaspaceDecoder(),
    addedTokens,
    specialTokens,
    modelMaxLength: options.modelMaxLength,
    sentencePieceFile: given instanceof Uint8Array ? given : writeSentencePieceModel(given),
    legacy,
    file,
  };
}

/** The model's own names of its special pieces. */
function controlNames({ pieces, unkId, padId, bosId, eosId }: SentencePieceModel): SpecialTokenNames {
  const ids = Object.entries({ unk: unkId, pad: padId, bos: bosId, eos: eosId });
  return Object.fromEntries(ids.flatMap(([role, id]) => (id === undefined ? [] : [[role, pieces[id]![0]]])));
}

/** Special pieces, tokens of the files, sentinels and further special tokens; each text once. */
function allAddedTokens(
  { pieces, padId, eosId }: SentencePieceModel,
  options: T5TokenizerOptions & { readonly specialTokens: SpecialTokenNames },
): AddedToken[] {
  const idOfPiece = new Map(pieces.map(([piece], id) => [piece, id]));
  const known = new Map((options.addedTokens ?? []).map((token) => [token.content, token]));
  const add = (content: string, id: number | undefined) => {
    if (id !== undefined && !known.has(content)) known.set(content, specialAddedToken(content, id));
  };
  for (const content of Object.values(options.specialTokens)) add(content, idOfPiece.get(content));
  const isT5Like = padId === 0 && eosId === 1;
  const [first] = sentinels(op, 1);
  const hasSentinels = idOfPiece.has(first!) || known.has(first!) || !isT5Like;
  const names = sentinels(op, options.extraIds ?? (hasSentinels ? 0 : usualExtraIds));
  names.forEach((content, index) => {
    add(content, idOfPiece.get(content) ?? pieces.length + names.length - 1 - index);
  });
  let nextId = idAfter([...known.values()], pieces.length);
  for (const content of options.additionalSpecialTokens ?? []) {
    if (!known.has(content)) add(content, idOfPiece.get(content) ?? nextId++);
  }
  return [...known.values()].sort((a, b) => a.id - b.id);
}
