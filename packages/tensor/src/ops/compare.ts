import { ALL_DTYPES } from '../dtype.js';
import type { Tensor } from '../graph/graph.js';
import { apply, definePrimitive, notDifferentiable, shapeSamples } from './define.js';
import { broadcastShapes, broadcastSpecs, requireDtype } from './infer.js';
import type { None, Operand, TensorAndOperand } from './pointwise.js';
import { UNARY_SHAPES, binary, lift, one, two } from './pointwise.js';

/** Comparisons, logic on bool tensors, and the choice between two tensors. */

export const notOp = definePrimitive<'not', None>({
  name: 'not',
  summary: 'Logical negation of a bool tensor.',
  dtypes: ['bool'],
  infer: ([x]) => [{ dtype: requireDtype('not', x!, ['bool']), shape: x!.shape }],
  vjp: notDifferentiable('booleans have no gradient'),
  samples: shapeSamples(UNARY_SHAPES, { below: 2 }),
  scalar: (x) => (x === 0 ? 1 : 0),
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
    {
      inputs: [{ dtype: 'bool', shape: [2, 3], below: 2 }, { shape: [2, 3] }, { shape: [2, 3] }],
      params: {},
    },
    { inputs: [{ dtype: 'bool', shape: [4, 1], below: 2 }, { shape: [3] }, { shape: [] }], params: {} },
  ],
});

/** Logical negation of a bool tensor. */
export const not = one(notOp);
/** x = y, element-wise; bool. */
export const equal = two(equalOp);
/** x < y, element-wise; bool. */
export const less = two(lessOp);
/** x <= y, element-wise; bool. */
export const lessEqual = two(lessEqualOp);
/** Logical conjunction of bool tensors. */
export const and = two(andOp);
/** Logical disjunction of bool tensors. */
export const or = two(orOp);

/** x > y, element-wise; bool. */
export const greater = (x: Operand, y: Operand): Tensor => less(...([y, x] as unknown as TensorAndOperand));
/** x >= y, element-wise; bool. */
export const greaterEqual = (x: Operand, y: Operand): Tensor =>
  lessEqual(...([y, x] as unknown as TensorAndOperand));

/** Picks from `x` where `condition` holds, else from `y`; at least one of them is a tensor. */
export function where(condition: Tensor, x: Operand, y: Operand): Tensor {
  return apply(whereOp, [condition, ...lift('where', [x, y])], {});
}
