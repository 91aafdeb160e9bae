import { OptionError, ShapeError } from '@tesserae/tensor';

// What decoders ask of their input before they read it.

/**
 * Throws unless every value is a whole number of at least 1.
 * @throws OptionError
 */
export function requireCounts(op: string, counts: Readonly<Record<string, number>>): void {
  for (const [name, value] of Object.entries(counts)) {
    if (Number.isSafeInteger(value) && value > 0) continue;
    throw new OptionError({
      op,
      problem: `${name} is ${value}, needed a whole number from 1`,
      page: 'option-value',
      got: value,
    });
  }
}

/**
 * Throws unless `value` is one of `known`.
 * @throws OptionError
 */
export function requireChoice(op: string, name: string, value: string, known: readonly string[]): void {
  if (known.includes(value)) return;
  throw new OptionError({
    op,
    problem: `${name} is '${String(value)}'`,
    likely: `There are ${known.join(', ')}.`,
    page: 'option-value',
    got: value,
    needed: known,
  });
}

/**
 * Throws unless each of `numTokens` tokens has its logits.
 * @throws ShapeError
 */
export function requireTokenLogits(op: string, logits: ArrayLike<number>, numTokens: number): void {
  if (logits.length >= numTokens) return;
  throw new ShapeError({
    op,
    problem: `${logits.length} logits for ${numTokens} tokens`,
    likely: 'They are of another text. Logits of padding may follow, but none may lack.',
    page: 'logits-shape',
    got: logits.length,
    needed: numTokens,
  });
}
