/** What went wrong; programs branch on it, and each has an anchor `tokenizer-<code>` in docs/errors.md. */
export type TokenizerErrorCode =
  /** A file is not what it claims to be: bad JSON, a wrong type, a duplicate id, a hole in the ids. */
  | 'malformed-file'
  /** A file is well-formed but asks for something this version does not implement. */
  | 'unsupported'
  /** A file that is needed is not there. */
  | 'missing-file'
  /** An option is unknown, of the wrong type or contradicts another. */
  | 'bad-option'
  /** An input is not text, or not an id. */
  | 'bad-input'
  /** The vocabulary lacks a token that is needed. */
  | 'missing-token'
  /** A text cannot be cut or padded to the length asked for. */
  | 'bad-length';

/** Facts of a TokenizerError; its message is derived from them. */
export interface TokenizerErrorFacts {
  readonly code: TokenizerErrorCode;
  /** The function or reader that complains. */
  readonly op: string;
  /** What was got and what was needed, with the values. */
  readonly problem: string;
  /** The file concerned, such as `tokenizer.json`. */
  readonly file?: string;
  /** The field within the file or the options, such as `model.vocab`. */
  readonly field?: string;
  /** The likely cause and what to do, in a sentence or two. Default: the usual one of the code, if there is one. */
  readonly remedy?: string;
  readonly cause?: unknown;
}

/** The one error class of this package; `code`, `file` and `field` say what and where. */
export class TokenizerError extends Error {
  declare readonly code: TokenizerErrorCode;
  declare readonly file: string | undefined;
  declare readonly field: string | undefined;
  declare readonly remedy: string | undefined;
  declare readonly facts: TokenizerErrorFacts;

  constructor(given: TokenizerErrorFacts) {
    const facts = { ...given, remedy: given.remedy ?? usualRemedies[given.code] };
    super(renderMessage(facts), facts.cause === undefined ? undefined : { cause: facts.cause });
    this.name = 'TokenizerError';
    const { code, file, field, remedy } = facts;
    Object.assign(this, { code, file, field, remedy, facts });
  }
}

const usualRemedies: Readonly<Partial<Record<TokenizerErrorCode, string>>> = {
  'malformed-file': 'a file that was cut off, edited, or is a Git LFS pointer: fetch it again.',
  'missing-token': 'files of two tokenizers, or a vocabulary that was cut: add the token.',
};

function renderMessage({ op, problem, file, field, remedy, code }: TokenizerErrorFacts): string {
  const place = [file, field].filter((part) => part !== undefined).join(': ');
  const where = place && `\n  in ${place}`;
  const likely = remedy === undefined ? '' : `\n  Likely: ${remedy}`;
  return `[${op}]: ${problem}${where}${likely}\n  docs/errors.md#tokenizer-${code}`;
}

/** What a value may be: one of a list, a whole number of at least so much, a string, or (null) anything. */
export type Rule = readonly unknown[] | number | 'string' | null;

/** Rules of an object's fields. */
export type Rules<T = object> = { readonly [K in keyof T]-?: Rule };

/** The rule of what is true or false. */
export const flag: Rule = [true, false];

/** What is needed when a value is against the rule, undefined when it is not. */
export function unmetNeed(value: unknown, rule: Rule): string | undefined {
  if (rule === 'string') return typeof value === rule ? undefined : 'a string';
  if (typeof rule === 'number')
    return Number.isSafeInteger(value) && (value as number) >= rule
      ? undefined
      : `an integer of at least ${rule}`;
  return rule === null || rule.includes(value) ? undefined : rule.map(show).join(' or ');
}

/**
 * Throws when `options` has a key without a rule, or a value against it; undefined is always allowed.
 * @throws TokenizerError (bad-option) naming the key, and what is known or needed
 */
export function checkOptions(op: string, options: unknown, rules: Rules): void {
  const code = 'bad-option';
  if (options === null || typeof options !== 'object') {
    throw new TokenizerError({ code, op, problem: `options must be an object, got ${show(options)}` });
  }
  const known = rules as Readonly<Record<string, Rule>>;
  for (const field of Object.keys(options)) {
    if (!Object.hasOwn(rules, field)) {
      const remedy = `a misspelling, or another library's. Known here: ${Object.keys(rules).join(', ')}.`;
      throw new TokenizerError({ code, op, field, problem: `unknown option "${field}"`, remedy });
    }
    const value = (options as Readonly<Record<string, unknown>>)[field];
    if (value !== undefined) checkValue(op, field, { value, rule: known[field]! });
  }
}

/**
 * Throws when a value is against the rule.
 * @throws TokenizerError (bad-option; bad-input for what should be a string) naming what is needed
 */
export function checkValue(
  op: string,
  field: string,
  { value, rule }: { readonly value: unknown; readonly rule: Rule },
): void {
  const needed = unmetNeed(value, rule);
  if (needed === undefined) return;
  const code = rule === 'string' ? 'bad-input' : 'bad-option';
  throw new TokenizerError({ code, op, field, problem: `${field} must be ${needed}, got ${show(value)}` });
}

/** A value as an error message shows it: quoted, and cut after 60 characters. */
export function show(value: unknown): string {
  if (typeof value === 'string')
    return JSON.stringify(value.length > 60 ? `${value.slice(0, 57)}...` : value);
  if (Array.isArray(value)) return `an array of ${value.length}`;
  if (typeof value === 'function') return 'a function';
  if (value !== null && typeof value === 'object') return value.constructor?.name ?? 'an object';
  return String(value);
}
