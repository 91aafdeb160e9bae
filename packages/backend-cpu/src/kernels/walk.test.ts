import { describe, expect, it } from 'vitest';
import { broadcastStrides, planWalk, walkRuns } from './walk.js';

/** Every pair of offsets a walk visits, run by run. */
function visited(shape: readonly number[], strides: readonly (readonly number[])[]): number[][] {
  const walk = planWalk(shape, strides);
  const seen: number[][] = [];
  walkRuns(walk, (offsets) => {
    for (let n = 0; n < walk.length; n++)
      seen.push(offsets.map((offset, array) => offset + n * walk.steps[array]!));
  });
  return seen;
}

describe('walk', () => {
  it('joins the axes of equal shapes into one run', () => {
    expect(
      planWalk(
        [2, 3, 4],
        [
          [12, 4, 1],
          [12, 4, 1],
        ],
      ),
    ).toMatchObject({ length: 24, steps: [1, 1], outerShape: [] });
  });

  it('joins a scalar beside a full array too', () => {
    expect(
      planWalk(
        [2, 3],
        [
          [3, 1],
          [0, 0],
        ],
      ),
    ).toMatchObject({ length: 6, steps: [1, 0], outerShape: [] });
  });

  it('keeps rows apart that one array repeats', () => {
    expect(visited([2, 3], [[3, 1], broadcastStrides([3], [2, 3])])).toEqual([
      [0, 0],
      [1, 1],
      [2, 2],
      [3, 0],
      [4, 1],
      [5, 2],
    ]);
  });

  it('follows permuted strides in the order of the shape', () => {
    expect(visited([3, 2], [[1, 3]]).flat()).toEqual([0, 3, 1, 4, 2, 5]);
  });

  it('visits a scalar once and an empty shape never', () => {
    expect(visited([], [[]])).toEqual([[0]]);
    expect(visited([0, 3], [[3, 1]])).toEqual([]);
    expect(visited([3, 0], [[1, 1]])).toEqual([]);
  });

  it('passes over axes of size 1', () => {
    expect(visited([1, 2, 1], [[9, 1, 9]]).flat()).toEqual([0, 1]);
  });
});

describe('broadcastStrides', () => {
  it('is 0 along repeated and missing axes', () => {
    expect(broadcastStrides([3, 1], [2, 3, 4])).toEqual([0, 1, 0]);
  });
});
