import type { HostTensor, Node, PrimitiveParams, Tensor } from '@tesserae/tensor';
import { equalDims, productOfDims, readElement } from '@tesserae/tensor';
import type { Attributes } from '../model/types.js';
import type { Call, Lower, LoweringContext } from './lowering.js';
import { runsOnCpu } from './target.js';

type MatmulParams = PrimitiveParams<'matmul'>;

/** An operand of a product: what is read, whether its last two axes are swapped, and a factor on it. */
interface Operand {
  readonly tensor: Tensor;
  readonly isTransposed: boolean;
  readonly scale: number;
}

/** Looks through transposes of the last two axes and products with a constant: the product does both for free. */
function absorb(tensor: Tensor, isTransposed: boolean): Operand {
  let operand: Operand = { tensor, isTransposed, scale: 1 };
  for (;;) {
    const { node } = operand.tensor;
    const factor = constantFactor(node);
    if (factor !== undefined) {
      operand = { ...operand, tensor: factor.tensor, scale: operand.scale * factor.scale };
    } else if (node.op === 'transpose' && swapsLastAxes(node)) {
      operand = { ...operand, tensor: node.inputs[0]!, isTransposed: !operand.isTransposed };
    } else {
      return operand;
    }
  }
}

function constantFactor(node: Node): { readonly tensor: Tensor; readonly scale: number } | undefined {
  if (node.op !== 'mul') return undefined;
  const at = node.inputs.findIndex(
    ({ node: from, spec }) => from.op === 'constant' && spec.shape.length === 0,
  );
  if (at < 0) return undefined;
  const tensor = node.inputs[1 - at]!;
  if (tensor.spec.shape.length !== node.outputs[0]!.spec.shape.length) return undefined;
  return { tensor, scale: readElement(node.inputs[at]!.node.params['value'] as HostTensor, 0) };
}

function swapsLastAxes(node: Node): boolean {
  const permutation = node.params['permutation'] as readonly number[];
  const rank = permutation.length;
  return permutation.every((axis, at) => axis === (at < rank - 2 ? at : 2 * rank - 3 - at));
}

const rankOf = (tensor: Tensor): number => tensor.spec.shape.length;

const gemmAttributes = (a: Operand, b: Operand): Attributes => ({
  ...(a.isTransposed ? { transA: { int: 1 } } : {}),
  ...(b.isTransposed ? { transB: { int: 1 } } : {}),
  ...(a.scale * b.scale === 1 ? {} : { alpha: { float: a.scale * b.scale } }),
});

/** The product of two operands by the operator that moves least on this target. */
function product(context: LoweringContext, a: Operand, b: Operand): string {
  const { builder, target, nameOf } = context;
  const attributes = gemmAttributes(a, b);
  const names = [nameOf(a.tensor), nameOf(b.tensor)];
  const isPlain = Object.keys(attributes).length === 0;
  if (isPlain) return builder.node('MatMul', names);
  if (rankOf(a.tensor) === 2 && rankOf(b.tensor) === 2) return builder.node('Gemm', names, { attributes });
  return builder.node('FusedMatMul', names, { attributes, isContrib: target !== 'portable' });
}

/** The product with standard operators: transposes are carried out. */
function portableProduct({ builder, inputs, node, params }: Call<MatmulParams>): string {
  const [a, b] = inputs.map((name, index) => {
    const isTransposed = index === 0 ? params.transposeA : params.transposeB;
    const rank = rankOf(node.inputs[index]!);
    if (!isTransposed) return name;
    const axes = Array.from({ length: rank }, (_, axis) => axis);
    const perm = [...axes.slice(0, -2), rank - 1, rank - 2];
    return builder.node('Transpose', [name], { attributes: { perm: { ints: perm } } });
  });
  return builder.node('MatMul', [a!, b!]);
}

