import { createCpuBackend } from '@tesserae/backend-cpu';
import type { Tensor } from '@tesserae/tensor';
import { FormatError, OptionError, div, sub } from '@tesserae/tensor';
import { bytesSource } from '@tesserae/weights';
import { describe, expect, it } from 'vitest';
import type { CheckpointStore } from '../src/checkpoints/store.js';
import { memoryCheckpointStore } from '../src/checkpoints/store.js';
import { lion } from '../src/optimizers/lion.js';
import { DivergenceError } from '../src/step/non-finite.js';
import type { TrainStep } from '../src/step/train-step.js';
import type { TrainerEvent } from '../src/trainer/events.js';
import { train } from '../src/trainer/train.js';
import type { Line, Points } from './regression.js';
import { squaredError, start } from './regression.js';
import { bitsOf, collect, distanceTo, lineRun, lineStep, pointBatches } from './runs.js';

const typesOf = (events: readonly TrainerEvent[]): string => events.map(({ type }) => type[0]).join('');

describe('train', () => {
  it('yields start, steps and end, and gives averaged parameters', async () => {
    const { events, result } = await collect(await lineRun({ totalSteps: 3 }));
    expect(events[0]).toEqual({ type: 'start', step: 0, totalSteps: 3, numParameters: 3, numTrained: 3 });
    expect(typesOf(events)).toBe('sssse');
    expect(events[2]).toMatchObject({ type: 'step', step: 2, epoch: 0.4, numExamples: 8, numTokens: 16 });
    expect(events.at(-1)).toMatchObject({ type: 'end', step: 3, reason: 'steps' });
    expect(result).toMatchObject({ step: 3, reason: 'steps' });
    const [weight, plain] = await Promise.all(
      [lineStep(), lineStep({ averages: undefined })].map(async (step) => {
        const run = await collect(await lineRun({ step: await step, totalSteps: 3 }));
        return (run.result.params as Line).weight.data[0]!;
      }),
    );
    expect(Math.abs(weight!)).toBeLessThan(Math.abs(plain!)); // the average lags behind
  });

  it('ends when the batches do', async () => {
    const batches = function* (): ReturnType<typeof pointBatches> {
      yield* [...take(pointBatches(0), 2)];
    };
    const { result } = await collect(await lineRun({ batches }));
    expect(result).toMatchObject({ step: 2, reason: 'data' });
  });

  it('evaluates, keeps the best, and stops when nothing gets better', async () => {
    const values = [5, 3, 4, 4, 4, 4];
    const seen: unknown[] = [];
    const step = await lineStep();
    const evaluation = {
      run: async () => ({ loss: values.shift()! }),
      everySteps: 2,
      metric: 'loss',
      isHigherBetter: false,
      patience: 2,
    };
    const { events, result } = await collect(await lineRun({ step, evaluation }), (event) =>
      seen.push(event),
    );
    expect(result).toMatchObject({ step: 8, reason: 'early-stopping', best: { step: 4, value: 3 } });
    const evaluations = events.filter(({ type }) => type === 'evaluation');
    expect(evaluations.map((event) => 'isBest' in event && event.isBest)).toEqual([true, true, false, false]);
    const four = await collect(await lineRun({ totalSteps: 4 }));
    expect(bitsOf(result.params)).toEqual(bitsOf(four.result.params)); // those of step 4, not of step 8
  });

  it('refuses a watched metric that the evaluation does not give', async () => {
    const evaluation = { run: async () => ({ loss: 1 }), everySteps: 2, metric: 'f1', isHigherBetter: true };
    await expect(collect(await lineRun({ evaluation }))).rejects.toThrow(/'f1'.*gave loss/s);
  });

  it.each([
    [{ totalSteps: -1 }, /totalSteps is -1/],
    [{ onNonFinite: 'skip' }, /skipsNonFinite/],
    [{ onNonFinite: 'reload' }, /checkpoints/],
    [{ checkpoints: { store: memoryCheckpointStore(), every: 3 } }, /every/],
    [{ pace: 3 }, /pace/],
  ])('refuses %j', async (changes, message) => {
    await expect(collect(await lineRun(changes as never))).rejects.toThrow(message);
  });

  it('frees its state, however it ends', async () => {
    const step = await lineStep();
    let numStates = 0;
    const counted: TrainStep = {
      ...step,
      init: (params) => ((numStates += 1), step.init(params)),
      dispose: (state) => ((numStates -= 1), step.dispose(state)),
    };
    await collect(await lineRun({ step: counted, totalSteps: 2 }));
    expect(numStates).toBe(0);
    const run = train(await lineRun({ step: counted }));
    await run.next();
    await run.next();
    expect(numStates).toBe(1);
    await run.return(undefined as never);
    expect(numStates).toBe(0);
    const failing = (): never => {
      throw new Error('no data');
    };
    await expect(collect(await lineRun({ step: counted, batches: failing }))).rejects.toThrow('no data');
    expect(numStates).toBe(0);
  });
});

