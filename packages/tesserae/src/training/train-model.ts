import type { Backend, Tensor } from '@tesserae/tensor';
import type {
  CheckpointOptions,
  EvaluationOptions,
  JsonValue,
  TrainStep,
  TrainerEvent,
  TrainingResult,
} from '@tesserae/training';
import { createTrainStep, train } from '@tesserae/training';
import type { PretrainedModel } from '../pretrained.js';
import type { Rows } from './dataset.js';
import { collectRows, featuresOf } from './dataset.js';
import type { EpochCursor } from './epoch-batches.js';
import { EpochBatches } from './epoch-batches.js';
import type { Evaluator } from './evaluator.js';
import { createEvaluator } from './evaluator.js';
import { withDataLabels } from './labels-of-data.js';
import type { Box } from './length-buckets.js';
import { chooseBoxes, givenBoxes } from './length-buckets.js';
import type { WatchedMetric } from './metric-choice.js';
import { watchedMetric } from './metric-choice.js';
import type { Recipe } from './recipe.js';
import { optimizerOf, resolvedRecipe, scheduleOf } from './recipe.js';
import type { BatchInputs, RowFeatures, TrainingTask } from './task.js';
import { openTask, taskOfClass } from './tasks/table.js';
import type { TaskContext, TrainableConfig } from './tasks/task-context.js';
import { taskContext } from './tasks/task-context.js';
import type { TrainingSettings } from './train-options.js';
import { checkSettings } from './train-options.js';

/** What a model is trained on, and how. */
export interface TrainModelOptions {
  readonly model: PretrainedModel<TrainableConfig>;
  readonly backend: Backend;
  readonly train: Rows;
  /** Held-out rows; without them the last state is kept. */
  readonly validation?: Rows;
  readonly settings?: TrainingSettings;
  /** Where the run is saved; `everySteps` is an epoch unless said. */
  readonly checkpoints?: CheckpointOptions;
  readonly signal?: AbortSignal;
}

/** A trained model. */
export interface TrainedModel extends Omit<TrainingResult, 'params'> {
  /** With the best parameters by the watched metric, or the last ones without evaluations. */
  readonly model: PretrainedModel<TrainableConfig>;
  /** Which way the watched metric is better. */
  readonly isHigherBetter: boolean;
}

/**
 * Trains a model of any class that has a task, yielding what happens. A signal ends the run after a step, with a
 * checkpoint where there is a store; the result says so (`reason: 'aborted'`).
 * @throws OptionError · TrainingDataError for rows and labels that do not fit · DivergenceError
 */
export async function* trainModel(
  options: TrainModelOptions,
): AsyncGenerator<TrainerEvent, TrainedModel, void> {
  const { settings = {}, checkpoints, signal } = options;
  const job = await prepare(options);
  const { model, recipe, batches, watched } = job;
  const step = await openStep(job, options);
  const totalSteps = settings.steps ?? Math.max(1, Math.round(recipe.epochs * batches.stepsPerEpoch));
  const everySteps = batches.stepsPerEpoch;
  try {
    const { params, ...result } = yield* train({
      step,
      params: model.params,
      batches: (from) => batches.from(from as EpochCursor | undefined),
      schedule: scheduleOf(recipe, totalSteps),
      totalSteps,
      evaluation: evaluationOf(job, settings),
      checkpoints: checkpoints && { everySteps, ...checkpoints },
      onNonFinite: settings.onNonFinite,
      config: recordOf(job, settings),
      signal,
    });
    return { ...result, model: { ...model, params }, isHigherBetter: watched.isHigherBetter };
  } finally {
    step.release();
    job.evaluator?.release();
  }
}

function evaluationOf(
  { evaluator, watched, batches }: Job,
  { evaluateEvery, patience, minDelta }: TrainingSettings,
): EvaluationOptions | undefined {
  if (evaluator === undefined) return undefined;
  return {
    run: async (params, { signal }) => (await evaluator.evaluate(params, { signal })).metrics,
    everySteps: evaluateEvery ?? batches.stepsPerEpoch,
    metric: watched.name,
    isHigherBetter: watched.isHigherBetter,
    patience,
    minDelta,
  };
}

