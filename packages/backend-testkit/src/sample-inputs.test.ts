import { toNumbers } from '@tesserae/tensor';
import { describe, expect, it } from 'vitest';
import { sampleInputs, sampleSeed } from './sample-inputs.js';

const draw = (dtype: Parameters<typeof sampleInputs>[1]['dtype'], seed = 1) =>
  sampleInputs(
    {
      inputs: [
        { shape: [50], range: [-2, 3] },
        { dtype: 'i32', shape: [50], below: 4 },
      ],
    },
    { dtype, seed },
  );

describe('sampleInputs', () => {
  it('repeats with its seed and changes with it', () => {
    expect(draw('f32')).toEqual(draw('f32'));
    expect(draw('f32', 2)).not.toEqual(draw('f32'));
  });

  it('stays in the range, with whole numbers in integer dtypes and none below 0 in u8', () => {
    for (const dtype of ['f32', 'f16', 'bf16', 'i32', 'i8', 'u8'] as const) {
      const values = toNumbers(draw(dtype)[0]!);
      expect(Math.min(...values)).toBeGreaterThanOrEqual(dtype === 'u8' ? 0 : -2);
      expect(Math.max(...values)).toBeLessThanOrEqual(3);
      expect(values.every(Number.isInteger)).toBe(dtype.startsWith('i') || dtype === 'u8');
    }
  });

  it('draws indices below their limit, and booleans as 0 and 1', () => {
    expect(new Set(toNumbers(draw('f32')[1]!))).toEqual(new Set([0, 1, 2, 3]));
    expect(new Set(toNumbers(draw('bool')[0]!))).toEqual(new Set([0, 1]));
  });

  it('gives values that a sample states as they are', () => {
    const [input] = sampleInputs({ inputs: [{ shape: [2], values: [7, -1] }] }, { dtype: 'f32', seed: 1 });
    expect(toNumbers(input!)).toEqual([7, -1]);
  });

  it('has seeds that the golden files know', () => {
    expect([sampleSeed('add', 0), sampleSeed('add', 1), sampleSeed('matmul', 0)]).toEqual([
      30495400, 30495401, 22072500,
    ]);
  });
});
