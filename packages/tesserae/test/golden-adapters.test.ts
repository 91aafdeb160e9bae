import type { Backend, DeviceTensor, HostTensor, Rng, Tensor } from '@tesserae/tensor';
import { compile, flattenTree, rngFrom, rngKeyAt, valueAndGrad } from '@tesserae/tensor';
import type { AdaptedParams, LoraAdapter } from '@tesserae/training';
import {
  adamW,
  adapterFiles,
  applyLora,
  createLora,
  createTrainStep,
  isAdapter,
  loraLoss,
  mergeLora,
  readAdapter,
} from '@tesserae/training';
import { joinChunks, memoryFolder, writeSafetensors } from '@tesserae/weights';
import type { ModelFolder, ParamSpec } from '@tesserae/weights';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { PretrainedModel } from '../src/pretrained.js';
import {
  BACKENDS,
  committed,
  expectClose,
  largest,
  loadGolden,
  openGolden,
  tensorsUnder,
} from './golden-fixture.js';

type Inputs<Leaf = HostTensor> = Readonly<Record<string, Leaf>>;

interface Golden {
  readonly model: PretrainedModel;
  readonly folder: ModelFolder;
  readonly adapter: LoraAdapter;
  readonly inputs: Inputs;
  readonly outputs: Inputs;
  readonly grads: Inputs;
  readonly files: Inputs;
}

async function open(name: string): Promise<Golden> {
  const file = await openGolden(committed(name));
  const model = await loadGolden(file);
  const files = await tensorsUnder(file, 'adapter/');
  const folder = memoryFolder(name, {
    'adapter_config.json': file.metadata['adapter_config']!,
    'adapter_model.safetensors': joinChunks(writeSafetensors(Object.entries(files))),
  });
  const [inputs, outputs, grads] = await Promise.all(
    ['input/', 'output/', 'grad/'].map((prefix) => tensorsUnder(file, prefix)),
  );
  const adapter = await readAdapter(folder, { specs: model.specs });
  return { model, folder, adapter, inputs: inputs!, outputs: outputs!, grads: grads!, files };
}

const NAMES = ['peft-t5', 'peft-electra'];
const CLOSE = { rtol: 0, atol: 1e-4 };

describe.each(BACKENDS)('adapters on $name', ({ create }) => {
  let backend: Backend;
  beforeAll(async () => void (backend = await create()));
  afterAll(() => backend.close());

  async function outputsOf(
    { model, inputs }: Golden,
    params: unknown,
    adapter?: LoraAdapter,
  ): Promise<Inputs> {
    const { architecture, config } = model;
    const forward = await compile((args: { params: unknown; adapter?: unknown; inputs: Inputs<Tensor> }) => {
      const { logits, loss } = architecture.forward(
        adapter === undefined
          ? args.params
          : applyLora({ base: args.params, adapter: args.adapter } as AdaptedParams<unknown>, adapter, {
              rng: undefined,
            }),
        args.inputs,
        { config, rng: undefined },
      );
      return { logits: logits!, loss: loss! };
    }, backend);
    const outputs = await forward({ params, adapter: adapter?.params, inputs } as never);
    const entries = Object.entries(outputs as unknown as Inputs<DeviceTensor>);
    return Object.fromEntries(
      await Promise.all(entries.map(async ([key, value]) => [key, await backend.download(value)] as const)),
    );
  }

  it.each(NAMES)('%s: outputs as PEFT computes them, apart and merged', async (name) => {
    const golden = await open(name);
    const apart = await outputsOf(golden, golden.model.params, golden.adapter);
    const merged = await outputsOf(golden, mergeLora(golden.model.params, golden.adapter));
    const plain = await outputsOf(golden, golden.model.params);
    for (const key of ['logits', 'loss']) {
      expectClose(apart[key], golden.outputs[key]!, { what: key, ...CLOSE });
      expectClose(merged[key], apart[key]!, {
        what: `merged ${key}`,
        rtol: 0,
        atol: 1e-5 * largest(apart[key]!),
      });
    }
    expect(Math.abs(plain['loss']!.data[0]! - golden.outputs['loss']!.data[0]!)).toBeGreaterThan(0.01);
  });

  it.each(NAMES)('%s: gradients of the factors and of what is trained whole', async (name) => {
    const { model, adapter, inputs, grads } = await open(name);
    const { architecture, config } = model;
    const lossFn = loraLoss(
      (params: unknown, batch: Inputs<Tensor>) => ({
        loss: architecture.forward(params, batch, { config, rng: undefined })['loss']!,
      }),
      adapter,
    );
    const gradients = await compile(
      ({
        base,
        trained,
        batch,
        key,
      }: {
        base: unknown;
        trained: unknown;
        batch: Inputs<Tensor>;
        key: Tensor;
      }) =>
        valueAndGrad((tree: unknown) => lossFn({ base, adapter: tree as never }, batch, rngFrom(key)))(
          trained,
        ).grads as never,
      backend,
    );
    const found = await gradients({
      base: model.params,
      trained: adapter.params,
      batch: inputs,
      key: rngKeyAt(1, 1),
    } as never);
    const names = namesOf(adapter);
    const got = flattenTree<DeviceTensor>(found);
    expect(got.map(({ path }) => names.get(path)).sort()).toEqual(Object.keys(grads).sort());
    for (const { path, leaf } of got) {
      const needed = grads[names.get(path)!]!;
      expectClose(await backend.download(leaf), needed, {
        what: path,
        rtol: 0,
        atol: 1e-3 * Math.max(largest(needed), 1e-3),
      });
    }
  });

  it('trains adapters alone: the model stays, the loss falls', async () => {
    const { model, inputs } = await open('peft-electra');
    const { architecture, config, specs, params } = model;
    const adapter = createLora(
      { specs, params },
      { targetModules: 'all-linear', modulesToSave: ['classifier'], loraDropout: 0.1 },
      { seed: 3 },
    );
    const step = await createTrainStep({
      backend,
      lossFn: loraLoss(
        (tree: unknown, batch: Inputs<Tensor>, rng: Rng) => ({
          loss: architecture.forward(tree, batch, { config, rng })['loss']!,
        }),
        adapter,
      ),
      optimizer: adamW({ weightDecay: 0 }),
      trains: isAdapter,
      seed: 1,
    });
    const start = { base: params, adapter: adapter.params };
    let state = step.init(start);
    const losses: number[] = [];
    for (let at = 0; at < 12; at++) {
      const outcome = await step.run(state, inputs, { learningRate: 0.02 });
      state = outcome.state;
      losses.push(outcome.metrics.loss);
    }
    expect(losses.at(-1)).toBeLessThan(losses[0]! / 2);
    const trained = (await step.readParams(state)) as AdaptedParams<unknown, HostTensor>;
    expect(flattenTree<HostTensor>(trained.base).map(({ leaf }) => [...leaf.data])).toEqual(
      flattenTree<HostTensor>(params).map(({ leaf }) => [...leaf.data]),
    );
    expect(step.countTrained(start, { step: 0 })).toBe(
      flattenTree<HostTensor>(adapter.params).reduce((sum, { leaf }) => sum + leaf.data.length, 0),
    );
    step.dispose(state);
    step.release();
  });
});

