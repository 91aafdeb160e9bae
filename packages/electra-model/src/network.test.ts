import type { Tensor } from '@tesserae/tensor';
import { constant, reduceSum, rngFrom, rngKey, valueAndGrad } from '@tesserae/tensor';
import { describe, expect, it } from 'vitest';
import { TINY, constantsOf, idsOf, tinyParams, valuesOf } from '../test/tiny-model.js';
import { discriminatorHead, encode, maskedLanguageModelHead } from './network.js';
import type { DiscriminatorParams, ElectraParams, MaskedLanguageModelParams } from './params.js';
import { discriminatorSpec, maskedLanguageModelSpec } from './params.js';

const params = tinyParams();
const evaluation = { config: TINY, rng: undefined };
const inputIds = idsOf([[5, 9, 12, 7]]);

const furthest = (a: readonly number[], b: readonly number[]): number =>
  a.reduce((most, value, index) => Math.max(most, Math.abs(value - b[index]!)), 0);

describe('encode', () => {
  it('takes absent types for 0, absent positions for 0, 1, 2, … and no mask for no padding', async () => {
    const short = await valuesOf(encode(params, { inputIds }, evaluation));
    const spelled = {
      tokenTypeIds: idsOf([[0, 0, 0, 0]]),
      positionIds: idsOf([[0, 1, 2, 3]]),
      attentionMask: idsOf([[1, 1, 1, 1]]),
    };
    expect(await valuesOf(encode(params, { inputIds, ...spelled }, evaluation))).toEqual(short);
  });

  it('reads types and positions', async () => {
    const plain = await valuesOf(encode(params, { inputIds }, evaluation));
    const typed = await valuesOf(
      encode(params, { inputIds, tokenTypeIds: idsOf([[0, 0, 1, 1]]) }, evaluation),
    );
    const moved = await valuesOf(
      encode(params, { inputIds, positionIds: idsOf([[3, 2, 1, 0]]) }, evaluation),
    );
    expect(furthest(typed, plain)).toBeGreaterThan(0.1);
    expect(furthest(moved, plain)).toBeGreaterThan(0.1);
  });

  it('padding changes nothing at the real positions, whatever its ids', async () => {
    const plain = await valuesOf(encode(params, { inputIds }, evaluation));
    for (const filler of [0, 17]) {
      const padded = idsOf([[5, 9, 12, 7, filler, filler]]);
      const attentionMask = idsOf([[1, 1, 1, 1, 0, 0]]);
      const got = await valuesOf(encode(params, { inputIds: padded, attentionMask }, evaluation));
      expect(furthest(got.slice(0, plain.length), plain)).toBeLessThan(1e-6);
    }
  });

  it('sends no gradient to the padding row of the word embeddings, as Hugging Face does', async () => {
    const loss = (tree: ElectraParams): Tensor =>
      reduceSum(encode(tree, { inputIds: idsOf([[5, 0, 9]]) }, evaluation));
    const gradient = await valuesOf(valueAndGrad(loss)(params).grads.embeddings.word);
    const row = (id: number): readonly number[] =>
      gradient.slice(id * TINY.embeddingSize, (id + 1) * TINY.embeddingSize);
    expect(row(TINY.padTokenId).every((value) => value === 0)).toBe(true);
    expect(row(9).some((value) => value !== 0)).toBe(true);
  });

  it('drops out with an rng, alike for the same key and otherwise for another', async () => {
    const hidden = (key: number): Promise<readonly number[]> => {
      const rng = rngFrom(constant(rngKey(key)));
      return valuesOf(encode(params, { inputIds }, { config: TINY, rng }));
    };
    expect(await hidden(1)).toEqual(await hidden(1));
    expect(furthest(await hidden(1), await hidden(2))).toBeGreaterThan(0.1);
  });
});

describe('heads', () => {
  const hidden = encode(params, { inputIds }, evaluation);

  it('the discriminator gives one logit a token', () => {
    const head = constantsOf<DiscriminatorParams>(discriminatorSpec(TINY));
    expect(discriminatorHead(head, hidden, { config: TINY }).spec.shape).toEqual([1, 4]);
  });

  it('the generator scores every piece with the word embeddings, or with a table of its own', async () => {
    const tied = constantsOf<MaskedLanguageModelParams>(maskedLanguageModelSpec(TINY, { hasDecoder: false }));
    const own = constantsOf<MaskedLanguageModelParams>(maskedLanguageModelSpec(TINY, { hasDecoder: true }));
    const { word } = params.embeddings;
    const tiedLogits = maskedLanguageModelHead(tied, hidden, { config: TINY, word });
    expect(tiedLogits.spec.shape).toEqual([1, 4, TINY.vocabSize]);
    const ownLogits = maskedLanguageModelHead(own, hidden, { config: TINY, word });
    expect(furthest(await valuesOf(ownLogits), await valuesOf(tiedLogits))).toBeGreaterThan(0.1);
    const repeated = maskedLanguageModelHead({ ...tied, decoder: word }, hidden, {
      config: TINY,
      word: params.embeddings.type,
    });
    expect(await valuesOf(repeated)).toEqual(await valuesOf(tiedLogits));
  });
});
