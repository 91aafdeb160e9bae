import type { DType, HostTensor, Tensor, TensorSpec } from '@tesserae/tensor';
import {
  add,
  argMax,
  cast,
  castHost,
  div,
  equal,
  hostTensor,
  maximum,
  mul,
  reduceMax,
  reduceSum,
  remainder,
  sub,
  toNumbers,
  topK,
  trace,
} from '@tesserae/tensor';
import { runGraph } from '@tesserae/backend-testkit';
import { describe, expect, it } from 'vitest';
import { createCpuBackend } from './backend.js';

type Fn = (x: Tensor, y: Tensor) => Tensor;

async function evaluate(fn: Fn, ...inputs: readonly HostTensor[]): Promise<number[]> {
  const specs: TensorSpec[] = inputs.map(({ dtype, shape }) => ({ dtype, shape }));
  const { graph } = trace(([x, y]: readonly Tensor[]) => fn(x!, y!), specs as never);
  const [result] = await runGraph(createCpuBackend(), graph, { inputs });
  return toNumbers(result!);
}

const vector = (dtype: DType, ...values: number[]): HostTensor => hostTensor(dtype, [values.length], values);
const i32 = (...values: number[]): HostTensor => vector('i32', ...values);
const f32 = (...values: number[]): HostTensor => vector('f32', ...values);

/** The corners of each op's meaning, where languages and libraries differ. */
describe('integers', () => {
  it('divide toward zero', async () => {
    expect(await evaluate(div, i32(7, -7, 7, -7), i32(2, 2, -2, -2))).toEqual([3, -3, -3, 3]);
  });

  it('have remainders with the sign of the divisor', async () => {
    expect(await evaluate(remainder, i32(7, -7, 7, -7), i32(3, 3, -3, -3))).toEqual([1, 2, -2, -1]);
  });

  it('wrap around at 32 bits, products included', async () => {
    expect(await evaluate(add, i32(2 ** 31 - 1), i32(1))).toEqual([-(2 ** 31)]);
    expect(await evaluate(mul, i32(0x7fffffff), i32(0x7ffffffd))).toEqual([
      Math.imul(0x7fffffff, 0x7ffffffd),
    ]);
    expect(await evaluate(sub, vector('u8', 1), vector('u8', 2))).toEqual([255]);
  });

  it('come from floats by truncation, and from booleans as 0 and 1', async () => {
    expect(await evaluate((x) => cast(x, 'i32'), f32(1.9, -1.9))).toEqual([1, -1]);
    expect(await evaluate((x) => cast(x, 'bool'), f32(0.25, 0, -3))).toEqual([1, 0, 1]);
  });
});

describe('floats', () => {
  it('have remainders with the sign of the divisor', async () => {
    expect(await evaluate(remainder, f32(5.5, -5.5), f32(2, 2))).toEqual([1.5, 0.5]);
  });

  it('round once per op to their own format', async () => {
    expect(await evaluate(add, f32(1), f32(2 ** -24))).toEqual([1]);
    expect(await evaluate(mul, f32(0.1), f32(3))).toEqual([Math.fround(Math.fround(0.1) * 3)]);
  });

  it('sum in double: small terms beside a large one are not lost', async () => {
    const terms = f32(1e8, ...new Array<number>(64).fill(1), -1e8);
    expect(await evaluate((x) => reduceSum(x), terms)).toEqual([64]);
  });

  it('let NaN win in maximum, reduceMax, argMax and topK', async () => {
    const x = f32(1, NaN, 3);
    expect(await evaluate(maximum, x, f32(2, 2, 2))).toEqual([2, NaN, 3]);
    expect(await evaluate((t) => reduceMax(t), x)).toEqual([NaN]);
    expect(await evaluate((t) => argMax(t, { axis: 0 }), x)).toEqual([1]);
    expect(await evaluate((t) => topK(t, { k: 2 }).indices, x)).toEqual([1, 2]);
  });

  it('are never equal when NaN', async () => {
    expect(await evaluate(equal, f32(NaN, 1), f32(NaN, 1))).toEqual([0, 1]);
  });
});

describe('reductions and choices', () => {
  it('take the lower index among equals', async () => {
    expect(await evaluate((x) => argMax(x, { axis: 0 }), f32(1, 3, 3))).toEqual([1]);
    expect(await evaluate((x) => topK(x, { k: 3 }).indices, f32(2, 7, 7, 2))).toEqual([1, 2, 0]);
  });

  it('are the smallest value over no elements', async () => {
    const none = hostTensor('f32', [0, 2], []);
    expect(await evaluate((x) => reduceMax(x, { axes: [0] }), none)).toEqual([-Infinity, -Infinity]);
  });
});

describe('16-bit floats', () => {
  const half = (...values: number[]): Promise<number[]> =>
    evaluate((x) => cast(x, 'f32'), toHalf('f16', values));

  it('round to nearest, ties to even', async () => {
    expect(await half(2049, 2051, 65504)).toEqual([2048, 2052, 65504]);
  });

  it('round the result of every op', async () => {
    const [x, y] = [toHalf('f16', [2048]), toHalf('f16', [1])];
    expect(await evaluate((a, b) => cast(add(a, b), 'f32'), x, y)).toEqual([2048]);
    const [u, v] = [toHalf('bf16', [256]), toHalf('bf16', [1])];
    expect(await evaluate((a, b) => cast(add(a, b), 'f32'), u, v)).toEqual([256]);
  });
});

function toHalf(dtype: 'f16' | 'bf16', values: readonly number[]): HostTensor {
  return castHost(f32(...values), dtype);
}
