import type { Backend, Tensor } from '@tesserae/tensor';
import { OptionError } from '@tesserae/tensor';
import type {
  CheckpointOptions,
  EvaluationOptions,
  JsonValue,
  LoraAdapter,
  TrainStep,
  Trainable,
  TrainerEvent,
  TrainingResult,
} from '@tesserae/training';
import { createTrainStep, isAdapter, train } from '@tesserae/training';
import type { PretrainedModel } from '../pretrained.js';
import { adaptedTask, adapterFor, mergedParams, trainedAdapter } from './adapted-task.js';
import type { Rows } from './dataset.js';
import { collectRows, featuresOf } from './dataset.js';
import { distilledTask } from './distilled-task.js';
import type { EpochCursor } from './epoch-batches.js';
import { EpochBatches } from './epoch-batches.js';
import type { Evaluator } from './evaluator.js';
import { createEvaluator } from './evaluator.js';
import { trainedPhases } from './frozen.js';
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
  /** The adapters that were trained, where they were; the model has them merged in. */
  readonly adapter?: LoraAdapter;
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
  const { recipe, batches, watched } = job;
  const step = await openStep(job, options);
  const totalSteps = settings.steps ?? Math.max(1, Math.round(recipe.epochs * batches.stepsPerEpoch));
  const everySteps = batches.stepsPerEpoch;
  try {
    const { params, ...result } = yield* train({
      step,
      params: job.params,
      batches: (from) => batches.from(from as EpochCursor | undefined),
      schedule: scheduleOf(recipe, totalSteps),
      totalSteps,
      evaluation: evaluationOf(job, settings),
      checkpoints: checkpoints && { everySteps, ...checkpoints },
      onNonFinite: settings.onNonFinite,
      config: recordOf(job, settings),
      signal,
    });
    return { ...result, ...trainedOf(job, params), isHigherBetter: watched.isHigherBetter };
  } finally {
    step.release();
    job.evaluator?.release();
  }
}

function trainedOf({ model, adapter }: Job, params: unknown): Pick<TrainedModel, 'model' | 'adapter'> {
  if (adapter === undefined) return { model: { ...model, params } };
  const merged = mergedParams(params, adapter);
  return { model: { ...model, params: merged }, adapter: trainedAdapter(params, adapter) };
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
  { generation: _, distillation, ...settings }: TrainingSettings,
): Readonly<Record<string, JsonValue>> {
  const { numExamples, stepsPerEpoch } = batches;
  const record = {
    class: architecture.name,
    task: task.name,
    ...settings,
    ...(distillation === undefined
      ? {}
      : { distillation: { ...distillation, teacher: distillation.teacher.config } }),
    ...recipe,
    numExamples,
    stepsPerEpoch,
  };
  return JSON.parse(JSON.stringify(record)) as Readonly<Record<string, JsonValue>>;
}

/** Everything of a run that is made before its first step. */
interface Job {
  readonly model: PretrainedModel<TrainableConfig>;
  /** What the step trains: the model's parameters, or `{ base, adapter }`. */
  readonly params: unknown;
  readonly adapter: LoraAdapter | undefined;
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
  const { distillation, lora, ...plain } = settings;
  const recipe = resolvedRecipe(model, lora === undefined ? plain : { layerWiseDecay: 1, ...plain });
  const context = taskContext(model, settings);
  const plainTask = openTask(name, context);
  const own = distillation === undefined ? plainTask : distilledTask(plainTask, context, distillation);
  const adapter = lora && adapterFor(model, lora, { seed: settings.seed ?? 0 });
  const task = adapter === undefined ? own : adaptedTask(own, adapter);
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
  const params = adapter === undefined ? model.params : { base: model.params, adapter: adapter.params };
  return { model, params, adapter, recipe, task, batches, evaluator, watched };
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
    trains: trainedBy(settings, model),
    averages: settings.averages,
    precision: settings.precision,
    maxGradNorm: recipe.maxGradNorm,
    microBatches,
    ...(settings.onNonFinite === 'skip' ? { skipsNonFinite: true } : {}), // else as the precision needs it
    seed,
    name: `train ${task.name}`,
    maxGraphs: MOST_GRAPHS,
  });
}

/** What of the parameters learns. @throws OptionError for adapters and freezing at once */
function trainedBy({ lora, freezes }: TrainingSettings, { specs }: Job['model']): Trainable | undefined {
  if (lora === undefined) return freezes && trainedPhases(freezes, specs);
  if (freezes === undefined) return isAdapter;
  throw new OptionError({
    op: 'training',
    problem: 'lora and freezes are both given',
    likely: 'Adapters leave the whole model as it is; modulesToSave says what else learns.',
    page: 'option-value',
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
