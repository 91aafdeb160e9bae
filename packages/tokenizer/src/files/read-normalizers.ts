import { createBertNormalizer, type BertNormalizerOptions } from '../normalizers/bert-normalizer.js';
import { createPrecompiledNormalizer } from '../normalizers/precompiled-normalizer.js';
import {
  createNormalizerSequence,
  createPrependNormalizer,
  createReplaceNormalizer,
  createStripNormalizer,
} from '../normalizers/text-normalizers.js';
import {
  createLowercaseNormalizer,
  createStripAccentsNormalizer,
  createUnicodeNormalizer,
} from '../normalizers/unicode-normalizer.js';
import type { Normalizer } from '../pipeline.js';
import { base64ToBytes } from '../text/base64.js';
import { booleanValue, optionalField, requiredField, stringValue, type JsonField } from './json-field.js';
import { flagOr, readPattern, readSequence, readStage, within, type StageReaders } from './stage-readers.js';

/** The `normalizer` section, with settings of tokenizer_config.json over those of a BertNormalizer in it. */
export function readNormalizer(section: JsonField, overrides: BertNormalizerOptions): Normalizer {
  return readStage(section, normalizerReaders(overrides));
}

function normalizerReaders(overrides: BertNormalizerOptions): StageReaders<Normalizer> {
  const strip = (section: JsonField) =>
    createStripNormalizer({
      left: booleanValue(requiredField(section, 'strip_left')),
      right: booleanValue(requiredField(section, 'strip_right')),
    });
  return {
    BertNormalizer: (section) => createBertNormalizer({ ...readBertOptions(section), ...overrides }),
    NFC: () => createUnicodeNormalizer('NFC'),
    NFD: () => createUnicodeNormalizer('NFD'),
    NFKC: () => createUnicodeNormalizer('NFKC'),
    NFKD: () => createUnicodeNormalizer('NFKD'),
    Precompiled: readPrecompiled,
    Lowercase: createLowercaseNormalizer,
    StripAccents: createStripAccentsNormalizer,
    Strip: strip,
    StripNormalizer: strip,
    Replace: (section) =>
      within(section, () =>
        createReplaceNormalizer({
          pattern: readPattern(section),
          content: stringValue(requiredField(section, 'content')),
        }),
      ),
    Prepend: (section) => createPrependNormalizer(stringValue(requiredField(section, 'prepend'))),
    Sequence: (section, readers) => createNormalizerSequence(readSequence(section, 'normalizers', readers)),
  };
}

function readPrecompiled(section: JsonField): Normalizer {
  const field = requiredField(section, 'precompiled_charsmap');
  const origin = { op: 'tokenizerFromFiles', file: field.file, field: field.path };
  return createPrecompiledNormalizer(base64ToBytes(stringValue(field), origin), origin);
}

function readBertOptions(section: JsonField): BertNormalizerOptions {
  const stripAccents = optionalField(section, 'strip_accents');
  return {
    cleanText: flagOr(section, 'clean_text', { missing: true }),
    handleChineseChars: flagOr(section, 'handle_chinese_chars', { missing: true }),
    stripAccents: stripAccents === undefined ? null : booleanValue(stripAccents),
    lowercase: flagOr(section, 'lowercase', { missing: true }),
  };
}
