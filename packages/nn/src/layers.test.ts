import type { Rng } from '@tesserae/tensor';
import { rngFrom } from '@tesserae/tensor';
import { describe, expect, it } from 'vitest';
import { hostOf, tensorOf, valuesOf } from '../test/values-of.js';
import { mergeHeads, splitHeads } from './attention.js';
import { maybeDropout, subRng } from './dropout.js';
import { linear, project } from './linear.js';

describe('linear', () => {
  const weight = tensorOf([
    [1, 2],
    [3, 4],
    [5, 6],
  ]); // [outputs, inputs]

  it('is x·Wᵀ + b with weights as PyTorch stores them', async () => {
    const y = await hostOf(linear(tensorOf([[[1, 10]]]), { weight, bias: tensorOf([100, 200, 300]) }));
    expect(y.shape).toEqual([1, 1, 3]);
    expect(Array.from(y.data)).toEqual([121, 243, 365]);
  });

  it('project leaves the bias out', async () => {
    expect(await valuesOf(project(tensorOf([[1, 10]]), weight))).toEqual([21, 43, 65]);
  });
});

describe('heads', () => {
  it('splitHeads cuts features in order and mergeHeads joins them again', async () => {
    const x = tensorOf([
      [
        [0, 1, 2, 3, 4, 5],
        [6, 7, 8, 9, 10, 11],
      ],
    ]);
    const heads = splitHeads(x, { numHeads: 2, headDim: 3 });
    expect(heads.spec.shape).toEqual([1, 2, 2, 3]);
    expect(await valuesOf(mergeHeads(heads))).toEqual(await valuesOf(x));
    expect(mergeHeads(heads).spec.shape).toEqual([1, 2, 6]);
  });
});

describe('maybeDropout', () => {
  const x = tensorOf(Array.from({ length: 1000 }, () => 1));
  const rng: Rng = rngFrom(tensorOf([1, 2], 'i32'));

  it('gives the value itself without an rng or a rate', () => {
    expect(maybeDropout(x, { rate: 0.5, rng: undefined })).toBe(x);
    expect(maybeDropout(x, { rate: 0, rng })).toBe(x);
  });

  it('drops the rate and scales up the rest', async () => {
    const values = await valuesOf(maybeDropout(x, { rate: 0.25, rng }));
    expect([...new Set(values)].sort()).toEqual([0, Math.fround(4 / 3)]);
    const dropped = values.filter((value) => value === 0).length / values.length;
    expect(Math.abs(dropped - 0.25)).toBeLessThan(0.055); // four deviations of 1000 draws
  });

  it('subRng gives other masks for other names, the same for the same, and nothing for nothing', async () => {
    const maskOf = (label: string): Promise<number[]> =>
      valuesOf(maybeDropout(x, { rate: 0.5, rng: subRng(rng, label) }));
    expect(await maskOf('self')).toEqual(await maskOf('self'));
    expect(await maskOf('self')).not.toEqual(await maskOf('cross'));
    expect(subRng(undefined, 'self')).toBeUndefined();
  });
});
