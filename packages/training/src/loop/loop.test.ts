import { createCpuBackend } from '@tesserae/backend-cpu';
import type { Backend, DeviceTensor, Tensor } from '@tesserae/tensor';
import { OptionError, OwnershipError, div, hostTensor, sub } from '@tesserae/tensor';
import { describe, expect, it } from 'vitest';
import type { Line, Points } from '../../test/regression.js';
import { batchesOf, pointsOf, squaredError, start } from '../../test/regression.js';
import { adamW } from '../optimizers/adamw.js';
import type { TrainingBatch, TrainingEvent, TrainingLoopOptions } from './loop.js';
import { DivergenceError } from '../step/non-finite.js';
import { trainingLoop } from './loop.js';
import { constantSchedule } from '../schedules/schedule.js';
import type { TrainState } from '../step/train-state.js';
import type { LossFunction } from '../step/train-step.js';
import { createTrainStep } from '../step/train-step.js';

type Loss = LossFunction<Line<Tensor>, Points<Tensor>>;

interface Setup {
  readonly backend: Backend;
  readonly options: TrainingLoopOptions;
}

async function setup(
  changes: Partial<TrainingLoopOptions> = {},
  lossFn: Loss = squaredError,
): Promise<Setup> {
  const backend = createCpuBackend();
  const step = await createTrainStep<Line<Tensor>, Points<Tensor>>({
    backend,
    lossFn,
    optimizer: adamW(),
    seed: 1,
  });
  const schedule = constantSchedule(0.1);
  const { batches } = batchesOf(100);
  return {
    backend,
    options: { step, state: step.init(start), batches, schedule, totalSteps: 3, ...changes },
  };
}

async function eventsOf(options: TrainingLoopOptions): Promise<readonly TrainingEvent[]> {
  const events: TrainingEvent[] = [];
  for await (const event of trainingLoop(options)) events.push(event);
  return events;
}

const weightOf = (state: TrainState): DeviceTensor => (state.params as Line<DeviceTensor>).weight;

