import { TesseraeError } from '@tesserae/tensor';
import type { DataRow } from './task.js';

/** Rows of a data set that a task cannot learn from: a missing column, a label that the head does not know. */
export class TrainingDataError extends TesseraeError {}

/** A row and what errors call it. */
export interface NamedRow {
  readonly row: DataRow;
  /** Such as `row 7` or `train.tsv: line 12`. */
  readonly place: string;
}

/** A text column. @throws TrainingDataError (training-row) */
export function textOf(from: NamedRow, name: string): string {
  const value = from.row[name];
  return typeof value === 'string' ? value : wrongField(from, name, 'a text');
}

/** A text column that may be missing. */
export function optionalText(from: NamedRow, name: string): string | undefined {
  return isAbsent(from.row[name]) ? undefined : textOf(from, name);
}

/** A column of texts. @throws TrainingDataError (training-row) */
export function textsOf(from: NamedRow, name: string): readonly string[] {
  const value = from.row[name];
  const isList = Array.isArray(value) && value.every((one) => typeof one === 'string');
  return isList ? (value as readonly string[]) : wrongField(from, name, 'a list of texts');
}

/** A finite number, or a text of one. @throws TrainingDataError (training-row) */
export function numberOf(from: NamedRow, name: string): number {
  const value = from.row[name];
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  return typeof number === 'number' && Number.isFinite(number) ? number : wrongField(from, name, 'a number');
}

/** True for what a column that is not there holds. */
export const isAbsent = (value: unknown): value is undefined | null => value === undefined || value === null;

/** A value as errors show it. */
export function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
}

/** The error for a column that is not as needed. */
export function wrongField({ row, place }: NamedRow, name: string, needed: string): never {
  const names = Object.keys(row).join(', ') || 'none';
  throw new TrainingDataError({
    op: 'training',
    problem: isAbsent(row[name])
      ? `${place} has no column '${name}'; it has ${names}`
      : `'${name}' of ${place} is ${shown(row[name])}, needed ${needed}`,
    likely: `Another data set, or other names: say which column is '${name}' (\`columns\` in a config).`,
    page: 'training-row',
    got: row[name],
    needed,
  });
}
