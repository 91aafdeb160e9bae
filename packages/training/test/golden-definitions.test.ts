import { readFileSync } from 'node:fs';
import { createCpuBackend } from '@tesserae/backend-cpu';
import { runGraph } from '@tesserae/backend-testkit';
import type { TokenLossOptions, WeightedLoss } from '@tesserae/nn';
import { distillationLoss, tokenCrossEntropy } from '@tesserae/nn';
import type { HostTensor, Tensor } from '@tesserae/tensor';
import {
  castHost,
  constant,
  hostTensor,
  isCounted,
  mul,
  reduceSum,
  sub,
  toNumbers,
  trace,
  valueAndGrad,
} from '@tesserae/tensor';
import type { Optimizer, Schedule } from '@tesserae/training';
import {
  adafactor,
  adamW,
  constantSchedule,
  cosineSchedule,
  createTrainStep,
  electraSchedule,
  inverseSquareRootSchedule,
  linearSchedule,
  lion,
  polynomialSchedule,
  relativeStepSchedule,
  sgd,
  slantedTriangularSchedule,
} from '@tesserae/training';
import { bytesSource, openSafetensors } from '@tesserae/weights';
import { describe, expect, it } from 'vitest';

const url = new URL('../../../tools/golden/fixtures/training-definitions.safetensors', import.meta.url);
const file = await openSafetensors(bytesSource('training-definitions', readFileSync(url)));
const single = async (name: string): Promise<HostTensor> => castHost(await file.read(name), 'f32');

const curvature = JSON.parse(file.metadata['curvature']!) as Readonly<Record<string, number>>;
const names = Object.keys(curvature);
const steps = Number(file.metadata['steps']);

type Named<Leaf> = Readonly<Record<string, Leaf>>;

/** Σ c·(w - target)², whose gradient the fixture writes by hand. */
function lossFn(params: Named<Tensor>, batch: Named<Tensor>): Tensor {
  const parts = names.map((name) => {
    const difference = sub(params[name]!, batch[name]!);
    return reduceSum(mul(mul(difference, difference), curvature[name]!));
  });
  return parts.reduce((sum, part) => sub(sum, mul(part, -1)));
}

/** Row `index` of a tensor's first axis. */
function rowOf({ shape, data }: HostTensor, index: number): HostTensor {
  const size = data.length / shape[0]!;
  return hostTensor('f32', shape.slice(1), Array.from(data.subarray(index * size, (index + 1) * size)));
}

const optimizers: Readonly<Record<string, readonly [Optimizer, Schedule]>> = {
  adamw: [adamW({ beta2: 0.99, weightDecay: 0.1 }), constantSchedule(0.02)],
  sgd: [sgd({ momentum: 0.9, isNesterov: true, weightDecay: 0.05 }), constantSchedule(0.02)],
  sgd_plain: [sgd({ momentum: 0.5 }), constantSchedule(0.05)],
  adafactor_hf: [adafactor({ minSizeToFactor: 1 }), relativeStepSchedule()],
  adafactor_hf_fixed: [
    adafactor({ minSizeToFactor: 1, scalesByParameter: false, beta1: 0.9, weightDecay: 0.1 }),
    constantSchedule(1e-2),
  ],
  adafactor_mesh: [adafactor({ minSizeToFactor: 5 }), relativeStepSchedule()],
  adafactor_mesh_whole: [adafactor(), relativeStepSchedule()],
  lion: [lion({ weightDecay: 0.1 }), constantSchedule(0.01)],
};

async function train(optimizer: Optimizer, schedule: Schedule): Promise<Named<HostTensor>> {
  const step = await createTrainStep({
    backend: createCpuBackend(),
    lossFn,
    optimizer,
    maxGradNorm: null,
    seed: 1,
  });
  const read = async (prefix: string): Promise<Named<HostTensor>> =>
    Object.fromEntries(
      await Promise.all(names.map(async (name) => [name, await single(`${prefix}/${name}`)])),
    );
  const targets = await read('target');
  let state = step.init(await read('start'));
  for (let index = 0; index < steps; index++) {
    const batch = Object.fromEntries(names.map((name) => [name, rowOf(targets[name]!, index)]));
    ({ state } = await step.run(state, batch, { learningRate: schedule(index) }));
  }
  return (await step.readParams(state)) as Named<HostTensor>;
}

