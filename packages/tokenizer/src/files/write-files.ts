import { show, TokenizerError } from '../errors.js';
import type { WordPieceModel } from '../models/word-piece.js';
import { snakeCased } from '../stage-json.js';
import { isSentinel } from '../sentinels.js';
import {
  roleRules,
  type AddedToken,
  type SpecialTokenRole,
  type TokenizerParts,
} from '../tokenizer-parts.js';

/** Contents of a Hugging Face folder's tokenizer files, by name. */
export interface TokenizerFiles {
  readonly 'tokenizer.json'?: string;
  readonly 'spiece.model'?: Uint8Array;
  readonly 'vocab.txt'?: string;
  readonly 'tokenizer_config.json'?: string;
  readonly 'special_tokens_map.json'?: string;
  readonly 'added_tokens.json'?: string;
}

/** Every file that is read, as rules of an object of contents. */
export const fileRules: Readonly<Record<keyof TokenizerFiles, null>> = {
  'tokenizer.json': null,
  'spiece.model': null,
  'vocab.txt': null,
  'tokenizer_config.json': null,
  'special_tokens_map.json': null,
  'added_tokens.json': null,
};

/** Every file name that is read. */
export const tokenizerFileNames = Object.keys(fileRules) as readonly (keyof TokenizerFiles)[];

/**
 * The files that load these parts again, here and in Hugging Face.
 * WordPiece: tokenizer.json, vocab.txt (when its ids count from 0) and the two side files; Unigram: tokenizer.json,
 * spiece.model (when there is one) and the side files; ByT5: the side files only.
 * @throws TokenizerError (unsupported) for a stage of someone's own, which no file can express
 */
export function writeTokenizerFiles(parts: TokenizerParts): TokenizerFiles {
  const roles = specialTokensJson(parts);
  const sideFiles = {
    'tokenizer_config.json': print({ ...configJson(parts), ...roles, ...addedTokensJson(parts) }),
    'special_tokens_map.json': print(roles),
  };
  const { model, sentencePieceFile } = parts;
  if (model.type === 'Bytes') return sideFiles;
  const isWordPiece = model.type === 'WordPiece';
  if (!isWordPiece && model.type !== 'Unigram') {
    const problem = `no file form is known for the model ${show(model.type)}`;
    const remedy = 'a stage of your own: save its data, too, and use createTokenizer.';
    throw new TokenizerError({ code: 'unsupported', op: 'toFiles', field: 'model', problem, remedy });
  }
  const vocabText = isWordPiece ? vocabularyText(model as WordPieceModel) : undefined;
  return {
    'tokenizer.json': print(tokenizerJson(parts)),
    ...(vocabText === undefined ? {} : { 'vocab.txt': vocabText }),
    ...(sentencePieceFile && { 'spiece.model': sentencePieceFile }),
    ...sideFiles,
  };
}

/** As JSON; fields without a value are left out. */
function print(json: object): string {
  return `${JSON.stringify(json, null, 2)}\n`;
}

function tokenizerJson(parts: TokenizerParts): object {
  const addedTokens = [...(parts.addedTokens ?? [])].sort((a, b) => a.id - b.id);
  return {
    version: '1.0',
    truncation: parts.savedDefaults?.truncation ?? null,
    padding: parts.savedDefaults?.padding ?? null,
    added_tokens: addedTokens.map((token) => ({ id: token.id, ...addedTokenJson(token) })),
    normalizer: parts.normalizer?.toJson() ?? null,
    pre_tokenizer: parts.preTokenizer?.toJson() ?? null,
    post_processor: parts.postProcessor?.toJson() ?? null,
    decoder: parts.decoder?.toJson() ?? null,
    model: parts.model.toJson(),
  };
}

function addedTokenJson({ content, singleWord, lstrip, rstrip, normalized, special }: AddedToken): object {
  return snakeCased({ content, singleWord, lstrip, rstrip, normalized, special });
}

/** One token a line; undefined when ids or tokens do not fit that form. */
function vocabularyText({ vocabulary }: WordPieceModel): string | undefined {
  const { tokens, size } = vocabulary;
  if (tokens.length !== size || tokens.some((token) => /[\r\n]/.test(token!))) return undefined;
  return tokens.map((token) => `${token}\n`).join('');
}

function configJson({ tokenizerClass, modelMaxLength, cleanUpSpaces, normalizer }: TokenizerParts): object {
  const settings = (normalizer?.type === 'BertNormalizer' ? normalizer.toJson() : {}) as Record<
    string,
    unknown
  >;
  return {
    tokenizer_class: tokenizerClass,
    model_max_length: modelMaxLength,
    clean_up_tokenization_spaces: cleanUpSpaces,
    do_lower_case: settings['lowercase'],
    strip_accents: settings['strip_accents'],
    tokenize_chinese_chars: settings['handle_chinese_chars'],
  };
}

/** ByT5 counts all further tokens as sentinels, T5 those that its model has no piece for. */
function addedTokensJson(parts: TokenizerParts): object {
  const { model, legacy, addedTokens = [] } = parts;
  const further = additionalTokens(parts);
  const isNew = (token: string) => isSentinel(token) && model.tokenToId(token) === undefined;
  const counts: Readonly<Record<string, number>> = {
    Bytes: further.length,
    Unigram: further.filter(isNew).length,
  };
  return {
    extra_ids: counts[model.type],
    legacy,
    added_tokens_decoder: Object.fromEntries(addedTokens.map((token) => [token.id, addedTokenJson(token)])),
  };
}

function specialTokensJson(parts: TokenizerParts): object {
  const roles = Object.keys(roleRules).map((role) => [
    `${role}_token`,
    parts.specialTokens?.[role as SpecialTokenRole],
  ]);
  const additional = additionalTokens(parts);
  return {
    ...Object.fromEntries(roles),
    additional_special_tokens: additional.length > 0 ? additional : undefined,
  };
}

function additionalTokens({ addedTokens = [], specialTokens = {} }: TokenizerParts): string[] {
  const roles = Object.values(specialTokens);
  return addedTokens
    .filter(({ content, special }) => special && !roles.includes(content))
    .map(({ content }) => content);
}
