import type { DType, PrimitiveName, PrimitiveParams, Shape, Tensor } from '@tesserae/tensor';
import { DtypeError, equalDims, isFloat } from '@tesserae/tensor';
import type { NodeOptions } from '../model/builder.js';
import type { Call, Lower, PrimitiveLowerings } from './lowering.js';
import { castTo, dtypeOfInput } from './lowering.js';
import { biasedMatmul } from './matmul.js';

type Names = Extract<
  PrimitiveName,
  | 'neg' | 'abs' | 'sign' | 'floor' | 'exp' | 'log' | 'sqrt' | 'tanh' | 'erf' | 'not'
  | 'add' | 'sub' | 'mul' | 'div' | 'pow' | 'maximum' | 'minimum' | 'remainder'
  | 'equal' | 'less' | 'lessEqual' | 'and' | 'or' | 'where' | 'cast'
>; // prettier-ignore

/**
 * Names of the inputs, where a broadcast that the operator does by itself is left out.
 * Gradients are full of them: the cotangent of a sum is a broadcast.
 */
function operands({ node, inputs, nameOf }: Call<unknown>): readonly string[] {
  const chosen: Tensor[] = [...node.inputs];
  node.inputs.forEach((input, index) => {
    let source = input;
    while (source.node.op === 'broadcastTo') source = source.node.inputs[0]!;
    if (source === input) return;
    const trial = chosen.map((tensor, at) => (at === index ? source : tensor).spec.shape);
    if (fills(trial, node.outputs[0]!.spec.shape)) chosen[index] = source;
  });
  return chosen.map((tensor, index) => (tensor === node.inputs[index] ? inputs[index]! : nameOf(tensor)));
}

/** True when operands of these shapes broadcast to all of `target`. */
function fills(shapes: readonly Shape[], target: Shape): boolean {
  return target.every(
    (dim, axis) =>
      equalDims(dim, 1) ||
      shapes.some((shape) => equalDims(shape[axis - (target.length - shape.length)] ?? 1, dim)),
  );
}

/** An element-wise operator of the same arity. */
const pointwise =
  (op: string, options: NodeOptions = {}): Lower<unknown> =>
  (call) => [call.builder.node(op, operands(call), options)];

/** An element-wise operator that lacks kernels for some dtypes: those are computed in a wider one. */
const widened =
  (op: string, wider: Partial<Record<DType, DType>>, typed: number): Lower<unknown> =>
  (call) => {
    const { builder, node } = call;
    const to = wider[node.outputs[0]!.spec.dtype];
    if (to === undefined) return [builder.node(op, operands(call))];
    const inputs = operands(call).map((name, index) => (index < typed ? name : castTo(builder, name, to)));
    return [castTo(builder, builder.node(op, inputs), node.outputs[0]!.spec.dtype)];
  };

const lowerErf: Lower<unknown> = (call) => {
  if (dtypeOfInput(call.node) !== 'f64') return pointwise('Erf')(call);
  throw new DtypeError({
    op: 'erf',
    problem: 'ONNX Runtime has no f64 error function',
    likely: 'Compute it in f32, or run f64 checks on backend-cpu.',
    page: 'onnx-dtype',
    got: 'f64',
  });
};

const lowerRemainder: Lower<unknown> = (call) => {
  const { builder, node } = call;
  const [x, y] = operands(call) as [string, string];
  if (!isFloat(dtypeOfInput(node))) return [builder.node('Mod', [x, y])];
  const quotient = builder.node('Floor', [builder.node('Div', [x, y])]); // float Mod has the dividend's sign
  return [builder.node('Sub', [x, builder.node('Mul', [y, quotient])])];
};

/** A matrix product plus a bias becomes one operator, see `biasedMatmul`. */
const lowerAdd: Lower<unknown> = (call) => biasedMatmul(call) ?? pointwise('Add')(call);

const lowerCast: Lower<PrimitiveParams<'cast'>> = ({ builder, inputs, params }) => [
  castTo(builder, inputs[0]!, params.dtype),
];

/** Element-wise primitives. */
export const elementwise: PrimitiveLowerings<Names> = {
  neg: pointwise('Neg'),
  abs: pointwise('Abs'),
  sign: pointwise('Sign'),
  floor: pointwise('Floor'),
  exp: pointwise('Exp'),
  log: pointwise('Log'),
  sqrt: pointwise('Sqrt'),
  tanh: pointwise('Tanh'),
  erf: lowerErf,
  not: pointwise('Not'),
  add: lowerAdd,
  sub: pointwise('Sub'),
  mul: pointwise('Mul'),
  div: pointwise('Div'),
  pow: pointwise('Pow'),
  maximum: pointwise('Max'),
  minimum: pointwise('Min'),
  remainder: lowerRemainder,
  equal: pointwise('Equal'),
  less: pointwise('Less'),
  lessEqual: pointwise('LessOrEqual'),
  and: pointwise('And'),
  or: pointwise('Or'),
  where: widened('Where', { i8: 'i32', bool: 'u8' }, 1),
  cast: lowerCast,
};
