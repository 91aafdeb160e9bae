import { flag } from '../errors.js';
import { specialAddedToken, type AddedToken } from '../tokenizer-parts.js';
import { readOptions, required, type JsonField } from './json-field.js';

const flags = { special: flag, singleWord: flag, lstrip: flag, rstrip: flag, normalized: flag };

/** The `added_tokens` section, or one entry of `added_tokens_decoder` when its id is given. */
export function readAddedToken(field: JsonField, id?: number): AddedToken {
  const { special = false, ...read } = readOptions<Omit<AddedToken, 'content' | 'id'>>(field, flags);
  return {
    ...specialAddedToken(required(field, 'content', 'string'), id ?? required(field, 'id', 0)),
    special,
    ...read,
  };
}