function* take<T>(source: Iterable<T>, count: number): Generator<T> {
  for (const item of source) {
    if (count-- <= 0) return;
    yield item;
  }
}

describe('checkpoints', () => {
  const evaluation = {
    run: distanceTo(createCpuBackend()),
    everySteps: 3,
    metric: 'distance',
    isHigherBetter: false,
  };

  it('resume repeats the run bit for bit, wherever it was stopped', async () => {
    const backend = createCpuBackend();
    const run = distanceTo(backend);
    const step = await lineStep({ backend });
    const options = await lineRun({ step, evaluation: { ...evaluation, run } });
    const whole = await collect(options);
    const wanted = bitsOf(whole.result.params);
    for (const stopAt of [1, 3, 4, 9, 11]) {
      const store = memoryCheckpointStore();
      const controller = new AbortController();
      const first = await collect(
        { ...options, signal: controller.signal, checkpoints: { store, everySteps: 5 } },
        (event) => event.type === 'step' && event.step === stopAt && controller.abort(),
      );
      expect(first.result).toMatchObject({ reason: 'aborted', step: stopAt });
      const second = await collect({ ...options, checkpoints: { store, everySteps: 5, resume: true } });
      expect(second.events[0]).toMatchObject({
        step: stopAt,
        resumedFrom: `step-0000000${stopAt}`.replace('00011', '0011').slice(-13),
      });
      expect(second.result.best).toEqual(whole.result.best);
      expect(bitsOf(second.result.params)).toEqual(wanted);
      const third = await collect({ ...options, checkpoints: { store, resume: true } });
      expect(bitsOf(third.result.params)).toEqual(wanted); // a run that is over gives its result again
    }
  });

  it('keeps the newest and the best that they name', async () => {
    const backend = createCpuBackend();
    const step = await lineStep({ backend });
    const store = memoryCheckpointStore();
    const values = [9, 2, 3, 4, 5, 6, 7];
    const scripted = { ...evaluation, run: async () => ({ distance: values.shift()! }), everySteps: 2 };
    await collect(
      await lineRun({ step, evaluation: scripted, checkpoints: { store, everySteps: 3, keepLast: 2 } }),
    );
    expect([...(await store.list())].sort()).toEqual(['best-00000004', 'step-00000009', 'step-00000012']);
  });

  it('are not mixed up with other runs', async () => {
    const store = memoryCheckpointStore();
    const config = { batchSize: 8, model: { layers: 2 } };
    const options = await lineRun({ config, checkpoints: { store, everySteps: 5 } });
    await collect(options);
    const before = await store.list();
    await expect(collect(options)).rejects.toThrow(/holds 2 checkpoints of a run already/);
    const resume = { store, everySteps: 5, resume: true };
    const other = { ...options, config: { batchSize: 16, model: { layers: 2 } } };
    await expect(collect({ ...other, checkpoints: resume })).rejects.toThrow(/batchSize: 8, now 16/);
    const reseeded = { ...options, step: await lineStep({ seed: 8 }), checkpoints: resume };
    await expect(collect(reseeded)).rejects.toThrow(/seed: 7, now 8/);
    const step = await lineStep({ optimizer: lion() });
    await expect(collect({ ...options, step, checkpoints: resume })).rejects.toThrow(
      /another model or optimiser.*optState/s,
    );
    expect(await store.list()).toEqual(before);
    const accepted = { ...other, checkpoints: { ...resume, acceptsOtherConfig: true } };
    expect((await collect(accepted)).result.step).toBe(12);
  });

  it('goes on from the one before when the newest is damaged', async () => {
    const damages: readonly ((bytes: Uint8Array) => Uint8Array)[] = [
      (bytes) => bytes.subarray(0, bytes.length - 3),
      (bytes) => bytes.map((byte, at) => (at === bytes.length - 2 ? byte ^ 64 : byte)),
      (bytes) => bytes.map((byte, at) => (at === 12 ? 0 : byte)),
    ];
    for (const damage of damages) {
      const store = memoryCheckpointStore();
      const options = await lineRun();
      const whole = await collect({ ...options, checkpoints: { store, everySteps: 5, keepLast: 3 } });
      const hurt: CheckpointStore = {
        ...store,
        open: async (name) =>
          name === 'step-00000012' ? bytesSource(name, damage(await bytesOf(store, name))) : store.open(name),
      };
      const { events, result } = await collect({ ...options, checkpoints: { store: hurt, resume: true } });
      expect(events.slice(0, 2)).toMatchObject([
        { type: 'start', resumedFrom: 'step-00000010' },
        { type: 'warning', code: 'checkpoint-damaged' },
      ]);
      expect(bitsOf(result.params)).toEqual(bitsOf(whole.result.params));
    }
  });

  it('says what is wrong when none can be read', async () => {
    const store = memoryCheckpointStore();
    await store.write('step-00000005', [new TextEncoder().encode('no checkpoint at all')]);
    const options = await lineRun({ checkpoints: { store, resume: true } });
    await expect(collect(options)).rejects.toThrow(FormatError);
    expect(await store.list()).toEqual(['step-00000005']);
  });

  it('goes on training when the disk is full, and keeps what was saved', async () => {
    const store = memoryCheckpointStore();
    const full: CheckpointStore = {
      ...store,
      write: async (name, chunks) => {
        if (name !== 'step-00000003')
          throw Object.assign(new Error('ENOSPC: no space left'), { code: 'ENOSPC' });
        await store.write(name, chunks);
      },
    };
    const { events, result } = await collect(await lineRun({ checkpoints: { store: full, everySteps: 3 } }));
    expect(result.reason).toBe('steps');
    expect(events.filter(({ type }) => type === 'warning')).toMatchObject([
      { code: 'checkpoint-failed', step: 6 },
      { code: 'checkpoint-failed', step: 9 },
      { code: 'checkpoint-failed', step: 12 },
      { code: 'checkpoint-failed', step: 12 }, // tried once more before the end
    ]);
    expect(await store.list()).toEqual(['step-00000003']);
    const strict = { store: full, everySteps: 3, onFailure: 'stop', resume: true } as const;
    await expect(collect(await lineRun({ checkpoints: strict }))).rejects.toThrow('ENOSPC');
  });

  it('need batches with a cursor', async () => {
    const batches = function* (): ReturnType<typeof pointBatches> {
      for (const { cursor: _, ...batch } of pointBatches(0)) yield batch;
    };
    const options = await lineRun({ batches, checkpoints: { store: memoryCheckpointStore() } });
    await expect(collect(options)).rejects.toThrow(OptionError);
  });
});

