import { createWordPieceDecoder } from '../decoders/word-piece-decoder.js';
import { createWordPiece, type WordPieceModel } from '../models/word-piece.js';
import { createBertNormalizer, type BertNormalizerOptions } from '../normalizers/bert-normalizer.js';
import type { Decoder, PostProcessor, PreTokenizer, TemplatePiece } from '../pipeline.js';
import {
  createBertProcessor,
  createTemplateProcessor,
  type TemplateToken,
} from '../post-processors/template-processor.js';
import { createBertPreTokenizer } from '../pre-tokenizers/bert-pre-tokenizer.js';
import type { AddedToken } from '../tokenizer-parts.js';
import {
  arrayItems,
  booleanValue,
  countValue,
  fail,
  failUnsupported,
  objectEntries,
  optionalField,
  requiredField,
  stringValue,
  type JsonField,
} from './json-field.js';

/** Options of the `normalizer` section. */
function readNormalizerOptions(section: JsonField): BertNormalizerOptions {
  checkType(section, ['BertNormalizer']);
  const flag = (name: string, missing: boolean) => {
    const field = optionalField(section, name);
    return field === undefined ? missing : booleanValue(field);
  };
  const stripAccents = optionalField(section, 'strip_accents');
  return {
    cleanText: flag('clean_text', true),
    handleChineseChars: flag('handle_chinese_chars', true),
    stripAccents: stripAccents === undefined ? null : booleanValue(stripAccents),
    lowercase: flag('lowercase', true),
  };
}

/** The `normalizer` section, with settings of tokenizer_config.json over it. */
export function readNormalizer(section: JsonField, overrides: BertNormalizerOptions) {
  return createBertNormalizer({ ...readNormalizerOptions(section), ...overrides });
}

/** The `pre_tokenizer` section. */
export function readPreTokenizer(section: JsonField): PreTokenizer {
  checkType(section, ['BertPreTokenizer']);
  return createBertPreTokenizer();
}

/** The `decoder` section. */
export function readDecoder(section: JsonField): Decoder {
  checkType(section, ['WordPiece']);
  const prefix = optionalField(section, 'prefix');
  const cleanup = optionalField(section, 'cleanup');
  return createWordPieceDecoder({
    prefix: prefix && stringValue(prefix),
    cleanup: cleanup && booleanValue(cleanup),
  });
}

/** The `model` section; files of before 2020 leave its type out. */
export function readModel(section: JsonField): WordPieceModel {
  const isOldForm = optionalField(section, 'type') === undefined;
  if (!isOldForm) checkType(section, ['WordPiece']);
  if (isOldForm && optionalField(section, 'max_input_chars_per_word') === undefined) {
    failUnsupported(section, 'without a type', ['WordPiece']);
  }
  const unkToken = optionalField(section, 'unk_token');
  const prefix = optionalField(section, 'continuing_subword_prefix');
  const maxChars = optionalField(section, 'max_input_chars_per_word');
  return createWordPiece({
    vocab: new Map(
      objectEntries(requiredField(section, 'vocab')).map(([token, id]) => [token, countValue(id)]),
    ),
    unkToken: unkToken && stringValue(unkToken),
    continuingSubwordPrefix: prefix && stringValue(prefix),
    maxInputCharsPerWord: maxChars && countValue(maxChars),
    file: section.file,
  });
}

/** The `post_processor` section. */
export function readPostProcessor(section: JsonField): PostProcessor {
  const type = checkType(section, ['TemplateProcessing', 'BertProcessing']);
  if (type === 'BertProcessing') {
    return createBertProcessor({ cls: readTokenPair(section, 'cls'), sep: readTokenPair(section, 'sep') });
  }
  const specialTokens = new Map(objectEntries(requiredField(section, 'special_tokens')));
  const read = (name: string) =>
    arrayItems(requiredField(section, name)).map((piece) => readPiece(piece, specialTokens));
  return createTemplateProcessor({ single: read('single'), pair: read('pair') });
}

function readTokenPair(section: JsonField, name: string): TemplateToken {
  const field = requiredField(section, name);
  const [token, id] = arrayItems(field);
  if (token === undefined || id === undefined) return fail(field, 'must be a token and its id');
  return { token: stringValue(token), id: countValue(id) };
}

function readPiece(piece: JsonField, specialTokens: ReadonlyMap<string, JsonField>): TemplatePiece {
  const input = optionalField(piece, 'Sequence');
  const field = input ?? requiredField(piece, 'SpecialToken');
  const name = stringValue(requiredField(field, 'id'));
  const typeId = countValue(requiredField(field, 'type_id'));
  if (input !== undefined) {
    return name === 'A' || name === 'B' ? { sequence: name, typeId } : fail(input, 'id must be A or B');
  }
  const special = specialTokens.get(name) ?? fail(field, `"${name}" is not among special_tokens`);
  const ids = arrayItems(requiredField(special, 'ids')).map(countValue);
  const tokens = arrayItems(requiredField(special, 'tokens')).map(stringValue);
  if (ids.length !== tokens.length || ids.length === 0)
    fail(special, 'needs as many ids as tokens, at least one');
  return { name, ids, tokens, typeId };
}

/** The `added_tokens` section, or one entry of `added_tokens_decoder` when its id is given. */
export function readAddedToken(field: JsonField, id?: number): AddedToken {
  const flag = (name: string) => {
    const value = optionalField(field, name);
    return value !== undefined && booleanValue(value);
  };
  return {
    content: stringValue(requiredField(field, 'content')),
    id: id ?? countValue(requiredField(field, 'id')),
    special: flag('special'),
    singleWord: flag('single_word'),
    lstrip: flag('lstrip'),
    rstrip: flag('rstrip'),
    normalized: flag('normalized'),
  };
}

function checkType(section: JsonField, supported: readonly string[]): string {
  const field = requiredField(section, 'type');
  const type = stringValue(field);
  if (!supported.includes(type)) failUnsupported(field, `"${type}"`, supported);
  return type;
}