/** PEFT's names of what is trained, by the path in the adapter's tree. */
function namesOf({ plan }: LoraAdapter): ReadonlyMap<string, string> {
  return new Map([
    ...plan.targets.flatMap(({ path, module }): [string, string][] => [
      [`lora.${path}.a`, `${module}.lora_A.weight`],
      [`lora.${path}.b`, `${module}.lora_B.weight`],
    ]),
    ...plan.whole.map(({ path, name }): [string, string] => [`whole.${path}`, name]),
  ]);
}

describe('adapter files', () => {
  it.each(NAMES)('%s: written as they were read', async (name) => {
    const { adapter, files, model, folder } = await open(name);
    const written = adapterFiles(adapter, { taskType: 'SEQ_CLS' });
    const again = memoryFolder('again', Object.fromEntries(written));
    const reread = await readAdapter(again, { specs: model.specs });
    expect(reread.plan).toEqual(adapter.plan);
    const json = JSON.parse(await again.readText('adapter_config.json')) as Record<string, unknown>;
    const theirs = JSON.parse(await folder.readText('adapter_config.json')) as Record<string, unknown>;
    for (const key of [
      'peft_type',
      'r',
      'lora_alpha',
      'target_modules',
      'exclude_modules',
      'use_rslora',
      'rank_pattern',
    ])
      expect(json[key], key).toEqual(theirs[key]);
    const source = await again.open('adapter_model.safetensors');
    const bytes = await source.read(0, source.sizeBytes);
    expect(Buffer.from(bytes)).toEqual(Buffer.from(joinChunks(writeSafetensors(Object.entries(files)))));
  });

  it('says what does not fit', async () => {
    const { model, folder } = await open('peft-t5');
    const other = await open('peft-electra');
    await expect(readAdapter(folder, { specs: other.model.specs })).rejects.toThrow(
      /no place|matches no matrix/,
    );
    const lora = (config: object): LoraAdapter => createLora(model, config as never, { seed: 1 });
    expect(() => lora({ targetModules: ['query'] })).toThrow(/matches no matrix.*Names end in.*q, k, v, o/s);
    expect(() => lora({ targetModules: ['shared'] })).toThrow(/a table that is looked up/);
    expect(() => lora({ targetModules: ['q'], r: 0 })).toThrow(/r is 0/);
    expect(() => lora({ targetModules: ['q'], rank: 2 })).toThrow(/rank/);
    expect(() => lora({ targetModules: ['q'], modulesToSave: ['classifier'] })).toThrow(/'classifier'/);
    const config = JSON.parse(await folder.readText('adapter_config.json')) as object;
    const changed = async (changes: object): Promise<unknown> =>
      readAdapter(
        memoryFolder('changed', {
          'adapter_config.json': JSON.stringify({ ...config, ...changes }),
          'adapter_model.safetensors': await bytesOf(folder),
        }),
        { specs: model.specs },
      );
    await expect(changed({ use_dora: true })).rejects.toThrow(/use_dora is true/);
    await expect(changed({ peft_type: 'IA3' })).rejects.toThrow(/IA3/);
    await expect(changed({ r: 5 })).rejects.toThrow(/lora_A.weight is \[3,12\], needed \[5,12\]/);
    expect(await changed({ target_modules: '(a+)+$'.repeat(9) })).toBeDefined(); // never run
  });

  it('adapts the layers and modules that a config names', async () => {
    const { model } = await open('peft-electra');
    const modules = (config: object): readonly string[] =>
      createLora(model, config as never, { seed: 1 }).plan.targets.map(({ module }) => module);
    expect(modules({ targetModules: ['query'], layersToTransform: [1] })).toEqual([
      'electra.encoder.layer.1.attention.self.query',
    ]);
    expect(modules({ targetModules: 'all-linear' })).toHaveLength(
      flattenTree<ParamSpec>(model.specs).filter(
        ({ leaf }) => /(encoder|project).*weight$/.test(leaf.name!) && leaf.shape.length === 2,
      ).length,
    );
  });
});

async function bytesOf(folder: ModelFolder): Promise<Uint8Array> {
  const source = await folder.open('adapter_model.safetensors');
  return source.read(0, source.sizeBytes);
}
