import { DataError, show } from '../errors.js';

/** One record of a data set: a row, a line of JSON. */
export type DataRecord = Readonly<Record<string, unknown>>;

/** Where a record comes from, for errors. */
interface RecordPlace {
  /** The task or format that reads it. */
  readonly task: string;
  /** Such as `record 7` or `train.tsv: line 12`. */
  readonly place?: string;
}

/** Checked access to the fields of a record; a path such as `idx/question` leads into nested ones. */
export interface RecordReader {
  text(path: string): string;
  number(path: string): number;
  texts(path: string): readonly string[];
  /** The field, or undefined where there is none. */
  optional(path: string): unknown;
  /** The number of a class, given as a number, a boolean or its name; -1, and none at all, mean no label. */
  classOf(path: string, classes: readonly string[]): number;
  /** The error for a field that is not as needed. */
  wrong(path: string, problem: string): DataError;
}

/** Reads a record; every method throws DataError (data-record) with the record's place. */
export function readRecord(record: DataRecord, where: RecordPlace): RecordReader {
  const wrong = (path: string, problem: string): DataError =>
    new DataError({
      op: 'task',
      file: where.task,
      place: where.place,
      field: path,
      problem,
      page: 'data-record',
      remedy: `another data set or version. Fields here: ${Object.keys(record ?? {}).join(', ') || 'none'}.`,
    });
  const optional = (path: string): unknown => fieldAt(record, path);
  const needed = (path: string): unknown => {
    const value = optional(path);
    if (value !== undefined && value !== null) return value;
    throw wrong(path, `the record has no field "${path}"`);
  };
  return {
    optional,
    wrong,
    text(path) {
      const value = needed(path);
      if (typeof value === 'string') return value;
      throw wrong(path, `${path} must be a text, got ${show(value)}`);
    },
    number(path) {
      const value = needed(path);
      if (typeof value === 'number' && Number.isFinite(value)) return value;
      throw wrong(path, `${path} must be a number, got ${show(value)}`);
    },
    texts(path) {
      const value = needed(path);
      if (Array.isArray(value) && value.every((one) => typeof one === 'string')) return value;
      throw wrong(path, `${path} must be a list of texts, got ${show(value)}`);
    },
    classOf: (path, classes) => classNumber(optional(path) ?? -1, { path, classes, wrong }),
  };
}

interface ClassContext extends Pick<RecordReader, 'wrong'> {
  readonly path: string;
  readonly classes: readonly string[];
}

function classNumber(value: unknown, { path, classes, wrong }: ClassContext): number {
  if (value === -1) return -1;
  const index = typeof value === 'string' ? classes.indexOf(value) : Number(value);
  if (typeof value !== 'object' && classes[index] !== undefined) return index;
  throw wrong(path, `${path} is ${show(value)}, classes are ${classes.join(', ')}`);
}

/** The value at a path; a name that has a slash itself is found too. */
function fieldAt(record: unknown, path: string): unknown {
  if (record === null || typeof record !== 'object') return undefined;
  if (Object.hasOwn(record, path)) return (record as DataRecord)[path];
  const slash = path.indexOf('/');
  if (slash < 0) return undefined;
  return fieldAt(fieldAt(record, path.slice(0, slash)), path.slice(slash + 1));
}