async function bytesOf(store: CheckpointStore, name: string): Promise<Uint8Array> {
  const source = await store.open(name);
  return source.read(0, source.sizeBytes);
}

describe('values that are not finite', () => {
  /** NaN in the batch that begins with point 4. */
  const poisoned = (line: Line<Tensor>, batch: Points<Tensor> & { readonly bad: Tensor }): Tensor =>
    div(squaredError(line, batch), sub(1, batch.bad));
  const batches = function* (from: unknown): Generator<Record<string, unknown>> {
    for (const batch of pointBatches(from)) {
      const bad = { dtype: 'f32', shape: [], data: Float32Array.of(batch.cursor === 5 ? 1 : 0) };
      yield { ...batch, inputs: { ...(batch.inputs as object), bad } };
    }
  };
  const setup = async (changes: object, skipsNonFinite = false): Promise<Parameters<typeof collect>[0]> => {
    const step = await lineStep({ lossFn: poisoned as never, skipsNonFinite, averages: undefined });
    return lineRun({ step, batches: batches as never, ...changes });
  };

  it('stop the run, naming the first', async () => {
    const failing = collect(await setup({}));
    await expect(failing).rejects.toThrow(DivergenceError);
    await expect(failing).rejects.toThrow(/step 5 gave loss Infinity.*the loss/s);
  });

  it('are left out by a step that can', async () => {
    const { events, result } = await collect(await setup({}, true));
    expect(events.filter(({ type }) => type === 'warning')).toMatchObject([
      { code: 'step-skipped', step: 5 },
    ]);
    expect(result.reason).toBe('steps');
    expect((result.params as Line).weight.data.every(Number.isFinite)).toBe(true);
    await expect(collect(await setup({ onNonFinite: 'stop' }, true))).rejects.toThrow(DivergenceError);
  });

  it('lead back to the last checkpoint, and on with other data', async () => {
    const checkpoints = { store: memoryCheckpointStore(), everySteps: 2 };
    const { events, result } = await collect(await setup({ onNonFinite: 'reload', checkpoints }));
    expect(events.filter(({ type }) => type === 'warning')).toMatchObject([
      { code: 'state-reloaded', step: 5 },
    ]);
    const steps = events.flatMap((event) => (event.type === 'step' ? [event.step] : []));
    expect(steps).toEqual([1, 2, 3, 4, 5, 5, 6, 7, 8, 9, 10, 11, 12]);
    expect((result.params as Line).weight.data.every(Number.isFinite)).toBe(true);
    expect(start.weight.data[0]).toBe(0);
  });
});
