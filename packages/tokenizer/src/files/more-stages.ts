import { createDecoderSequence } from '../decoders/decoder-sequence.js';
import {
  createByteFallbackDecoder,
  createFuseDecoder,
  createReplaceDecoder,
  createStripDecoder,
  stripRules,
} from '../decoders/piece-decoders.js';
import { flag } from '../errors.js';
import { createPrependNormalizer } from '../normalizers/text-normalizers.js';
import {
  createLowercaseNormalizer,
  createStripAccentsNormalizer,
  createUnicodeNormalizer,
} from '../normalizers/unicode-normalizer.js';
import {
  createDigitsPreTokenizer,
  createPunctuationPreTokenizer,
  createWhitespacePreTokenizer,
  type DigitsOptions,
} from '../pre-tokenizers/character-pre-tokenizers.js';
import { delimiterBehaviors, type DelimiterBehavior } from '../pre-tokenizers/span-splitter.js';
import { createSplitPreTokenizer } from '../pre-tokenizers/split-pre-tokenizer.js';
import { regexEngine } from '../regex/regex-engine.js';
import {
  fail,
  required,
  mapField,
  optional,
  optionalField,
  readOptions,
  requiredField,
  valueOf,
} from './json-field.js';
import type { JsonField } from './json-field.js';
import { readSentencePiece } from './read-sentencepiece.js';
import { readPattern, readReplacement, readSequence, type StageSet } from './stage-readers.js';

/**
 * The stages that T5 and BERT do not use, and the engine for regular expressions:
 * `tokenizerFromFiles(files, { stages: moreStages })` reads them, too.
 */
export const moreStages: StageSet = {
  normalizers: {
    NFC: () => createUnicodeNormalizer('NFC'),
    NFD: () => createUnicodeNormalizer('NFD'),
    NFKC: () => createUnicodeNormalizer('NFKC'),
    NFKD: () => createUnicodeNormalizer('NFKD'),
    Lowercase: createLowercaseNormalizer,
    StripAccents: createStripAccentsNormalizer,
    Prepend: (section: JsonField) => createPrependNormalizer(required(section, 'prepend', 'string')),
  },
  preTokenizers: {
    Whitespace: createWhitespacePreTokenizer,
    Punctuation: (section: JsonField) =>
      createPunctuationPreTokenizer({ behavior: mapField(optionalField(section, 'behavior'), readBehavior) }),
    Digits: (section: JsonField) =>
      createDigitsPreTokenizer(readOptions<DigitsOptions>(section, { individualDigits: flag })),
    Split: (section: JsonField) =>
      createSplitPreTokenizer({
        pattern: readPattern(section, regexEngine),
        behavior: readBehavior(requiredField(section, 'behavior')),
        invert: optional(section, 'invert', flag),
      }),
  },
  decoders: {
    ByteFallback: createByteFallbackDecoder,
    Fuse: createFuseDecoder,
    Strip: (section) => createStripDecoder(readOptions(section, stripRules)),
    Replace: (section, { engine }) => createReplaceDecoder(readReplacement(section, engine)),
    Sequence: (section, nested) => createDecoderSequence(readSequence(section, 'decoders', nested)),
  },
  engine: regexEngine,
  readSentencePiece,
};

/** Early files spell behaviours in small letters, with underscores. */
function readBehavior(field: JsonField): DelimiterBehavior {
  const name = valueOf<string>(field, 'string').replaceAll('_', '').toLowerCase();
  return (
    delimiterBehaviors.find((behavior) => behavior.toLowerCase() === name) ??
    fail(field, `must be one of ${delimiterBehaviors.join(', ')}`)
  );
}
