import type { TrainerEvent } from './events.js';
import type { TrainOptions } from './options.js';
import { checkTrainOptions } from './options.js';
import type { TrainingResult } from './run.js';
import { Run } from './run.js';

/**
 * Trains: steps, evaluations, checkpoints, early stopping. It yields what happens and returns the result. A run that is
 * resumed from a checkpoint repeats the uninterrupted one bit for bit, on the same backend.
 *
 * ```ts
 * const run = train({ step, params, batches, schedule, totalSteps: 1000 });
 * let next = await run.next();
 * for (; !next.done; next = await run.next()) show(next.value);
 * const { params, best } = next.value;
 * ```
 * Left early, by an error or the consumer's `return`, it frees its state and closes the batches; checkpoints stay.
 * @throws OptionError for options that do not hold, and a store in use · FormatError for checkpoints of another model ·
 *   DivergenceError, which names the first value that is not finite
 */
export async function* train(options: TrainOptions): AsyncGenerator<TrainerEvent, TrainingResult, void> {
  checkTrainOptions(options);
  const started = performance.now();
  const run = new Run(options);
  try {
    yield* run.begin();
    const reason = yield* run.steps();
    const result = yield* run.finish(reason);
    run.close();
    const { step, best } = result;
    yield {
      type: 'end',
      step,
      reason,
      ...(best === undefined ? {} : { best }),
      elapsedMs: performance.now() - started,
    };
    return result;
  } finally {
    run.close();
  }
}