/** Matrix product; flags, transposes of the last axes and constant factors become attributes where they can. */
export const lowerMatmul: Lower<MatmulParams> = (call) => {
  const { node, params, target } = call;
  const [a, b] = node.inputs as readonly [Tensor, Tensor];
  const areMatrices = rankOf(a) === 2 && rankOf(b) === 2;
  if (!runsOnCpu(target) && !areMatrices) return [portableProduct(call)];
  return [product(call, absorb(a, params.transposeA), absorb(b, params.transposeB))];
};

/**
 * A product summed over all its leading axes, as the gradient of a weight is: one large product,
 * [rows, m]ᵀ × [rows, n], instead of one per batch entry and a sum. Undefined when the node is no such sum.
 */
export function summedMatmul(call: Call<PrimitiveParams<'reduceSum'>>): readonly string[] | undefined {
  const { node, params, builder, sizes, nameOf } = call;
  const from = node.inputs[0]!;
  const leading = rankOf(from) - 2;
  const sumsLeading = params.axes.length === leading && params.axes.every((axis, at) => axis === at);
  if (from.node.op !== 'matmul' || leading === 0 || !sumsLeading) return undefined;
  const flags = from.node.params as MatmulParams;
  const a = absorb(from.node.inputs[0]!, flags.transposeA);
  const b = absorb(from.node.inputs[1]!, flags.transposeB);
  const [left, right] = [a.tensor.spec.shape, b.tensor.spec.shape];
  const fits =
    left.length === right.length && left.slice(0, -1).every((dim, axis) => equalDims(dim, right[axis]!));
  if (!a.isTransposed || b.isTransposed || !fits) return undefined;
  const rows = productOfDims(left.slice(0, -1));
  const flat = [a, b].map(({ tensor }) => sizes.reshape(nameOf(tensor), [rows, tensor.spec.shape.at(-1)!]));
  const sum = builder.node('Gemm', flat, { attributes: gemmAttributes(a, b) }); // [m, n]
  return [params.keepDims ? sizes.reshape(sum, node.outputs[0]!.spec.shape) : sum];
}

/**
 * A product with a matrix plus one bias per column, as every linear layer is: one `Gemm`.
 * Undefined when the sum is no such thing.
 */
export function biasedMatmul(call: Call<unknown>): readonly string[] | undefined {
  const { node, target, readersOf } = call;
  if (!runsOnCpu(target)) return undefined;
  const at = node.inputs.findIndex((input) => input.node.op === 'matmul' && readersOf(input) === 1);
  if (at < 0) return undefined;
  const from = node.inputs[at]!;
  let bias = node.inputs[1 - at]!;
  while (bias.node.op === 'broadcastTo') bias = bias.node.inputs[0]!;
  const flags = from.node.params as MatmulParams;
  const a = absorb(from.node.inputs[0]!, flags.transposeA);
  const b = absorb(from.node.inputs[1]!, flags.transposeB);
  const isRow = rankOf(bias) === 1 && equalDims(bias.spec.shape[0]!, from.spec.shape.at(-1)!);
  const isFlat = rankOf(a.tensor) === 2 || !a.isTransposed;
  const keepsShape = rankOf(from) === rankOf(node.outputs[0]!);
  if (!isRow || !isFlat || !keepsShape || rankOf(b.tensor) !== 2) return undefined;
  return [gemmWithBias(call, { a, b, bias })];
}

function gemmWithBias(
  call: Call<unknown>,
  { a, b, bias }: { readonly a: Operand; readonly b: Operand; readonly bias: Tensor },
): string {
  const { builder, sizes, nameOf, node } = call;
  const { shape } = a.tensor.spec;
  const isMatrix = shape.length === 2;
  const rows = isMatrix
    ? nameOf(a.tensor)
    : sizes.reshape(nameOf(a.tensor), [productOfDims(shape.slice(0, -1)), shape.at(-1)!]);
  const sum = builder.node('Gemm', [rows, nameOf(b.tensor), nameOf(bias)], {
    attributes: gemmAttributes(a, b),
  });
  return isMatrix ? sum : sizes.reshape(sum, node.outputs[0]!.spec.shape);
}
