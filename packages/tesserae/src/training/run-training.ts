import type { BestEvaluation, Schedule, TrainStep, TrainerEvent, TrainingBatch } from '@tesserae/training';
import { trainingLoop } from '@tesserae/training';
import type { Evaluation } from './evaluator.js';
import type { WatchedMetric } from './metric-choice.js';

/** What a run is made of. */
export interface RunOptions {
  readonly step: TrainStep;
  readonly params: unknown;
  readonly batches: Iterable<TrainingBatch>;
  readonly stepsPerEpoch: number;
  readonly schedule: Schedule;
  readonly totalSteps: number;
  readonly evaluateEvery: number;
  readonly evaluate?: (params: unknown) => Promise<Evaluation>;
  readonly watched: WatchedMetric;
  readonly patience?: number;
  readonly signal?: AbortSignal;
}

/** What a run gave. */
export interface RunResult {
  /** Parameters on the host: the best ones where there were evaluations. */
  readonly params: unknown;
  readonly best?: BestEvaluation;
}

/** Trains, evaluates now and then, keeps the best. */
export async function* runTraining(options: RunOptions): AsyncGenerator<TrainerEvent, RunResult> {
  const {
    step,
    totalSteps,
    evaluateEvery,
    stepsPerEpoch,
    evaluate,
    watched,
    patience = Infinity,
    signal,
  } = options;
  const started = performance.now();
  let state = step.init(options.params);
  let best: (BestEvaluation & { readonly params: unknown }) | undefined;
  let stale = 0;
  let last: unknown;
  const iterator = options.batches[Symbol.iterator]();
  const batches = { [Symbol.iterator]: () => ({ next: () => iterator.next() }) };
  yield { type: 'start', step: 0, totalSteps, numParameters: 0, numTrained: 0 };
  while (state.step < totalSteps) {
    const until = Math.min(totalSteps, state.step + evaluateEvery);
    for await (const event of trainingLoop({
      step,
      state,
      batches,
      schedule: options.schedule,
      totalSteps: until,
      signal,
    })) {
      if (event.type === 'end') {
        state = event.state;
        continue;
      }
      yield {
        ...event,
        totalSteps,
        numTokens: Math.round((event.tokensPerSecond * event.elapsedMs) / 1000),
        epoch: event.step / stepsPerEpoch,
      };
    }
    signal?.throwIfAborted();
    if (evaluate === undefined) continue;
    const at = performance.now();
    const { metrics } = await evaluate(state.params);
    const value = metrics[watched.name]!;
    const isBest = best === undefined || (watched.isHigherBetter ? value > best.value : value < best.value);
    if (isBest)
      best = { step: state.step, metric: watched.name, value, metrics, params: await step.readParams(state) };
    stale = isBest ? 0 : stale + 1;
    yield {
      type: 'evaluation',
      step: state.step,
      epoch: state.step / stepsPerEpoch,
      metrics,
      isBest,
      elapsedMs: performance.now() - at,
    };
    if (stale >= patience) break;
  }
  last = best?.params ?? (await step.readParams(state));
  step.dispose(state);
  const summary =
    best === undefined
      ? undefined
      : { step: best.step, metric: best.metric, value: best.value, metrics: best.metrics };
  yield {
    type: 'end',
    step: state.step,
    reason: stale >= patience ? 'early-stopping' : 'steps',
    best: summary,
    elapsedMs: performance.now() - started,
  };
  return { params: last, best: summary };
}
