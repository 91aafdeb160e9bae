import { createCpuBackend } from '@tesserae/backend-cpu';
import type { HostTensor, Tensor } from '@tesserae/tensor';
import { OptionError, hostTensor, matmul, mean, mul, sub } from '@tesserae/tensor';
import { describe, expect, it } from 'vitest';
import { adamW } from '../optimizers/adamw.js';
import { createTrainStep } from './train-step.js';

interface Batch {
  readonly x: Tensor;
  readonly y: Tensor;
}

const lossFn = (params: { readonly weight: Tensor }, { x, y }: Batch): Tensor => {
  const difference = sub(matmul(x, params.weight), y);
  return mean(mul(difference, difference));
};

const x = hostTensor('f32', [4, 3], [1, 2, 3, -1, 0.5, 2, 0, 1, -2, 3, 1, 1]);
const y = hostTensor('f32', [4, 1], [1, -1, 2, 0]);

async function trained(microBatches: number, steps = 3): Promise<readonly number[]> {
  const step = await createTrainStep({
    backend: createCpuBackend(),
    lossFn,
    optimizer: adamW(),
    seed: 1,
    microBatches,
  });
  let state = step.init({ weight: hostTensor('f32', [3, 1], [0.3, -0.2, 0.1]) });
  for (let index = 0; index < steps; index++)
    ({ state } = await step.run(state, { x, y }, { learningRate: 0.05 }));
  const { weight } = (await step.readParams(state)) as { readonly weight: HostTensor };
  return Array.from(weight.data);
}

describe('microBatches', () => {
  it.each([2, 4])('%i parts give the gradients of the whole batch within rounding', async (parts) => {
    const [whole, inParts] = [await trained(1), await trained(parts)];
    whole.forEach((value, index) => expect(inParts[index]).toBeCloseTo(value, 5));
  });

  it('refuses parts that do not divide the batch, naming the tensor', async () => {
    await expect(trained(3)).rejects.toThrow(OptionError);
    await expect(trained(3)).rejects.toThrow(/'x' is f32\[4,3\]/);
  });
});