/** Largest difference relative to the largest value of the tensor. */
function distance(got: readonly number[], needed: readonly number[]): number {
  const size = Math.max(...needed.map(Math.abs));
  return Math.max(...got.map((value, index) => Math.abs(value - needed[index]!))) / size;
}

describe('fifty steps', () => {
  it.each(Object.entries(optimizers))(
    'of %s end where the definition does',
    async (run, [optimizer, schedule]) => {
      const final = await train(optimizer, schedule);
      for (const name of names) {
        const needed = toNumbers(await file.read(`final/${run}/${name}`));
        expect(distance(toNumbers(final[name]!), needed), `${run} ${name}`).toBeLessThan(1e-5);
      }
    },
  );

  it('tell a factored moment from a whole one', async () => {
    const [factored, whole] = await Promise.all(
      ['adafactor_mesh', 'adafactor_mesh_whole'].map((run) => file.read(`final/${run}/wide`)),
    );
    expect(distance(toNumbers(factored!), toNumbers(whole!))).toBeGreaterThan(1e-3);
  });
});

describe('schedules', () => {
  const schedules: Readonly<Record<string, Schedule>> = {
    linear: linearSchedule({ learningRate: 0.5, warmupSteps: 10, totalSteps: 100 }),
    cosine: cosineSchedule({ learningRate: 0.5, warmupSteps: 10, totalSteps: 100 }),
    polynomial: polynomialSchedule({
      learningRate: 0.5,
      endLearningRate: 0.01,
      power: 2,
      warmupSteps: 10,
      totalSteps: 90,
    }),
    noam: inverseSquareRootSchedule({ floorSteps: 20, totalSteps: 100 }),
    electra: electraSchedule({ learningRate: 0.5, warmupSteps: 10, totalSteps: 100 }),
    slanted: slantedTriangularSchedule({ learningRate: 0.5, totalSteps: 100 }),
  };
  it.each(Object.entries(schedules))('%s gives the rates of its definition', async (name, schedule) => {
    const needed = toNumbers(await file.read(`schedule/${name}`));
    expect(needed).toHaveLength(100);
    needed.forEach((rate, step) => expect(schedule(step), `step ${step}`).toBeCloseTo(rate, 12));
  });
});

describe('losses', () => {
  type Loss = (logits: Tensor, labels: Tensor, teacher: Tensor) => WeightedLoss;
  const tokens =
    (options: TokenLossOptions): Loss =>
    (logits, labels) =>
      tokenCrossEntropy(logits, labels, options);
  const cases: Readonly<Record<string, Loss>> = {
    tokens: tokens({}),
    smoothed: tokens({ labelSmoothing: 0.1 }),
    sum: tokens({ normalization: 'sum' }),
    denominator: tokens({ labelSmoothing: 0.1, normalization: 40 }),
    sequences: tokens({ normalization: 'sequences' }),
    z_loss: tokens({ labelSmoothing: 0.1, zLoss: 1e-2 }),
    distilled: (logits, labels, teacher) =>
      distillationLoss(logits, teacher, { temperature: 3, counted: isCounted(labels) }),
  };
  it.each(Object.entries(cases))('%s and its gradient are those of PyTorch', async (name, lossOf) => {
    const [logits, teacher] = [constant(await single('loss/logits')), constant(await single('loss/teacher'))];
    const labels = constant(await file.read('loss/labels'));
    const traced = trace(() => {
      const { value, grads } = valueAndGrad((x: Tensor) => lossOf(x, labels, teacher))(logits);
      return { value, grads };
    }, {});
    const [loss, grad] = await runGraph(createCpuBackend(), traced.graph, { inputs: [] });
    const needed = async (part: string): Promise<number[]> =>
      toNumbers(await file.read(`loss/${name}/${part}`));
    expect(distance(toNumbers(loss!), await needed('loss'))).toBeLessThan(1e-6);
    expect(distance(toNumbers(grad!), await needed('grad'))).toBeLessThan(2e-6);
  });
});
