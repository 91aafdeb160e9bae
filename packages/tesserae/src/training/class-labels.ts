import type { NamedRow } from './row-fields.js';
import { TrainingDataError, shown } from './row-fields.js';

/** Most names that an error lists. */
const SHOWN = 12;

/**
 * Index of a label among the head's names: by name, or by number.
 * @throws TrainingDataError (training-labels) for a label that the head does not have
 */
export function classOf(
  label: unknown,
  labels: readonly string[],
  { place }: Pick<NamedRow, 'place'>,
): number {
  const name = String(label);
  const index = labels.indexOf(name);
  if (index >= 0) return index;
  const number = typeof label === 'number' || /^\d+$/.test(name) ? Number(label) : Number.NaN;
  if (Number.isSafeInteger(number) && number >= 0 && number < labels.length) return number;
  throw new TrainingDataError({
    op: 'training',
    problem: `the label ${shown(label)} of ${place} is none of the head's ${labels.length}: ${listed(labels)}`,
    likely:
      'The head was made for other classes. Load the model with newHeadSeed and `config: { id2label }`, or rename the labels.',
    page: 'training-labels',
    got: label,
    needed: labels,
  });
}

function listed(labels: readonly string[]): string {
  const rest = labels.length - SHOWN;
  return labels.slice(0, SHOWN).join(', ') + (rest > 0 ? `, … (${rest} more)` : '');
}

/** The names of all labels, in the order of numbers if they are numbers, else of the alphabet. */
export function labelNames(labels: Iterable<unknown>): readonly string[] {
  const names = [...new Set(Array.from(labels, String))];
  const areNumbers = names.every((name) => /^\d+$/.test(name));
  return areNumbers ? names.sort((a, b) => Number(a) - Number(b)) : names.sort();
}

/** True for the names that a config without names gives its classes. */
export const hasDefaultNames = (labels: readonly string[]): boolean =>
  labels.every((name, index) => name === `LABEL_${index}`);
