import { ConfigError, OptionError, ShapeError } from '@tesserae/tensor';

// What decoders ask of their input before they read it.

/**
 * Throws unless `value` is a whole number of at least `least`.
 * @throws OptionError
 */
export function requireCount(op: string, name: string, value: number, least = 1): void {
  if (Number.isSafeInteger(value) && value >= least) return;
  throw new OptionError({
    op,
    problem: `${name} is ${value}, must be a whole number of at least ${least}`,
    page: 'option-value',
    got: value,
  });
}

/**
 * Throws unless `value` is one of `known`.
 * @throws OptionError
 */
export function requireChoice(op: string, name: string, value: string, known: readonly string[]): void {
  if (known.includes(value)) return;
  throw new OptionError({
    op,
    problem: `${name} is '${value}'; known are ${known.join(', ')}`,
    page: 'option-value',
    got: value,
    needed: known,
  });
}

/**
 * Throws unless each logit has its label.
 * @throws ConfigError
 */
export function requireLabels(op: string, labels: readonly string[], logits: ArrayLike<number>): void {
  if (labels.length === logits.length) return;
  throw new ConfigError({
    op,
    problem: `${labels.length} labels for ${logits.length} logits`,
    likely:
      'id2label in config.json has one name for each output of the head: take both from the same model.',
    page: 'labels-number',
    got: labels.length,
    needed: logits.length,
  });
}

/**
 * Throws unless each of `numTokens` tokens has its logits; rows behind them are padding.
 * @throws ShapeError
 */
export function requireTokens(op: string, rows: ArrayLike<unknown>, numTokens: number): void {
  if (rows.length >= numTokens) return;
  throw new ShapeError({
    op,
    problem: `logits of ${rows.length} tokens, the text has ${numTokens}`,
    likely: 'They are of another text. Logits of padding may follow, but none may lack.',
    page: 'logits-shape',
    got: rows.length,
    needed: numTokens,
  });
}
