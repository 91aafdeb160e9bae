import { add, matmul, mul, reduceSum, relu, valueAndGrad } from '@tesserae/tensor';
import type { Tensor } from '@tesserae/tensor';
import { describe, expect, it } from 'vitest';
import { tensorOf, valuesOf } from '../test/values-of.js';
import { adaptedMatrix } from './adapted-matrix.js';
import { adaptedOutput } from './adapted-output.js';
import { linear, project } from './linear.js';

const weight = tensorOf([
  [1, -2, 0.5],
  [0.25, 3, -1],
]);
const bias = tensorOf([0.5, -1]);
const x = tensorOf([
  [1, 2, 3],
  [-1, 0.5, 2],
]);
const down = { weight: tensorOf([[2, -1]]), bias: tensorOf([0.25]) };
const up = { weight: tensorOf([[0.5], [-2]]), bias: tensorOf([0.1, 0.2]) };
const options = { down, up, activationName: 'relu' };

/** y + up(relu(down y)), written out. */
const expected = (y: Tensor): Tensor =>
  add(
    y,
    add(
      matmul(relu(add(matmul(y, down.weight, { transposeB: true }), down.bias)), up.weight, {
        transposeB: true,
      }),
      up.bias,
    ),
  );

describe('adaptedOutput', () => {
  it('puts a bottleneck behind a product, and behind the bias of an affine map', async () => {
    const marked = adaptedOutput(weight, options);
    expect(await valuesOf(project(x, marked))).toEqual(await valuesOf(expected(project(x, weight))));
    expect(await valuesOf(linear(x, { weight: marked, bias }))).toEqual(
      await valuesOf(expected(linear(x, { weight, bias }))),
    );
  });

  it('goes together with LoRA in the same matrix', async () => {
    const lora = adaptedMatrix(weight, { a: tensorOf([[1, 0, -1]]), b: tensorOf([[1], [2]]), scale: 0.5 });
    expect(await valuesOf(project(x, adaptedOutput(lora, options)))).toEqual(
      await valuesOf(expected(project(x, lora))),
    );
  });

  it('has the gradients of what it means', async () => {
    const lossOf = (read: (w: Tensor) => Tensor) => (w: Tensor) => {
      const y = read(w);
      return reduceSum(mul(y, y));
    };
    const marked = valueAndGrad(lossOf((w) => project(x, adaptedOutput(w, options))))(weight).grads;
    const plain = valueAndGrad(lossOf((w) => expected(project(x, w))))(weight).grads;
    expect(await valuesOf(marked)).toEqual(await valuesOf(plain));
  });

  it('refuses an unknown activation, and to be read as a matrix', async () => {
    expect(() => adaptedOutput(weight, { ...options, activationName: 'reul' })).toThrow(/unknown activation/);
    await expect(valuesOf(mul(adaptedOutput(weight, options), 2))).rejects.toThrow(/project or linear/);
  });
});
