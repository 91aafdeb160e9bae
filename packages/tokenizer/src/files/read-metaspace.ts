import type { MetaspaceOptions, PrependScheme } from '../pre-tokenizers/metaspace-pre-tokenizer.js';
import {
  fail,
  optionalFlag,
  optionalString,
  requiredField,
  stringValue,
  type JsonField,
} from './json-field.js';

/** A Metaspace stage; before 2023 `add_prefix_space` said what `prepend_scheme` says now. */
export function readMetaspace(section: JsonField): MetaspaceOptions {
  const early = 'add_prefix_space';
  const prepends = optionalFlag(section, early) ?? true;
  const scheme = optionalString(section, 'prepend_scheme') ?? (prepends ? 'always' : 'never');
  if (!prepends && scheme !== 'never') {
    fail(requiredField(section, early), `is false, but prepend_scheme is "${scheme}"`);
  }
  return {
    replacement: stringValue(requiredField(section, 'replacement')),
    prependScheme: scheme as PrependScheme,
    split: optionalFlag(section, 'split') ?? true,
  };
}
