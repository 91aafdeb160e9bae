import { extname } from 'node:path';
import {
  mapRecords,
  readCsv,
  readDocuments,
  readJsonLines,
  readParquet,
  readText,
  readTsv,
  placeOf,
  t5Format,
  withPlace,
} from '@tesserae/data';
import type { DataFile, Place, TextDocument } from '@tesserae/data';
import { OptionError } from '@tesserae/tensor';

/** How input files are read. */
export const INPUT_FORMATS = [
  ...['auto', 'text', 'documents', 'wikitext', 'file', 'jsonl', 'csv', 'tsv', 'parquet'],
] as const;

/** A name of `INPUT_FORMATS`. */
export type InputFormat = (typeof INPUT_FORMATS)[number];

/** What of the input is read. */
interface InputOptions {
  readonly format: InputFormat;
  /** Field of a record that is the text. */
  readonly field: string;
  /** A task of T5, whose format makes inputs and targets of a record. */
  readonly task?: string;
}

/** How reading goes on, and ends. */
interface ReadingOptions {
  readonly after?: Place;
  readonly signal?: AbortSignal;
}

type Row = Readonly<Record<string, unknown>>;

const formatsByEnding: Readonly<Record<string, InputFormat>> = {
  ...{ '.txt': 'documents', '.jsonl': 'jsonl', '.ndjson': 'jsonl', '.json': 'jsonl' },
  ...{ '.csv': 'csv', '.tsv': 'tsv', '.parquet': 'parquet' },
};

/** Documents of files: `{ text }`, or `{ inputs, targets }` for a task; with their places. */
export function readInput(
  files: readonly DataFile[],
  options: InputOptions & ReadingOptions,
): AsyncIterable<object> {
  const { format, field, task, ...reading } = options;
  const chosen = format === 'auto' ? formatOf(files) : format;
  if (task !== undefined) return taskExamples(rows(files, chosen, reading), task);
  switch (chosen) {
    case 'text':
      return readText(files, { ...reading, blankLines: 'skip' });
    case 'documents':
      return mapRecords(readDocuments(files, reading), documentText);
    case 'wikitext':
    case 'file':
      return mapRecords(readDocuments(files, { ...reading, layout: chosen }), documentText);
    default:
      return mapRecords(rows(files, chosen, reading), (row) => ({
        ...row,
        text: row[field] ?? missing(field, row),
      }));
  }
}

/** Texts of evaluation examples: lines of text, or all texts of a record joined. */
export function readEvaluation(file: DataFile, options: ReadingOptions): AsyncIterable<string> {
  const format = formatOf([file]);
  if (format === 'documents') return textsOf(readText(file, { ...options, blankLines: 'skip' }));
  return textsOf(rows([file], format, options));
}

async function* textsOf(records: AsyncIterable<object>): AsyncGenerator<string> {
  for await (const record of records) yield textsIn(record).join('\n');
}

function textsIn(value: unknown): readonly string[] {
  if (typeof value === 'string') return [value];
  return value !== null && typeof value === 'object' ? Object.values(value).flatMap(textsIn) : [];
}

/** The format that all the names end in. */
export function formatOf(files: readonly DataFile[]): InputFormat {
  const formats = files.map(({ name }) => formatsByEnding[extname(name.replace(/\.gz$/, '')).toLowerCase()]);
  const [first] = formats;
  if (first !== undefined && formats.every((format) => format === first)) return first;
  const names = files.map(({ name }) => name).slice(0, 3);
  throw new OptionError({
    op: 'readInput',
    problem: `the format of ${names.join(', ')} is not clear from the names`,
    likely: `Say it with --format: ${INPUT_FORMATS.slice(1).join(', ')}.`,
    page: 'input-format',
    got: names,
  });
}

/**
 * Records of files that have fields.
 * @throws OptionError (input-format) for formats of running text
 */
export function rows(
  files: readonly DataFile[],
  format: InputFormat,
  options: ReadingOptions,
): AsyncIterable<Row> {
  switch (format) {
    case 'jsonl':
      return readJsonLines(files, options);
    case 'csv':
      return readCsv(files, options);
    case 'tsv':
      return readTsv(files, options);
    case 'parquet':
      return readParquet(files, options);
    default:
      throw new OptionError({
        op: 'readInput',
        problem: `${format} has no records with fields`,
        likely: 'Tasks are read from jsonl, csv, tsv or parquet; --format says which.',
        page: 'input-format',
        got: format,
      });
  }
}

/** Examples of records. Only the last of a record has its place: behind it, reading may go on. */
async function* taskExamples(records: AsyncIterable<Row>, task: string): AsyncGenerator<Row> {
  const format = t5Format(task);
  let number = 0;
  for await (const record of records) {
    const place = placeOf(record);
    const name = place?.line === undefined ? `record ${number}` : `${place.file}: line ${place.line}`;
    const examples = format.examples(record, name);
    number++;
    for (const [at, { inputs, targets }] of examples.entries()) {
      yield withPlace({ inputs, targets }, at + 1 === examples.length ? place : undefined);
    }
  }
}

function documentText({ title, paragraphs }: TextDocument): { readonly text: string } {
  return { text: (title === undefined ? paragraphs : [title, ...paragraphs]).join('\n') };
}

function missing(field: string, row: Row): never {
  throw new OptionError({
    op: 'readInput',
    problem: `a record has no field "${field}"; it has ${Object.keys(row).join(', ') || 'none'}`,
    likely: 'Name the field of the text with --field.',
    page: 'input-format',
    got: field,
  });
}

/** A file whose bytes are counted as they are read. */
export function countedFile(file: DataFile, onBytes: (count: number) => void): DataFile {
  const { ranges } = file;
  return {
    ...file,
    async *open(options) {
      for await (const chunk of file.open(options)) {
        onBytes(chunk.length);
        yield chunk;
      }
    },
    ...(ranges === undefined
      ? {}
      : {
          ranges: {
            sizeBytes: (options) => ranges.sizeBytes(options),
            read: async (range, options) => {
              const bytes = await ranges.read(range, options);
              onBytes(bytes.length);
              return bytes;
            },
          },
        }),
  };
}
