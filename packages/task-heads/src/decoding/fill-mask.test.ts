import { describe, expect, it } from 'vitest';
import { pool } from '../pooling.js';
import { decodeMask } from './fill-mask.js';
import { largestIndices } from './token-spans.js';

describe('largestIndices', () => {
  it('best first, of equals the first, as a stable sort has it', () => {
    let state = 7;
    const draw = (): number => (state = (state * 48271) % 2147483647) % 9; // many equals
    for (const count of [0, 1, 3, 20, 40]) {
      const values = Array.from({ length: 20 }, draw);
      const sorted = [...values.keys()].sort((a, b) => values[b]! - values[a]!);
      expect(largestIndices(values, count)).toEqual(sorted.slice(0, count));
    }
  });
});

describe('decodeMask', () => {
  const logits = [0, 2, 1, 2];

  it('gives the best pieces with their share among all', () => {
    const [first, second] = decodeMask(logits, { topK: 2 });
    const share = Math.exp(2) / (1 + Math.E + 2 * Math.exp(2));
    expect([first!.id, second!.id]).toEqual([1, 3]);
    expect(first!.score).toBeCloseTo(share, 12);
    expect(second!.score).toBeCloseTo(share, 12);
  });

  it('compares targets with each other alone', () => {
    expect(decodeMask(logits, { targets: [0, 2, 3], topK: 2 }).map(({ id }) => id)).toEqual([3, 2]);
  });

  it('refuses counts and targets that are impossible', () => {
    expect(() => decodeMask(logits, { topK: 0 })).toThrow(/topK is 0, needed a whole number from 1/);
    expect(() => decodeMask(logits, { targets: [4] })).toThrow(/target 4 is no id below 4/);
    expect(() => decodeMask(logits, { targets: [] })).toThrow(/no targets/);
  });
});

describe('pool', () => {
  it('refuses a pooling that is none', () => {
    const options = { pooling: 'sum' as never, attentionMask: 0 as never };
    expect(() => pool(0 as never, options)).toThrow(/pooling is 'sum'/);
  });
});
