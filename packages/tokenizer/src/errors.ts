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
  const lines = [`[${op}]: ${problem}`];
  const place = [file, field].filter((part) => part !== undefined).join(': ');
  if (place !== '') lines.push(`  in ${place}`);
  if (remedy !== undefined) lines.push(`  Likely: ${remedy}`);
  lines.push(`  docs/errors.md#tokenizer-${code}`);
  return lines.join('\n');
}

/**
 * Throws when `options` has a key that is not in `known`.
 * @throws TokenizerError (bad-option) naming the key and the keys that are known
 */
export function checkOptions(op: string, options: unknown, known: readonly string[]): void {
  if (options === null || typeof options !== 'object') {
    throw new TokenizerError({
      code: 'bad-option',
      op,
      problem: `options must be an object, got ${show(options)}`,
    });
  }
  for (const key of Object.keys(options)) {
    if (known.includes(key)) continue;
    throw new TokenizerError({
      code: 'bad-option',
      op,
      field: key,
      problem: `unknown option "${key}"`,
      remedy: `a misspelling, or an option of another library. Known here: ${known.join(', ')}.`,
    });
  }
}

/**
 * Throws unless `value` is undefined or one of `allowed`.
 * @throws TokenizerError (bad-option)
 */
export function checkChoice(op: string, field: string, value: unknown, allowed: readonly unknown[]): void {
  if (value === undefined || allowed.includes(value)) return;
  const needed = allowed.map(show).join(', ');
  throw new TokenizerError({
    code: 'bad-option',
    op,
    field,
    problem: `${field} is ${show(value)}, must be ${needed}`,
  });
}

/**
 * Throws unless `value` is undefined or an integer of at least `minimum`.
 * @throws TokenizerError (bad-option)
 */
export function checkInteger(op: string, field: string, value: unknown, minimum: number): void {
  if (value === undefined || (Number.isSafeInteger(value) && (value as number) >= minimum)) return;
  throw new TokenizerError({
    code: 'bad-option',
    op,
    field,
    problem: `${field} is ${show(value)}, must be an integer of at least ${minimum}`,
  });
}

/**
 * Throws unless `value` is a string.
 * @throws TokenizerError (bad-input)
 */
export function checkText(op: string, field: string, value: unknown): asserts value is string {
  if (typeof value === 'string') return;
  throw new TokenizerError({
    code: 'bad-input',
    op,
    field,
    problem: `${field} must be a string, got ${show(value)}`,
  });
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
