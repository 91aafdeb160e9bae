import { flag } from '../errors.js';
import {
  bertNormalizerRules,
  createBertNormalizer,
  type BertNormalizerOptions,
} from '../normalizers/bert-normalizer.js';
import { createPrecompiledNormalizer } from '../normalizers/precompiled-normalizer.js';
import {
  createNormalizerSequence,
  createReplaceNormalizer,
  createStripNormalizer,
} from '../normalizers/text-normalizers.js';
import type { Normalizer } from '../pipeline.js';
import { base64ToBytes } from '../text/base64.js';
import { readOptions, required, requiredField, type JsonField } from './json-field.js';
import { readReplacement, readSequence, type StageReaders } from './stage-readers.js';

/** Readers of the `normalizer` section, with settings of tokenizer_config.json over those of a BertNormalizer in it. */
export function normalizerReaders(overrides: BertNormalizerOptions): StageReaders<Normalizer> {
  const strip = (section: JsonField) =>
    createStripNormalizer({
      left: required(section, 'strip_left', flag),
      right: required(section, 'strip_right', flag),
    });
  return {
    BertNormalizer: (section) =>
      createBertNormalizer({ ...readOptions(section, bertNormalizerRules), ...overrides }),
    Precompiled(section) {
      const { file, path } = requiredField(section, 'precompiled_charsmap');
      const origin = { op: 'tokenizerFromFiles', file, field: path };
      const map = base64ToBytes(required(section, 'precompiled_charsmap', 'string'), origin);
      return createPrecompiledNormalizer(map, origin);
    },
    Strip: strip,
    StripNormalizer: strip,
    Replace: (section, { engine }) => createReplaceNormalizer(readReplacement(section, engine)),
    Sequence: (section, nested) => createNormalizerSequence(readSequence(section, 'normalizers', nested)),
  };
}
