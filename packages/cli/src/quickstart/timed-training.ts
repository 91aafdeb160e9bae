import type { Backend } from '@tesserae/tensor';
import type {
  LossFunction,
  Optimizer,
  Schedule,
  TrainStep,
  TrainingBatch,
  TrainingEvent,
} from '@tesserae/training';
import { createTrainStep, trainingLoop } from '@tesserae/training';
import { createProgress } from '../progress.js';

/** What is trained, on what, and for how long. */
interface TimedTrainingOptions<Params, Batch> {
  readonly label: string;
  readonly backend: Backend;
  readonly lossFn: LossFunction<Params, Batch>;
  readonly optimizer: Optimizer;
  /** Initial parameters, a tree of host tensors. */
  readonly params: unknown;
  readonly batches: Iterable<TrainingBatch>;
  readonly totalSteps: number;
  /** Highest learning rate; it rises over the first steps and then falls to 0. */
  readonly learningRate: number;
  readonly warmupSteps: number;
  /** Training ends then at the latest; the learning rate falls in time for it. */
  readonly budgetMs: number;
  readonly seed: number;
  readonly isQuiet: boolean;
  readonly signal: AbortSignal;
}

/** What a training gave. */
export interface TimedTrainingResult {
  /** Trained parameters, a tree of host tensors. */
  readonly params: unknown;
  readonly steps: number;
  /** Mean loss of the last tenth of the steps. */
  readonly finalLoss: number;
  readonly elapsedMs: number;
}

/**
 * Trains for a number of steps, or less on a machine too slow for them.
 * The learning rate follows the steps where they fit into the budget (a run then depends on nothing but its seed),
 * and the clock where they do not.
 */
export async function timedTraining<Params, Batch>(
  options: TimedTrainingOptions<Params, Batch>,
): Promise<TimedTrainingResult> {
  const { label, backend, lossFn, optimizer, seed } = options;
  const step = await createTrainStep<Params, Batch>({
    backend,
    lossFn,
    optimizer,
    seed,
    name: label,
  });
  try {
    return await trainWithin(step, options);
  } finally {
    step.release();
  }
}

async function trainWithin<Params, Batch>(
  step: TrainStep,
  options: TimedTrainingOptions<Params, Batch>,
): Promise<TimedTrainingResult> {
  const { label, params, batches, totalSteps, budgetMs, isQuiet, signal } = options;
  const started = performance.now();
  const elapsed = (): number => performance.now() - started;
  const progress = createProgress(label, totalSteps, { isQuiet });
  const losses: number[] = [];
  const events = trainingLoop({
    step,
    state: step.init(params),
    batches: stopAfter(batches, () => elapsed() >= budgetMs),
    schedule: scheduleWithin(options, elapsed),
    totalSteps,
    signal,
  });
  for await (const event of events) {
    if (event.type === 'step') {
      losses.push(event.loss);
      progress.update(event.step, describeStep(event));
      continue;
    }
    progress.stop();
    signal.throwIfAborted();
    const trained = await step.readParams(event.state);
    step.dispose(event.state);
    return { params: trained, steps: losses.length, finalLoss: meanOfLast(losses), elapsedMs: elapsed() };
  }
  throw new Error('internal: the training loop ended without its last event');
}

function scheduleWithin<Params, Batch>(
  { totalSteps, learningRate, warmupSteps, budgetMs }: TimedTrainingOptions<Params, Batch>,
  elapsed: () => number,
): Schedule {
  return (done) => {
    const progress = Math.max(done / totalSteps, elapsed() / budgetMs);
    return learningRate * Math.min(1, (done + 1) / warmupSteps) * Math.max(0, 1 - progress);
  };
}

/** Mean of the last tenth. */
function meanOfLast(losses: readonly number[]): number {
  const last = losses.slice(-Math.max(1, Math.floor(losses.length / 10)));
  return last.reduce((sum, loss) => sum + loss, 0) / last.length;
}

function* stopAfter<T>(source: Iterable<T>, isOver: () => boolean): Generator<T> {
  for (const item of source) {
    if (isOver()) return;
    yield item;
  }
}

function describeStep({ loss, tokensPerSecond }: Extract<TrainingEvent, { type: 'step' }>): string {
  return `loss ${loss.toFixed(3)}  ${Math.round(tokensPerSecond).toLocaleString('en')} tokens/s`;
}
