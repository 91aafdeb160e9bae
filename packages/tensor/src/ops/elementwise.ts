import type { DType } from '../dtype.js';
import { ALL_DTYPES, FLOAT_DTYPES, NUMBER_DTYPES } from '../dtype.js';
import type { Tensor } from '../graph/graph.js';
import { erf as erfOf } from '../special.js';
import type { Sample, Vjp, VjpContext } from './define.js';
import { apply, definePrimitive, notDifferentiable, shapeSamples } from './define.js';
import { broadcastShapes, broadcastSpecs, requireDtype } from './infer.js';
import { scalar } from './source.js';

type None = Record<string, never>;
type Rule = (context: VjpContext<None>) => readonly (Tensor | null)[];

const UNARY_SHAPES = [[[2, 3]], [[]], [[3, 1, 2]]];
const BINARY_SHAPES = [
  [[2, 3], [2, 3]],
  [[2, 3], [3]],
  [[4, 1], [1, 5]],
  [[], [2, 2]],
];

/** A tensor, or a number that takes the dtype of the tensor beside it. */
export type Operand = Tensor | number;

interface UnaryOptions {
  readonly summary: string;
  readonly scalar: (x: number) => number;
  readonly vjp: Rule | Sample['skipGradient'];
  readonly range?: readonly [number, number];
  readonly dtypes?: readonly DType[];
}

