import { join } from 'node:path';
import {
  createRandom,
  mapRecords,
  readConll,
  readConllu,
  readSquad,
  shuffleInPlace,
  take,
} from '@tesserae/data';
import type { DataFile } from '@tesserae/data';
import { findFiles } from '@tesserae/data/node';
import { OptionError } from '@tesserae/tensor';
import type { z } from 'zod';
import { formatOf, rows } from '../data-input.js';
import type { dataSchema, dataSetSchema } from './config-parts.js';

type DataConfig = z.infer<typeof dataSetSchema>;
type Row = Readonly<Record<string, unknown>>;

/** Training rows, and held-out ones where there are any. */
export interface TrainingRows {
  readonly train: readonly Row[];
  readonly dev: readonly Row[] | undefined;
}

/** Rows of a config's data, under the names that tasks know; of a mixture the rows of all its sets, as often as they weigh. */
export async function readTrainingRows(
  data: z.infer<typeof dataSchema>,
  signal: AbortSignal,
): Promise<TrainingRows> {
  if (!('mixture' in data)) return readSet(data, signal);
  const train: Row[] = [];
  const dev: Row[] = [];
  for (const [index, { weight = 1, ...set }] of data.mixture.entries()) {
    const rows = await readSet({ ...set, dir: set.dir ?? data.dir }, signal);
    for (const row of repeated(rows.train, { weight, index })) train.push(row);
    for (const row of rows.dev ?? []) dev.push(row);
  }
  return { train, dev: dev.length === 0 ? undefined : dev };
}

/** Rows as often as a weight says; what is left of it is a random part of them, always the same. */
function* repeated(
  rows: readonly Row[],
  { weight, index }: { readonly weight: number; readonly index: number },
): Generator<Row> {
  for (let copy = 0; copy < Math.floor(weight); copy++) yield* rows;
  const order = shuffleInPlace(Int32Array.from(rows.keys()), createRandom(0, ['mixture', index]));
  const rest = Math.round((weight % 1) * rows.length);
  for (const row of order.subarray(0, rest)) yield rows[row]!;
}

async function readSet(data: DataConfig, signal: AbortSignal): Promise<TrainingRows> {
  const { dev, devShare } = data;
  if (dev !== undefined && devShare !== undefined) throw both();
  const train = await readRows(data.train, { ...data, signal });
  if (dev !== undefined)
    return { train, dev: await readRows(dev, { ...data, limit: data.devLimit, signal }) };
  if (devShare === undefined || devShare === 0) return { train, dev: undefined };
  const size = Math.max(1, Math.round(devShare * train.length));
  return { train: train.slice(0, -size), dev: train.slice(-size) };
}

/** How rows are read. */
interface RowOptions extends Pick<DataConfig, 'dir' | 'format' | 'columns' | 'prefix' | 'limit'> {
  readonly signal?: AbortSignal;
}

/** All rows of files, under the names that tasks know. */
export async function readRows(paths: DataConfig['train'], options: RowOptions): Promise<readonly Row[]> {
  const { dir, format = 'auto', columns = {}, prefix, limit, signal } = options;
  const isRemote = (path: string): boolean => /^https?:\/\//.test(path) || path === '-';
  const places = [paths].flat().map((path) => (dir === undefined || isRemote(path) ? path : join(dir, path)));
  const files = await findFiles(places);
  const source = recordsOf(files, format, signal);
  const named = mapRecords(source, (row) => withPrefix(renamed(row, columns), prefix));
  const collected: Row[] = [];
  for await (const row of limit === undefined ? named : take(named, limit)) collected.push(row);
  return collected;
}

function recordsOf(
  files: readonly DataFile[],
  format: NonNullable<DataConfig['format']>,
  signal: AbortSignal | undefined,
): AsyncIterable<Row> {
  switch (format) {
    case 'conll':
      return mapRecords(readConll(files, { signal }), ({ tokens, tags }) => ({ words: tokens, tags }));
    case 'conllu':
      return mapRecords(readConllu(files, { signal }), (sentence) => ({
        ...sentence,
        words: sentence.tokens,
        tags: sentence.upos,
      }));
    case 'squad':
      return mapRecords(readSquad(files, { signal }), (question) => ({ ...question }));
    default:
      return rows(files, format === 'auto' ? formatOf(files) : format, { signal });
  }
}

/** A row with the columns of the file under the names that the task knows. */
function renamed(row: Row, columns: Readonly<Record<string, string>>): Row {
  const entries = Object.entries(columns);
  const missing = entries.find(([, column]) => !Object.hasOwn(row, column));
  if (missing !== undefined) throw noColumn(missing, row);
  return { ...row, ...Object.fromEntries(entries.map(([name, column]) => [name, row[column]])) };
}

function withPrefix(row: Row, prefix: string | undefined): Row {
  const { inputs } = row;
  return prefix === undefined || typeof inputs !== 'string' ? row : { ...row, inputs: prefix + inputs };
}

function noColumn([name, column]: readonly [string, string], row: Row): OptionError {
  return new OptionError({
    op: 'data.columns',
    problem: `'${name}' is read from column '${column}', and a row has ${Object.keys(row).join(', ') || 'none'}`,
    likely: 'Another file, or a misspelt column.',
    page: 'training-row',
    got: column,
    needed: Object.keys(row),
  });
}

function both(): OptionError {
  return new OptionError({
    op: 'data',
    problem: 'dev and devShare exclude each other',
    likely: 'Held-out rows come from files of their own, or are the last of the training rows.',
    page: 'training-config',
  });
}
