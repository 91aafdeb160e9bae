import { createCpuBackend } from '@tesserae/backend-cpu';
import { linear, tokenCrossEntropy } from '@tesserae/nn';
import type { Backend, HostTensor, Rng, Tensor } from '@tesserae/tensor';
import {
  OptionError,
  cast,
  div,
  dropout,
  flattenTree,
  hostRandom,
  hostTensor,
  matmul,
  mean,
  mul,
  reshape,
  sqrt,
  tanh,
  toNumbers,
} from '@tesserae/tensor';
import { describe, expect, it } from 'vitest';
import { adamW } from '../optimizers/adamw.js';
import { sgd } from '../optimizers/sgd.js';
import type { BatchPart } from './run-step.js';
import type { TrainState } from './train-state.js';
import type { LossFunction, TrainStep, TrainStepOptions } from './train-step.js';
import { createTrainStep } from './train-step.js';

interface Net<Leaf = Tensor> {
  readonly body: { readonly weight: Leaf; readonly bias: Leaf };
  readonly head: { readonly weight: Leaf; readonly bias: Leaf };
}

interface Batch<Leaf = Tensor> {
  readonly x: Leaf;
  readonly labels: Leaf;
}

const random = hostRandom(11);
const normals = (shape: readonly number[], scale = 1): HostTensor =>
  hostTensor(
    'f32',
    shape,
    Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => scale * random.normal()),
  );

const net: Net<HostTensor> = {
  body: { weight: normals([6, 4], 0.5), bias: normals([6], 0.1) },
  head: { weight: normals([3, 6], 0.5), bias: normals([3], 0.1) },
};

const logitsOf = (params: Net, x: Tensor): Tensor => linear(tanh(linear(x, params.body)), params.head);
const tokens: LossFunction<Net, Batch> = (params, { x, labels }) =>
  tokenCrossEntropy(logitsOf(params, x), labels);

/** Inputs [rows, 4] and labels of three classes; some rows do not count. */
function batchOf(rows: number, counted: (row: number) => boolean = () => true): Batch<HostTensor> {
  const labels = Array.from({ length: rows }, (_, row) => (counted(row) ? random.below(3) : -100));
  return { x: normals([rows, 4]), labels: hostTensor('i32', [rows], labels) };
}

type Options = Partial<TrainStepOptions<Net, Batch>>;

function create(options: Options = {}, backend: Backend = createCpuBackend()): Promise<TrainStep> {
  return createTrainStep<Net, Batch>({ backend, lossFn: tokens, optimizer: adamW(), seed: 3, ...options });
}

async function valuesOf(step: TrainStep, state: TrainState): Promise<readonly number[]> {
  return flattenTree<HostTensor>(await step.readParams(state)).flatMap(({ leaf }) => toNumbers(leaf));
}

function expectNear(got: readonly number[], needed: readonly number[], tolerance: number): void {
  got.forEach((value, index) => expect(Math.abs(value - needed[index]!)).toBeLessThan(tolerance));
}

const rowsOf = ({ x, labels }: Batch<HostTensor>, start: number, end: number): BatchPart => ({
  inputs: {
    x: hostTensor('f32', [end - start, 4], x.data.slice(start * 4, end * 4) as Float32Array<ArrayBuffer>),
    labels: hostTensor('i32', [end - start], labels.data.slice(start, end) as Int32Array<ArrayBuffer>),
  },
  numExamples: end - start,
});

