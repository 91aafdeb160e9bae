import { describe, expect, it } from 'vitest';
import { discriminatorLikelihood, maskedRows, textLikelihood, tokenLogProb } from './text-likelihood.js';

const MASK = 4;
/** [CLS] love ##lace lives [SEP] */
const row = {
  ids: Int32Array.of(2, 6, 7, 8, 3),
  wordIds: [-1, 0, 0, 1, -1],
  specialTokensMask: [1, 0, 0, 0, 1],
};
const rowsOf = (withinWord: 'original' | 'l2r'): unknown =>
  maskedRows(row, { maskId: MASK, withinWord }).map(({ ids, position, target }) => [
    [...ids],
    position,
    target,
  ]);

describe('maskedRows', () => {
  it('original: each token of the text is masked in turn', () => {
    expect(rowsOf('original')).toEqual([
      [[2, MASK, 7, 8, 3], 1, 6],
      [[2, 6, MASK, 8, 3], 2, 7],
      [[2, 6, 7, MASK, 3], 3, 8],
    ]);
  });

  it('l2r, the default: and the later tokens of its word', () => {
    expect(rowsOf('l2r')).toEqual([
      [[2, MASK, MASK, 8, 3], 1, 6],
      [[2, 6, MASK, 8, 3], 2, 7],
      [[2, 6, 7, MASK, 3], 3, 8],
    ]);
    expect(maskedRows(row, { maskId: MASK }).map(({ ids }) => [...ids])).toEqual(
      maskedRows(row, { maskId: MASK, withinWord: 'l2r' }).map(({ ids }) => [...ids]),
    );
    expect(() => maskedRows(row, { maskId: MASK, withinWord: 'r2l' as never })).toThrow(
      /withinWord is 'r2l'/,
    );
  });
});

describe('likelihoods', () => {
  it('a token’s is its log-softmax, far from overflow', () => {
    expect(tokenLogProb([0, Math.log(3)], 1)).toBeCloseTo(Math.log(3 / 4), 12);
    expect(tokenLogProb([1000, 1000], 0)).toBeCloseTo(-Math.LN2, 12);
    expect(() => tokenLogProb([NaN, 0], 1)).toThrow(expect.objectContaining({ code: 'logits-finite' }));
  });

  it('a text’s is the sum of its tokens’', () => {
    expect(textLikelihood([-1, -0.5])).toEqual({ logProb: -1.5, tokenLogProbs: [-1, -0.5] });
    expect(textLikelihood([]).logProb).toBe(0);
  });

  it('a perfect discriminator gives back the likelihoods of the text', () => {
    const [share, noise, data] = [0.2, [0.5, 0.1, 0.01], [0.3, 0.6, 0.001]];
    const logits = [9, ...noise.map((q, at) => Math.log((share * q) / ((1 - share) * data[at]!))), 9];
    const noiseLogProbs = noise.map(Math.log);
    const found = discriminatorLikelihood(row, logits, { noiseLogProbs, maskedShare: share });
    found.tokenLogProbs.forEach((value, at) => expect(value).toBeCloseTo(Math.log(data[at]!), 12));
  });

  it('the logit of Electric is an energy', () => {
    expect(discriminatorLikelihood(row, [9, 1, -2, 0.5, 9]).tokenLogProbs).toEqual([-1, 2, -0.5]);
  });

  it('refuses probabilities of another text', () => {
    const options = { noiseLogProbs: [-1] };
    expect(() => discriminatorLikelihood(row, [0, 0, 0, 0, 0], options)).toThrow(
      /1 noise probabilities for 3 tokens/,
    );
    expect(() => discriminatorLikelihood(row, [0, 0], {})).toThrow(/2 logits for 5 tokens/);
    expect(() => discriminatorLikelihood(row, [0, 0, 0, 0, 0], { maskedShare: 1 })).toThrow(
      /maskedShare is 1/,
    );
  });
});
