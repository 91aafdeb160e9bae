import { nodesThatDependOn, pullBack } from './autodiff.js';
import { ALL_DTYPES, isFloat } from './dtype.js';
import { topologicalOrder } from './graph/builder.js';
import type { Node, Tensor } from './graph/graph.js';
import { slice } from './ops/blocks.js';
import { apply, applyAll, defineComposite } from './ops/define.js';
import { add, cast, mul } from './ops/elementwise.js';
import { reshape } from './ops/movement.js';
import { flattenTree, mapTree } from './tree.js';

// Activation checkpointing: the backward pass computes the inner values of a region a second time instead of having
// them kept. Both ops below are marks that decompose into nothing, or nearly nothing: no backend sees them, so they
// are not in the table of ops.

/** Inputs of a marked region: what it computed, what it was given, and what it read besides. */
interface RegionParams extends Record<string, unknown> {
  readonly numOutputs: number;
  readonly numInputs: number;
}

const regionOp = defineComposite<'checkpoint', RegionParams>({
  name: 'checkpoint',
  summary: 'The outputs of a region whose inner values are computed again for the gradient.',
  dtypes: ALL_DTYPES,
  infer: (inputs, { numOutputs }) => inputs.slice(0, numOutputs),
  vjp: ({ inputs, cotangents, params: { numOutputs, numInputs } }) => {
    const outputs = inputs.slice(0, numOutputs);
    const given = inputs.slice(numOutputs, numOutputs + numInputs);
    const captured = inputs.slice(numOutputs + numInputs);
    const arrived = outputs.flatMap((_, index) => (cotangents[index] === undefined ? [] : [index]));
    const after = cotangents[arrived[0]!]!;
    const renewed = recompute(outputs, { given, captured, after });
    const found = pullBack(
      arrived.map((index) => renewed.outputs[index]!),
      arrived.map((index) => cotangents[index]!),
      { targets: [...renewed.given, ...captured], within: renewed.nodes },
    );
    const ofCaptured = found.slice(numInputs);
    // what flows on waits for the gradients of weights: left for later, they would keep the region's values alive
    const flowing = found.slice(0, numInputs).map((cotangent) => cotangent && behind(cotangent, ofCaptured));
    return [...outputs.map(() => null), ...[...flowing, ...ofCaptured].map((cotangent) => cotangent ?? null)];
  },
  samples: [],
  decompose: (inputs, { numOutputs }) => inputs.slice(0, numOutputs),
});

/** x, but not before the others are there: adds 0 times an element of each, which no pass or runtime sees through. */
const barrierOp = defineComposite<'barrier', Record<string, never>>({
  name: 'barrier',
  summary: 'The first input, computed no earlier than the others.',
  dtypes: ALL_DTYPES,
  infer: ([x]) => [x!],
  vjp: ({ inputs, cotangent }) => inputs.map((_, index) => (index === 0 ? cotangent : null)),
  samples: [],
  decompose: ([x, ...others]) => {
    const zeros = others.map((other) => cast(mul(firstElement(other), 0), x!.spec.dtype));
    return [
      add(
        x!,
        zeros.reduce((sum, zero) => add(sum, zero)),
      ),
    ];
  },
});

function firstElement(x: Tensor): Tensor {
  const { shape } = x.spec;
  return reshape(slice(x, { starts: shape.map(() => 0), limits: shape.map(() => 1) }), []);
}

/** x after the others that there are; x itself when there are none. */
function behind(x: Tensor, others: readonly (Tensor | undefined)[]): Tensor {
  const waited = others.filter((other) => other !== undefined);
  return waited.length === 0 ? x : apply(barrierOp, [x, ...waited], {});
}

/**
 * Makes a function whose inner values are not kept for the gradient but computed again, as `jax.checkpoint` does:
 * memory of one region at a time for about a third more arithmetic. Values are the same, and gradients but for the order of
 * sums; dropout draws the same masks again.
 * @param fn  takes one tree of tensors and gives one; everything else (weights, masks, rng) it may read by closure
 * @returns the same function, marked
 * @see Chen et al. 2016, "Training deep nets with sublinear memory cost"
 */
export function checkpoint<Inputs, Outputs>(fn: (inputs: Inputs) => Outputs): (inputs: Inputs) => Outputs {
  return (inputs) => {
    const given = flattenTree<Tensor>(inputs).map(({ leaf }) => leaf);
    const result = fn(inputs);
    const outputs = flattenTree<Tensor>(result).map(({ leaf }) => leaf);
    const captured = capturedBy(regionOf(outputs, given), given);
    const params = { numOutputs: outputs.length, numInputs: given.length };
    const marked = applyAll(regionOp, [...outputs, ...given, ...captured], params);
    let next = 0;
    return mapTree(result, () => marked[next++]!) as Outputs;
  };
}

/** The nodes between what a region was given and what it computed, in order. */
function regionOf(outputs: readonly Tensor[], given: readonly Tensor[]): readonly Node[] {
  const order = topologicalOrder(outputs);
  const inside = nodesThatDependOn(order, given);
  return order.filter((node) => inside.has(node));
}

/** What the nodes of a region read from outside. */
function capturedBy(region: readonly Node[], given: readonly Tensor[]): readonly Tensor[] {
  const own = new Set([...given, ...region.flatMap(({ outputs }) => outputs)]);
  return [...new Set(region.flatMap(({ inputs }) => inputs.filter((input) => !own.has(input))))];
}

interface Boundary {
  readonly given: readonly Tensor[];
  readonly captured: readonly Tensor[];
  readonly after: Tensor;
}

/** The region once more, behind barriers. Random keys get one too, or masks would be kept instead of drawn again. */
function recompute(
  outputs: readonly Tensor[],
  { given, captured, after }: Boundary,
): {
  readonly outputs: readonly Tensor[];
  readonly given: readonly Tensor[];
  readonly nodes: ReadonlySet<Node>;
} {
  const nodes = new Set<Node>();
  const fresh = given.map((tensor) => (isFloat(tensor.spec.dtype) ? behind(tensor, [after]) : tensor));
  const renewed = new Map(given.map((tensor, index) => [tensor, fresh[index]!]));
  for (const tensor of captured) if (isKey(tensor)) renewed.set(tensor, behind(tensor, [after]));
  for (const node of regionOf(outputs, given)) {
    const inputs = node.inputs.map((input) => renewed.get(input) ?? input);
    const again = applyAll(node.record, inputs, node.params);
    nodes.add(again[0]!.node);
    node.outputs.forEach((output, index) => renewed.set(output, again[index]!));
  }
  return { outputs: outputs.map((output) => renewed.get(output) ?? output), given: fresh, nodes };
}

const isKey = ({ spec: { dtype, shape } }: Tensor): boolean =>
  dtype === 'i32' && shape.length === 1 && shape[0] === 2;
