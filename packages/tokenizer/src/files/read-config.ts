import type { BertNormalizerOptions } from '../normalizers/bert-normalizer.js';
import { specialTokenRoles, type AddedToken, type SpecialTokenRole } from '../tokenizer-parts.js';
import {
  arrayItems,
  booleanValue,
  countValue,
  fail,
  objectEntries,
  optionalField,
  stringValue,
  type JsonField,
} from './json-field.js';
import { readAddedToken } from './read-added-token.js';

/**
 * What tokenizer_config.json, special_tokens_map.json and added_tokens.json say, the first before the
 * second.
 */
export interface TokenizerConfig {
  readonly tokenizerClass: string | undefined;
  readonly specialTokens: Readonly<Partial<Record<SpecialTokenRole, string>>>;
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
  config: JsonField | undefined,
  specialTokensMap: JsonField | undefined,
  addedTokens: JsonField | undefined,
): TokenizerConfig {
  const sources = [config, specialTokensMap].filter((source) => source !== undefined);
  const find = (key: string) => sources.map((source) => optionalField(source, key)).find((field) => field);
  const own = (key: string) => config && optionalField(config, key);
  const roleFields = specialTokenRoles.flatMap((role) => {
    const field = find(`${role}_token`);
    return field === undefined ? [] : [{ role, field }];
  });
  const additional = find('additional_special_tokens') ?? find('extra_special_tokens');
  return {
    tokenizerClass: mapField(own('tokenizer_class'), stringValue),
    specialTokens: Object.fromEntries(roleFields.map(({ role, field }) => [role, tokenContent(field)])),
    additionalSpecialTokens: additional && readTokenList(additional),
    addedTokens: unrepeated([
      ...readDecoderTable(own('added_tokens_decoder')),
      ...readAddedTokensFile(addedTokens),
    ]),
    declaredTokens: roleFields
      .filter(({ field }) => typeof field.value !== 'string')
      .map(({ field }) => readAddedToken(field, 0)),
    normalizer: readNormalizerSettings(config),
    modelMaxLength: mapField(own('model_max_length'), readMaxLength),
    cleanUpSpaces: mapField(own('clean_up_tokenization_spaces'), booleanValue),
    extraIds: mapField(own('extra_ids'), countValue),
    legacy: mapField(own('legacy'), booleanValue),
  };
}

function mapField<T>(field: JsonField | undefined, read: (field: JsonField) => T): T | undefined {
  return field === undefined ? undefined : read(field);
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

function readDecoderTable(field: JsonField | undefined): AddedToken[] {
  if (field === undefined) return [];
  return objectEntries(field).map(([id, token]) =>
    /^\d{1,7}$/.test(id) ? readAddedToken(token, Number(id)) : fail(token, 'must be keyed by an id'),
  );
}

function readAddedTokensFile(file: JsonField | undefined): AddedToken[] {
  if (file === undefined) return [];
  return objectEntries(file).map(([content, id]) => {
    const { value } = id;
    if (!Number.isSafeInteger(value) || (value as number) < 0) fail(id, 'must be an id');
    return {
      content,
      id: value as number,
      special: false,
      singleWord: false,
      lstrip: false,
      rstrip: false,
      normalized: true,
    };
  });
}

/**
 * transformers writes some tokens to both files; a token with two ids stays, for the check that refuses it.
 */
function unrepeated(tokens: readonly AddedToken[]): AddedToken[] {
  return [
    ...new Map(tokens.map((token) => [`${token.id} ${token.content}`, token] as const).reverse()).values(),
  ].reverse();
}

function readNormalizerSettings(config: JsonField | undefined): BertNormalizerOptions {
  if (config === undefined) return {};
  const flag = (key: string) => mapField(optionalField(config, key), booleanValue);
  const settings: Record<string, boolean | undefined> = {
    lowercase: flag('do_lower_case'),
    stripAccents: flag('strip_accents'),
    handleChineseChars: flag('tokenize_chinese_chars'),
  };
  if (flag('do_basic_tokenize') === false) {
    fail(
      optionalField(config, 'do_basic_tokenize')!,
      'must be true: only whole BERT pipelines are supported',
    );
  }
  return Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined));
}
