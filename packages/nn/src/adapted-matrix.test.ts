import type { Tensor } from '@tesserae/tensor';
import { add, matmul, mul, reduceSum, rngFrom, valueAndGrad } from '@tesserae/tensor';
import { describe, expect, it } from 'vitest';
import { tensorOf, valuesOf } from '../test/values-of.js';
import { adaptedMatrix } from './adapted-matrix.js';
import { project } from './linear.js';

const weight = tensorOf([
  [1, -2, 0.5],
  [0.25, 3, -1],
]);
const a = tensorOf([[0.5, 1, -1]]);
const b = tensorOf([[2], [-0.5]]);
const x = tensorOf([
  [1, 2, 3],
  [-1, 0.5, 2],
]);
const scale = 0.5;

describe('adaptedMatrix', () => {
  it('is W + scale·B·A, read as a whole or projected', async () => {
    const whole = add(weight, mul(matmul(b, a), scale));
    const marked = adaptedMatrix(weight, { a, b, scale });
    expect(await valuesOf(mul(marked, 1.5))).toEqual(await valuesOf(mul(whole, 1.5)));
    const [apart, needed] = [await valuesOf(project(x, marked)), await valuesOf(project(x, whole))];
    apart.forEach((value, index) => expect(value).toBeCloseTo(needed[index]!, 5));
  });

  it('has the same gradients both ways', async () => {
    const lossOf = (read: (matrix: Tensor) => Tensor) => (tree: readonly Tensor[]) => {
      const y = read(adaptedMatrix(tree[0]!, { a: tree[1]!, b: tree[2]!, scale }));
      return reduceSum(mul(y, y));
    };
    const tree = [weight, a, b];
    const apart = valueAndGrad(lossOf((matrix) => project(x, matrix)))(tree).grads;
    const whole = valueAndGrad(lossOf((matrix) => matmul(x, add(matrix, 0), { transposeB: true })))(
      tree,
    ).grads;
    for (const index of [0, 1, 2]) {
      const [got, needed] = [await valuesOf(apart[index]!), await valuesOf(whole[index]!)];
      got.forEach((value, at) => expect(value).toBeCloseTo(needed[at]!, 4));
    }
  });

  it("drops parts of the adapter's input, not of the matrix's", async () => {
    const rng = rngFrom(tensorOf([3, 4], 'i32'));
    const dropped = adaptedMatrix(weight, { a, b, scale, dropout: { rate: 0.5, rng } });
    const kept = await valuesOf(project(x, weight));
    const drawn = await valuesOf(project(x, dropped));
    const full = await valuesOf(project(x, adaptedMatrix(weight, { a, b, scale })));
    expect(drawn).not.toEqual(full);
    // 2·(kept inputs) - all inputs: what is left differs from W·x by multiples of the adapter alone
    const deltas = drawn.map((value, index) => value - kept[index]!);
    expect(deltas[0]! / deltas[1]!).toBeCloseTo(-4, 4); // B's column is 2, -0.5 whatever was dropped
  });
});
