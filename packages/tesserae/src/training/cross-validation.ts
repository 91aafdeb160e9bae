import { createRandom, shuffleInPlace } from '@tesserae/data';
import type { Backend } from '@tesserae/tensor';
import { OptionError } from '@tesserae/tensor';
import type { MetricValues, TrainerEvent } from '@tesserae/training';
import type { PretrainedModel } from '../pretrained.js';
import { labelsIn } from './labels-of-data.js';
import type { DataRow } from './task.js';
import { taskOfClass } from './tasks/table.js';
import type { TrainableConfig, TrainableModel } from './tasks/task-context.js';
import { trainModel } from './train-model.js';
import type { TrainingSettings } from './train-options.js';

/** Mean of a metric over runs, and how much it varies. */
export interface MetricSummary {
  readonly mean: number;
  /** Sample standard deviation (n - 1); 0 for one run. */
  readonly deviation: number;
  readonly values: readonly number[];
}

/** Scores of several runs, one after the other and together. */
export interface SeveralRuns {
  readonly runs: readonly MetricValues[];
  readonly summary: Readonly<Record<string, MetricSummary>>;
}

/** Mean and deviation of every metric that all runs have. */
export function summarizeRuns(runs: readonly MetricValues[]): Readonly<Record<string, MetricSummary>> {
  const names = Object.keys(runs[0] ?? {}).filter((name) => runs.every((run) => run[name] !== undefined));
  return Object.fromEntries(names.map((name) => [name, summaryOf(runs.map((run) => run[name]!))]));
}

function summaryOf(values: readonly number[]): MetricSummary {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { mean, deviation: values.length < 2 ? 0 : Math.sqrt(squares / (values.length - 1)), values };
}

/**
 * The same run with several seeds, one after the other.
 * @param run  trains and scores with one seed
 */
export async function acrossSeeds(
  seeds: readonly number[],
  run: (seed: number) => Promise<MetricValues>,
): Promise<SeveralRuns> {
  const runs: MetricValues[] = [];
  for (const seed of seeds) runs.push(await run(seed));
  return { runs, summary: summarizeRuns(runs) };
}

/** The parts of one fold. */
export interface Fold {
  /** Counted from 0. */
  readonly index: number;
  readonly train: readonly DataRow[];
  readonly validation: readonly DataRow[];
}

/** How a model is cross-validated. */
export interface CrossValidateOptions {
  /** A fresh model for a fold, with random weights or from a folder. */
  readonly model: (seed: number) => Promise<TrainableModel>;
  readonly rows: readonly DataRow[];
  /** Default 5. */
  readonly folds?: number;
  /** Of the parting, and with the fold's number of each training; default 0. */
  readonly seed?: number;
  /** Parts each class alike, for tasks with one label a row; default true. */
  readonly isStratified?: boolean;
  readonly backend: Backend;
  readonly settings?: TrainingSettings;
  /** Told before a fold is trained. */
  readonly onFold?: (fold: Fold) => unknown;
  /** Told of everything that happens in a training. */
  readonly onEvent?: (event: TrainerEvent, fold: Fold) => unknown;
  readonly signal?: AbortSignal;
}

/**
 * Trains on all folds but one and scores on that one, for each; the scores are those of each training's best evaluation.
 * @throws OptionError for fewer than 2 folds, or more than rows; and what training throws
 */
export async function crossValidate(options: CrossValidateOptions): Promise<SeveralRuns> {
  const { rows, folds = 5, seed = 0, isStratified = true, backend, settings, signal } = options;
  if (!(Number.isSafeInteger(folds) && folds >= 2 && folds <= rows.length)) {
    const needed = `a whole number from 2 to the number of rows, ${rows.length}`;
    const problem = `folds is ${folds}, needed ${needed}`;
    throw new OptionError({ op: 'crossValidate', problem, page: 'option-value', got: folds, needed });
  }
  let partOf: Int32Array | undefined;
  return acrossSeeds([...Array(folds).keys()], async (index) => {
    const model = (await options.model(seed + index)) as PretrainedModel<TrainableConfig>;
    const task = taskOfClass(model.architecture.name);
    const classes = isStratified && task === 'text-classification' ? labelsIn(task, rows) : [];
    partOf ??= parting(rows.length, { folds, seed, classes: classes.length === rows.length ? classes : [] });
    const fold: Fold = {
      index,
      train: rows.filter((_, at) => partOf![at] !== index),
      validation: rows.filter((_, at) => partOf![at] === index),
    };
    await options.onFold?.(fold);
    const run = trainModel({
      ...{ model, backend, train: fold.train, validation: fold.validation },
      settings: { ...settings, seed: seed + index },
      ...(signal === undefined ? {} : { signal }),
    });
    for (;;) {
      const next = await run.next();
      signal?.throwIfAborted();
      if (next.done === true) return next.value.best!.metrics;
      await options.onEvent?.(next.value, fold);
    }
  });
}

/** The fold of each row: a random order dealt out in turn, class by class. */
function parting(
  size: number,
  {
    folds,
    seed,
    classes,
  }: { readonly folds: number; readonly seed: number; readonly classes: readonly unknown[] },
): Int32Array {
  const order = [
    ...shuffleInPlace(
      Int32Array.from({ length: size }, (_, at) => at),
      createRandom(seed, ['folds']),
    ),
  ];
  const names = classes.map((name) => JSON.stringify(name));
  if (names.length > 0) order.sort((a, b) => (names[a]! < names[b]! ? -1 : names[a]! > names[b]! ? 1 : 0));
  const part = new Int32Array(size);
  order.forEach((row, place) => (part[row] = place % folds));
  return part;
}
