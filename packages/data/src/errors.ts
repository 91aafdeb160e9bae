/** Facts of a DataError; its message is derived from them. */
export interface DataErrorFacts {
  /** The function or reader that complains. */
  readonly op: string;
  /** What was got and what was needed, with the values. */
  readonly problem: string;
  /** Anchor in docs/errors.md, and the error's `code`. */
  readonly page: string;
  /** The file concerned, or the name of the task or source. */
  readonly file?: string;
  /** The line in it, from 1. */
  readonly line?: number;
  /** Where in it, if not by line: `record 7`. */
  readonly place?: string;
  /** The field of the record or of the options. */
  readonly field?: string;
  /** The likely cause and what to do, in a sentence or two. */
  readonly remedy?: string;
  readonly cause?: unknown;
}

/** The one error class of this package; `code`, `file`, `line`, `place` and `field` say what and where. */
export class DataError extends Error {
  readonly code: string;
  readonly file: string | undefined;
  readonly line: number | undefined;
  readonly place: string | undefined;
  readonly field: string | undefined;
  readonly remedy: string | undefined;
  readonly facts: DataErrorFacts;

  constructor(facts: DataErrorFacts) {
    super(renderMessage(facts), facts.cause === undefined ? undefined : { cause: facts.cause });
    this.name = 'DataError';
    this.code = facts.page;
    this.file = facts.file;
    this.line = facts.line;
    this.place = facts.place;
    this.field = facts.field;
    this.remedy = facts.remedy;
    this.facts = facts;
  }
}

function renderMessage({ op, problem, file, line, place, field, remedy, page }: DataErrorFacts): string {
  const lines = [`[${op}]: ${problem}`];
  const lineName = line === undefined ? undefined : `line ${line}`;
  const where = [file, lineName, place, field].filter((part) => part !== undefined).join(': ');
  if (where !== '') lines.push(`  in ${where}`);
  if (remedy !== undefined) lines.push(`  Likely: ${remedy}`);
  lines.push(`  docs/errors.md#${page}`);
  return lines.join('\n');
}

/**
 * Throws when `options` has a key that is not in `known`.
 * @throws DataError (unknown-option) naming the key and the keys that are known
 */
export function checkOptions(op: string, options: unknown, known: readonly string[]): void {
  if (options === null || typeof options !== 'object') {
    throw optionError(op, 'options', `options must be an object, got ${show(options)}`);
  }
  for (const key of Object.keys(options)) {
    if (known.includes(key)) continue;
    throw new DataError({
      op,
      field: key,
      problem: `unknown option "${key}"`,
      page: 'unknown-option',
      remedy: `a misspelling, or an option of another function. Known here: ${known.join(', ')}.`,
    });
  }
}

/**
 * Throws unless `value` is undefined or one of `allowed`.
 * @throws DataError (option-value)
 */
export function checkChoice(op: string, field: string, value: unknown, allowed: readonly unknown[]): void {
  if (value === undefined || allowed.includes(value)) return;
  throw optionError(op, field, `${field} is ${show(value)}, must be ${allowed.map(show).join(', ')}`);
}

/**
 * Throws unless `value` is undefined or an integer of at least `minimum`.
 * @throws DataError (option-value)
 */
export function checkInteger(op: string, field: string, value: unknown, minimum: number): void {
  if (value === undefined || (Number.isSafeInteger(value) && (value as number) >= minimum)) return;
  throw optionError(op, field, `${field} is ${show(value)}, must be an integer of at least ${minimum}`);
}

/**
 * Throws unless `value` is undefined or a number within [low, high].
 * @throws DataError (option-value)
 */
export function checkRange(
  op: string,
  field: string,
  value: unknown,
  [low, high]: readonly [number, number],
): void {
  if (value === undefined || (typeof value === 'number' && value >= low && value <= high)) return;
  throw optionError(op, field, `${field} is ${show(value)}, must be a number from ${low} to ${high}`);
}

/** The error for an option outside its range. */
export function optionError(op: string, field: string, problem: string): DataError {
  return new DataError({ op, field, problem, page: 'option-value' });
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
