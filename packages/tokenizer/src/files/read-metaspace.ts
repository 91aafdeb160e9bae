import type { MetaspaceOptions, PrependScheme } from '../pre-tokenizers/metaspace-pre-tokenizer.js';
import {
  booleanValue,
  fail,
  optionalField,
  requiredField,
  stringValue,
  type JsonField,
} from './json-field.js';
import { flagOr } from './stage-readers.js';

/** A Metaspace stage; before 2023 `add_prefix_space` said what `prepend_scheme` says now. */
export function readMetaspace(section: JsonField): MetaspaceOptions {
  const scheme = optionalField(section, 'prepend_scheme');
  const early = optionalField(section, 'add_prefix_space');
  const prepends = early === undefined || booleanValue(early);
  const prependScheme = scheme === undefined ? (prepends ? 'always' : 'never') : stringValue(scheme);
  if (!prepends && prependScheme !== 'never') {
    fail(early!, `is false, but prepend_scheme is "${prependScheme}"`);
  }
  return {
    replacement: stringValue(requiredField(section, 'replacement')),
    prependScheme: prependScheme as PrependScheme,
    split: flagOr(section, 'split', { missing: true }),
  };
}
