import { flag } from '../errors.js';
import { metaspaceRules, type MetaspaceOptions } from '../pre-tokenizers/metaspace-pre-tokenizer.js';
import { fail, optional, readOptions, requiredField, type JsonField } from './json-field.js';

/** A Metaspace stage; before 2023 `add_prefix_space` said what `prepend_scheme` says now. */
export function readMetaspace(section: JsonField): MetaspaceOptions {
  const early = 'add_prefix_space';
  const prepends = optional<boolean>(section, early, flag) ?? true;
  const options = readOptions(section, metaspaceRules);
  const { prependScheme = prepends ? 'always' : 'never' } = options;
  if (!prepends && prependScheme !== 'never') {
    fail(requiredField(section, early), `is false, but prepend_scheme is "${prependScheme}"`);
  }
  requiredField(section, 'replacement');
  return { ...options, prependScheme };
}
