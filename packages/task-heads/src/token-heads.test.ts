import { flattenTree } from '@tesserae/tensor';
import { meanCrossEntropy } from '@tesserae/nn';
import type { ParamSpec } from '@tesserae/weights';
import { describe, expect, it } from 'vitest';
import { constantsOf, tensorOf, valuesOf } from '../test/values-of.js';
import type {
  MultipleChoiceParams,
  QuestionAnsweringParams,
  TokenClassificationParams,
} from './token-heads.js';
import {
  multipleChoiceHead,
  multipleChoiceSpec,
  questionAnsweringHead,
  questionAnsweringLoss,
  questionAnsweringSpec,
  replacedTokenLoss,
  tokenClassificationHead,
  tokenClassificationLoss,
  tokenClassificationSpec,
} from './token-heads.js';

const sizes = { hiddenSize: 2, numLabels: 3, initializerRange: 0.5 };
const evaluation = { dropoutRate: 0.1, rng: undefined };
const hidden = tensorOf([
  [
    [1, 2],
    [3, 4],
  ],
  [
    [5, 6],
    [7, 8],
  ],
]); // [batch, seqLen, hiddenSize]
const softplus = (x: number): number => Math.log1p(Math.exp(x));

describe('token classification', () => {
  const logits = tensorOf([
    [
      [1, 2, 0],
      [0, 1, 0],
      [3, 0, 1],
    ],
  ]);
  const lossOf = (labels: number[], mask?: number[]): Promise<number[]> =>
    valuesOf(
      tokenClassificationLoss(logits, tensorOf([labels], 'i32'), {
        attentionMask: mask && tensorOf([mask], 'i32'),
      }),
    );

  it('gives logits for each token', () => {
    const params = constantsOf<TokenClassificationParams>(tokenClassificationSpec(sizes));
    expect(tokenClassificationHead(params, hidden, evaluation).spec.shape).toEqual([2, 2, 3]);
  });

  it('leaves out padding and labels of -100', async () => {
    const needed = await valuesOf(meanCrossEntropy(logits, tensorOf([[1, -100, 0]], 'i32')));
    expect(await lossOf([1, -100, 0])).toEqual(needed);
    expect(await lossOf([1, 2, 0], [1, 0, 1])).toEqual(needed);
    expect(await lossOf([1, 2, 0], [1, 1, 1])).not.toEqual(needed);
  });
});

describe('replacedTokenLoss', () => {
  const logits = tensorOf([[2, -1, 0.5]]);

  it('averages over the real tokens, whatever the labels at padding', async () => {
    for (const padding of [0, 1]) {
      const labels = tensorOf([[1, 0, padding]], 'i32');
      const loss = replacedTokenLoss(logits, labels, { attentionMask: tensorOf([[1, 1, 0]], 'i32') });
      expect((await valuesOf(loss))[0]).toBeCloseTo((softplus(-2) + softplus(-1)) / 2, 6);
    }
  });

  it('without a mask counts every label but -100', async () => {
    const loss = replacedTokenLoss(logits, tensorOf([[1, 0, -100]], 'i32'), {});
    expect((await valuesOf(loss))[0]).toBeCloseTo((softplus(-2) + softplus(-1)) / 2, 6);
  });
});

describe('question answering', () => {
  it('the first column scores starts, the second ends', async () => {
    const params: QuestionAnsweringParams = {
      output: {
        weight: tensorOf([
          [1, 0],
          [0, 10],
        ]),
        bias: tensorOf([0, 0]),
      },
    };
    const { startLogits, endLogits } = questionAnsweringHead(params, hidden);
    expect(await valuesOf(startLogits)).toEqual([1, 3, 5, 7]);
    expect(await valuesOf(endLogits)).toEqual([20, 40, 60, 80]);
    expect(startLogits.spec.shape).toEqual([2, 2]);
    expect(flattenTree<ParamSpec>(questionAnsweringSpec(sizes)).map(({ leaf }) => leaf.shape)).toEqual([
      [2, 2],
      [2],
    ]);
  });

  it('averages the two losses and leaves out positions beyond the sequence', async () => {
    const startLogits = tensorOf([
      [1, 3],
      [5, 7],
    ]);
    const endLogits = tensorOf([
      [2, 0],
      [0, 1],
    ]);
    const loss = questionAnsweringLoss(
      { startLogits, endLogits },
      { startPositions: tensorOf([0, 1], 'i32'), endPositions: tensorOf([0, 2], 'i32') },
    );
    const start = (softplus(2) + softplus(-2)) / 2;
    expect((await valuesOf(loss))[0]).toBeCloseTo((start + softplus(-2)) / 2, 6);
  });
});

describe('multiple choice', () => {
  const options = { numChoices: 2, activationName: 'tanh', ...evaluation };
  const specs = multipleChoiceSpec(sizes, { usesProjection: true });

  it('scores the choices of a question beside each other, from the first token', async () => {
    const params: MultipleChoiceParams = {
      classifier: { weight: tensorOf([[1, 100]]), bias: tensorOf([0]) },
    };
    const logits = multipleChoiceHead(params, hidden, { ...options, activationName: undefined });
    expect(logits.spec.shape).toEqual([1, 2]);
    expect(await valuesOf(logits)).toEqual([201, 605]);
  });

  it('projects and activates where the config says so', async () => {
    const params = constantsOf<MultipleChoiceParams>(specs);
    const scoresOf = (activationName: string | undefined): Promise<number[]> =>
      valuesOf(multipleChoiceHead(params, hidden, { ...options, activationName }));
    expect(await scoresOf('tanh')).not.toEqual(await scoresOf('gelu'));
    expect(await scoresOf('linear')).toEqual(await scoresOf(undefined));
  });

  it('has a projection only when asked', () => {
    const names = (usesProjection: boolean): readonly unknown[] =>
      flattenTree<ParamSpec>(multipleChoiceSpec(sizes, { usesProjection })).map(({ leaf }) => leaf.name);
    expect(names(true)).toContain('sequence_summary.summary.weight');
    expect(names(false)).toEqual(['classifier.weight', 'classifier.bias']);
  });

  it('refuses a summary activation it does not know', () => {
    const params = constantsOf<MultipleChoiceParams>(specs);
    expect(() => multipleChoiceHead(params, hidden, { ...options, activationName: 'gleu' })).toThrow(
      /unknown activation 'gleu'/,
    );
  });
});
