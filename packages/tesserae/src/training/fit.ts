import type { Backend } from '@tesserae/tensor';
import { OptionError } from '@tesserae/tensor';
import type {
  BestEvaluation,
  CheckpointOptions,
  EndReason,
  EvaluationEvent,
  LoraAdapter,
  MetricValues,
  RunLogger,
  TrainerEvent,
} from '@tesserae/training';
import type { PretrainedModel } from '../pretrained.js';
import type { Rows } from './dataset.js';
import { collectRows, featuresOf } from './dataset.js';
import { createEvaluator } from './evaluator.js';
import type { DataRow } from './task.js';
import { columnsOf, openTask, taskOfClass } from './tasks/table.js';
import type { TrainableConfig } from './tasks/task-context.js';
import { taskContext } from './tasks/task-context.js';
import type { TrainedModel } from './train-model.js';
import { trainModel } from './train-model.js';
import type { TrainingSettings } from './train-options.js';

/** Inputs and what is right about them, in one order. */
export type XY = readonly [x: readonly unknown[], y?: readonly unknown[]];

/** How a model is fitted; what is left out is what its paper says for its size. */
export interface FitOptions extends TrainingSettings {
  /** Held-out inputs and targets; or `validationSplit`. */
  readonly validation?: XY;
  /** Share of the examples, the last ones, that is held out. */
  readonly validationSplit?: number;
  /** Where the run is saved, and whether it goes on from there. */
  readonly checkpoints?: CheckpointOptions;
  /** Told of everything that happens; what it returns is waited for. */
  readonly callbacks?: readonly ((event: TrainerEvent) => unknown)[];
  /** Folder of a log: events, curves, TensorBoard files, a report; Node only. */
  readonly logDir?: string;
  readonly signal?: AbortSignal;
}

/** What a fitting gave. */
export interface FitHistory {
  /** Every evaluation, in order. */
  readonly evaluations: readonly Pick<EvaluationEvent, 'step' | 'metrics' | 'isBest'>[];
  readonly best?: BestEvaluation;
  /** What `lora` trained; `adapterFiles` writes it for PEFT. */
  readonly adapter?: LoraAdapter;
  readonly steps: number;
  readonly reason: EndReason;
}

/** How a model is scored. */
export interface EvaluateOptions extends Pick<
  TrainingSettings,
  'metrics' | 'maxLength' | 'maxTargetLength' | 'generation'
> {
  /** Examples in one run; default 64. */
  readonly batchSize?: number;
  readonly signal?: AbortSignal;
}

type Model = PretrainedModel<TrainableConfig>;

/**
 * Rows of the model's task from inputs and targets: texts (or pairs) and labels, words and tags, texts and texts; texts
 * alone for a masked-LM.
 * @throws OptionError when there are not as many targets as inputs
 */
export function rowsOf(model: Pick<Model, 'architecture'>, [x, y]: XY): DataRow[] {
  const [input, target] = columnsOf(taskOfClass(model.architecture.name)) as readonly [string, string?];
  if (target === undefined ? y !== undefined : x.length !== y?.length) {
    throw new OptionError({
      op: 'fit',
      problem: `there are ${x.length} inputs and ${y?.length ?? 'no'} targets`,
      likely:
        target === undefined
          ? 'A masked-LM learns from texts alone: leave the targets out.'
          : 'Each input has one target, in the same order.',
      page: 'training-xy',
      got: y?.length,
      needed: target === undefined ? undefined : x.length,
    });
  }
  return x.map((value, index) => {
    const read = readInput(value, { isPair: target !== undefined && input === 'text', input });
    return target === undefined ? read : { ...read, [target]: y![index] };
  });
}

/** Columns of an input: an object has them by their names, a pair of texts is `text` and `pair`. */
function readInput(
  value: unknown,
  { isPair, input }: { readonly isPair: boolean; readonly input: string },
): DataRow {
  if (Array.isArray(value)) return isPair ? { text: value[0], pair: value[1] } : { [input]: value };
  return typeof value === 'object' && value !== null ? (value as DataRow) : { [input]: value };
}

/** Trains a model on rows. @returns the trained model and what happened */
export async function fitModel(
  model: Model,
  rows: Rows,
  { backend, ...options }: FitOptions & { readonly backend: Backend },
): Promise<{ readonly model: Model; readonly history: FitHistory }> {
  const { validation, validationSplit, checkpoints, callbacks = [], logDir, signal, ...settings } = options;
  const { train, held } = await parted(model, rows, { validation, validationSplit, signal });
  const run = trainModel({
    model,
    backend,
    train,
    settings,
    ...(held === undefined ? {} : { validation: held }),
    ...(checkpoints === undefined ? {} : { checkpoints }),
    ...(signal === undefined ? {} : { signal }),
  });
  const logger = logDir === undefined ? undefined : await openLog(logDir, model);
  const evaluations: EvaluationEvent[] = [];
  try {
    for (;;) {
      const next = await run.next();
      if (next.done === true) return fitted(next.value, evaluations);
      if (next.value.type === 'evaluation') evaluations.push(next.value);
      await logger?.log(next.value);
      for (const callback of callbacks) await callback(next.value);
    }
  } finally {
    await logger?.close();
  }
}

async function openLog(path: string, { architecture }: Model): Promise<RunLogger> {
  const { platform } = await import('#platform');
  return platform.openRunLog(path, { title: architecture.name });
}

function fitted(
  { model, step, reason, best, adapter }: TrainedModel,
  evaluations: readonly EvaluationEvent[],
): { readonly model: Model; readonly history: FitHistory } {
  const history = {
    ...{ evaluations, steps: step, reason },
    ...(best === undefined ? {} : { best }),
    ...(adapter === undefined ? {} : { adapter }),
  };
  return { model, history };
}

async function parted(
  model: Model,
  rows: Rows,
  { validation, validationSplit, signal }: Pick<FitOptions, 'validation' | 'validationSplit' | 'signal'>,
): Promise<{ readonly train: readonly DataRow[]; readonly held: readonly DataRow[] | undefined }> {
  const all = await collectRows(rows, signal === undefined ? {} : { signal });
  if (validation !== undefined && validationSplit !== undefined)
    refuse('validation and validationSplit exclude each other');
  if (validation !== undefined) return { train: all, held: rowsOf(model, validation) };
  if (validationSplit === undefined) return { train: all, held: undefined };
  if (!(validationSplit > 0 && validationSplit < 1))
    refuse(`validationSplit is ${validationSplit}, needed a share between 0 and 1`);
  const size = Math.max(1, Math.round(validationSplit * all.length));
  return { train: all.slice(0, -size), held: all.slice(-size) };
}

function refuse(problem: string): never {
  throw new OptionError({ op: 'fit', problem, page: 'option-value' });
}

/** Loss and metrics of a model on rows, and what it predicts of each. */
export async function evaluateModel(
  model: Model,
  rows: Rows,
  { backend, batchSize = 64, signal, ...settings }: EvaluateOptions & { readonly backend: Backend },
): Promise<{
  readonly metrics: MetricValues;
  readonly signatures: Readonly<Record<string, string>>;
  readonly predictions: readonly unknown[];
}> {
  const task = openTask(taskOfClass(model.architecture.name), taskContext(model, settings));
  const examples = featuresOf(task, await collectRows(rows, { signal }), { name: 'evaluation', signal });
  const { metrics = task.metrics, generation } = settings;
  const evaluator = createEvaluator(task, examples, { backend, batchSize, metrics, generation });
  try {
    return await evaluator.evaluate(model.params, { signal });
  } finally {
    evaluator.release();
  }
}
