import type { DType } from '../dtype.js';
import { FLOAT_DTYPES, NUMBER_DTYPES, isInteger } from '../dtype.js';
import { DtypeError } from '../errors.js';
import type { Tensor } from '../graph/graph.js';
import type { OpRecord, Vjp, VjpContext } from './define.js';
import { apply, definePrimitive, notDifferentiable, shapeSamples } from './define.js';
import { broadcastSpecs, requireDtype } from './infer.js';
import { scalar } from './source.js';

/** Makers of element-wise records and of the functions that apply them. */

/** Parameters of an op that has none. */
export type None = Record<string, never>;
type Rule = (context: VjpContext<None>) => readonly (Tensor | null)[];

/** Shapes of the samples of a unary op. */
export const UNARY_SHAPES = [[[2, 3]], [[]], [[3, 1, 2]]];
const BINARY_SHAPES = [
  [
    [2, 3],
    [2, 3],
  ],
  [[2, 3], [3]],
  [
    [4, 1],
    [1, 5],
  ],
  [[], [2, 2]],
];

/** A tensor, or a number that takes the dtype of the tensor beside it. */
export type Operand = Tensor | number;

/** What distinguishes one unary op from another. */
interface UnaryOptions {
  readonly summary: string;
  readonly scalar: (x: number) => number;
  readonly vjp: Rule | string;
  readonly range?: readonly [number, number];
  readonly dtypes?: readonly DType[];
}

/** Record of an element-wise op of one input. */
export function unary<const Name extends string>(name: Name, options: UnaryOptions) {
  const { summary, vjp, range = [-2, 2], dtypes = FLOAT_DTYPES } = options;
  return definePrimitive<Name, None>({
    name,
    summary,
    dtypes,
    infer: ([x]) => [{ dtype: requireDtype(name, x!, dtypes), shape: x!.shape }],
    vjp: typeof vjp === 'function' ? (vjp as Vjp<None>) : notDifferentiable(vjp),
    samples: shapeSamples(UNARY_SHAPES, { range }),
    scalar: options.scalar,
  });
}

/** What distinguishes one binary op from another. */
interface BinaryOptions {
  readonly summary: string;
  readonly scalar: (x: number, y: number) => number;
  readonly vjp: Rule | string;
  readonly ranges?: readonly [readonly [number, number], readonly [number, number]];
  readonly dtypes?: readonly DType[];
  /** Dtype of the result when it is not the operands'. */
  readonly result?: DType;
}

/** Record of an element-wise op of two inputs that broadcast. */
export function binary<const Name extends string>(name: Name, options: BinaryOptions) {
  const {
    summary,
    vjp,
    dtypes = NUMBER_DTYPES,
    result,
    ranges = [
      [-2, 2],
      [-2, 2],
    ],
  } = options;
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

/**
 * Gives numbers the dtype of the tensors beside them.
 * @throws DtypeError when no tensor is beside them, or an integer tensor is beside a fraction
 */
export function lift(op: string, operands: readonly Operand[]): readonly Tensor[] {
  const tensor = operands.find((operand) => typeof operand !== 'number');
  return operands.map((operand) => {
    if (typeof operand !== 'number') return operand;
    if (tensor === undefined) throw unliftable(op, operand, 'no tensor is beside it to take a dtype from');
    const { dtype } = tensor.spec;
    if (isInteger(dtype) && !Number.isInteger(operand))
      throw unliftable(op, operand, `${dtype} cannot hold it`);
    return scalar(dtype, operand);
  });
}

function unliftable(op: string, value: number, reason: string): DtypeError {
  return new DtypeError({
    op,
    problem: `the number ${value} is no operand here: ${reason}`,
    likely: 'Make it a tensor with scalar(dtype, value), or cast the other operand to a float.',
    page: 'operand-number',
    got: value,
  });
}

/** Two operands of which at least one is a tensor. */
export type TensorAndOperand = readonly [Tensor, Operand] | readonly [Operand, Tensor];

/** The function that applies a binary record. */
export const two =
  (record: OpRecord<string, None>) =>
  (...operands: TensorAndOperand): Tensor =>
    apply(record, lift(record.name, operands), {});

/** The function that applies a unary record. */
export const one =
  (record: OpRecord<string, None>) =>
  (x: Tensor): Tensor =>
    apply(record, [x], {});
