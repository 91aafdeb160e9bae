import { createBertNormalizer, type BertNormalizerOptions } from '../normalizers/bert-normalizer.js';
import { createPrecompiledNormalizer } from '../normalizers/precompiled-normalizer.js';
import {
  createNormalizerSequence,
  createPrependNormalizer,
  createReplaceNormalizer,
  createStripNormalizer,
} from '../normalizers/text-normalizers.js';
import type { Normalizer } from '../pipeline.js';
import { base64ToBytes } from '../text/base64.js';
import { booleanValue, optionalFlag, requiredField, stringValue, type JsonField } from './json-field.js';
import { readReplacement, readSequence, type StageReaders } from './stage-readers.js';

/** Readers of the `normalizer` section, with settings of tokenizer_config.json over those of a BertNormalizer in it. */
export function normalizerReaders(overrides: BertNormalizerOptions): StageReaders<Normalizer> {
  const strip = (section: JsonField) =>
    createStripNormalizer({
      left: booleanValue(requiredField(section, 'strip_left')),
      right: booleanValue(requiredField(section, 'strip_right')),
    });
  return {
    BertNormalizer: (section) =>
      createBertNormalizer({
        cleanText: optionalFlag(section, 'clean_text'),
        handleChineseChars: optionalFlag(section, 'handle_chinese_chars'),
        stripAccents: optionalFlag(section, 'strip_accents'),
        lowercase: optionalFlag(section, 'lowercase'),
        ...overrides,
      }),
    Precompiled: readPrecompiled,
    Strip: strip,
    StripNormalizer: strip,
    Replace: (section, { engine }) => createReplaceNormalizer(readReplacement(section, engine)),
    Prepend: (section) => createPrependNormalizer(stringValue(requiredField(section, 'prepend'))),
    Sequence: (section, nested) => createNormalizerSequence(readSequence(section, 'normalizers', nested)),
  };
}

function readPrecompiled(section: JsonField): Normalizer {
  const field = requiredField(section, 'precompiled_charsmap');
  const origin = { op: 'tokenizerFromFiles', file: field.file, field: field.path };
  return createPrecompiledNormalizer(base64ToBytes(stringValue(field), origin), origin);
}
