import { show, TokenizerError } from '../errors.js';

/** Tokens and their ids: an array counts from 0, a map may start anywhere and skip. */
export type VocabularyInput = readonly string[] | ReadonlyMap<string, number>;

/** A checked, two-way vocabulary. */
export interface Vocabulary {
  readonly size: number;
  readonly ids: ReadonlyMap<string, number>;
  /** Tokens by id; undefined where an id is not the model's. */
  readonly tokens: readonly (string | undefined)[];
}

const largestId = 0x7fffff;

/**
 * Checks tokens and ids and indexes them both ways.
 * @param where  names the file in errors, when the vocabulary comes from one
 * @throws TokenizerError (malformed-file) for a token or an id that occurs twice, or an id that is not a
 * small integer
 */
export function createVocabulary(input: VocabularyInput, where: { op: string; file?: string }): Vocabulary {
  const ids = new Map<string, number>();
  const tokens: (string | undefined)[] = [];
  const fail = (problem: string): never => {
    throw new TokenizerError({ code: 'malformed-file', ...where, field: 'vocab', problem });
  };
  const add = (token: string, id: number): void => {
    if (typeof token !== 'string') fail(`token ${show(token)} is not a string`);
    if (!Number.isInteger(id) || id < 0 || id > largestId)
      fail(`token ${show(token)} has id ${show(id)}; ids are integers from 0 to ${largestId}`);
    const other = tokens[id];
    if (other !== undefined) fail(`tokens ${show(other)} and ${show(token)} both have id ${id}`);
    const first = ids.get(token);
    if (first !== undefined) fail(`token ${show(token)} occurs twice, as ids ${first} and ${id}`);
    ids.set(token, id);
    tokens[id] = token;
  };
  if (Array.isArray(input)) (input as readonly string[]).forEach(add);
  else (input as ReadonlyMap<string, number>).forEach((id, token) => add(token, id));
  return Object.freeze({ size: ids.size, ids, tokens });
}
