import { cast, softmax } from '@tesserae/tensor';
import { describe, expect, it } from 'vitest';
import { hostOf, tensorOf, valuesOf } from '../test/values-of.js';
import { MASKED_SCORE, causalMask, combineMasks, maskBias, paddingMask } from './masks.js';

describe('masks', () => {
  it('MASKED_SCORE is the most negative finite f32', () => {
    expect(MASKED_SCORE).toBe(-(2 - 2 ** -23) * 2 ** 127);
    expect(Math.fround(MASKED_SCORE)).toBe(MASKED_SCORE);
  });

  it('paddingMask marks what is not 0, for any number of heads and queries', async () => {
    const mask = await hostOf(
      paddingMask(
        tensorOf(
          [
            [1, 1, 0],
            [1, 0, 0],
          ],
          'i32',
        ),
      ),
    );
    expect(mask).toMatchObject({ dtype: 'bool', shape: [2, 1, 1, 3] });
    expect(Array.from(mask.data)).toEqual([1, 1, 0, 1, 0, 0]);
  });

  it('paddingMask takes booleans as they are', async () => {
    expect(await valuesOf(paddingMask(tensorOf([[1, 0]], 'bool')))).toEqual([1, 0]);
  });

  it('causalMask shows each query itself and the past', async () => {
    expect(await valuesOf(causalMask({ qLen: 3, kvLen: 3 }))).toEqual([1, 0, 0, 1, 1, 0, 1, 1, 1]);
  });

  it('causalMask counts queries from an offset, a number or a tensor', async () => {
    const needed = [1, 1, 1, 0, 0];
    expect(await valuesOf(causalMask({ qLen: 1, kvLen: 5, offset: 2 }))).toEqual(needed);
    expect(await valuesOf(causalMask({ qLen: 1, kvLen: 5, offset: tensorOf(2, 'i32') }))).toEqual(needed);
  });

  it('combineMasks hides what any mask hides', async () => {
    const padding = paddingMask(tensorOf([[0, 1, 1]], 'i32'));
    const both = combineMasks(causalMask({ qLen: 3, kvLen: 3 }), padding);
    expect(await valuesOf(both)).toEqual([0, 0, 0, 0, 1, 0, 0, 1, 1]);
  });

  it('maskBias is 0 or the bias where the mask holds, else MASKED_SCORE', async () => {
    const mask = tensorOf([1, 0, 1], 'bool');
    expect(await valuesOf(maskBias(mask))).toEqual([0, MASKED_SCORE, 0]);
    expect(await valuesOf(maskBias(mask, { bias: tensorOf([2, 3, -4]) }))).toEqual([2, MASKED_SCORE, -4]);
  });

  it.each(['f16', 'bf16'] as const)(
    'in %s a row that is masked everywhere gives equal weights too',
    async (dtype) => {
      const mask = tensorOf([[0, 0, 0, 0]], 'bool');
      expect(await valuesOf(cast(softmax(maskBias(mask, { dtype }), { axis: -1 }), 'f32'))).toEqual([
        0.25, 0.25, 0.25, 0.25,
      ]);
    },
  );

  it('a row that is masked everywhere gives equal weights, not NaN', async () => {
    const bias = maskBias(
      tensorOf(
        [
          [0, 0, 0, 0],
          [1, 0, 0, 1],
        ],
        'bool',
      ),
      {
        bias: tensorOf([
          [9, 8, 7, 6],
          [1, 9, 9, 1],
        ]),
      },
    );
    expect(await valuesOf(softmax(bias, { axis: -1 }))).toEqual([0.25, 0.25, 0.25, 0.25, 0.5, 0, 0, 0.5]);
  });
});