describe('trainingLoop', () => {
  it('yields an event a step, then hands over the state', async () => {
    const { backend, options } = await setup({ schedule: (step) => 0.1 * (step + 1) });
    const events = await eventsOf(options);
    expect(events.map(({ type }) => type)).toEqual(['step', 'step', 'step', 'end']);
    const steps = events.filter((event) => event.type === 'step');
    expect(steps.map(({ step }) => step)).toEqual([1, 2, 3]);
    expect(steps.map(({ learningRate }) => learningRate)).toEqual([0.1, 0.1 * 2, 0.1 * 3]);
    for (const event of steps) {
      expect(event).toMatchObject({ totalSteps: 3, numExamples: 8 });
      expect(event.loss).toBeGreaterThan(0);
      expect(event.gradNorm).toBeGreaterThan(0);
      expect(event.elapsedMs).toBeGreaterThanOrEqual(event.dataMs);
      expect(event.tokensPerSecond).toBeCloseTo((16 / event.elapsedMs) * 1000, 6);
    }
    const last = events.at(-1)!;
    expect(last).toMatchObject({ type: 'end', reason: 'steps', state: { step: 3 } });
    if (last.type === 'end') await backend.download(weightOf(last.state));
  });

  it('ends when the batches do, though steps are left', async () => {
    const { options } = await setup({ batches: batchesOf(2).batches, totalSteps: 5 });
    expect((await eventsOf(options)).at(-1)).toMatchObject({
      type: 'end',
      reason: 'data',
      state: { step: 2 },
    });
  });

  it('takes batches as they arrive', async () => {
    async function* arriving(): AsyncGenerator<TrainingBatch> {
      for (const seed of [1, 2]) {
        await new Promise((resolve) => setTimeout(resolve, 15));
        yield { inputs: pointsOf(seed), numExamples: 8, numTokens: 16 };
      }
    }
    const { options } = await setup({ batches: arriving() });
    const [first, second, end] = await eventsOf(options);
    for (const event of [first!, second!]) expect(event.type === 'step' && event.dataMs).toBeGreaterThan(10);
    expect(end).toMatchObject({ reason: 'data' });
  });

  it('goes on where a state stands', async () => {
    const { options } = await setup({ totalSteps: 2 });
    const end = (await eventsOf(options)).at(-1)!;
    if (end.type !== 'end') expect.fail('no end');
    const { batches } = batchesOf(9);
    const further = await eventsOf({ ...options, state: end.state, batches, totalSteps: 3 });
    expect(further.map((event) => event.type === 'step' && event.step)).toEqual([3, false]);
  });

  it('stops after the running step when aborted, and hands over the state', async () => {
    const controller = new AbortController();
    const source = batchesOf(100);
    const { backend, options } = await setup({ batches: source.batches, signal: controller.signal });
    const events: TrainingEvent[] = [];
    for await (const event of trainingLoop(options)) {
      events.push(event);
      if (event.type === 'step') controller.abort();
    }
    expect(events.at(-1)).toMatchObject({ type: 'end', reason: 'aborted', state: { step: 1 } });
    expect(events).toHaveLength(2);
    expect(source.isClosed()).toBe(true);
    const end = events[1]!;
    if (end.type === 'end') await backend.download(weightOf(end.state));
  });

  it('reads no batch more than it trains on', async () => {
    let read = 0;
    function* counted(): Generator<TrainingBatch> {
      for (;;) {
        read++;
        yield { inputs: pointsOf(read), numExamples: 8, numTokens: 16 };
      }
    }
    const { options } = await setup({ batches: counted() });
    await eventsOf(options);
    expect(read).toBe(3);
  });

  it.each<[string, Loss]>([
    ['NaN', (line, points) => div(sub(squaredError(line, points), squaredError(line, points)), 0)],
    ['infinite', (line, points) => div(squaredError(line, points), 0)],
  ])(
    'a loss that is %s is a DivergenceError with the step; state and source are freed',
    async (_, lossFn) => {
      const source = batchesOf(9);
      const seen: TrainState[] = [];
      const { backend, options } = await setup({ batches: source.batches }, lossFn);
      const { step } = options;
      const watched: typeof step = {
        ...step,
        run: async (...args) => {
          const done = await step.run(...args);
          seen.push(done.state);
          return done;
        },
      };
      const error: unknown = await eventsOf({ ...options, step: watched }).catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(DivergenceError);
      expect((error as DivergenceError).facts.got).toMatchObject({ step: 1 });
      expect(source.isClosed()).toBe(true);
      await expect(backend.download(weightOf(seen[0]!))).rejects.toThrow(OwnershipError);
    },
  );

  it('frees the state when its consumer leaves early', async () => {
    const source = batchesOf(9);
    const { backend, options } = await setup({ batches: source.batches });
    for await (const event of trainingLoop(options)) {
      expect(event.type).toBe('step');
      break;
    }
    expect(source.isClosed()).toBe(true);
    await expect(backend.download(weightOf(options.state))).rejects.toThrow(OwnershipError);
  });

  it('a batch that does not fit is an error that frees the state', async () => {
    const bad = {
      inputs: { x: hostTensor('f32', [2, 3], [1, 2, 3, 4, 5, 6]), y: pointsOf(1).y },
      numExamples: 2,
      numTokens: 6,
    };
    const { backend, options } = await setup({ batches: [bad] });
    await expect(eventsOf(options)).rejects.toThrow();
    await expect(backend.download(weightOf(options.state))).rejects.toThrow(OwnershipError);
  });

  it('refuses unknown options and impossible step counts', async () => {
    const { options } = await setup();
    await expect(eventsOf({ ...options, steps: 3 } as TrainingLoopOptions)).rejects.toThrow(
      /unknown option 'steps'/,
    );
    await expect(eventsOf({ ...options, totalSteps: NaN })).rejects.toThrow(OptionError);
  });
});
