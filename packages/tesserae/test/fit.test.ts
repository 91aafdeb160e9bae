import { createCpuBackend } from '@tesserae/backend-cpu';
import { T5_DEFAULTS } from '@tesserae/t5-model';
import { createByt5Tokenizer } from '@tesserae/tokenizer';
import { describe, expect, it } from 'vitest';
import {
  ElectraForMaskedLM,
  ElectraForQuestionAnswering,
  ElectraForSequenceClassification,
  ElectraForTokenClassification,
  ElectraModel,
  T5,
} from '../src/index.js';
import { adjectives, config, labelOf, reviews, tokenizer } from './film-reviews.js';

const backend = createCpuBackend();
const x = reviews(32);
const y = x.map(labelOf);
const settings = { epochs: 12, batchSize: 8, learningRate: 0.01, seed: 1 };

describe('fit', () => {
  it('learns, tells what happens, and the model answers with what it learned', async () => {
    const model = await ElectraForSequenceClassification.create(config, { seed: 1, tokenizer, backend });
    const before = await model.predict(x.slice(0, 2)); // a graph of the old weights
    const types = new Set<string>();
    const history = await model.fit(x, y, {
      ...settings,
      validation: [x, y],
      callbacks: [({ type }) => types.add(type)],
    });
    expect(history.best!.metrics['accuracy']).toBe(1);
    expect(history.evaluations.length).toBeGreaterThan(1);
    expect([...types].sort()).toEqual(['end', 'evaluation', 'start', 'step']);
    expect((await model.predict(x)).map(({ label }) => label)).toEqual(y);
    expect((await model.predict(x.slice(0, 1)))[0]!.score).not.toBeCloseTo(before[0]!.score, 3);
    expect((await model.evaluate(x, y))['accuracy']).toBe(1);
    await model.close();
  });

  it('tags words', async () => {
    const model = await ElectraForTokenClassification.create(
      { ...config, labels: ['O', 'ADJ'] },
      { seed: 1, tokenizer, backend },
    );
    const words = x.map((text) => text.split(' '));
    const tags = words.map((row) => row.map((word) => (adjectives.includes(word) ? 'ADJ' : 'O')));
    const history = await model.fit(words, tags, { ...settings, validationSplit: 0.25 });
    expect(history.best!.value).toBe(1);
    const [[entity]] = (await model.predict(['the film was poor'])) as unknown as [
      [{ word: string; label: string }],
    ];
    expect(entity).toMatchObject({ word: 'poor', label: 'ADJ' });
  });

  it('trains T5 on texts, the same for the same seed', async () => {
    const t5 = {
      ...T5_DEFAULTS,
      vocabSize: 384,
      dModel: 16,
      dFf: 32,
      numHeads: 2,
      headDim: 8,
      numLayers: 1,
      numDecoderLayers: 1,
    };
    const run = async (): Promise<readonly number[]> => {
      const model = await T5.create(t5, { seed: 2, tokenizer: createByt5Tokenizer(), backend });
      const losses: number[] = [];
      await model.fit(['ab', 'ba'], ['b', 'a'], {
        epochs: 6,
        batchSize: 2,
        callbacks: [(event) => event.type === 'step' && losses.push(event.loss)],
      });
      await model.close();
      return losses;
    };
    const losses = await run();
    expect(losses).toHaveLength(6);
    expect(new Set(losses).size).toBe(6);
    expect(await run()).toEqual(losses);
  });

  it('refuses what does not fit', async () => {
    const model = await ElectraForSequenceClassification.create(config, { seed: 1, tokenizer, backend });
    await expect(async () => model.fit(x, y.slice(1))).rejects.toThrow(/32 inputs and 31 targets/);
    await expect(
      model.fit(
        x,
        y.map(() => 'ugly'),
        settings,
      ),
    ).rejects.toThrow(/ugly/);
    await expect(model.fit(x, y, { validationSplit: 2 })).rejects.toThrow(/validationSplit is 2/);
    await expect(model.fit(x, y, { epoch: 3 } as never)).rejects.toThrow(/epoch/);
    const bare = await ElectraModel.create(config, { seed: 1, tokenizer, backend });
    await expect(async () => bare.fit(x, y)).rejects.toThrow(/ElectraModel has no task/);
  });

  it('learns to fill masks from texts alone', async () => {
    const model = await ElectraForMaskedLM.create(config, { seed: 1, tokenizer, backend });
    const before = await model.evaluate(x);
    const history = await model.fit(x, undefined, { ...settings, epochs: 20, validation: [x] });
    expect(history.best!.metrics['accuracy']!).toBeGreaterThan(before['accuracy']!);
    expect((await model.evaluate(x))['loss']!).toBeLessThan(before['loss']! - 0.5);
    await expect(model.fit(x, y)).rejects.toThrow('32 inputs and 32 targets');
    await model.train(
      x.map((text) => ({ text })),
      { ...settings, epochs: 1 },
    );
  });

  it('finds answers, in windows of long contexts', async () => {
    const model = await ElectraForQuestionAnswering.create(config, { seed: 1, tokenizer, backend });
    const contexts = x.map((text, at) =>
      at % 2 ? `${text} the a the a the a the` : `the a the a the a ${text}`,
    );
    const questions = contexts.map((context) => ({ question: 'film was', context }));
    const answers = contexts.map((context) => {
      const { 0: text, index: start } = /good|bad|fine|poor/.exec(context)!;
      return [{ text, start }];
    });
    const history = await model.fit(questions, answers, {
      ...settings,
      epochs: 20,
      validation: [questions, answers],
    });
    expect(history.best!.metrics['exactMatch']).toBeGreaterThan(90);
    const misplaced = [[{ text: 'good', start: 1 }]];
    await expect(model.fit(questions.slice(0, 1), misplaced)).rejects.toThrow("'good' does not");
  });
});
