import { createCpuBackend } from '@tesserae/backend-cpu';
import { ELECTRA_DEFAULTS } from '@tesserae/electra-model';
import { T5_DEFAULTS } from '@tesserae/t5-model';
import type { DeviceTensor, HostTensor, Tensor } from '@tesserae/tensor';
import { compile, flattenTree, hostTensor } from '@tesserae/tensor';
import type {
  AdaptedParams,
  BottleneckAdapter,
  BottleneckConfig,
  BottleneckParams,
} from '@tesserae/training';
import {
  adamW,
  applyBottleneck,
  bottleneckFiles,
  bottleneckLoss,
  createBottleneck,
  createTrainStep,
  isAdapter,
  readBottleneck,
} from '@tesserae/training';
import { memoryFolder } from '@tesserae/weights';
import { describe, expect, it } from 'vitest';
import type { PretrainedModel } from '../src/index.js';
import { ARCHITECTURES, createModel } from '../src/index.js';

const backend = createCpuBackend();
type Inputs<Leaf = HostTensor> = Readonly<Record<string, Leaf>>;
type Adapted = AdaptedParams<unknown, Tensor, BottleneckParams>;

const ids = hostTensor('i32', [2, 4], [5, 6, 7, 1, 8, 9, 1, 0]);
const electra = {
  ...ELECTRA_DEFAULTS,
  ...{ vocabSize: 12, embeddingSize: 8, hiddenSize: 16, numLayers: 2, numHeads: 2, intermediateSize: 32 },
  ...{ maxPositions: 16, labels: ['a', 'b'], hiddenDropout: 0, attentionDropout: 0 },
};
const t5 = {
  ...T5_DEFAULTS,
  ...{ vocabSize: 12, dModel: 16, dFf: 32, numHeads: 2, headDim: 4, numLayers: 2, numDecoderLayers: 2 },
  dropoutRate: 0,
};
const CASES = [
  {
    className: 'ElectraForSequenceClassification',
    config: electra,
    inputs: { input_ids: ids, labels: hostTensor('i32', [2], [0, 1]) },
    head: 'classifier',
    sizes: { pfeiffer: 2, houlsby: 4 },
  },
  {
    className: 'T5ForConditionalGeneration',
    config: t5,
    inputs: { input_ids: ids, labels: ids },
    head: 'lm_head',
    sizes: { pfeiffer: 4, houlsby: 10 }, // two layers here and there; self-, cross-attention and feed-forward
  },
] as const;

async function open(which: (typeof CASES)[number]): Promise<PretrainedModel> {
  const config = 'dModel' in which.config ? { ...which.config, tiesEmbeddings: false } : which.config;
  return createModel(ARCHITECTURES[which.className]!, config, { seed: 3 });
}

async function logitsOf(
  { architecture, config, params }: PretrainedModel,
  inputs: Inputs,
  adapter?: BottleneckAdapter,
): Promise<Float32Array> {
  const run = await compile((args: { base: unknown; adapter?: unknown; inputs: Inputs<Tensor> }) => {
    const whole = adapter === undefined ? args.base : applyBottleneck(args as Adapted, adapter);
    return { logits: architecture.forward(whole, args.inputs, { config, rng: undefined })['logits']! };
  }, backend);
  const { logits } = (await run({ base: params, adapter: adapter?.params, inputs } as never)) as unknown as {
    readonly logits: DeviceTensor;
  };
  return (await backend.download(logits)).data as Float32Array;
}

const farthest = (a: ArrayLike<number>, b: ArrayLike<number>): number =>
  Math.max(...Array.from(a, (value, index) => Math.abs(value - b[index]!)));

async function trained(model: PretrainedModel, inputs: Inputs, adapter: BottleneckAdapter) {
  const { architecture, config } = model;
  const lossFn = (params: unknown, batch: Inputs<Tensor>): Tensor =>
    architecture.forward(params, batch, { config, rng: undefined })['loss']!;
  const step = await createTrainStep({
    backend,
    lossFn: bottleneckLoss(lossFn, adapter) as never,
    optimizer: adamW({ weightDecay: 0 }),
    trains: isAdapter,
    seed: 1,
  });
  let state = step.init({ base: model.params, adapter: adapter.params });
  const losses: number[] = [];
  for (let at = 0; at < 8; at++) {
    const outcome = await step.run(state, inputs, { learningRate: 0.01 });
    losses.push(outcome.metrics.loss);
    ({ state } = outcome);
  }
  const params = (await step.readParams(state)) as {
    readonly base: unknown;
    readonly adapter: BottleneckParams<HostTensor>;
  };
  step.dispose(state);
  return { losses, ...params };
}