/** What must be the same when a run goes on: all that decides its numbers. */
function recordOf(
  { task, recipe, batches, model: { architecture } }: Job,
  { generation: _, ...settings }: TrainingSettings,
): Readonly<Record<string, JsonValue>> {
  const { numExamples, stepsPerEpoch } = batches;
  const record = {
    class: architecture.name,
    task: task.name,
    ...settings,
    ...recipe,
    numExamples,
    stepsPerEpoch,
  };
  return JSON.parse(JSON.stringify(record)) as Readonly<Record<string, JsonValue>>;
}

/** Everything of a run that is made before its first step. */
interface Job {
  readonly model: PretrainedModel<TrainableConfig>;
  readonly recipe: Recipe;
  readonly task: TrainingTask;
  readonly batches: EpochBatches;
  readonly evaluator: Evaluator | undefined;
  readonly watched: WatchedMetric;
}

async function prepare({ backend, settings = {}, signal, ...given }: TrainModelOptions): Promise<Job> {
  checkSettings(settings);
  const rows = await collectRows(given.train, { signal });
  const name = taskOfClass(given.model.architecture.name);
  const model = withDataLabels(given.model, { task: name, rows });
  const recipe = resolvedRecipe(model, settings);
  const context = taskContext(model, settings);
  const task = openTask(name, context);
  const metrics = settings.metrics ?? task.metrics;
  const watched = watchedMetric(settings.metric, metrics);
  const examples = featuresOf(task, rows, { name: 'training', signal });
  const batches = epochBatches(task, examples, { recipe, settings, context });
  const held = given.validation === undefined ? [] : await collectRows(given.validation, { signal });
  const evaluator =
    given.validation === undefined
      ? undefined
      : createEvaluator(task, featuresOf(task, held, { name: 'validation', signal }), {
          batchSize: settings.evalBatchSize ?? 2 * recipe.batchSize,
          generation: settings.generation,
          backend,
          metrics,
        });
  return { model, recipe, task, batches, evaluator, watched };
}

function openStep(
  { model, task, recipe }: Job,
  { backend, settings = {} }: TrainModelOptions,
): Promise<TrainStep> {
  const { labelSmoothing = 0, zLoss = 0, microBatches, seed = 0 } = settings;
  return createTrainStep({
    backend,
    lossFn: (params: unknown, batch: BatchInputs<Tensor>, rng) => ({
      ...task.loss(params, batch, { labelSmoothing, zLoss, rng }),
    }),
    optimizer: optimizerOf(recipe, model.config),
    maxGradNorm: recipe.maxGradNorm,
    microBatches,
    skipsNonFinite: settings.onNonFinite === 'skip',
    seed,
    name: `train ${task.name}`,
    maxGraphs: MOST_GRAPHS,
  });
}

const MOST_GRAPHS = 32;

/** The most shapes for inputs of one text, and for pairs. */
const NUM_BUCKETS = [4, 6] as const;
const MULTIPLE_OF = 8;

interface BatchingOptions {
  readonly recipe: Recipe;
  readonly settings: TrainingSettings;
  readonly context: TaskContext;
}

function epochBatches(
  task: TrainingTask,
  examples: readonly RowFeatures[],
  { recipe: { batchSize }, settings, context }: BatchingOptions,
): EpochBatches {
  const lengths: readonly Box[] = examples.map(({ features }) => features.lengths);
  const axes = lengths[0]!.length;
  const { buckets, numBuckets: count = NUM_BUCKETS[axes - 1]!, seed = 0 } = settings;
  const limits = [context.maxLength, context.maxTargetLength].slice(0, axes);
  const boxes =
    buckets === undefined
      ? chooseBoxes(lengths, { count, multipleOf: MULTIPLE_OF, limits })
      : givenBoxes(buckets, { lengths, axes });
  return new EpochBatches(task, examples, { lengths, boxes, batchSize, seed });
}
