import { TesseraeError } from '@tesserae/tensor';
import type { Schedule } from './schedule.js';
import type { StepMetrics, TrainState, TrainStep } from './train-step.js';

/** A batch as the loop takes it. */
export interface TrainingBatch {
  /** Tree of host tensors: what the loss function reads. */
  readonly inputs: unknown;
  /** Examples in it. */
  readonly numExamples: number;
  /** Real (unpadded) tokens in it. */
  readonly numTokens: number;
}

/** What happened, as data; printing is the caller's. */
export type TrainingEvent =
  | (StepMetrics & {
      readonly type: 'step';
      /** Steps done, this one included. */
      readonly step: number;
      readonly totalSteps: number;
      readonly learningRate: number;
      /** Wall time of the step, waiting for data included. */
      readonly elapsedMs: number;
      /** Time the step waited for its batch. */
      readonly dataMs: number;
      readonly numExamples: number;
      readonly tokensPerSecond: number;
    })
  | { readonly type: 'end'; readonly state: TrainState; readonly reason: 'steps' | 'data' | 'aborted' };

/** What a training loop runs. */
export interface TrainingLoopOptions {
  readonly step: TrainStep;
  readonly state: TrainState;
  readonly batches: Iterable<TrainingBatch> | AsyncIterable<TrainingBatch>;
  readonly schedule: Schedule;
  /** The loop ends after this many steps in all, or when the batches end. */
  readonly totalSteps: number;
  /** Ends the loop after the running step; the state is given with the 'end' event. */
  readonly signal?: AbortSignal;
}

/** A loss or gradient that is not a number: training cannot go on. */
export class DivergenceError extends TesseraeError {}

/**
 * Trains step by step, yielding an event for each; the last event hands over the state.
 * @throws DivergenceError when the loss or the gradient norm is not finite
 */
export async function* trainingLoop(options: TrainingLoopOptions): AsyncGenerator<TrainingEvent, void, void> {
  const { step, batches, schedule, totalSteps, signal } = options;
  let state = options.state;
  const source = iteratorOf(batches);
  try {
    while (state.step < totalSteps) {
      if (signal?.aborted) return yield { type: 'end', state, reason: 'aborted' };
      const started = performance.now();
      const next = await source.next();
      if (next.done) return yield { type: 'end', state, reason: 'data' };
      const dataMs = performance.now() - started;
      const { inputs, numExamples, numTokens } = next.value;
      const learningRate = schedule(state.step);
      const { state: after, metrics } = await step.run(state, inputs, { learningRate });
      state = after;
      requireFinite(metrics, state.step);
      const elapsedMs = performance.now() - started;
      const tokensPerSecond = (numTokens / elapsedMs) * 1000;
      yield {
        type: 'step',
        ...metrics,
        step: state.step,
        totalSteps,
        learningRate,
        elapsedMs,
        dataMs,
        numExamples,
        tokensPerSecond,
      };
    }
    yield { type: 'end', state, reason: 'steps' };
  } finally {
    await source.return?.();
  }
}

function iteratorOf<T>(source: Iterable<T> | AsyncIterable<T>): AsyncIterator<T> | Iterator<T> {
  return Symbol.asyncIterator in source ? source[Symbol.asyncIterator]() : source[Symbol.iterator]();
}

function requireFinite({ loss, gradNorm }: StepMetrics, step: number): void {
  if (Number.isFinite(loss) && Number.isFinite(gradNorm)) return;
  throw new DivergenceError({
    op: 'trainingLoop',
    problem: `step ${step} gave loss ${loss} and gradient norm ${gradNorm}`,
    likely:
      'A learning rate that is too high, or values beyond the range of the dtype. Lower it, or lengthen the warm-up.',
    page: 'training-diverged',
    got: { loss, gradNorm, step },
  });
}
