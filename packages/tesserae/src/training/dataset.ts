import { placeOf } from '@tesserae/data';
import { TrainingDataError } from './row-fields.js';
import type { DataRow, RowFeatures, TrainingTask } from './task.js';

/** Rows of a data set: a list, or what a reader gives. */
export type Rows = Iterable<DataRow> | AsyncIterable<DataRow>;

/** How rows are read. */
interface ReadOptions {
  /** What errors call the set: 'training', 'validation'. */
  readonly name: string;
  readonly signal?: AbortSignal;
}

/** All rows of a set, in memory. */
export async function collectRows(
  rows: Rows,
  { signal }: { readonly signal?: AbortSignal } = {},
): Promise<DataRow[]> {
  const collected: DataRow[] = [];
  for await (const row of rows) {
    signal?.throwIfAborted();
    collected.push(row);
  }
  return collected;
}

/**
 * What the network reads of every row.
 * @throws TrainingDataError (training-empty) for a set without examples, and what the task says of a row
 */
export function featuresOf(
  task: TrainingTask,
  rows: readonly DataRow[],
  { name, signal }: ReadOptions,
): RowFeatures[] {
  const examples = rows.flatMap((row, index) => {
    signal?.throwIfAborted();
    return task.features(row, placeName(row, index)).map((features) => ({ row: index, features }));
  });
  if (examples.length > 0) return examples;
  throw new TrainingDataError({
    op: 'training',
    problem: `the ${name} data has no example (${rows.length} rows)`,
    likely: 'An empty list or file, or rows without words.',
    page: 'training-empty',
    got: rows.length,
  });
}

/** `train.jsonl: line 12`, or the number of a row that was made in memory. */
function placeName(row: DataRow, index: number): string {
  const place = placeOf(row);
  if (place === undefined) return `row ${index}`;
  return place.line === undefined ? `${place.file}: record ${index}` : `${place.file}: line ${place.line}`;
}
