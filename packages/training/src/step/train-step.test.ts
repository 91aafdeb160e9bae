import { createCpuBackend } from '@tesserae/backend-cpu';
import type { DeviceTensor, Rng, Tensor } from '@tesserae/tensor';
import { OptionError, OwnershipError, dropout, toNumbers } from '@tesserae/tensor';
import { describe, expect, it } from 'vitest';
import type { Line, Points } from '../../test/regression.js';
import { pointsOf, squaredError, start } from '../../test/regression.js';
import { adamW } from '../optimizers/adamw.js';
import type { TrainStepOptions } from './train-step.js';
import { createTrainStep } from './train-step.js';

type Options = TrainStepOptions<Line<Tensor>, Points<Tensor>>;

const optionsOf = (changes: Partial<Options> = {}): Options => ({
  backend: createCpuBackend(),
  lossFn: squaredError,
  optimizer: adamW({ weightDecay: 0 }),
  seed: 1,
  ...changes,
});

describe('createTrainStep', () => {
  it('learns: the loss falls and the parameters come near the true ones', async () => {
    const step = await createTrainStep(optionsOf());
    let state = step.init(start);
    const losses: number[] = [];
    for (let index = 0; index < 300; index++) {
      const { state: next, metrics } = await step.run(state, pointsOf(index), { learningRate: 0.05 });
      state = next;
      losses.push(metrics.loss);
    }
    const { weight, bias } = (await step.readParams(state)) as Line;
    expect(losses[0]).toBeGreaterThan(1);
    expect(losses.at(-1)).toBeLessThan(1e-3);
    [3, -2].forEach((value, index) => expect(weight.data[index]).toBeCloseTo(value, 1));
    expect(bias.data[0]).toBeCloseTo(1, 1);
    expect(state.step).toBe(300);
  });

  it('gives the loss and the norm of the step before it moves, clipped or not', async () => {
    const measure = async (maxGradNorm: number | null): Promise<readonly number[]> => {
      const step = await createTrainStep(optionsOf({ maxGradNorm }));
      const { metrics } = await step.run(step.init(start), pointsOf(1), { learningRate: 0.1 });
      return [metrics.loss, metrics.gradNorm];
    };
    const { y } = pointsOf(1);
    const loss = toNumbers(y).reduce((sum, value) => sum + value ** 2, 0) / 8;
    const [clipped, left] = [await measure(0.01), await measure(null)];
    expect(clipped[0]).toBeCloseTo(loss, 5);
    expect(clipped).toEqual(left);
    expect(clipped[1]).toBeGreaterThan(1);
  });

  it('clips to a norm of 1 by default, and not at all with null', async () => {
    // Plain descent shows the size of the gradient, which Adam hides.
    const descent: Options['optimizer'] = {
      name: 'descent',
      init: () => ({}),
      update: ({ params, grads, state }) => ({ params: { ...params, ...grads }, state }),
    };
    const normAfter = async (changes: Partial<Options>): Promise<number> => {
      const step = await createTrainStep(optionsOf({ optimizer: descent, ...changes }));
      const { state } = await step.run(step.init(start), pointsOf(1), { learningRate: 0.1 });
      const { weight, bias } = (await step.readParams(state)) as Line;
      return Math.hypot(...weight.data, ...bias.data);
    };
    expect(await normAfter({})).toBeCloseTo(1, 5);
    expect(await normAfter({ maxGradNorm: 0.25 })).toBeCloseTo(0.25, 5);
    expect(await normAfter({ maxGradNorm: null })).toBeGreaterThan(1.5);
  });

  it('consumes the state it is given', async () => {
    const step = await createTrainStep(optionsOf());
    const state = step.init(start);
    await step.run(state, pointsOf(1), { learningRate: 0.1 });
    await expect(step.run(state, pointsOf(1), { learningRate: 0.1 })).rejects.toThrow(OwnershipError);
  });

  it('goes on after its parameters were read, and frees them when asked', async () => {
    const options = optionsOf();
    const step = await createTrainStep(options);
    const { state } = await step.run(step.init(start), pointsOf(1), { learningRate: 0.1 });
    await step.readParams(state);
    const { state: later } = await step.run(state, pointsOf(2), { learningRate: 0.1 });
    step.dispose(later);
    const { weight } = later.params as Line<DeviceTensor>;
    await expect(options.backend.download(weight)).rejects.toThrow(OwnershipError);
  });

  it('draws other masks at every step and for every seed, the same for the same', async () => {
    const noisy = (line: Line<Tensor>, { x, y }: Points<Tensor>, rng: Rng): Tensor =>
      squaredError(line, { x, y: dropout(y, { rate: 0.5, rng }) });
    const lossesOf = async (seed: number): Promise<readonly number[]> => {
      const step = await createTrainStep(optionsOf({ lossFn: noisy, seed }));
      let state = step.init(start);
      const losses: number[] = [];
      for (let index = 0; index < 3; index++) {
        const done = await step.run(state, pointsOf(1, 64), { learningRate: 0 });
        state = done.state;
        losses.push(done.metrics.loss);
      }
      return losses;
    };
    const losses = await lossesOf(1);
    expect(await lossesOf(1)).toEqual(losses);
    expect(new Set([...losses, ...(await lossesOf(2))]).size).toBe(6);
  });

  it('is traced anew for another batch shape', async () => {
    const lines: string[] = [];
    const step = await createTrainStep(
      optionsOf({ debug: 1, log: (line) => void lines.push(line), name: 'line' }),
    );
    let state = step.init(start);
    for (const batch of [8, 4, 8, 4]) {
      ({ state } = await step.run(state, pointsOf(1, batch), { learningRate: 0.1 }));
    }
    expect(lines.filter((line) => line.startsWith('[line]'))).toHaveLength(2);
  });

  it.each([0, -1, NaN])('refuses maxGradNorm %d', async (maxGradNorm) => {
    await expect(createTrainStep(optionsOf({ maxGradNorm }))).rejects.toThrow(OptionError);
  });

  it('refuses an option it does not know', async () => {
    const options = { ...optionsOf(), clip: 1 };
    await expect(createTrainStep(options)).rejects.toThrow(/unknown option 'clip'/);
  });
});
