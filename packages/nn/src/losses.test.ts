import type { Tensor } from '@tesserae/tensor';
import { reduceSum, valueAndGrad } from '@tesserae/tensor';
import { describe, expect, it } from 'vitest';
import { tensorOf, valuesOf } from '../test/values-of.js';
import { IGNORE_INDEX, binaryCrossEntropy, meanCrossEntropy, meanSquaredError } from './losses.js';

const logSumExp = (row: readonly number[]): number => Math.log(row.reduce((sum, x) => sum + Math.exp(x), 0));
const rows = [
  [1, 2, 0.5],
  [0, -1, 3],
  [2, 2, 2],
];

describe('meanCrossEntropy', () => {
  it('averages over the labels that count', async () => {
    const loss = meanCrossEntropy(tensorOf(rows), tensorOf([1, IGNORE_INDEX, 2], 'i32'));
    const needed = (logSumExp(rows[0]!) - 2 + (logSumExp(rows[2]!) - 2)) / 2;
    expect((await valuesOf(loss))[0]).toBeCloseTo(needed, 6);
  });

  it('is 0 when no label counts, with gradients of 0', async () => {
    const labels = tensorOf([IGNORE_INDEX, IGNORE_INDEX, IGNORE_INDEX], 'i32');
    const { value, grads } = valueAndGrad((logits: Tensor) => meanCrossEntropy(logits, labels))(
      tensorOf(rows),
    );
    expect(await valuesOf(value)).toEqual([0]);
    expect((await valuesOf(grads)).every((gradient) => gradient === 0)).toBe(true);
  });

  it('takes labels of any rank', async () => {
    const flat = meanCrossEntropy(tensorOf(rows), tensorOf([0, 2, 1], 'i32'));
    const nested = meanCrossEntropy(tensorOf([rows]), tensorOf([[0, 2, 1]], 'i32'));
    expect(await valuesOf(nested)).toEqual(await valuesOf(flat));
  });
});

describe('binaryCrossEntropy', () => {
  const logits = [-1000, -2, 0, 0, 3, 1000];
  const targets = [0, 1, 0, 1, 0.25, 0];

  it('is -y·log σ(x) - (1 - y)·log σ(-x), finite for large logits', async () => {
    const losses = await valuesOf(binaryCrossEntropy(tensorOf(logits), tensorOf(targets)));
    const logSigmoid = (x: number): number => -Math.log1p(Math.exp(-x));
    const needed = [
      0,
      -logSigmoid(-2),
      Math.LN2,
      Math.LN2,
      -0.25 * logSigmoid(3) - 0.75 * logSigmoid(-3),
      1000,
    ];
    needed.forEach((loss, index) => expect(losses[index]).toBeCloseTo(loss, 5));
  });

  it('has the gradient σ(x) - y, at 0 too', async () => {
    const { grads } = valueAndGrad((x: Tensor) => reduceSum(binaryCrossEntropy(x, tensorOf(targets))))(
      tensorOf(logits),
    );
    const gradients = await valuesOf(grads);
    logits.forEach((x, index) =>
      expect(gradients[index]).toBeCloseTo(1 / (1 + Math.exp(-x)) - targets[index]!, 6),
    );
  });
});

describe('meanSquaredError', () => {
  it('averages squared differences', async () => {
    expect(await valuesOf(meanSquaredError(tensorOf([1, 2, 3]), tensorOf([1, 4, 0])))).toEqual([
      Math.fround(13 / 3),
    ]);
  });
});
