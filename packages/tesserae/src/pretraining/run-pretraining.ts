import type { Backend, LossResult, Rng } from '@tesserae/tensor';
import type { JsonValue, MetricValues, TrainerEvent, TrainingResult } from '@tesserae/training';
import { createTrainStep, train } from '@tesserae/training';
import type { TrainableConfig } from '../training/tasks/task-context.js';
import { optimizerOf, scheduleOf } from '../training/recipe.js';
import type { ExampleSet } from './example-set.js';
import { shuffledBatches } from './example-set.js';
import type { PretrainData, ResolvedPretrainSettings } from './settings.js';

/** A pre-training whose data and loss are ready. */
interface PretrainingRun {
  readonly name: string;
  readonly backend: Backend;
  readonly config: TrainableConfig;
  /** Tree of host tensors. */
  readonly params: unknown;
  readonly lossFn: (params: never, batch: never, rng: Rng) => LossResult;
  readonly examples: ExampleSet;
  readonly settings: ResolvedPretrainSettings;
  /** Scores of the held-out texts, `loss` among them. */
  readonly evaluate?: (params: unknown, signal: AbortSignal | undefined) => Promise<MetricValues>;
  /** What decides the numbers of a run beside its settings: compared when it is resumed. */
  readonly record: Readonly<Record<string, unknown>>;
}

/** Trains; the last parameters are kept, whatever the scores were on the way. */
export async function* runPretraining(
  { name, backend, config, params, lossFn, examples, settings, evaluate, record }: PretrainingRun,
  { checkpoints, signal }: Pick<PretrainData, 'checkpoints' | 'signal'>,
): AsyncGenerator<TrainerEvent, TrainingResult, void> {
  const { steps, batchSize, seed, microBatches, maxGradNorm, onNonFinite } = settings;
  const step = await createTrainStep({
    backend,
    lossFn: lossFn as never,
    optimizer: optimizerOf({ ...settings, layerWiseDecay: 1 }, config),
    maxGradNorm,
    microBatches,
    skipsNonFinite: onNonFinite === 'skip',
    seed,
    name: `pre-train ${name}`,
  });
  try {
    return yield* train({
      step,
      params,
      batches: shuffledBatches(examples, { batchSize, seed }),
      schedule: scheduleOf(settings, steps),
      totalSteps: steps,
      evaluation: evaluate && {
        run: (tree, context) => evaluate(tree, context.signal),
        everySteps: settings.evaluateEvery,
        metric: 'loss',
        isHigherBetter: false,
        restoresBest: false,
      },
      checkpoints: checkpoints && { everySteps: settings.evaluateEvery, ...checkpoints },
      onNonFinite,
      config: plain({ name, ...settings, ...record, numExamples: examples.size }),
      signal,
    });
  } finally {
    step.release();
  }
}

const plain = (record: object): Readonly<Record<string, JsonValue>> =>
  JSON.parse(JSON.stringify(record)) as Readonly<Record<string, JsonValue>>;
