import type { Tensor } from '@tesserae/tensor';
import { flattenTree } from '@tesserae/tensor';
import { meanCrossEntropy } from '@tesserae/nn';
import type { ParamSpec } from '@tesserae/weights';
import { describe, expect, it } from 'vitest';
import { constantsOf, tensorOf, valuesOf } from '../test/values-of.js';
import type { SequenceClassificationParams } from './sequence-classification.js';
import {
  firstToken,
  problemTypeOf,
  sequenceClassificationHead,
  sequenceClassificationLoss,
  sequenceClassificationSpec,
} from './sequence-classification.js';

const sizes = { hiddenSize: 2, numLabels: 3, initializerRange: 0.5 };
const specs = sequenceClassificationSpec(sizes);
const evaluation = { dropoutRate: 0.1, rng: undefined };

describe('sequenceClassificationHead', () => {
  const params = constantsOf<SequenceClassificationParams>(specs);
  const logitsOf = (hidden: Tensor): Promise<number[]> =>
    valuesOf(sequenceClassificationHead(params, hidden, evaluation));

  it('reads the first token and no other', async () => {
    expect(
      await valuesOf(
        firstToken(
          tensorOf([
            [
              [1, 2],
              [3, 4],
            ],
            [
              [5, 6],
              [7, 8],
            ],
          ]),
        ),
      ),
    ).toEqual([1, 2, 5, 6]);
    const logits = await logitsOf(
      tensorOf([
        [
          [1, 2],
          [3, 4],
        ],
      ]),
    );
    expect(logits).toHaveLength(sizes.numLabels);
    expect(
      await logitsOf(
        tensorOf([
          [
            [1, 2],
            [-9, 9],
          ],
        ]),
      ),
    ).toEqual(logits);
    expect(
      await logitsOf(
        tensorOf([
          [
            [1, 3],
            [3, 4],
          ],
        ]),
      ),
    ).not.toEqual(logits);
  });

  it("has Hugging Face's parameters: dense and out_proj", () => {
    const leaves = flattenTree<ParamSpec>(specs).map(({ leaf }) => [leaf.name, leaf.shape]);
    expect(leaves).toEqual([
      ['classifier.dense.weight', [2, 2]],
      ['classifier.dense.bias', [2]],
      ['classifier.out_proj.weight', [3, 2]],
      ['classifier.out_proj.bias', [3]],
    ]);
  });
});

describe('problemTypeOf', () => {
  it('one logit is a regression, ids are classes, floats are many classes', () => {
    expect(problemTypeOf(1, tensorOf([1], 'i32'))).toBe('regression');
    expect(problemTypeOf(3, tensorOf([1], 'i32'))).toBe('single_label_classification');
    expect(problemTypeOf(3, tensorOf([[1, 0, 1]]))).toBe('multi_label_classification');
  });
});

describe('sequenceClassificationLoss', () => {
  const logits = tensorOf([
    [1, 2, -1],
    [0, 0.5, 3],
  ]);

  it('single label: cross-entropy of class ids', async () => {
    const labels = tensorOf([1, 2], 'i32');
    const loss = sequenceClassificationLoss(logits, labels, { problemType: 'single_label_classification' });
    expect(await valuesOf(loss)).toEqual(await valuesOf(meanCrossEntropy(logits, labels)));
  });

  it.each<[string, unknown]>([
    ['a vector', [2, 0]],
    ['a column', [[2], [0]]],
  ])('regression: mean squared error of %s', async (_, targets) => {
    const loss = sequenceClassificationLoss(tensorOf([[1], [3]]), tensorOf(targets), {
      problemType: 'regression',
    });
    expect(await valuesOf(loss)).toEqual([(1 + 9) / 2]);
  });

  it('regression takes whole numbers too', async () => {
    const loss = sequenceClassificationLoss(tensorOf([[1], [3]]), tensorOf([2, 0], 'i32'), {
      problemType: 'regression',
    });
    expect(await valuesOf(loss)).toEqual([5]);
  });

  it('multi-label: mean binary cross-entropy over all logits', async () => {
    const targets = [
      [1, 0, 1],
      [0, 0, 1],
    ];
    const loss = sequenceClassificationLoss(logits, tensorOf(targets), {
      problemType: 'multi_label_classification',
    });
    const losses = [1, 2, -1, 0, 0.5, 3].map(
      (x, index) => Math.log1p(Math.exp(x)) - x * targets.flat()[index]!,
    );
    expect((await valuesOf(loss))[0]).toBeCloseTo(losses.reduce((sum, value) => sum + value) / 6, 6);
  });
});
