import type { AddedToken } from '../tokenizer-parts.js';
import { countValue, requiredField, stringValue, type JsonField } from './json-field.js';
import { flagOr } from './stage-readers.js';

/** The `added_tokens` section, or one entry of `added_tokens_decoder` when its id is given. */
export function readAddedToken(field: JsonField, id?: number): AddedToken {
  const flag = (name: string) => flagOr(field, name, { missing: false });
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