describe('accumulation over batches', () => {
  const whole = batchOf(32, (row) => row % 3 !== 0 || row > 20); // parts have unequal numbers of labels
  const cuts: readonly (readonly number[])[] = [
    [0, 8, 16, 24, 32],
    [0, 3, 30, 32],
  ];

  async function run(parts: readonly BatchPart[], options: Options = {}): Promise<readonly number[]> {
    const step = await create({ optimizer: sgd({ momentum: 0.9 }), ...options });
    let state = step.init(net);
    for (let index = 0; index < 3; index++)
      ({ state } = await step.runParts(state, parts, { learningRate: 0.1 }));
    return valuesOf(step, state);
  }
  const cutAt = (cut: readonly number[]): readonly BatchPart[] =>
    cut.slice(1).map((end, index) => rowsOf(whole, cut[index]!, end));

  it.each(cuts)('in parts cut at %s equals the large batch, by the labels that count', async (...cut) => {
    expectNear(await run(cutAt(cut)), await run([{ inputs: whole, numExamples: 32 }]), 1e-5);
  });

  it('in parts inside the graph does too', async () => {
    const parts = await run([{ inputs: whole, numExamples: 32 }], { microBatches: 4 });
    expectNear(parts, await run([{ inputs: whole, numExamples: 32 }]), 1e-5);
  });

  it('weighs by examples when the loss gives no weight, and by nothing when it is a sum', async () => {
    const all = batchOf(32);
    const cut = [0, 3, 30, 32].slice(1).map((end, index) => rowsOf(all, [0, 3, 30][index]!, end));
    const one = [{ inputs: all, numExamples: 32 }];
    const meanLoss: Options = { lossFn: (...args) => ({ loss: (tokens(...args) as { loss: Tensor }).loss }) };
    const sumLoss: Options = {
      lossFn: (params, { x, labels }) =>
        tokenCrossEntropy(logitsOf(params, x), labels, { normalization: 40 }),
      accumulates: 'sum',
    };
    for (const options of [meanLoss, sumLoss])
      expectNear(await run(cut, options), await run(one, options), 1e-5);
  });

  it('draws other dropout for each part', async () => {
    const dropped: LossFunction<Net, Batch> = (params, { x }, rng: Rng) =>
      mean(mul(dropout(logitsOf(params, x), { rate: 0.5, rng }), 1));
    const step = await create({ lossFn: dropped, optimizer: sgd(), maxGradNorm: null });
    const part = rowsOf(batchOf(1), 0, 1);
    const one = await step.runParts(step.init(net), [part], { learningRate: 1 });
    const two = await step.runParts(step.init(net), [part, part], { learningRate: 1 });
    expect(await valuesOf(step, two.state)).not.toEqual(await valuesOf(step, one.state));
  });
});

describe('frozen parameters', () => {
  const headOnly = (path: string): boolean => path.startsWith('head.');

  it('have no gradient, no optimiser state, and stay as they are', async () => {
    const lines: string[] = [];
    const step = await create({ trains: headOnly, debug: 2, log: (line) => lines.push(line) });
    const state = step.init(net);
    const moments = flattenTree((state.optState as { readonly firstMoment: unknown }).firstMoment);
    expect(moments.map(({ path }) => path)).toEqual(['head.weight', 'head.bias']);
    const after = await step.run(state, batchOf(8), { learningRate: 0.1 });
    const params = (await step.readParams(after.state)) as Net<HostTensor>;
    expect(params.body).toEqual(net.body);
    expect(params.head.weight).not.toEqual(net.head.weight);
    const products = lines.find((line) => line.includes('lowered'))!.match(/= matmul/g)!;
    expect(products).toHaveLength(3); // two forward, one for the head's weight; none back into the body
  });

  it('thaw by phases: what was learned is kept, what is new begins fresh', async () => {
    const trains = [
      { fromStep: 0, trains: headOnly },
      { fromStep: 2, trains: () => true },
    ];
    const step = await create({ trains });
    const batches = [batchOf(8), batchOf(8), batchOf(8)];
    let state = step.init(net);
    for (const batch of batches.slice(0, 2))
      ({ state } = await step.run(state, batch, { learningRate: 0.1 }));
    const before = await step.read(state);
    expect((before.params as Net<HostTensor>).body).toEqual(net.body);
    ({ state } = await step.run(state, batches[2], { learningRate: 0.1 }));
    const { params, optState } = await step.read(state);
    expect((params as Net<HostTensor>).body.weight).not.toEqual(net.body.weight);
    const { step: count, firstMoment } = optState as {
      readonly step: HostTensor;
      readonly firstMoment: Net<HostTensor>;
    };
    expect(count.data[0]).toBe(3);
    expect(firstMoment.body.weight.data.some((value) => value !== 0)).toBe(true);
    // a run that goes on from the state at the border is the same
    const again = await create({ trains });
    const resumed = await again.run(again.upload(before), batches[2], { learningRate: 0.1 });
    expect(await again.read(resumed.state)).toEqual({ params, optState, step: 3 });
    const described = again.describe(net, { step: 2 });
    const tree = { params: described.params, optState: described.optState };
    expect(flattenTree(tree).map(({ path }) => path)).toEqual(
      flattenTree({ params: before.params, optState: before.optState }).map(({ path }) => path),
    );
  });

  it('are refused when nothing is left, or phases do not rise', async () => {
    const step = await create({ trains: (path) => path.startsWith('encoder.') });
    expect(() => step.init(net)).toThrow(/selects none of 4 parameters/);
    const phase = { fromStep: 1, trains: headOnly };
    await expect(create({ trains: [phase] })).rejects.toThrow(OptionError);
  });
});

