import type { PreTokenizer } from '../pipeline.js';
import { createBertPreTokenizer } from '../pre-tokenizers/bert-pre-tokenizer.js';
import { createWhitespaceSplitPreTokenizer } from '../pre-tokenizers/character-pre-tokenizers.js';
import { createMetaspacePreTokenizer } from '../pre-tokenizers/metaspace-pre-tokenizer.js';
import { createPreTokenizerSequence } from '../pre-tokenizers/pre-tokenizer-sequence.js';
import { readMetaspace } from './read-metaspace.js';
import { readSequence, type StageReaders } from './stage-readers.js';

/** Readers of the `pre_tokenizer` section. */
export const preTokenizerReaders: StageReaders<PreTokenizer> = {
  BertPreTokenizer: createBertPreTokenizer,
  WhitespaceSplit: createWhitespaceSplitPreTokenizer,
  Metaspace: (section) => createMetaspacePreTokenizer(readMetaspace(section)),
  Sequence: (section, nested) => createPreTokenizerSequence(readSequence(section, 'pretokenizers', nested)),
};
