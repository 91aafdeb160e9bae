import { createCpuBackend } from '@tesserae/backend-cpu';
import type { Backend, DeviceTensor, HostTensor, Rng, Tensor } from '@tesserae/tensor';
import { dropout, flattenTree } from '@tesserae/tensor';
import type { ResumableBatch, TrainOptions } from '../src/trainer/options.js';
import type { TrainerEvent } from '../src/trainer/events.js';
import type { TrainingResult } from '../src/trainer/run.js';
import { adamW } from '../src/optimizers/adamw.js';
import { linearSchedule } from '../src/schedules/schedule.js';
import type { TrainStep, TrainStepOptions } from '../src/step/train-step.js';
import { createTrainStep } from '../src/step/train-step.js';
import { train } from '../src/trainer/train.js';
import type { Line, Points } from './regression.js';
import { pointsOf, squaredError, start } from './regression.js';

/** Batches of points, a cursor behind each. */
export function* pointBatches(from: unknown): Generator<ResumableBatch> {
  for (let index = (from as number | undefined) ?? 0; ; index++) {
    yield {
      inputs: pointsOf(index),
      numExamples: 8,
      numTokens: 16,
      cursor: index + 1,
      epoch: (index + 1) / 5,
    };
  }
}

/** The loss with dropout on the inputs: what it draws depends on seed and step. */
function noisyError(line: Line<Tensor>, { x, y }: Points<Tensor>, rng: Rng): Tensor {
  return squaredError(line, { x: dropout(x, { rate: 0.2, rng }), y });
}

/** A step on a small regression; `close` frees it. */
export function lineStep(
  options: Partial<TrainStepOptions<Line<Tensor>, Points<Tensor>>> = {},
): Promise<TrainStep> {
  return createTrainStep<Line<Tensor>, Points<Tensor>>({
    backend: createCpuBackend(),
    lossFn: noisyError,
    optimizer: adamW(),
    averages: { decay: 0.9 },
    seed: 7,
    ...options,
  });
}

/** Options of a run over 12 steps. */
export async function lineRun(changes: Partial<TrainOptions> = {}): Promise<TrainOptions> {
  return {
    step: changes.step ?? (await lineStep()),
    params: start,
    batches: pointBatches,
    schedule: linearSchedule({ learningRate: 0.1, warmupSteps: 2, totalSteps: 12 }),
    totalSteps: 12,
    ...changes,
  };
}

/** Scores by the distance of the weights to those of the data. */
export function distanceTo(backend: Backend): (params: unknown) => Promise<{ readonly distance: number }> {
  return async (params) => {
    const { data } = await backend.download((params as Line<DeviceTensor>).weight);
    return { distance: Math.abs(3 - data[0]!) + Math.abs(-2 - data[1]!) };
  };
}

/** Events and result of a run; `see` may throw or abort on the way. */
export async function collect(
  options: TrainOptions,
  see: (event: TrainerEvent) => void = () => undefined,
): Promise<{ readonly events: readonly TrainerEvent[]; readonly result: TrainingResult }> {
  const events: TrainerEvent[] = [];
  const run = train(options);
  for (;;) {
    const next = await run.next();
    if (next.done === true) return { events, result: next.value };
    events.push(next.value);
    see(next.value);
  }
}

/** All numbers of a tree, for comparison bit for bit. */
export function bitsOf(tree: unknown): Readonly<Record<string, readonly number[]>> {
  const entries = flattenTree<HostTensor>(tree).map(({ path, leaf: { data } }) => {
    const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    return [path, [...bytes]] as const;
  });
  return Object.fromEntries(entries);
}
