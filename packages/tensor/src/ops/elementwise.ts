import type { DType } from '../dtype.js';
import { ALL_DTYPES, FLOAT_DTYPES, NUMBER_DTYPES } from '../dtype.js';
import type { Tensor } from '../graph/graph.js';
import { erf as erfOf } from '../special.js';
import { equal, less, or, where } from './compare.js';
import { apply, definePrimitive } from './define.js';
import { binary, one, two, unary } from './pointwise.js';

/** Arithmetic, element by element. */

export const negOp = unary('neg', {
  summary: 'Element-wise negation.',
  scalar: (x) => -x,
  vjp: ({ cotangent }) => [neg(cotangent)],
  dtypes: NUMBER_DTYPES.filter((dtype) => dtype !== 'u8'),
});
export const absOp = unary('abs', {
  summary: 'Element-wise absolute value; the gradient at 0 is 0.',
  scalar: Math.abs,
  vjp: ({ inputs: [x], cotangent }) => [mul(cotangent, sign(x!))],
  dtypes: NUMBER_DTYPES.filter((dtype) => dtype !== 'u8'),
});
export const signOp = unary('sign', {
  summary: '-1, 0 or 1 by the sign of each element.',
  scalar: Math.sign,
  vjp: () => [null], // flat between the steps
});
export const floorOp = unary('floor', {
  summary: 'Largest integer not above each element.',
  scalar: Math.floor,
  vjp: () => [null], // flat between the steps
});
export const expOp = unary('exp', {
  summary: 'Element-wise e to the power x.',
  scalar: Math.exp,
  vjp: ({ outputs: [y], cotangent }) => [mul(cotangent, y!)],
});
export const logOp = unary('log', {
  summary: 'Element-wise natural logarithm.',
  scalar: Math.log,
  vjp: ({ inputs: [x], cotangent }) => [div(cotangent, x!)],
  range: [0.2, 3],
});
export const sqrtOp = unary('sqrt', {
  summary: 'Element-wise square root.',
  scalar: Math.sqrt,
  vjp: ({ outputs: [y], cotangent }) => [div(mul(cotangent, 0.5), y!)],
  range: [0.2, 3],
});
export const tanhOp = unary('tanh', {
  summary: 'Element-wise hyperbolic tangent.',
  scalar: Math.tanh,
  vjp: ({ outputs: [y], cotangent }) => [mul(cotangent, sub(1, mul(y!, y!)))],
});
export const erfOp = unary('erf', {
  summary: 'Element-wise error function.',
  scalar: erfOf,
  vjp: ({ inputs: [x], cotangent }) => [mul(cotangent, mul(exp(neg(mul(x!, x!))), 2 / Math.sqrt(Math.PI)))],
});
export const addOp = binary('add', {
  summary: 'Element-wise sum with NumPy broadcasting.',
  scalar: (x, y) => x + y,
  vjp: ({ cotangent }) => [cotangent, cotangent],
});
export const subOp = binary('sub', {
  summary: 'Element-wise difference with NumPy broadcasting.',
  scalar: (x, y) => x - y,
  vjp: ({ cotangent }) => [cotangent, neg(cotangent)],
});
export const mulOp = binary('mul', {
  summary: 'Element-wise product with NumPy broadcasting.',
  scalar: (x, y) => x * y,
  vjp: ({ inputs: [x, y], cotangent }) => [mul(cotangent, y!), mul(cotangent, x!)],
});
export const divOp = binary('div', {
  summary: 'Element-wise quotient with NumPy broadcasting; integers truncate toward zero.',
  scalar: (x, y) => x / y,
  ranges: [
    [-4, 4],
    [1, 3],
  ],
  vjp: ({ inputs: [, y], outputs: [q], cotangent }) => [div(cotangent, y!), neg(div(mul(cotangent, q!), y!))],
});
export const powOp = binary('pow', {
  summary: 'Element-wise power with NumPy broadcasting.',
  scalar: Math.pow,
  dtypes: FLOAT_DTYPES,
  ranges: [
    [0.3, 2],
    [-2, 2],
  ],
  vjp: ({ inputs: [x, y], outputs: [z], cotangent }) => [
    // x^0 is flat, also at x = 0, where 0·0^-1 would be no number
    mul(cotangent, mul(y!, pow(x!, where(equal(y!, 0), 1, sub(y!, 1))))),
    mul(cotangent, mul(z!, where(less(0, x!), log(x!), 0))),
  ],
});
export const maximumOp = binary('maximum', {
  summary: 'Element-wise larger value; at a tie the gradient goes to both halves.',
  scalar: Math.max,
  vjp: ({ inputs: [x, y], cotangent }) => splitByOrder(cotangent, less(y!, x!), equal(x!, y!)),
});
export const minimumOp = binary('minimum', {
  summary: 'Element-wise smaller value; at a tie the gradient goes to both halves.',
  scalar: Math.min,
  vjp: ({ inputs: [x, y], cotangent }) => splitByOrder(cotangent, less(x!, y!), equal(x!, y!)),
});
export const remainderOp = binary('remainder', {
  summary: 'Remainder of division with the sign of the divisor (Python’s %).',
  scalar: (x, y) => x - y * Math.floor(x / y),
  ranges: [
    [-4, 9],
    [1, 3],
  ],
  dtypes: ['f32', 'f16', 'bf16', 'f64', 'i32'],
  vjp: ({ inputs: [x, y], cotangent }) => [cotangent, neg(mul(cotangent, floor(div(x!, y!))))],
});
export const castOp = definePrimitive<'cast', { readonly dtype: DType }>({
  name: 'cast',
  summary: 'Another dtype; floats truncate toward zero into integers, anything but 0 is true.',
  dtypes: ALL_DTYPES,
  infer: ([x], { dtype }) => [{ dtype, shape: x!.shape }],
  vjp: ({ inputs: [x], cotangent }) => [cast(cotangent, x!.spec.dtype)],
  samples: [
    { inputs: [{ shape: [2, 3], range: [0, 90] }], params: { dtype: 'i32' } },
    { inputs: [{ shape: [7], range: [0, 90] }], params: { dtype: 'f32' } },
    { inputs: [{ shape: [4], below: 2 }], params: { dtype: 'bool' } },
  ],
});

