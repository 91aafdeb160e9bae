import { createCpuBackend } from '@tesserae/backend-cpu';
import type { HostTensor } from '@tesserae/tensor';
import { flattenTree } from '@tesserae/tensor';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ElectraForSequenceClassification, crossValidate, acrossSeeds } from '../src/index.js';
import { config, labelOf, reviews, tokenizer } from './film-reviews.js';

const backend = createCpuBackend();
const x = reviews(24);
const y = x.map(labelOf);
const settings = { epochs: 6, batchSize: 8, learningRate: 0.02, seed: 1 };

const create = (seed = 1) => ElectraForSequenceClassification.create(config, { seed, tokenizer, backend });
type Model = Awaited<ReturnType<typeof create>>;

const leaves = ({ model }: Model): ReadonlyMap<string, HostTensor> =>
  new Map(flattenTree<HostTensor>(model.params).map(({ path, leaf }) => [path, leaf]));

/** Paths of parameters that differ between two states. */
function changed(before: ReadonlyMap<string, HostTensor>, after: ReadonlyMap<string, HostTensor>): string[] {
  return [...before].flatMap(([path, { data }]) =>
    data.some((value, index) => value !== after.get(path)!.data[index]) ? [path] : [],
  );
}

describe('fit with lora', () => {
  it('changes adapted matrices only, merges them, and gives the adapters', async () => {
    const model = await create();
    const before = leaves(model);
    const history = await model.fit(x, y, {
      ...settings,
      lora: { r: 4, targetModules: ['query', 'value'], modulesToSave: ['classifier'] },
      validation: [x, y],
    });
    const paths = changed(before, leaves(model));
    expect(paths.filter((path) => !path.startsWith('head.'))).toEqual([
      'electra.layers.0.query.weight',
      'electra.layers.0.value.weight',
    ]);
    expect(paths.some((path) => path.startsWith('head.'))).toBe(true);
    expect(Object.keys(history.adapter!.params.lora)).toHaveLength(2);
    const merged = await model.evaluate(x, y); // the merged model is what was evaluated
    expect(merged['loss']).toBeCloseTo(history.best!.metrics['loss']!, 4);
  });

  it('is refused beside freezes', async () => {
    const model = await create();
    const both = { ...settings, lora: { targetModules: ['query'] }, freezes: ['electra.'] };
    await expect(model.fit(x, y, both)).rejects.toThrow('lora and freezes are both given');
  });
});

describe('fit with freezes', () => {
  it('leaves what is named as it was', async () => {
    const model = await create();
    const before = leaves(model);
    await model.fit(x, y, { ...settings, epochs: 1, freezes: ['electra.'] });
    expect(changed(before, leaves(model)).every((path) => path.startsWith('head.'))).toBe(true);
  });

  it('thaws by phases', async () => {
    const model = await create();
    const before = leaves(model);
    const freezes = [
      { fromStep: 0, names: ['electra.'] },
      { fromStep: 2, names: ['electra.embeddings.'] },
    ];
    await model.fit(x, y, { ...settings, epochs: 1, freezes });
    const paths = changed(before, leaves(model));
    expect(paths.some((path) => path.startsWith('electra.'))).toBe(true);
    expect(paths.some((path) => path.startsWith('electra.embeddings'))).toBe(false);
  });

  it('says which names there are', async () => {
    const model = await create();
    await expect(model.fit(x, y, { ...settings, freezes: ['bert.'] })).rejects.toThrow("begins with 'bert.'");
  });
});

describe('fit with a teacher', () => {
  it('comes near what the teacher says where labels say nothing', async () => {
    const teacher = await create(7);
    await teacher.fit(x, y, settings);
    const coin = x.map((_, at) => (at % 2 ? 'good' : 'bad')).reverse(); // labels without sense
    const student = await create(2);
    await student.fit(x, coin, {
      ...settings,
      epochs: 12,
      distillation: { teacher: teacher.model, weight: 1, temperature: 1 },
    });
    const [taught, known] = [await student.predict(x), await teacher.predict(x)];
    for (const [at, { scores }] of taught.entries())
      expect(Math.abs(scores[0]! - known[at]!.scores[0]!)).toBeLessThan(0.1);
  });

  it('refuses one of other labels', async () => {
    const teacher = await ElectraForSequenceClassification.create(
      { ...config, labels: ['no', 'yes'] },
      { seed: 1, tokenizer, backend },
    );
    const student = await create();
    const distillation = { teacher: teacher.model };
    await expect(student.fit(x, y, { ...settings, distillation })).rejects.toThrow(
      "the teacher's labels are no, yes",
    );
  });
});

