import { MetricError, show } from './errors.js';

/**
 * Throws unless both are lists of one length, and not empty.
 * @throws MetricError (metric-bad-input, metric-length-mismatch, metric-empty)
 */
export function checkPairs(op: string, targets: ArrayLike<unknown>, predictions: ArrayLike<unknown>): void {
  for (const [name, list] of [
    ['targets', targets],
    ['predictions', predictions],
  ] as const) {
    if (Array.isArray(list) || ArrayBuffer.isView(list)) continue;
    throw new MetricError({
      op,
      problem: `${name} must be a list, got ${show(list)}`,
      likely: 'Wrap a single example in an array.',
      page: 'metric-bad-input',
      got: list,
    });
  }
  if (targets.length !== predictions.length) {
    throw new MetricError({
      op,
      problem: `${targets.length} targets, but ${predictions.length} predictions`,
      likely:
        'Lines were lost or split on the way; both lists must keep the order and number of the examples.',
      page: 'metric-length-mismatch',
      got: predictions.length,
      needed: targets.length,
    });
  }
  checkNotEmpty(op, targets);
}

/**
 * Throws when there are no examples: a mean over nothing is undefined.
 * @throws MetricError (metric-empty)
 */
export function checkNotEmpty(op: string, examples: ArrayLike<unknown>, what = 'examples'): void {
  if (examples.length > 0) return;
  throw new MetricError({
    op,
    problem: `there are no ${what}`,
    likely: 'The split or the file is empty.',
    page: 'metric-empty',
  });
}

/**
 * Throws unless every value is a finite number in the range.
 * @throws MetricError (metric-bad-number)
 */
export function checkNumbers(
  op: string,
  values: ArrayLike<unknown>,
  {
    name,
    min = -Infinity,
    max = Infinity,
  }: { readonly name: string; readonly min?: number; readonly max?: number },
): void {
  for (let index = 0; index < values.length; index++) {
    const value = values[index];
    if (typeof value === 'number' && Number.isFinite(value) && value >= min && value <= max) continue;
    const range = min === -Infinity && max === Infinity ? '' : ` in [${min}, ${max}]`;
    throw new MetricError({
      op,
      problem: `${name}[${index}] is ${show(value)}, needed: a finite number${range}`,
      likely: 'A model that diverged gives NaN; text must be parsed before it is scored.',
      page: 'metric-bad-number',
      got: value,
    });
  }
}

/**
 * Throws unless every value is a string.
 * @throws MetricError (metric-bad-input)
 */
export function checkTexts(op: string, values: readonly unknown[], name: string): void {
  for (let index = 0; index < values.length; index++) {
    if (typeof values[index] === 'string') continue;
    throw new MetricError({
      op,
      problem: `${name}[${index}] must be a string, got ${show(values[index])}`,
      likely: 'Decode ids to text first; a missing prediction is an empty string.',
      page: 'metric-bad-input',
      got: values[index],
    });
  }
}

/**
 * Throws when `options` has a key that is not in `known`.
 * @throws MetricError (metric-bad-option) naming the key and the keys that are known
 */
export function checkOptions(op: string, options: object, known: readonly string[]): void {
  for (const key of Object.keys(options)) {
    if (known.includes(key)) continue;
    throw badOption(op, `unknown option '${key}'; known are ${known.join(', ') || 'none'}`, key);
  }
}

/**
 * Throws unless `value` is one of `allowed`.
 * @throws MetricError (metric-bad-option)
 */
export function checkChoice(op: string, value: unknown, { name, allowed }: NamedChoices): void {
  if (allowed.includes(value)) return;
  throw badOption(op, `${name} is ${show(value)}, needed: one of ${allowed.map(show).join(', ')}`, value);
}

/** What an option may be. */
interface NamedChoices {
  readonly name: string;
  readonly allowed: readonly unknown[];
}

/**
 * Throws unless `value` is an integer of at least `min`.
 * @throws MetricError (metric-bad-option)
 */
export function checkInteger(
  op: string,
  value: unknown,
  { name, min }: { readonly name: string; readonly min: number },
): void {
  if (Number.isSafeInteger(value) && (value as number) >= min) return;
  throw badOption(op, `${name} is ${show(value)}, needed: an integer of at least ${min}`, value);
}

/** An error about an option. */
export function badOption(op: string, problem: string, got: unknown): MetricError {
  const likely = 'A misspelling, or an option of another library.';
  return new MetricError({ op, problem, likely, page: 'metric-bad-option', got });
}
