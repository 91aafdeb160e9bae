import { checkChoice, DataError, optionError, show } from '../errors.js';
import type { DataSource } from './data-file.js';
import { type FieldReader, fieldReader } from './json-fields.js';
import { parseJsonObject } from './json-lines.js';
import { lineRecords, type Parsed, type TextLine } from './line-records.js';
import { checkReaderOptions, type ReaderOptions } from './reader-options.js';
import {
  SUPER_GLUE_CLASSES,
  SUPER_GLUE_CONVERTERS,
  type SuperGlueRecords,
  type SuperGlueTask,
} from './super-glue-records.js';

/** Options of `readSuperGlue`. */
export interface SuperGlueOptions<T extends SuperGlueTask> extends ReaderOptions {
  readonly task: T;
}

const OP = 'readSuperGlue';
const TASKS = Object.keys(SUPER_GLUE_CLASSES) as readonly SuperGlueTask[];

/** Names of a task's classes, in the order of their numbers; undefined for ReCoRD. */
export function superGlueClasses(task: SuperGlueTask): readonly string[] | undefined {
  checkChoice('superGlueClasses', 'task', task, TASKS);
  return SUPER_GLUE_CLASSES[task];
}

/**
 * Examples of a SuperGLUE task from its published JSON lines. MultiRC gives a record for each answer, ReCoRD for each
 * query; positions are in UTF-16 code units.
 * @throws DataError data-json, data-field-missing, data-field-type, data-label
 */
export function readSuperGlue<T extends SuperGlueTask>(
  source: DataSource,
  options: SuperGlueOptions<T>,
): AsyncGenerator<SuperGlueRecords[T]> {
  const { task } = options;
  checkReaderOptions(OP, options, ['task']);
  if (!TASKS.includes(task)) {
    throw optionError(OP, 'task', `task is ${show(task)}, must be one of ${TASKS.join(', ')}`);
  }
  const labelOf = (fields: FieldReader): number => readLabel(fields, SUPER_GLUE_CLASSES[task] ?? []);
  const push = ({ text, start, next }: TextLine): Parsed<SuperGlueRecords[T]> | undefined => {
    const row = parseJsonObject(OP, text);
    if (row === undefined) return undefined;
    return { records: SUPER_GLUE_CONVERTERS[task](fieldReader(row, { op: OP }), labelOf), start, next };
  };
  return lineRecords(source, { ...options, format: { op: OP, start: () => ({ push }) } });
}

function readLabel(fields: FieldReader, classes: readonly string[]): number {
  if (!fields.has('label')) return -1;
  const given = fields.any('label');
  const isNumber = typeof given === 'number' && Number.isInteger(given);
  if (isNumber && given >= -1 && given < classes.length) return given;
  const index = classes.findIndex((name) => name.toLowerCase() === String(given).toLowerCase());
  if (index >= 0) return index;
  throw new DataError({
    op: OP,
    problem: `the label is ${show(given)}, not one of ${classes.map(show).join(', ')}`,
    field: 'label',
    page: 'data-label',
    remedy: 'the file of another task.',
  });
}
