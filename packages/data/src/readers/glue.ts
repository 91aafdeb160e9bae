import { checkChoice, DataError, optionError, show } from '../errors.js';
import type { DataSource } from './data-file.js';
import { GLUE_LAYOUTS, type GlueLayout, type GlueTask } from './glue-layouts.js';
import { type JsonRecord, parseJsonObject } from './json-lines.js';
import { type LineFormat, lineRecords, linewise, type TextLine } from './line-records.js';
import { FILE_START } from './place.js';
import { checkReaderOptions, type ReaderOptions } from './reader-options.js';

/** Options of `readGlue`. */
export interface GlueOptions extends ReaderOptions {
  readonly task: GlueTask;
}

/**
 * An example of GLUE. Its texts have the names of TensorFlow Datasets: `sentence`; `sentence1` and `sentence2`;
 * `premise` and `hypothesis`; `question1` and `question2`; `question` and `sentence`.
 */
export interface GlueRecord {
  /** Number of the class (`glueClasses`), the score for STS-B; -1 in files without labels. */
  readonly label: number;
  readonly [text: string]: string | number;
}

const OP = 'readGlue';
const TASKS = Object.keys(GLUE_LAYOUTS) as readonly GlueTask[];

/** Names of a task's classes, in the order of their numbers; undefined for STS-B, whose label is a score. */
export function glueClasses(task: GlueTask): readonly string[] | undefined {
  checkChoice('glueClasses', 'task', task, TASKS);
  return GLUE_LAYOUTS[task].classes;
}

/**
 * Examples of a GLUE task, from the original TSV files (train, dev or test; quotes are plain characters, CoLA has no
 * header) or from JSON lines with the names of TensorFlow Datasets and Hugging Face. Which it is shows in the first line.
 *
 * The original train.tsv of QQP has a few broken rows: pass `onInvalid` to leave them out.
 * @throws DataError data-columns, data-field-missing, data-field-type, data-label
 */
export function readGlue(source: DataSource, options: GlueOptions): AsyncGenerator<GlueRecord> {
  checkReaderOptions(OP, options, ['task']);
  if (!TASKS.includes(options.task)) {
    throw optionError(OP, 'task', `task is ${show(options.task)}, must be one of ${TASKS.join(', ')}`);
  }
  return lineRecords(source, { ...options, format: glueFormat(GLUE_LAYOUTS[options.task]) });
}

function glueFormat(layout: GlueLayout): LineFormat<GlueRecord> {
  return {
    op: OP,
    start: async ({ firstLine }) => {
      const first = (await firstLine())?.text ?? '';
      if (first.trimStart().startsWith('{')) return linewise(({ text }) => fromJson(layout, text));
      const columns = columnsOf(layout, first.split('\t'));
      return linewise((line) => fromRow(layout, columns, line));
    },
  };
}

interface Columns {
  readonly names: readonly string[];
  readonly hasHeader: boolean;
}

function columnsOf(layout: GlueLayout, first: readonly string[]): Columns {
  const isHeader = Object.values(layout.texts).every((column) => first.includes(column));
  if (isHeader) return { names: first, hasHeader: true };
  if (layout.columns?.length === first.length) return { names: layout.columns, hasHeader: false };
  throw new DataError({
    op: OP,
    problem: `the first line has ${first.slice(0, 12).map(show).join(', ')}; needed are the columns ${Object.values(layout.texts).join(', ')}`,
    line: 1,
    page: 'data-columns',
    remedy: 'the file of another task, a file whose header was removed, or one that is not parted by tabs.',
  });
}

function fromRow(layout: GlueLayout, columns: Columns, { text, start }: TextLine): GlueRecord | undefined {
  if (text === '' || (columns.hasHeader && start.line === FILE_START.line)) return undefined;
  const { names } = columns;
  const cells = text.split('\t');
  if (cells.length !== names.length) {
    throw new DataError({
      op: OP,
      problem: `the row has ${cells.length} columns, ${names.length} are needed (${names.join(', ')})`,
      page: 'data-columns',
      remedy: 'a broken row, as the published QQP has a few. `onInvalid` leaves them out.',
    });
  }
  const cell = (name: string): string => cells[names.indexOf(name)]!;
  const texts = Object.entries(layout.texts).map(([name, column]) => [name, cell(column)] as const);
  const label = names.includes(layout.label) ? readLabel(layout, cell(layout.label)) : -1;
  return { ...Object.fromEntries(texts), label };
}

function fromJson(layout: GlueLayout, text: string): GlueRecord | undefined {
  const row = parseJsonObject(OP, text);
  if (row === undefined) return undefined;
  const names = Object.keys(layout.texts);
  const texts = names.map((name) => [name, jsonText(row, name)] as const);
  const label = row['label'] === undefined || row['label'] === null ? -1 : readLabel(layout, row['label']);
  return { ...Object.fromEntries(texts), label };
}

function jsonText(row: JsonRecord, name: string): string {
  const value = row[name];
  if (typeof value === 'string') return value;
  throw new DataError({
    op: OP,
    problem:
      value === undefined
        ? `there is no '${name}'; the fields are ${Object.keys(row).map(show).join(', ')}`
        : `${name} is ${show(value)}, must be a text`,
    field: name,
    page: value === undefined ? 'data-field-missing' : 'data-field-type',
    remedy: 'the file of another task, or with other names. readJsonLines with a schema renames fields.',
  });
}

/** The number of a class given by its name, as it is written in the original files, or by its number. */
function readLabel({ label: field, classes, written }: GlueLayout, given: unknown): number {
  if (classes === undefined) return readScore(field, given);
  const text = String(given);
  for (const names of [classes, written ?? []]) {
    if (names.includes(text)) return names.indexOf(text);
  }
  const isNumber = typeof given === 'number' && Number.isInteger(given);
  if (isNumber && given >= -1 && given < classes.length) return given;
  const allowed = [...classes, ...(written ?? [])].map(show).join(', ');
  throw new DataError({
    op: OP,
    problem: `the label is ${show(given)}, not one of ${allowed}`,
    field,
    page: 'data-label',
    remedy: 'the file of another task, or a row without agreed label. `onInvalid` leaves such rows out.',
  });
}

function readScore(field: string, given: unknown): number {
  const score = typeof given === 'string' && given.trim() !== '' ? Number(given) : given;
  if (typeof score === 'number' && (score === -1 || (score >= 0 && score <= 5))) return score;
  throw new DataError({
    op: OP,
    problem: `the score is ${show(given)}, must be a number from 0 to 5`,
    field,
    page: 'data-label',
    remedy: 'the file of another task, or columns that are shifted by a tab in a text.',
  });
}
