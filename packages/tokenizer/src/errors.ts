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
  /** The likely cause and what to do, in a sentence or two. */
  readonly remedy?: string;
  readonly cause?: unknown;
}

/** The one error class of this package; `code`, `file` and `field` say what and where. */
export class TokenizerError extends Error {
  readonly code: TokenizerErrorCode;
  readonly file: string | undefined;
  readonly field: string | undefined;
  readonly remedy: string | undefined;
  readonly facts: TokenizerErrorFacts;

  constructor(facts: TokenizerErrorFacts) {
    super(renderMessage(facts), facts.cause === undefined ? undefined : { cause: facts.cause });
    this.name = 'TokenizerError';
    this.code = facts.code;
    this.file = facts.file;
    this.field = facts.field;
    this.remedy = facts.remedy;
    this.facts = facts;
  }
}

function renderMessage({ op, problem, file, field, remedy, code }: TokenizerErrorFacts): string {
  const place = [file, field].filter((part) => part !== undefined).join(': ');
  const where = place && `\n  in ${place}`;
  const likely = remedy === undefined ? '' : `\n  Likely: ${remedy}`;
  return `[${op}]: ${problem}${where}${likely}\n  docs/errors.md#tokenizer-${code}`;
}

/** What an option may be: one of a list, an integer of at least a number, or (null) what its reader checks. */
export type OptionRule = readonly unknown[] | number | null;

/** The rule of an option that is true or false. */
export const flag: OptionRule = [true, false];

/**
 * Throws when `options` has a key without a rule, or a value against it; undefined is always allowed.
 * @throws TokenizerError (bad-option) naming the key, and what is known or needed
 */
export function checkOptions(
  op: string,
  options: unknown,
  rules: Readonly<Record<string, OptionRule>>,
): void {
  const code = 'bad-option';
  if (options === null || typeof options !== 'object') {
    throw new TokenizerError({ code, op, problem: `options must be an object, got ${show(options)}` });
  }
  for (const field of Object.keys(options)) {
    const value = (options as Readonly<Record<string, unknown>>)[field];
    if (!Object.hasOwn(rules, field)) {
      const problem = `unknown option "${field}"`;
      const remedy = `a misspelling, or another library's option. Known here: ${Object.keys(rules).join(', ')}.`;
      throw new TokenizerError({ code, op, field, problem, remedy });
    }
    if (value !== undefined) checkValue(op, field, { value, rule: rules[field]! });
  }
}

/**
 * Throws when a value is against the rule.
 * @throws TokenizerError (bad-option) naming what is needed
 */
export function checkValue(
  op: string,
  field: string,
  { value, rule }: { readonly value: unknown; readonly rule: OptionRule },
): void {
  const isList = Array.isArray(rule);
  if (isList ? rule.includes(value) : rule === null || isInteger(value, rule as number)) return;
  const needed = isList ? rule.map(show).join(', ') : `an integer of at least ${String(rule)}`;
  const problem = `${field} is ${show(value)}, must be ${needed}`;
  throw new TokenizerError({ code: 'bad-option', op, field, problem });
}

function isInteger(value: unknown, minimum: number): boolean {
  return Number.isSafeInteger(value) && (value as number) >= minimum;
}

/**
 * Throws unless `value` is a string.
 * @throws TokenizerError (bad-input)
 */
export function checkText(op: string, field: string, value: unknown): asserts value is string {
  if (typeof value === 'string') return;
  const problem = `${field} must be a string, got ${show(value)}`;
  throw new TokenizerError({ code: 'bad-input', op, field, problem });
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