describe('fit in narrow floats', () => {
  it.each(['bf16', 'f16'] as const)('learns in %s, padding masked', { timeout: 60_000 }, async (compute) => {
    const model = await create();
    const before = await model.evaluate(x, y);
    await model.fit(x, y, {
      ...settings,
      epochs: 24,
      learningRate: 0.01,
      precision: { compute },
      buckets: [12],
    });
    expect((await model.evaluate(x, y))['loss']!).toBeLessThan(before['loss']! / 2);
  });
});

describe('fit with zLoss and labelSmoothing', () => {
  it('changes what classifiers learn', async () => {
    const [plain, squared] = [await create(), await create()];
    await plain.fit(x, y, { ...settings, epochs: 1 });
    await squared.fit(x, y, { ...settings, epochs: 1, zLoss: 1 });
    expect(changed(leaves(plain), leaves(squared)).length).toBeGreaterThan(0);
  });

  it('is refused where the loss is no softmax over classes', async () => {
    const scores = x.map((_, at) => at / 10);
    const model = await ElectraForSequenceClassification.create(
      { ...config, labels: ['score'], problemType: 'regression' },
      { seed: 1, tokenizer, backend },
    );
    await expect(model.fit(x, scores, { ...settings, labelSmoothing: 0.1 })).rejects.toThrow(
      'for regression',
    );
  });
});

describe('fit with averages', () => {
  it('keeps the averaged weights', async () => {
    const [plain, averaged] = [await create(), await create()];
    await plain.fit(x, y, { ...settings, epochs: 1 });
    await averaged.fit(x, y, { ...settings, epochs: 1, averages: { decay: 0.9 } });
    expect(changed(leaves(plain), leaves(averaged)).length).toBeGreaterThan(0);
  });
});

describe('fit with logDir', () => {
  it('writes events, curves and a report', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'tesserae-log-'));
    const model = await create();
    await model.fit(x, y, { ...settings, epochs: 1, logDir: folder });
    const files = await readdir(folder);
    expect(files).toEqual(expect.arrayContaining(['curves.csv', 'events.jsonl', 'report.html']));
    await rm(folder, { recursive: true });
  });
});

describe('crossValidate', () => {
  it('holds out every row once, with like shares of the classes', async () => {
    const rows = x.map((text, at) => ({ text, label: y[at]! }));
    const folds: number[] = [];
    const result = await crossValidate({
      model: (seed) => create(seed).then(({ model }) => model),
      rows,
      folds: 3,
      seed: 1,
      backend,
      settings,
      onFold: ({ validation }) => {
        folds.push(validation.length);
        expect(validation.filter(({ label }) => label === 'good')).toHaveLength(4);
      },
    });
    expect(folds).toEqual([8, 8, 8]);
    const { mean, deviation, values } = result.summary['accuracy']!;
    expect(values).toHaveLength(3);
    expect(mean).toBeCloseTo(values.reduce((sum, value) => sum + value, 0) / 3, 10);
    expect(deviation).toBeGreaterThanOrEqual(0);
  });

  it('refuses more folds than rows', async () => {
    const rows = [{ text: 'a', label: 'good' }];
    const run = crossValidate({ model: () => create().then(({ model }) => model), rows, folds: 2, backend });
    await expect(run).rejects.toThrow('folds is 2');
  });
});

describe('acrossSeeds', () => {
  it('gives mean and deviation', async () => {
    const result = await acrossSeeds([1, 2, 3], (seed) => Promise.resolve({ accuracy: seed / 10 }));
    expect(result.summary['accuracy']).toMatchObject({ values: [0.1, 0.2, 0.3] });
    expect(result.summary['accuracy']!.mean).toBeCloseTo(0.2, 10);
    expect(result.summary['accuracy']!.deviation).toBeCloseTo(0.1, 10);
  });
});
