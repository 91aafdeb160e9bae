import { OptionError, checkOptions } from '@tesserae/tensor';
import type { Schedule } from '../schedules/schedule.js';
import { DivergenceError, describeNonFinite } from '../step/non-finite.js';
import type { StepMetrics } from '../step/run-step.js';
import type { TrainState } from '../step/train-state.js';
import type { TrainStep } from '../step/train-step.js';

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

/**
 * Trains step by step, yielding an event for each; the last event hands over the state.
 * The loop owns the state until then: left early, by an error or by the consumer's `break`, it frees it. The
 * source of
 * batches is closed in every case.
 * @throws DivergenceError when the loss or the gradient norm is not finite · OptionError for unknown options
 */
export async function* trainingLoop(options: TrainingLoopOptions): AsyncGenerator<TrainingEvent, void, void> {
  const { step, batches, totalSteps, signal } = checked(options);
  let state = options.state;
  let isOwner = true;
  const source = iteratorOf(batches);
  const end = (reason: 'steps' | 'data' | 'aborted'): TrainingEvent => {
    isOwner = false;
    return { type: 'end', state, reason };
  };
  try {
    while (state.step < totalSteps) {
      if (signal?.aborted) return yield end('aborted');
      const started = performance.now();
      const next = await source.next();
      if (next.done) return yield end('data');
      const dataMs = performance.now() - started;
      const { inputs, numExamples, numTokens } = next.value;
      const learningRate = options.schedule(state.step);
      const { state: after, metrics } = await step.run(state, inputs, { learningRate });
      state = after;
      requireFinite(metrics, state.step);
      const elapsedMs = performance.now() - started;
      const speed = { elapsedMs, dataMs, numExamples, tokensPerSecond: (numTokens / elapsedMs) * 1000 };
      yield { type: 'step', ...metrics, step: state.step, totalSteps, learningRate, ...speed };
    }
    yield end('steps');
  } finally {
    if (isOwner) step.dispose(state);
    await source.return?.();
  }
}

function checked(options: TrainingLoopOptions): TrainingLoopOptions {
  checkOptions('trainingLoop', options, ['step', 'state', 'batches', 'schedule', 'totalSteps', 'signal']);
  const { totalSteps } = options;
  if (Number.isSafeInteger(totalSteps) && totalSteps >= 0) return options;
  throw new OptionError({
    op: 'trainingLoop',
    problem: `totalSteps is ${totalSteps}, needed a whole number from 0`,
    page: 'option-value',
    got: totalSteps,
  });
}

function iteratorOf<T>(source: Iterable<T> | AsyncIterable<T>): AsyncIterator<T> | Iterator<T> {
  return Symbol.asyncIterator in source ? source[Symbol.asyncIterator]() : source[Symbol.iterator]();
}

/**
 * Throws when a step was not finite and was not left out.
 * @throws DivergenceError naming the step and the first bad value
 */
function requireFinite(metrics: StepMetrics, step: number): void {
  const { loss, gradNorm, nonFinite, skipped } = metrics;
  if (nonFinite === undefined || skipped === true) return;
  throw new DivergenceError({
    op: 'trainingLoop',
    problem: `step ${step} gave loss ${loss} and gradient norm ${gradNorm}; first: ${describeNonFinite(nonFinite)}`,
    likely:
      'Too high a learning rate, or values beyond the range of the dtype. Lower it, or lengthen the warm-up.',
    page: 'training-diverged',
    got: { loss, gradNorm, step, nonFinite },
  });
}
