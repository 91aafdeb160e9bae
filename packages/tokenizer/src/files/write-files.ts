import { show, TokenizerError } from '../errors.js';
import type { WordPieceModel } from '../models/word-piece.js';
import type { Json } from '../pipeline.js';
import { isSentinel } from '../t5.js';
import { specialTokenRoles, type AddedToken, type TokenizerParts } from '../tokenizer-parts.js';

/** Contents of a Hugging Face folder's tokenizer files, by name. */
export interface TokenizerFiles {
  readonly 'tokenizer.json'?: string;
  readonly 'spiece.model'?: Uint8Array;
  readonly 'vocab.txt'?: string;
  readonly 'tokenizer_config.json'?: string;
  readonly 'special_tokens_map.json'?: string;
  readonly 'added_tokens.json'?: string;
}

/** Every file name that is read. */
export const tokenizerFileNames: readonly (keyof TokenizerFiles)[] = [
  'tokenizer.json',
  'spiece.model',
  'vocab.txt',
  'tokenizer_config.json',
  'special_tokens_map.json',
  'added_tokens.json',
];

/**
 * The files that load these parts again, here and in Hugging Face.
 * WordPiece: tokenizer.json, vocab.txt (when its ids count from 0) and the two side files; Unigram: tokenizer.json,
 * spiece.model (when there is one) and the side files; ByT5: the side files only.
 * @throws TokenizerError (unsupported) for a stage of someone's own, which no file can express
 */
export function writeTokenizerFiles(parts: TokenizerParts): TokenizerFiles {
  const sideFiles = {
    'tokenizer_config.json': print(configJson(parts)),
    'special_tokens_map.json': print(specialTokensJson(parts)),
  };
  const { model, sentencePieceFile } = parts;
  if (model.type === 'Bytes') return sideFiles;
  if (model.type !== 'WordPiece' && model.type !== 'Unigram') {
    throw new TokenizerError({
      code: 'unsupported',
      op: 'toFiles',
      field: 'model',
      problem: `no file form is known for the model ${show(model.type)}`,
      remedy: 'save its own data, and compose the tokenizer again with createTokenizer.',
    });
  }
  const vocabText = model.type === 'WordPiece' ? vocabularyText(model as WordPieceModel) : undefined;
  return {
    'tokenizer.json': print(tokenizerJson(parts)),
    ...(vocabText === undefined ? {} : { 'vocab.txt': vocabText }),
    ...(sentencePieceFile === undefined ? {} : { 'spiece.model': sentencePieceFile }),
    ...sideFiles,
  };
}

function print(json: Json): string {
  return `${JSON.stringify(json, null, 2)}\n`;
}

function tokenizerJson(parts: TokenizerParts): Json {
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

function addedTokenJson(token: AddedToken): { readonly [key: string]: Json } {
  return {
    content: token.content,
    single_word: token.singleWord,
    lstrip: token.lstrip,
    rstrip: token.rstrip,
    normalized: token.normalized,
    special: token.special,
  };
}

/** One token a line; undefined when ids or tokens do not fit that form. */
function vocabularyText({ vocabulary }: WordPieceModel): string | undefined {
  const { tokens, size } = vocabulary;
  if (tokens.length !== size || tokens.some((token) => /[\r\n]/.test(token!))) return undefined;
  return tokens.map((token) => `${token}\n`).join('');
}

function configJson(parts: TokenizerParts): Json {
  const { tokenizerClass, modelMaxLength, cleanUpSpaces, normalizer, addedTokens = [] } = parts;
  const decoderTable = addedTokens.map((token) => [String(token.id), addedTokenJson(token)]);
  return {
    tokenizer_class: tokenizerClass,
    ...(modelMaxLength === undefined ? {} : { model_max_length: modelMaxLength }),
    ...(cleanUpSpaces === undefined ? {} : { clean_up_tokenization_spaces: cleanUpSpaces }),
    ...normalizerSettings(normalizer?.toJson()),
    ...specialTokensJson(parts),
    ...extraIdsJson(parts),
    ...(parts.legacy === undefined ? {} : { legacy: parts.legacy }),
    added_tokens_decoder: Object.fromEntries(decoderTable) as Json,
  };
}

/** ByT5 counts all further tokens as sentinels, T5 those that its model has no piece for. */
function extraIdsJson(parts: TokenizerParts): { readonly [key: string]: Json } {
  const further = additionalTokens(parts);
  if (parts.model.type === 'Bytes') return { extra_ids: further.length };
  if (parts.model.type !== 'Unigram') return {};
  const isNew = (token: string) => isSentinel(token) && parts.model.tokenToId(token) === undefined;
  return { extra_ids: further.filter(isNew).length };
}

function normalizerSettings(normalizer: Json | undefined): { readonly [key: string]: Json } {
  if (normalizer === null || typeof normalizer !== 'object' || Array.isArray(normalizer)) return {};
  const settings = normalizer as { readonly [key: string]: Json };
  if (settings['type'] !== 'BertNormalizer') return {};
  return {
    do_lower_case: settings['lowercase']!,
    strip_accents: settings['strip_accents']!,
    tokenize_chinese_chars: settings['handle_chinese_chars']!,
  };
}

function specialTokensJson(parts: TokenizerParts): { readonly [key: string]: Json } {
  const roles = specialTokenRoles.flatMap((role) => {
    const token = parts.specialTokens?.[role];
    return token === undefined ? [] : [[`${role}_token`, token]];
  });
  const additional = additionalTokens(parts);
  return {
    ...(Object.fromEntries(roles) as { readonly [key: string]: Json }),
    ...(additional.length === 0 ? {} : { additional_special_tokens: additional }),
  };
}

function additionalTokens({ addedTokens = [], specialTokens = {} }: TokenizerParts): string[] {
  const roles = new Set(Object.values(specialTokens));
  return addedTokens
    .filter(({ content, special }) => special && !roles.has(content))
    .map(({ content }) => content);
}
