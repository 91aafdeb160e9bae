import { describe, expect, it } from 'vitest';
import { truncatedLengths, type TruncationStrategy } from './truncation.js';

const cut = (
  first: number,
  second: number | undefined,
  room: number,
  strategy: TruncationStrategy = 'longestFirst',
) => {
  const kept = truncatedLengths({ first, second }, { room, strategy });
  return [kept.first, kept.second];
};

describe('truncation', () => {
  it.each([
    [4, 4, 7, [3, 4]],
    [2, 8, 7, [2, 5]],
    [8, 2, 7, [5, 2]],
    [8, 4, 7, [4, 3]],
    [4, 8, 7, [3, 4]],
    [0, 8, 7, [0, 7]],
    [50, 40, 1, [1, 0]],
    [3, 3, 0, [0, 0]],
    [2, 2, 9, [2, 2]],
  ])('longestFirst cuts %i and %i tokens to %i as %j', (first, second, room, expected) => {
    expect(cut(first, second, room)).toEqual(expected);
  });

  it('a single text is cut to the room', () => {
    expect(cut(9, undefined, 4)).toEqual([4, undefined]);
  });

  it('onlyFirst and onlySecond leave the other text alone', () => {
    expect(cut(9, 5, 8, 'onlyFirst')).toEqual([3, 5]);
    expect(cut(9, 5, 10, 'onlySecond')).toEqual([9, 1]);
  });

  it('refuses when the text that may be cut is too short', () => {
    expect(() => cut(3, 9, 5, 'onlyFirst')).toThrow(/7 tokens must go, but the first text has 3/);
    expect(() => cut(9, undefined, 5, 'onlySecond')).toThrow(/the second text has not been given/);
  });
});
