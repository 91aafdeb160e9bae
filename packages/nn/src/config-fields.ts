import { ConfigError } from '@tesserae/tensor';
import { ACTIVATION_NAMES } from './activations.js';

/**
 * Readers of the keys of one config.json. An absent key, and null, take the fallback; anything else is
 * checked.
 */
export interface ConfigFields {
  /**
   * A whole number from 1 to `most` (default 2³¹ - 1): a size. What lists are made from needs a lower bound.
   */
  count(key: string, fallback: number, options?: { readonly most?: number }): number;
  /** A whole number of at least 0: a token id. */
  id(key: string, fallback: number): number;
  number(key: string, fallback: number): number;
  /** A number from 0 to 1: a dropout rate. */
  share(key: string, fallback: number): number;
  text(key: string, fallback: string): string;
  flag(key: string, fallback: boolean): boolean;
  /** A name that `activation` knows. */
  activation(key: string, fallback: string): string;
  /** @throws ConfigError naming file, key, what it is and what it must be */
  fail(key: string, got: unknown, needed: string): never;
}

const LARGEST_SIZE = 2 ** 31 - 1;

const isWhole = (value: unknown): value is number => Number.isSafeInteger(value);
const isNumber = (value: unknown): value is number => typeof value === 'number' && Number.isFinite(value);
const isText = (value: unknown): value is string => typeof value === 'string';
const isFlag = (value: unknown): value is boolean => typeof value === 'boolean';
const isId = (value: unknown): value is number => isWhole(value) && value >= 0;
const isShare = (value: unknown): value is number => isNumber(value) && value >= 0 && value <= 1;
const isActivation = (value: unknown): value is string => isText(value) && ACTIVATION_NAMES.includes(value);
const sizeUpTo =
  (most: number) =>
  (value: unknown): value is number =>
    isWhole(value) && value >= 1 && value <= most;

/** Readers of a config; every one throws ConfigError for a value of another kind. */
export function configFields(
  json: Readonly<Record<string, unknown>>,
  { op, file }: { readonly op: string; readonly file: string },
): ConfigFields {
  const fail = (key: string, got: unknown, needed: string): never => {
    throw new ConfigError({
      op,
      problem: `'${key}' is ${JSON.stringify(got)}, needed ${needed}`,
      likely: 'The file was edited or belongs to another kind of model.',
      page: 'config-field',
      file,
      got,
      needed,
    });
  };
  const reader =
    <T>(accepts: (value: unknown) => value is T, needed: string) =>
    (key: string, fallback: T): T => {
      const value = json[key] ?? fallback;
      return accepts(value) ? value : fail(key, value, needed);
    };
  return {
    count: (key, fallback, { most = LARGEST_SIZE } = {}) =>
      reader(sizeUpTo(most), `a whole number from 1 to ${most}`)(key, fallback),
    id: reader(isId, 'a token id, a whole number from 0'),
    number: reader(isNumber, 'a number'),
    share: reader(isShare, 'a number from 0 to 1'),
    text: reader(isText, 'a text'),
    flag: reader(isFlag, 'true or false'),
    activation: reader(isActivation, `one of ${ACTIVATION_NAMES.join(', ')}`),
    fail,
  };
}