function unary<const Name extends string>(name: Name, options: UnaryOptions) {
  const { summary, vjp, range = [-2, 2], dtypes = FLOAT_DTYPES } = options;
  return definePrimitive<Name, None>({
    name,
    summary,
    dtypes,
    infer: ([x]) => [{ dtype: requireDtype(name, x!, dtypes), shape: x!.shape }],
    vjp: typeof vjp === 'function' ? (vjp as Vjp<None>) : notDifferentiable(vjp ?? ''),
    samples: shapeSamples(UNARY_SHAPES, { range }),
    scalar: options.scalar,
  });
}

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
  vjp: ({ inputs: [x] }) => [mul(x!, 0)],
});
export const floorOp = unary('floor', {
  summary: 'Largest integer not above each element.',
  scalar: Math.floor,
  vjp: ({ inputs: [x] }) => [mul(x!, 0)],
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
export const notOp = definePrimitive<'not', None>({
  name: 'not',
  summary: 'Logical negation of a bool tensor.',
  dtypes: ['bool'],
  infer: ([x]) => [{ dtype: requireDtype('not', x!, ['bool']), shape: x!.shape }],
  vjp: notDifferentiable('booleans have no gradient'),
  samples: shapeSamples(UNARY_SHAPES, { below: 2 }),
  scalar: (x) => (x === 0 ? 1 : 0),
});

interface BinaryOptions {
  readonly summary: string;
  readonly scalar: (x: number, y: number) => number;
  readonly vjp: Rule | string;
  readonly ranges?: readonly [readonly [number, number], readonly [number, number]];
  readonly dtypes?: readonly DType[];
  /** Dtype of the result when it is not the operands'. */
  readonly result?: DType;
}

function binary<const Name extends string>(name: Name, options: BinaryOptions) {
  const { summary, vjp, dtypes = NUMBER_DTYPES, result, ranges = [[-2, 2], [-2, 2]] } = options;
  const small = dtypes.length === 1 ? { below: 2 } : undefined;
  return definePrimitive<Name, None>({
    name,
    summary,
    dtypes,
    infer: (inputs) => {
      const spec = broadcastSpecs(name, inputs, dtypes);
      return [result === undefined ? spec : { dtype: result, shape: spec.shape }];
    },
    vjp: typeof vjp === 'function' ? (vjp as Vjp<None>) : notDifferentiable(vjp),
    samples: BINARY_SHAPES.map((shapes) => ({
      inputs: shapes.map((shape, index) => ({ shape, ...(small ?? { range: ranges[index]! }) })),
      params: {},
    })),
    scalar: options.scalar,
  });
}

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
  ranges: [[-4, 4], [1, 3]],
  vjp: ({ inputs: [, y], outputs: [q], cotangent }) => [div(cotangent, y!), neg(div(mul(cotangent, q!), y!))],
});
export const powOp = binary('pow', {
  summary: 'Element-wise power with NumPy broadcasting.',
  scalar: Math.pow,
  dtypes: FLOAT_DTYPES,
  ranges: [[0.3, 2], [-2, 2]],
  vjp: ({ inputs: [x, y], outputs: [z], cotangent }) => [
    mul(cotangent, mul(y!, pow(x!, sub(y!, 1)))),
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
  ranges: [[-4, 9], [1, 3]],
  dtypes: ['f32', 'f16', 'bf16', 'f64', 'i32'],
  vjp: ({ inputs: [x, y], cotangent }) => [cotangent, neg(mul(cotangent, floor(div(x!, y!))))],
});
const noBooleanGradient = 'comparisons have no gradient; use where or stopGradient';
export const equalOp = binary('equal', {
  summary: 'Element-wise equality.',
  scalar: (x, y) => (x === y ? 1 : 0),
  vjp: noBooleanGradient,
  dtypes: ALL_DTYPES,
  result: 'bool',
});
export const lessOp = binary('less', {
  summary: 'Element-wise x < y.',
  scalar: (x, y) => (x < y ? 1 : 0),
  vjp: noBooleanGradient,
  result: 'bool',
});
export const lessEqualOp = binary('lessEqual', {
  summary: 'Element-wise x <= y.',
  scalar: (x, y) => (x <= y ? 1 : 0),
  vjp: noBooleanGradient,
  result: 'bool',
});
export const andOp = binary('and', {
  summary: 'Logical conjunction of bool tensors.',
  scalar: (x, y) => x & y,
  vjp: 'booleans have no gradient',
  dtypes: ['bool'],
});
export const orOp = binary('or', {
  summary: 'Logical disjunction of bool tensors.',
  scalar: (x, y) => x | y,
  vjp: 'booleans have no gradient',
  dtypes: ['bool'],
});

export const whereOp = definePrimitive<'where', None>({
  name: 'where',
  summary: 'Picks from the second input where the first (bool) holds, else from the third.',
  dtypes: ALL_DTYPES,
  infer: ([condition, ...branches]) => {
    requireDtype('where', condition!, ['bool']);
    const { dtype } = broadcastSpecs('where', branches, ALL_DTYPES);
    const shape = broadcastShapes('where', [condition!.shape, ...branches.map((branch) => branch.shape)]);
    return [{ dtype, shape }];
  },
  vjp: ({ inputs: [condition], cotangent }) => [
    null,
    where(condition!, cotangent, 0),
    where(condition!, 0, cotangent),
  ],
  samples: [
    { inputs: [{ dtype: 'bool', shape: [2, 3], below: 2 }, { shape: [2, 3] }, { shape: [2, 3] }], params: {} },
    { inputs: [{ dtype: 'bool', shape: [4, 1], below: 2 }, { shape: [3] }, { shape: [] }], params: {} },
  ],
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

/** Gives numbers the dtype of the tensors beside them. */
function lift(operands: readonly Operand[], dtype?: DType): readonly Tensor[] {
  const known = dtype ?? operands.find((operand) => typeof operand !== 'number')!.spec.dtype;
  return operands.map((operand) => (typeof operand === 'number' ? scalar(known, operand) : operand));
}

type TensorAndOperand = readonly [Tensor, Operand] | readonly [Operand, Tensor];
const two =
  (record: Parameters<typeof apply<None>>[0]) =>
  (...operands: TensorAndOperand): Tensor =>
    apply(record, lift(operands), {});
const one =
  (record: Parameters<typeof apply<None>>[0]) =>
  (x: Tensor): Tensor =>
    apply(record, [x], {});

export const neg = one(negOp);
export const abs = one(absOp);
export const sign = one(signOp);
export const floor = one(floorOp);
export const exp = one(expOp);
export const log = one(logOp);
export const sqrt = one(sqrtOp);
export const tanh = one(tanhOp);
export const erf = one(erfOp);
export const not = one(notOp);
export const add = two(addOp);
export const sub = two(subOp);
export const mul = two(mulOp);
export const div = two(divOp);
export const pow = two(powOp);
export const maximum = two(maximumOp);
export const minimum = two(minimumOp);
export const remainder = two(remainderOp);
export const equal = two(equalOp);
export const less = two(lessOp);
export const lessEqual = two(lessEqualOp);
export const and = two(andOp);
export const or = two(orOp);

export const greater = (x: Operand, y: Operand): Tensor => less(...([y, x] as unknown as TensorAndOperand));
export const greaterEqual = (x: Operand, y: Operand): Tensor => lessEqual(...([y, x] as unknown as TensorAndOperand));

/** Picks from `x` where `condition` holds, else from `y`; at least one of them is a tensor. */
export function where(condition: Tensor, x: Operand, y: Operand): Tensor {
  return apply(whereOp, [condition, ...lift([x, y])], {});
}

/** Converts to another dtype; the tensor itself when it already has it. */
export function cast(x: Tensor, dtype: DType): Tensor {
  return x.spec.dtype === dtype ? x : apply(castOp, [x], { dtype });
}
