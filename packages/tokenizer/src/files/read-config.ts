import { flag } from '../errors.js';
import type { BertNormalizerOptions } from '../normalizers/bert-normalizer.js';
import { roleRules, specialAddedToken, type AddedToken, type SpecialTokenNames } from '../tokenizer-parts.js';
import {
  arrayItems,
  fail,
  mapField,
  objectEntries,
  optional,
  optionalField,
  requiredField,
  valueOf,
  type JsonField,
} from './json-field.js';
import { readAddedToken } from './read-added-token.js';

/**
 * What tokenizer_config.json, special_tokens_map.json and added_tokens.json say, the first before the
 * second.
 */
export interface TokenizerConfig {
  /** Without the `Fast` at the end. */
  readonly tokenizerClass: string | undefined;
  readonly specialTokens: SpecialTokenNames;
  /** Tokens declared special beyond the roles, in order. */
  readonly additionalSpecialTokens: readonly string[] | undefined;
  /** Added tokens with ids and matching rules. */
  readonly addedTokens: readonly AddedToken[];
  /** Roles whose token came as an object with matching rules. */
  readonly declaredTokens: readonly Omit<AddedToken, 'id'>[];
  /** Only what the file spells out. */
  readonly normalizer: BertNormalizerOptions;
  readonly modelMaxLength: number | undefined;
  readonly cleanUpSpaces: boolean | undefined;
  readonly extraIds: number | undefined;
  /** T5's switch for spaces after added tokens. */
  readonly legacy: boolean | undefined;
}

/** Hugging Face writes 1e30 for "no limit". */
const longestModel = 1e9;

/** Reads the three side files; any of them may be missing. */
export function readConfig(
  config: JsonField,
  specialTokensMap: JsonField,
  addedTokens: JsonField,
): TokenizerConfig {
  const find = (key: string) => optionalField(config, key) ?? optionalField(specialTokensMap, key);
  const roles = Object.keys(roleRules).flatMap((role) => {
    const field = find(`${role}_token`);
    return field === undefined ? [] : [{ role, field }];
  });
  const additional = find('additional_special_tokens') ?? find('extra_special_tokens');
  return {
    tokenizerClass: optional<string>(config, 'tokenizer_class', 'string')?.replace(/Fast$/, ''),
    specialTokens: Object.fromEntries(roles.map(({ role, field }) => [role, tokenContent(field)])),
    additionalSpecialTokens: mapField(additional, readTokenList),
    addedTokens: unrepeated([
      ...(mapField(optionalField(config, 'added_tokens_decoder'), readDecoderTable) ?? []),
      ...objectEntries(addedTokens).map(([content, id]) => ({
        ...specialAddedToken(content, valueOf(id, 0)),
        special: false,
        normalized: true,
      })),
    ]),
    declaredTokens: roles.flatMap(({ field }) =>
      typeof field.value === 'string' ? [] : [readAddedToken(field, 0)],
    ),
    normalizer: readNormalizerSettings(config),
    modelMaxLength: mapField(optionalField(config, 'model_max_length'), readMaxLength),
    cleanUpSpaces: optional<boolean>(config, 'clean_up_tokenization_spaces', flag),
    extraIds: optional(config, 'extra_ids', 0),
    legacy: optional<boolean>(config, 'legacy', flag),
  };
}

function readMaxLength(field: JsonField): number | undefined {
  const { value } = field;
  if (typeof value !== 'number' || !(value >= 0)) return fail(field, 'must be a number of at least 0');
  return value > longestModel ? undefined : Math.trunc(value);
}

function tokenContent(field: JsonField): string {
  return typeof field.value === 'string' ? field.value : readAddedToken(field, 0).content;
}

/** A list of tokens, or (transformers 5) an object of named ones. */
function readTokenList(field: JsonField): string[] {
  const items = Array.isArray(field.value) ? arrayItems(field) : objectEntries(field).map(([, item]) => item);
  return items.map(tokenContent);
}

function readDecoderTable(field: JsonField): AddedToken[] {
  return objectEntries(field).map(([id, token]) =>
    /^\d{1,7}$/.test(id) ? readAddedToken(token, Number(id)) : fail(token, 'must be keyed by an id'),
  );
}

/**
 * transformers writes some tokens to both files; a token with two ids stays, for the check that refuses it.
 */
function unrepeated(tokens: readonly AddedToken[]): AddedToken[] {
  const known = new Set<string>();
  return tokens.filter(({ id, content }) => known.size < known.add(`${id} ${content}`).size);
}

function readNormalizerSettings(config: JsonField): BertNormalizerOptions {
  const basic = 'do_basic_tokenize';
  if (optional<boolean>(config, basic, flag) === false) {
    fail(requiredField(config, basic), 'must be true');
  }
  const settings = Object.entries({
    lowercase: optional<boolean>(config, 'do_lower_case', flag),
    stripAccents: optional<boolean>(config, 'strip_accents', flag),
    handleChineseChars: optional<boolean>(config, 'tokenize_chinese_chars', flag),
  });
  return Object.fromEntries(settings.filter(([, value]) => value !== undefined));
}