describe.each(CASES)('bottleneck adapters of $className', (which) => {
  const { inputs, head, sizes } = which;
  it.each(['pfeiffer', 'houlsby'] as const)('%s: the model itself at first', async (placement) => {
    const model = await open(which);
    const adapter = createBottleneck(model, { placement, reductionFactor: 4 }, { seed: 1 });
    expect(adapter.plan.targets).toHaveLength(sizes[placement]);
    expect(adapter.plan.targets.map(({ units }) => units)).toEqual(adapter.plan.targets.map(() => 4));
    const base = await logitsOf(model, inputs);
    expect(farthest(await logitsOf(model, inputs, adapter), base)).toBeLessThan(1e-6);
    const near = createBottleneck(model, { placement, init: 'near-identity' }, { seed: 1 });
    const distance = farthest(await logitsOf(model, inputs, near), base);
    expect(distance).toBeGreaterThan(0);
    expect(distance).toBeLessThan(0.05);
  });

  it('trains adapters and the chosen head, and nothing else; files bring them back', async () => {
    const model = await open(which);
    const config: BottleneckConfig = { placement: 'houlsby', activation: 'gelu', modulesToSave: [head] };
    const adapter = createBottleneck(model, config, { seed: 1 });
    const { losses, base, adapter: params } = await trained(model, inputs, adapter);
    expect(losses.at(-1)).toBeLessThan(losses[0]! - 0.1);
    expect(base).toEqual(model.params);
    const before = new Map(flattenTree<HostTensor>(adapter.params).map(({ path, leaf }) => [path, leaf]));
    for (const { path, leaf } of flattenTree<HostTensor>(params))
      expect(leaf.data, path).not.toEqual(before.get(path)!.data);
    const learned = { ...adapter, params };
    const folder = memoryFolder('adapter', Object.fromEntries(bottleneckFiles(learned)));
    const read = await readBottleneck(folder, { specs: model.specs });
    expect(read).toEqual(learned);
    expect(await logitsOf(model, inputs, read)).toEqual(await logitsOf(model, inputs, learned));
  });
});

describe('bottleneck adapters', () => {
  it('can be kept to some layers', async () => {
    const model = await open(CASES[0]);
    const { plan } = createBottleneck(model, { layersToTransform: [1] }, { seed: 1 });
    expect(plan.targets.map(({ module }) => module)).toEqual(['electra.encoder.layer.1.output.dense']);
  });

  it.each([
    [{ placement: 'both' }, /placement is both, needed houlsby \| pfeiffer/],
    [{ reductionFactor: 0 }, /reductionFactor is 0/],
    [{ activation: 'reul' }, /activation is reul/],
    [{ modulesToSave: ['head'] }, /names 'head', which the model has not/],
    [{ layersToTransform: [9] }, /no matrix/],
    [{ reduction: 4 }, /reduction/],
  ])('refuse %j', async (config, message) => {
    const model = await open(CASES[0]);
    expect(() => createBottleneck(model, config as never, { seed: 1 })).toThrow(message);
  });

  it('are refused by another model, and when a file is no such adapter', async () => {
    const model = await open(CASES[0]);
    const files = Object.fromEntries(bottleneckFiles(createBottleneck(model, {}, { seed: 1 })));
    const other = await open(CASES[1]);
    await expect(readBottleneck(memoryFolder('a', files), { specs: other.specs })).rejects.toThrow(
      /does not fit the model/,
    );
    const lora = { ...files, 'adapter_config.json': '{"peft_type": "LORA"}' };
    await expect(readBottleneck(memoryFolder('a', lora), { specs: model.specs })).rejects.toThrow(
      /kind is undefined, needed bottleneck/,
    );
    const { 'adapter_config.json': _, ...half } = files;
    await expect(readBottleneck(memoryFolder('a', half), { specs: model.specs })).rejects.toThrow(
      /no adapter_config.json/,
    );
  });
});
