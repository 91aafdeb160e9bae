import { checkOptions, show, TokenizerError } from './errors.js';
import { createWordPieceDecoder } from './decoders/word-piece-decoder.js';
import { createWordPiece } from './models/word-piece.js';
import type { VocabularyInput } from './models/vocabulary.js';
import { createBertNormalizer, type BertNormalizerOptions } from './normalizers/bert-normalizer.js';
import { createBertProcessor } from './post-processors/template-processor.js';
import { createBertPreTokenizer } from './pre-tokenizers/bert-pre-tokenizer.js';
import {
  idAfter,
  mergeAddedTokens,
  roleRules,
  specialAddedToken,
  type SpecialTokenNames,
  type TokenizerParts,
} from './tokenizer-parts.js';
import { createTokenizer, type Tokenizer } from './tokenizer.js';

/** A BERT or ELECTRA tokenizer. */
export interface BertTokenizerOptions {
  /** Tokens in the order of their ids, the special tokens among them. */
  readonly vocab: VocabularyInput;
  /** What the normaliser does; the defaults are those of the uncased models. */
  readonly normalizer?: BertNormalizerOptions;
  /** Special tokens that do not have BERT's names `[PAD] [UNK] [CLS] [SEP] [MASK]`. */
  readonly specialTokens?: SpecialTokenNames;
  /** Further special tokens of the vocabulary: found in texts, left out by decode. Default none. */
  readonly additionalSpecialTokens?: readonly string[];
  readonly continuingSubwordPrefix?: string;
  readonly maxInputCharsPerWord?: number;
  readonly modelMaxLength?: number;
  /** The class Hugging Face loads the saved files with. Default `BertTokenizer`. */
  readonly tokenizerClass?: 'BertTokenizer' | 'ElectraTokenizer';
}

const rules = {
  vocab: null,
  normalizer: null,
  specialTokens: null,
  additionalSpecialTokens: null,
  continuingSubwordPrefix: null,
  maxInputCharsPerWord: null,
  modelMaxLength: null,
  tokenizerClass: null,
};

/** BERT's names of its special tokens. */
export const bertSpecialTokens: SpecialTokenNames = {
  pad: '[PAD]',
  unk: '[UNK]',
  cls: '[CLS]',
  sep: '[SEP]',
  mask: '[MASK]',
};

/**
 * BERT's tokenizer, which ELECTRA shares: BERT normaliser, words and punctuation, WordPiece, and
 * `[CLS] A [SEP] B [SEP]`.
 * @throws TokenizerError when the vocabulary is damaged or lacks the unknown, [CLS] or [SEP] token
 */
export function createBertTokenizer(options: BertTokenizerOptions): Tokenizer {
  const op = 'createBertTokenizer';
  checkOptions(op, options, rules);
  checkOptions(op, options.specialTokens ?? {}, roleRules);
  const parts = bertParts(options);
  for (const token of options.additionalSpecialTokens ?? []) {
    if (parts.model.tokenToId(token) !== undefined) continue;
    const problem = `${show(token)} is not in the vocabulary`;
    const remedy = 'append it to vocab; its id is its place there.';
    throw new TokenizerError({
      code: 'missing-token',
      op,
      field: 'additionalSpecialTokens',
      problem,
      remedy,
    });
  }
  return createTokenizer(parts);
}

/** A vocabulary with what the files beside it say. */
type BertPartsOptions = Omit<BertTokenizerOptions, 'tokenizerClass'> &
  Pick<TokenizerParts, 'addedTokens' | 'cleanUpSpaces' | 'file'> & { readonly tokenizerClass?: string };

/**
 * The stages of `createBertTokenizer`. Roles asked for by name, [CLS] and [SEP] must exist; BERT's other defaults
 * count where there is such a token, and additional tokens come after the vocabulary where it has none.
 */
export function bertParts(options: BertPartsOptions): TokenizerParts {
  const { specialTokens: asked = {}, additionalSpecialTokens: additional = [], file } = options;
  const names = { ...bertSpecialTokens, ...asked };
  const { vocab, continuingSubwordPrefix, maxInputCharsPerWord } = options;
  const unkToken = names.unk;
  const model = createWordPiece({ vocab, unkToken, continuingSubwordPrefix, maxInputCharsPerWord, file });
  const special = new Set([...Object.values(names), ...additional]);
  const given = (options.addedTokens ?? []).map((token) =>
    special.has(token.content) ? { ...token, special: true, normalized: false } : token,
  );
  let nextId = idAfter(given, model.vocabSize);
  const declared = [...special].flatMap((content) => {
    if (given.some((token) => token.content === content)) return [];
    const id = model.tokenToId(content) ?? (additional.includes(content) ? nextId++ : undefined);
    return id === undefined ? [] : [specialAddedToken(content, id)];
  });
  const addedTokens = mergeAddedTokens(given, declared);
  const find = (content?: string) => addedTokens.find((token) => token.content === content);
  const token = (role: 'cls' | 'sep') => ({ token: names[role]!, id: find(names[role])?.id ?? -1 });
  const isNeeded = (role: string) => role === 'cls' || role === 'sep' || Object.hasOwn(asked, role);
  const known = Object.entries(names).filter(([role, name]) => name && (isNeeded(role) || find(name)));
  return {
    tokenizerClass: options.tokenizerClass ?? 'BertTokenizer',
    normalizer: createBertNormalizer(options.normalizer),
    preTokenizer: createBertPreTokenizer(),
    model,
    postProcessor: createBertProcessor({ cls: token('cls'), sep: token('sep') }),
    decoder: createWordPieceDecoder({ prefix: model.continuingSubwordPrefix }),
    addedTokens,
    specialTokens: Object.fromEntries(known),
    modelMaxLength: options.modelMaxLength,
    cleanUpSpaces: options.cleanUpSpaces,
    file,
  };
}