function splitByOrder(cotangent: Tensor, first: Tensor, tie: Tensor): readonly Tensor[] {
  const half = where(tie, mul(cotangent, 0.5), 0);
  return [where(first, cotangent, half), where(or(first, tie), half, cotangent)];
}

/** -x, element-wise. */
export const neg = one(negOp);
/** |x|, element-wise; the gradient at 0 is 0. */
export const abs = one(absOp);
/** -1, 0 or 1 by the sign of each element. */
export const sign = one(signOp);
/** Largest integer not above each element. */
export const floor = one(floorOp);
/** e^x, element-wise. */
export const exp = one(expOp);
/** Natural logarithm, element-wise. */
export const log = one(logOp);
/** √x, element-wise. */
export const sqrt = one(sqrtOp);
/** Hyperbolic tangent, element-wise. */
export const tanh = one(tanhOp);
/** Error function, element-wise. */
export const erf = one(erfOp);
/** x + y with NumPy broadcasting. */
export const add = two(addOp);
/** x - y with NumPy broadcasting. */
export const sub = two(subOp);
/** x·y with NumPy broadcasting. */
export const mul = two(mulOp);
/** x / y with NumPy broadcasting; integers truncate toward zero. */
export const div = two(divOp);
/** x^y with NumPy broadcasting. */
export const pow = two(powOp);
/** Larger of x and y; at a tie each gets half of the gradient. */
export const maximum = two(maximumOp);
/** Smaller of x and y; at a tie each gets half of the gradient. */
export const minimum = two(minimumOp);
/** Remainder of x / y with the sign of y (Python’s %). */
export const remainder = two(remainderOp);

/** Converts to another dtype; the tensor itself when it already has it. */
export function cast(x: Tensor, dtype: DType): Tensor {
  return x.spec.dtype === dtype ? x : apply(castOp, [x], { dtype });
}
