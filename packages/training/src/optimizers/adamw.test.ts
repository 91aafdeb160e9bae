import { createCpuBackend } from '@tesserae/backend-cpu';
import { runGraph } from '@tesserae/backend-testkit';
import type { HostTensor, Tensor } from '@tesserae/tensor';
import { OptionError, constant, hostTensor, mapTree, toNumbers, trace } from '@tesserae/tensor';
import { describe, expect, it } from 'vitest';
import type { AdamWOptions, AdamWState } from './adamw.js';
import { adamW } from './adamw.js';
import { decaysMatrices } from './optimizer.js';

const learningRate = 0.1;
const initial = { weight: hostTensor('f32', [1, 2], [1, -2]), bias: hostTensor('f32', [1], [3]) };
const grads = [
  { weight: [0.5, -1], bias: [0.2] },
  { weight: [-0.25, 2], bias: [0] },
  { weight: [1, 0.1], bias: [-0.4] },
];

/** Parameters after the steps: [weight0, weight1, bias]. */
async function run(options: AdamWOptions): Promise<readonly number[]> {
  const optimizer = adamW(options);
  const onGraph = (tree: unknown): unknown => mapTree(tree, (leaf: HostTensor) => constant(leaf));
  let params = onGraph(initial) as { readonly weight: Tensor; readonly bias: Tensor };
  let state = onGraph(optimizer.init(initial)) as AdamWState;
  for (const { weight, bias } of grads) {
    const next = optimizer.update({
      params,
      grads: {
        weight: constant(hostTensor('f32', [1, 2], weight)),
        bias: constant(hostTensor('f32', [1], bias)),
      },
      state,
      learningRate: constant(hostTensor('f32', [], [learningRate])),
    });
    ({ params, state } = next);
  }
  const outputs = await runGraph(createCpuBackend(), trace(() => params, {}).graph, { inputs: [] });
  return outputs.flatMap(toNumbers);
}

/** The same by the formulas of Loshchilov & Hutter, in double. */
function byHand(
  { beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8, weightDecay = 0.01, correctsBias = true }: AdamWOptions,
  isDecayed: readonly boolean[] = [true, true, false],
): readonly number[] {
  return [1, -2, 3].map((start, index) => {
    let [param, first, second] = [start, 0, 0];
    grads.forEach(({ weight, bias }, step) => {
      const grad = [...weight, ...bias][index]!;
      first = beta1 * first + (1 - beta1) * grad;
      second = beta2 * second + (1 - beta2) * grad ** 2;
      const [unbiased1, unbiased2] = correctsBias
        ? [first / (1 - beta1 ** (step + 1)), second / (1 - beta2 ** (step + 1))]
        : [first, second];
      if (isDecayed[index]) param *= 1 - learningRate * weightDecay;
      param -= (learningRate * unbiased1) / (Math.sqrt(unbiased2) + epsilon);
    });
    return param;
  });
}

function expectNear(got: readonly number[], needed: readonly number[]): void {
  // 1 - 0.999ᵗ in f32 is 3e-5 off at first, relative to a step of 0.1.
  needed.forEach((value, index) => expect(Math.abs(got[index]! - value)).toBeLessThan(1e-5));
}

/** Three steps of nanoT5's variant for one parameter, in double: the step is scaled by the parameter's own size. */
function byHandScaled(
  start: readonly number[],
  gradients: readonly (readonly number[])[],
): readonly number[] {
  let params = [...start];
  const first = start.map(() => 0);
  const second = start.map(() => 0);
  gradients.forEach((grad, step) => {
    const rms = Math.sqrt(params.reduce((sum, value) => sum + value ** 2, 0) / params.length);
    params = params.map((value, index) => {
      first[index] = 0.9 * first[index]! + 0.1 * grad[index]!;
      second[index] = 0.999 * second[index]! + 0.001 * grad[index]! ** 2;
      const unbiased = [
        first[index]! / (1 - 0.9 ** (step + 1)),
        second[index]! / (1 - 0.999 ** (step + 1)),
      ] as const;
      return value - (learningRate * Math.max(rms, 1e-3) * unbiased[0]) / (Math.sqrt(unbiased[1]) + 1e-8);
    });
  });
  return params;
}

describe('adamW with scalesByRms', () => {
  it('scales the step of each parameter by its root mean square', async () => {
    const needed = [
      ...byHandScaled(
        [1, -2],
        grads.map(({ weight }) => weight),
      ),
      ...byHandScaled(
        [3],
        grads.map(({ bias }) => bias),
      ),
    ];
    expectNear(await run({ scalesByRms: true, weightDecay: 0 }), needed);
  });
});

describe('adamW', () => {
  it.each<AdamWOptions>([
    {},
    { beta1: 0.5, beta2: 0.9 },
    { epsilon: 0.1 },
    { weightDecay: 0 },
    { weightDecay: 0.5 },
    { correctsBias: false, epsilon: 1e-6 },
  ])('follows the formulas with %j, decaying matrices only', async (options) => {
    expectNear(await run(options), byHand(options));
  });

  it('decays what it is told to, by path and shape', async () => {
    const seen: string[] = [];
    const decays = (path: string, shape: readonly number[]): boolean => {
      seen.push(`${path} [${shape.join()}]`);
      return path === 'bias';
    };
    expectNear(await run({ decays, weightDecay: 0.5 }), byHand({ weightDecay: 0.5 }, [false, false, true]));
    expect(new Set(seen)).toEqual(new Set(['weight [1,2]', 'bias [1]']));
  });

  it("spares norms, biases and T5's position bias by default", () => {
    expect(decaysMatrices('encoder.blocks.0.selfAttention.query', [8, 4])).toBe(true);
    expect(decaysMatrices('encoder.blocks.0.selfAttention.positionBias', [32, 8])).toBe(false);
    expect(decaysMatrices('encoder.finalNorm', [8])).toBe(false);
    expect(decaysMatrices('head.output.bias', [2])).toBe(false);
  });

  it('keeps moments in the form of the parameters', () => {
    const state = adamW().init(initial) as unknown as AdamWState<HostTensor>;
    expect(state.step.data[0]).toBe(0);
    expect(state.firstMoment).toEqual({
      weight: hostTensor('f32', [1, 2], [0, 0]),
      bias: hostTensor('f32', [1], [0]),
    });
    expect(state.secondMoment).toEqual(state.firstMoment);
  });

  it.each<AdamWOptions>([{ beta1: 1 }, { beta2: -0.1 }, { epsilon: -1 }, { weightDecay: NaN }])(
    'refuses %j',
    (options) => {
      expect(() => adamW(options)).toThrow(OptionError);
    },
  );

  it('refuses an option it does not know', () => {
    expect(() => adamW({ eps: 1e-6 } as AdamWOptions)).toThrow(
      /unknown option 'eps'.*Did you mean 'epsilon'/s,
    );
  });
});