describe('averages', () => {
  it('follow the weights by their decay', async () => {
    const step = await create({ averages: { decay: 0.9 }, trains: (path) => path.startsWith('head.') });
    let state = step.init(net);
    let needed = toNumbers(net.head.bias);
    for (let index = 0; index < 4; index++) {
      ({ state } = await step.run(state, batchOf(8), { learningRate: 0.1 }));
      const now = toNumbers(((await step.readParams(state)) as Net<HostTensor>).head.bias);
      needed = needed.map((value, at) => 0.9 * value + 0.1 * now[at]!);
    }
    const averaged = (await step.readParams(state, { averaged: true })) as Net<HostTensor>;
    expectNear(toNumbers(averaged.head.bias), needed, 1e-6);
    expect(averaged.body).toEqual(net.body);
  });

  it('begin quickly when they warm up', async () => {
    const step = await create({ averages: { decay: 0.9, warmsUp: true } });
    const { state } = await step.run(step.init(net), batchOf(8), { learningRate: 0.1 });
    const now = toNumbers(((await step.readParams(state)) as Net<HostTensor>).head.bias);
    const averaged = (await step.readParams(state, { averaged: true })) as Net<HostTensor>;
    const needed = now.map((value, at) => 0.1 * toNumbers(net.head.bias)[at]! + 0.9 * value);
    expectNear(toNumbers(averaged.head.bias), needed, 1e-6);
  });
});

/** A loss that divides by the first input: 0 makes it infinite. */
const fragile: LossFunction<Net, Batch> = (params, { x }) => {
  const first = reshape(mul(x, 1), [-1]);
  return mean(div(logitsOf(params, x), mean(first)));
};

describe('steps that are not finite', () => {
  const zeros = { x: hostTensor('f32', [1, 4], [0, 0, 0, 0]), labels: hostTensor('i32', [1], [0]) };

  it('leave the state as it was when they are skipped, and say so', async () => {
    const step = await create({ lossFn: fragile, skipsNonFinite: true });
    const before = await step.run(step.init(net), batchOf(2), { learningRate: 0.1 });
    expect(before.metrics.skipped).toBe(false);
    const kept = await step.read(before.state);
    const { state, metrics } = await step.run(before.state, zeros, { learningRate: 0.1 });
    expect(metrics).toMatchObject({ skipped: true, nonFinite: { what: 'loss' } });
    expect(await step.read(state)).toEqual({ ...kept, step: 2 });
  });

  it('name the first gradient when the loss itself is finite', async () => {
    // sqrt(0): the loss is 0, its slope is not finite
    const lossFn: LossFunction<Net, Batch> = (params) => {
      const zero = mul(params.head.bias, 0);
      return mean(sqrt(mul(zero, zero)));
    };
    const step = await create({ lossFn });
    const { metrics } = await step.run(step.init(net), batchOf(1), { learningRate: 0.1 });
    expect(metrics.loss).toBe(0);
    expect(metrics.nonFinite).toEqual({ what: 'gradient', path: 'head.bias', count: 1 });
  });

  it('are found in parameters before training', async () => {
    const step = await create();
    const bad = { ...net, head: { ...net.head, bias: hostTensor('f32', [3], [0, NaN, 0]) } };
    expect(() => step.init(bad)).toThrow(/parameter head\.bias/);
  });
});

