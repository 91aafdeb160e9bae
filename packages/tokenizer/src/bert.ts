import { checkOptions, show, TokenizerError } from './errors.js';
import { createWordPieceDecoder } from './decoders/word-piece-decoder.js';
import { createWordPiece, type WordPieceModel } from './models/word-piece.js';
import type { VocabularyInput } from './models/vocabulary.js';
import { createBertNormalizer, type BertNormalizerOptions } from './normalizers/bert-normalizer.js';
import { createBertProcessor } from './post-processors/template-processor.js';
import { createBertPreTokenizer } from './pre-tokenizers/bert-pre-tokenizer.js';
import {
  specialAddedToken,
  specialTokenRoles,
  type AddedToken,
  type SpecialTokenRole,
} from './tokenizer-parts.js';
import { createTokenizer, type Tokenizer } from './tokenizer.js';

/** A BERT or ELECTRA tokenizer. */
export interface BertTokenizerOptions {
  /** Tokens in the order of their ids, the special tokens among them. */
  readonly vocab: VocabularyInput;
  /** What the normaliser does; the defaults are those of the uncased models. */
  readonly normalizer?: BertNormalizerOptions;
  /** Special tokens that do not have BERT's names `[PAD] [UNK] [CLS] [SEP] [MASK]`. */
  readonly specialTokens?: Readonly<Partial<Record<SpecialTokenRole, string>>>;
  /** Further special tokens of the vocabulary: found in texts, left out by decode. Default none. */
  readonly additionalSpecialTokens?: readonly string[];
  readonly continuingSubwordPrefix?: string;
  readonly maxInputCharsPerWord?: number;
  readonly modelMaxLength?: number;
  /** The class Hugging Face loads the saved files with. Default `BertTokenizer`. */
  readonly tokenizerClass?: 'BertTokenizer' | 'ElectraTokenizer';
}

const optionNames = [
  'vocab',
  'normalizer',
  'specialTokens',
  'additionalSpecialTokens',
  'continuingSubwordPrefix',
  'maxInputCharsPerWord',
  'modelMaxLength',
  'tokenizerClass',
];

/** BERT's names of its special tokens. */
export const bertSpecialTokens: Readonly<Partial<Record<SpecialTokenRole, string>>> = Object.freeze({
  pad: '[PAD]',
  unk: '[UNK]',
  cls: '[CLS]',
  sep: '[SEP]',
  mask: '[MASK]',
});

/**
 * BERT's tokenizer, which ELECTRA shares: BERT normaliser, words and punctuation, WordPiece, and
 * `[CLS] A [SEP] B [SEP]`.
 * @throws TokenizerError when the vocabulary is damaged or lacks the unknown, [CLS] or [SEP] token
 */
export function createBertTokenizer(options: BertTokenizerOptions): Tokenizer {
  checkOptions('createBertTokenizer', options, optionNames);
  const {
    vocab,
    normalizer,
    additionalSpecialTokens = [],
    continuingSubwordPrefix,
    maxInputCharsPerWord,
  } = options;
  checkOptions('createBertTokenizer', options.specialTokens ?? {}, specialTokenRoles);
  const names = { ...bertSpecialTokens, ...options.specialTokens };
  const model = createWordPiece({
    vocab,
    unkToken: names.unk,
    continuingSubwordPrefix,
    maxInputCharsPerWord,
  });
  for (const token of additionalSpecialTokens) {
    if (model.tokenToId(token) === undefined) throw unknownSpecialToken(token);
  }
  const specialTokens = knownRoles(names, model, options.specialTokens ?? {});
  const token = (role: 'cls' | 'sep') => ({ token: names[role]!, id: model.tokenToId(names[role]!) ?? -1 });
  const declared = new Set([...Object.values(specialTokens), ...additionalSpecialTokens]);
  return createTokenizer({
    tokenizerClass: options.tokenizerClass ?? 'BertTokenizer',
    normalizer: createBertNormalizer(normalizer),
    preTokenizer: createBertPreTokenizer(),
    model,
    postProcessor: createBertProcessor({ cls: token('cls'), sep: token('sep') }),
    decoder: createWordPieceDecoder({ prefix: model.continuingSubwordPrefix }),
    addedTokens: [...declared].flatMap((content) => knownToken(content, model)),
    specialTokens,
    modelMaxLength: options.modelMaxLength,
  });
}

/** A token of the vocabulary as an added token; an unknown one is left for the check of the roles. */
function knownToken(content: string, model: WordPieceModel): AddedToken[] {
  const id = model.tokenToId(content);
  return id === undefined ? [] : [specialAddedToken(content, id)];
}

/**
 * Roles asked for by name, [CLS] and [SEP] must exist; BERT's other defaults only count where the vocabulary
 * has them.
 */
function knownRoles(
  names: Readonly<Partial<Record<SpecialTokenRole, string>>>,
  model: WordPieceModel,
  asked: Readonly<Partial<Record<SpecialTokenRole, string>>>,
): Partial<Record<SpecialTokenRole, string>> {
  const entries = (Object.entries(names) as [SpecialTokenRole, string][]).filter(
    ([role, name]) =>
      name !== undefined &&
      (asked[role] !== undefined || role === 'cls' || role === 'sep' || model.tokenToId(name) !== undefined),
  );
  return Object.fromEntries(entries);
}

function unknownSpecialToken(token: string): TokenizerError {
  return new TokenizerError({
    code: 'missing-token',
    op: 'createBertTokenizer',
    field: 'additionalSpecialTokens',
    problem: `${show(token)} is not in the vocabulary`,
    remedy: 'append it to vocab; its id is its place there.',
  });
}
