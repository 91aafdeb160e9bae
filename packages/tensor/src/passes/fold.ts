import type { Graph, Node, Tensor } from '../graph/graph.js';
import { rewriteGraph } from '../graph/builder.js';
import { readElement } from '../host.js';
import { reshape, transpose, broadcastTo } from '../ops/movement.js';
import { scalar } from '../ops/source.js';
import type { HostTensor } from '../spec.js';
import { equalShapes } from '../spec.js';

/**
 * Computes what needs no input: element-wise ops on scalars, and identities such as x·1, x + 0,
 * a transpose of a transpose, a reshape of a reshape. Larger constants stay as they are.
 */
export function foldGraph(graph: Graph): Graph {
  return rewriteGraph(graph, (node, inputs) => foldNode(node, inputs));
}

function foldNode(node: Node, inputs: readonly Tensor[]): readonly Tensor[] | undefined {
  const folded = foldScalars(node, inputs) ?? IDENTITIES[node.op]?.(node, inputs);
  if (folded === undefined) return undefined;
  // a rule may give a smaller shape (a scalar for a filled tensor): broadcasting restores it
  return [broadcastTo(folded, node.outputs[0]!.spec.shape)];
}

/** The value all elements of a tensor share, when that is known. */
function splatValue(tensor: Tensor): number | undefined {
  let { node } = tensor;
  while (node.op === 'broadcastTo' || node.op === 'reshape') node = node.inputs[0]!.node;
  if (node.op !== 'constant') return undefined;
  const value = node.params['value'] as HostTensor;
  return value.data.length === 1 ? readElement(value, 0) : undefined;
}

function foldScalars(node: Node, inputs: readonly Tensor[]): Tensor | undefined {
  const { scalar: meaning } = node.record;
  const isCast = node.op === 'cast';
  if ((meaning === undefined && !isCast) || inputs.length === 0) return undefined;
  const values = inputs.map(splatValue);
  if (values.some((value) => value === undefined)) return undefined;
  const { dtype } = node.outputs[0]!.spec;
  const result = isCast ? values[0]! : meaning!(...(values as number[]));
  const isWhole = dtype === 'i32' || dtype === 'i8' || dtype === 'u8';
  return scalar(dtype, isWhole ? Math.trunc(result) : result);
}

type Identity = (node: Node, inputs: readonly Tensor[]) => Tensor | undefined;

/** `x` if it already has the result's shape and dtype. */
function ifSame(node: Node, x: Tensor): Tensor | undefined {
  const { spec } = node.outputs[0]!;
  return equalShapes(x.spec.shape, spec.shape) && x.spec.dtype === spec.dtype ? x : undefined;
}

/** An element-wise op with a neutral element on the right, or on either side. */
const neutral =
  (value: number, eitherSide: boolean): Identity =>
  (node, [x, y]) => {
    if (splatValue(y!) === value) return ifSame(node, x!);
    return eitherSide && splatValue(x!) === value ? ifSame(node, y!) : undefined;
  };

const IDENTITIES: Readonly<Record<string, Identity>> = {
  add: neutral(0, true),
  sub: neutral(0, false),
  mul: neutral(1, true),
  div: neutral(1, false),
  pow: neutral(1, false),
  neg: (_, [x]) => (x!.node.op === 'neg' ? x!.node.inputs[0] : undefined),
  not: (_, [x]) => (x!.node.op === 'not' ? x!.node.inputs[0] : undefined),
  reshape: (node, [x]) => {
    const target = node.outputs[0]!.spec.shape;
    if (x!.node.op === 'reshape') return reshape(x!.node.inputs[0]!, target);
    return ifSame(node, x!);
  },
  transpose: (node, [x]) => {
    if (x!.node.op !== 'transpose') return undefined;
    const outer = node.params['permutation'] as readonly number[];
    const inner = x!.node.params['permutation'] as readonly number[];
    return transpose(
      x!.node.inputs[0]!,
      outer.map((axis) => inner[axis]!),
    );
  },
  broadcastTo: (node, [x]) => {
    if (x!.node.op === 'broadcastTo') return broadcastTo(x!.node.inputs[0]!, node.outputs[0]!.spec.shape);
    return ifSame(node, x!);
  },
  where: (node, [condition, x, y]) => {
    const known = splatValue(condition!);
    return known === undefined ? undefined : ifSame(node, known !== 0 ? x! : y!);
  },
};
