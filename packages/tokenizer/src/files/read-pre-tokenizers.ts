import type { PreTokenizer } from '../pipeline.js';
import { createBertPreTokenizer } from '../pre-tokenizers/bert-pre-tokenizer.js';
import {
  createDigitsPreTokenizer,
  createPunctuationPreTokenizer,
  createWhitespacePreTokenizer,
  createWhitespaceSplitPreTokenizer,
} from '../pre-tokenizers/character-pre-tokenizers.js';
import { createMetaspacePreTokenizer } from '../pre-tokenizers/metaspace-pre-tokenizer.js';
import { createPreTokenizerSequence } from '../pre-tokenizers/pre-tokenizer-sequence.js';
import { delimiterBehaviors, type DelimiterBehavior } from '../pre-tokenizers/span-splitter.js';
import { createSplitPreTokenizer } from '../pre-tokenizers/split-pre-tokenizer.js';
import { fail, optionalField, requiredField, stringValue, type JsonField } from './json-field.js';
import { flagOr, readPattern, readSequence, readStage, within, type StageReaders } from './stage-readers.js';
import { readMetaspace } from './read-metaspace.js';

/** The `pre_tokenizer` section. */
export function readPreTokenizer(section: JsonField): PreTokenizer {
  return readStage(section, preTokenizerReaders);
}

const preTokenizerReaders: StageReaders<PreTokenizer> = {
  BertPreTokenizer: createBertPreTokenizer,
  Whitespace: createWhitespacePreTokenizer,
  WhitespaceSplit: createWhitespaceSplitPreTokenizer,
  Metaspace: (section) => within(section, () => createMetaspacePreTokenizer(readMetaspace(section))),
  Punctuation(section) {
    const behavior = optionalField(section, 'behavior');
    return createPunctuationPreTokenizer({ behavior: behavior && readBehavior(behavior) });
  },
  Digits: (section) =>
    createDigitsPreTokenizer({ individualDigits: flagOr(section, 'individual_digits', { missing: false }) }),
  Split: (section) =>
    within(section, () =>
      createSplitPreTokenizer({
        pattern: readPattern(section),
        behavior: readBehavior(requiredField(section, 'behavior')),
        invert: flagOr(section, 'invert', { missing: false }),
      }),
    ),
  Sequence: (section, readers) => createPreTokenizerSequence(readSequence(section, 'pretokenizers', readers)),
};

/** Early files spell behaviours in small letters, with underscores. */
function readBehavior(field: JsonField): DelimiterBehavior {
  const name = stringValue(field).replaceAll('_', '').toLowerCase();
  return (
    delimiterBehaviors.find((behavior) => behavior.toLowerCase() === name) ??
    fail(field, `must be one of ${delimiterBehaviors.join(', ')}`)
  );
}
