import { OptionError } from '@tesserae/tensor';
import { castTensor } from '@tesserae/weights';
import { describe, expect, it } from 'vitest';
import { TINY, tinyParams } from '../test/tiny-model.js';
import { resizeTokenEmbeddings } from './resize-embeddings.js';

const model = { config: TINY, params: tinyParams() };
const tied = {
  config: { ...TINY, tiesEmbeddings: true },
  params: tinyParams({ ...TINY, tiesEmbeddings: true }),
};
const { vocabSize, dModel } = TINY;

describe('resizeTokenEmbeddings', () => {
  it('adds rows to the embeddings and to a head of its own; old rows keep their bits', () => {
    const { config, params } = resizeTokenEmbeddings(model, 50, { seed: 1 });
    expect(config.vocabSize).toBe(50);
    for (const name of ['shared', 'lmHead'] as const) {
      expect(params[name]!.shape).toEqual([50, dModel]);
      expect(params[name]!.data.slice(0, vocabSize * dModel)).toEqual(model.params[name]!.data);
    }
    expect(params.encoder).toBe(model.params.encoder);
  });

  it('a tied head follows the embeddings', () => {
    const { params } = resizeTokenEmbeddings(tied, 50, { seed: 1 });
    expect(params.shared.shape).toEqual([50, dModel]);
    expect('lmHead' in params).toBe(false);
  });

  it('drops rows at the end', () => {
    const { params } = resizeTokenEmbeddings(model, 10, { seed: 1 });
    expect(params.shared.data).toEqual(model.params.shared.data.slice(0, 10 * dModel));
    expect(params.lmHead!.data).toEqual(model.params.lmHead!.data.slice(0, 10 * dModel));
  });

  it('rounds up to a multiple', () => {
    expect(resizeTokenEmbeddings(model, 41, { seed: 1, multipleOf: 16 }).config.vocabSize).toBe(48);
    expect(resizeTokenEmbeddings(model, vocabSize, { seed: 1, multipleOf: 64 }).config.vocabSize).toBe(64);
  });

  it('is the same model when the size is', () => {
    expect(resizeTokenEmbeddings(model, vocabSize, { seed: 1 })).toBe(model);
  });

  it('new rows are the mean of the old ones, each a little off', () => {
    const { data } = resizeTokenEmbeddings(model, 42, { seed: 1 }).params.shared;
    const column = (feature: number, from: number, to: number): number[] =>
      Array.from({ length: to - from }, (_, row) => data[(from + row) * dModel + feature]!);
    for (let feature = 0; feature < dModel; feature++) {
      const mean = column(feature, 0, vocabSize).reduce((a, b) => a + b) / vocabSize;
      const added = column(feature, vocabSize, 42);
      for (const value of added) expect(value).toBeCloseTo(mean, 3);
      expect(added[0]).not.toBe(added[1]);
    }
  });

  it("or drawn as a new model's; the seed decides, and head and embeddings differ", () => {
    const drawn = (seed: number) => resizeTokenEmbeddings(model, 4000, { seed, newRows: 'random' }).params;
    const rows = drawn(1).shared.data.slice(vocabSize * dModel) as Float32Array;
    const variance = rows.reduce((sum, value) => sum + value ** 2, 0) / rows.length;
    expect(variance).toBeGreaterThan(0.97);
    expect(variance).toBeLessThan(1.03);
    expect(drawn(1).shared.data).toEqual(drawn(1).shared.data);
    expect(drawn(2).shared.data).not.toEqual(drawn(1).shared.data);
    expect(drawn(1).lmHead!.data.slice(-dModel)).not.toEqual(rows.slice(-dModel));
  });

  it('keeps the element type', () => {
    const shared = castTensor(model.params.shared, 'bf16');
    const { params } = resizeTokenEmbeddings({ ...model, params: { ...model.params, shared } }, 44, {
      seed: 1,
    });
    expect(params.shared.dtype).toBe('bf16');
    expect(params.shared.data.slice(0, shared.data.length)).toEqual(shared.data);
  });

  it('works for an encoder alone', () => {
    const { shared, encoder } = model.params;
    const { params } = resizeTokenEmbeddings({ config: TINY, params: { shared, encoder } }, 44, { seed: 1 });
    expect(Object.keys(params)).toEqual(['shared', 'encoder']);
    expect(params.shared.shape).toEqual([44, dModel]);
  });

  it.each([
    [0, { seed: 1 }],
    [1.5, { seed: 1 }],
    [50, { seed: 1, multipleOf: 0 }],
    [50, { seed: 1, newRows: 'zeros' }],
    [50, { seed: 1, padToMultipleOf: 8 }],
  ])('refuses %d with %j', (size, options) => {
    expect(() => resizeTokenEmbeddings(model, size, options as never)).toThrow(OptionError);
  });
});
