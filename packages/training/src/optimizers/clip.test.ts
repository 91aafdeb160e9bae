import { createCpuBackend } from '@tesserae/backend-cpu';
import { runGraph } from '@tesserae/backend-testkit';
import { constant, hostTensor, toNumbers, trace } from '@tesserae/tensor';
import { describe, expect, it } from 'vitest';
import { clipByGlobalNorm, globalNorm } from './clip.js';

async function clip(weight: number[], bias: number[], maxNorm: number): Promise<readonly number[][]> {
  const grads = {
    weight: constant(hostTensor('f32', [1, weight.length], weight)),
    bias: constant(hostTensor('f32', [bias.length], bias)),
  };
  const { graph } = trace(() => ({ ...clipByGlobalNorm(grads, { maxNorm }), again: globalNorm(grads) }), {});
  const outputs = await runGraph(createCpuBackend(), graph, { inputs: [] });
  return outputs.map(toNumbers);
}

describe('clipByGlobalNorm', () => {
  it('scales all gradients together to the norm asked for, and gives the norm before', async () => {
    const [weight, bias, norm, again] = await clip([3, 0], [0, 4], 1);
    expect(norm).toEqual([5]);
    expect(again).toEqual([5]);
    const factor = 1 / (5 + 1e-6); // PyTorch's
    expect(weight![0]).toBeCloseTo(3 * factor, 6);
    expect(bias![1]).toBeCloseTo(4 * factor, 6);
  });

  it('leaves gradients below it as they are', async () => {
    const [weight, bias] = await clip([3, 0], [0, 4], 5.1);
    expect(weight).toEqual([3, 0]);
    expect(bias).toEqual([0, 4]);
  });

  it('gives zeros for zeros', async () => {
    const [weight, bias, norm] = await clip([0, 0], [0], 1);
    expect([weight, bias, norm]).toEqual([[0, 0], [0], [0]]);
  });
});
