import { InvalidArgumentError, Option } from 'commander';

/** Reads a whole number from 1 up. */
export function wholeNumber(text: string): number {
  return numberFrom(text, 1);
}

/** Reads a whole number from 0 up. */
export function countNumber(text: string): number {
  return numberFrom(text, 0);
}

/** Reads a share above 0, at most 1. */
export function shareNumber(text: string): number {
  const value = Number(text);
  if (!(value > 0 && value <= 1)) throw new InvalidArgumentError('needed: a number above 0, at most 1');
  return value;
}

function numberFrom(text: string, least: 0 | 1): number {
  const value = Number(text);
  if (text.trim() !== '' && Number.isSafeInteger(value) && value >= least) return value;
  throw new InvalidArgumentError(
    `needed: a ${least === 1 ? 'positive whole number' : 'whole number from 0 up'}`,
  );
}

/** `--json`. */
export function jsonOption(): Option {
  return new Option('--json', 'print JSON lines').default(false);
}

/** Gathers the values of an option that may be given several times. */
export const collect = (text: string, before: readonly string[]): readonly string[] => [...before, text];
