import { isFloat } from './dtype.js';
import { GradientError } from './errors.js';
import { topologicalOrder } from './graph/builder.js';
import type { Node, Tensor } from './graph/graph.js';
import { add } from './ops/elementwise.js';
import { full, reshape } from './ops/movement.js';
import { reduceSum } from './ops/reduce.js';
import { scalar } from './ops/source.js';
import { equalDims } from './dim.js';
import type { Shape } from './spec.js';
import { equalShapes, equalSpecs, formatSpec } from './spec.js';
import type { MapTree } from './tree.js';
import { flattenTree, mapTree } from './tree.js';

/**
 * Reverse-mode gradients: the cotangents of `targets`, given those of `outputs`.
 * Accumulation and un-broadcasting happen here, once, and nowhere else.
 * @param cotangents  one per output, of its spec
 * @returns one tensor per target; zeros where no output depends on it
 * @throws GradientError when cotangents do not fit, or when the way from an output to a target meets an op without a gradient
 */
export function vjp(
  outputs: readonly Tensor[],
  cotangents: readonly Tensor[],
  targets: readonly Tensor[],
): readonly Tensor[] {
  requireCotangents(outputs, cotangents);
  const found = pullBack(outputs, cotangents, { targets });
  return targets.map((target, index) => found[index] ?? full(target.spec, 0));
}

/**
 * As `vjp`, but undefined for a target that no output depends on.
 * @param options.within  nodes that gradients may pass through; default all. Whatever lies outside counts as given, even
 *   where it depends on a target.
 */
export function pullBack(
  outputs: readonly Tensor[],
  cotangents: readonly Tensor[],
  { targets, within }: { readonly targets: readonly Tensor[]; readonly within?: ReadonlySet<Node> },
): readonly (Tensor | undefined)[] {
  const order = topologicalOrder(outputs);
  const isOnPath = nodesThatDependOn(order, targets);
  const sums = new Map<Tensor, Tensor>();
  const accumulate = (tensor: Tensor, cotangent: Tensor): void => {
    const fitting = unbroadcast(cotangent, tensor.spec.shape);
    const sum = sums.get(tensor);
    sums.set(tensor, sum === undefined ? fitting : add(sum, fitting));
  };
  outputs.forEach((output, index) => accumulate(output, cotangents[index]!));
  for (const node of order.reverse()) {
    if (!isOnPath.has(node) || node.op === 'input' || within?.has(node) === false) continue;
    const arrived = node.outputs.map((output) => sums.get(output));
    if (arrived.every((cotangent) => cotangent === undefined)) continue;
    applyRule(node, arrived).forEach((cotangent, index) => {
      const from = node.inputs[index]!;
      if (cotangent !== null && isFloat(from.spec.dtype)) accumulate(from, cotangent);
    });
  }
  return targets.map((target) => sums.get(target));
}

function requireCotangents(outputs: readonly Tensor[], cotangents: readonly Tensor[]): void {
  const fits = (output: Tensor, index: number): boolean =>
    cotangents[index] !== undefined && equalSpecs(output.spec, cotangents[index].spec);
  if (outputs.length === cotangents.length && outputs.every(fits)) return;
  const list = (tensors: readonly Tensor[]): string => tensors.map(({ spec }) => formatSpec(spec)).join(', ');
  throw new GradientError({
    op: 'vjp',
    problem: `cotangents ${list(cotangents)} do not fit outputs ${list(outputs)}`,
    likely: 'Give one cotangent per output, of the same dtype and shape.',
    page: 'cotangent-spec',
  });
}

/** Nodes whose value changes when a target does; the others need no gradient. */
export function nodesThatDependOn(order: readonly Node[], targets: readonly Tensor[]): ReadonlySet<Node> {
  const wanted = new Set(targets);
  const dependent = new Set<Node>();
  for (const node of order) {
    if (node.inputs.some((input) => wanted.has(input) || dependent.has(input.node))) dependent.add(node);
  }
  return dependent;
}

function applyRule(node: Node, cotangents: readonly (Tensor | undefined)[]): readonly (Tensor | null)[] {
  const rule = node.record.vjp;
  if (typeof rule !== 'function') {
    if (node.outputs.every((output) => !isFloat(output.spec.dtype))) return node.inputs.map(() => null);
    throw new GradientError({
      op: node.op,
      problem: `no gradient: ${rule.notDifferentiable}`,
      likely: 'Wrap the value in stopGradient if none should flow.',
      page: 'not-differentiable',
      got: node.inputs.map((input) => input.spec),
    });
  }
  const cotangent = cotangents[0] ?? full(node.outputs[0]!.spec, 0);
  return rule({ inputs: node.inputs, outputs: node.outputs, cotangents, cotangent, params: node.params });
}

/** Sums a cotangent over the axes along which its tensor was broadcast. */
function unbroadcast(cotangent: Tensor, shape: Shape): Tensor {
  const from = cotangent.spec.shape;
  if (equalShapes(from, shape)) return cotangent;
  const extra = from.length - shape.length;
  const axes = from.flatMap((dim, axis) => {
    const own = shape[axis - extra];
    return own === undefined || (own === 1 && !equalDims(dim, 1)) ? [axis] : [];
  });
  return reshape(reduceSum(cotangent, { axes }), shape);
}

/** What a differentiable function may return: a scalar loss, or an object with one and anything beside it. */
export type LossResult = Tensor | { readonly loss: Tensor };

/**
 * Turns a loss function into one that also gives the gradient of every leaf of its first argument.
 * @param fn  returns a float scalar, or `{ loss, … }` with further tensors beside the loss
 * @returns (params, ...rest) -> { value, grads, result }: the loss, gradients in the tree of params, what fn returned
 * @throws GradientError when the loss is not a float scalar or a parameter is not a float
 */
export function valueAndGrad<Params, Rest extends readonly unknown[], Result extends LossResult>(
  fn: (params: Params, ...rest: Rest) => Result,
): (
  params: Params,
  ...rest: Rest
) => { readonly value: Tensor; readonly grads: MapTree<Params, Tensor, Tensor>; readonly result: Result } {
  return (params, ...rest) => {
    const result = fn(params, ...rest);
    const value: Tensor = 'loss' in result ? result.loss : (result as Tensor);
    if (value.spec.shape.length !== 0 || !isFloat(value.spec.dtype)) {
      throw new GradientError({
        op: 'valueAndGrad',
        problem: `the loss is ${formatSpec(value.spec)}, needed a float scalar`,
        likely: 'Reduce it with mean or reduceSum.',
        page: 'loss-scalar',
        got: value.spec,
      });
    }
    const targets = flattenTree<Tensor>(params);
    for (const { path, leaf } of targets) requireFloat(path, leaf);
    const gradients = vjp(
      [value],
      [scalar(value.spec.dtype, 1)],
      targets.map((entry) => entry.leaf),
    );
    const byPath = new Map(targets.map(({ path }, index) => [path, gradients[index]!]));
    const grads = mapTree(params, (_: Tensor, path: string) => byPath.get(path)!);
    return { value, grads: grads as MapTree<Params, Tensor, Tensor>, result };
  };
}

function requireFloat(path: string, leaf: Tensor): void {
  if (isFloat(leaf.spec.dtype)) return;
  throw new GradientError({
    op: 'valueAndGrad',
    problem: `parameter '${path}' is ${formatSpec(leaf.spec)}; only floats have gradients`,
    likely: 'Keep ids and masks out of the parameters.',
    page: 'gradient-dtype',
    got: leaf.spec,
  });
}