describe('precision', () => {
  const lossFn: LossFunction<Net, Batch> = (params, { x, labels }) => {
    const hidden = tanh(matmul(x, params.body.weight, { transposeB: true }));
    return tokenCrossEntropy(matmul(hidden, params.head.weight, { transposeB: true }), labels);
  };
  /** Inputs are cast by the loss itself, as models cast their embeddings. */
  const narrow =
    (dtype: 'bf16' | 'f16'): LossFunction<Net, Batch> =>
    (params, batch, rng) =>
      lossFn(params, { ...batch, x: cast(batch.x, dtype) }, rng);

  async function losses(options: Options, steps = 20): Promise<readonly number[]> {
    const step = await create({ optimizer: adamW(), ...options });
    const batch = batchOf(8);
    let state = step.init(net);
    const values: number[] = [];
    for (let index = 0; index < steps; index++) {
      const done = await step.run(state, batch, { learningRate: 0.05 });
      state = done.state;
      values.push(done.metrics.loss);
    }
    return values;
  }

  it.each(['bf16', 'f16'] as const)('%s learns, with and without master weights', async (compute) => {
    for (const keepsMasterWeights of [true, false]) {
      const got = await losses({ lossFn: narrow(compute), precision: { compute, keepsMasterWeights } });
      expect(got.at(-1)!).toBeLessThan(got[0]! / 3);
    }
  });

  it('keeps master weights in f32, and stores narrow ones without', async () => {
    const dtypes = async (keepsMasterWeights: boolean): Promise<unknown> => {
      const step = await create({
        lossFn: narrow('bf16'),
        precision: { compute: 'bf16', keepsMasterWeights },
      });
      const { state } = await step.run(step.init(net), batchOf(4), { learningRate: 0.1 });
      const { params, optState } = await step.read(state);
      const moments = (optState as { readonly firstMoment: Net<HostTensor> }).firstMoment;
      return [(params as Net<HostTensor>).body.weight.dtype, moments.body.weight.dtype];
    };
    expect(await dtypes(true)).toEqual(['f32', 'f32']);
    expect(await dtypes(false)).toEqual(['bf16', 'f32']);
  });

  it('lowers the loss scale when gradients leave f16, leaves the step out, and raises it again', async () => {
    const lossScaling = { initialScale: 2 ** 24, growthInterval: 2 };
    const step = await create({ lossFn: narrow('f16'), precision: { compute: 'f16', lossScaling } });
    let state = step.init(net);
    const scales: number[] = [];
    const skipped: (boolean | undefined)[] = [];
    for (let index = 0; index < 16; index++) {
      const done = await step.run(state, batchOf(8), { learningRate: 0.01 });
      state = done.state;
      const { lossScale } = await step.read(state);
      scales.push(lossScale!.scale.data[0]!);
      skipped.push(done.metrics.skipped);
    }
    expect(skipped[0]).toBe(true);
    expect(scales[0]).toBe(2 ** 23);
    expect(skipped.filter((flag) => flag === false).length).toBeGreaterThan(5);
    expect(scales.some((scale, index) => index > 0 && scale > scales[index - 1]!)).toBe(true);
  });

  it('a dtype the backend lacks is refused', async () => {
    const cpu = createCpuBackend();
    const single: Backend = {
      ...cpu,
      name: 'single',
      capabilities: { ...cpu.capabilities, dtypes: ['f32', 'i32'] },
    };
    await expect(create({ precision: { compute: 'bf16' } }, single)).rejects.toThrow(
      /precision bf16 on backend 'single'/,
    );
  });
});
