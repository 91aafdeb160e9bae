import type { Tensor } from './graph/graph.js';
import type { Graph } from './graph/graph.js';
import { buildGraph } from './graph/builder.js';
import { input } from './ops/source.js';
import type { TensorSpec } from './spec.js';
import type { MapTree } from './tree.js';
import { flattenTree, mapTree } from './tree.js';

/** A traced function: its graph and the trees its inputs and outputs came in. */
export interface Traced<Result> {
  readonly graph: Graph;
  /** The value the function returned, with symbolic tensors as leaves, in the order of `graph.outputs`. */
  readonly result: Result;
}

/**
 * Runs `fn` once on symbolic tensors and keeps what it computed as a graph.
 * Inputs and outputs are named by their paths in the argument and the result.
 * @param fn  takes one tree of tensors; must be pure
 * @param specs  the same tree with specs as leaves; dimensions may be symbolic
 */
export function trace<Args, Result>(
  fn: (args: Args) => Result,
  specs: MapTree<Args, Tensor, TensorSpec>,
  { name = 'graph' }: { readonly name?: string } = {},
): Traced<Result> {
  const args = mapTree(specs, (leaf: TensorSpec, path: string) => input(path, { dtype: leaf.dtype, shape: leaf.shape }));
  const inputs = flattenTree<Tensor>(args);
  const result = fn(args as Args);
  const outputs = flattenTree<Tensor>(result);
  const graph = buildGraph({
    name,
    inputs: inputs.map((entry) => entry.leaf),
    inputNames: inputs.map((entry) => entry.path),
    outputs: outputs.map((entry) => entry.leaf),
    outputNames: outputs.map((entry) => (entry.path === '' ? 'result' : entry.path)),
  });
  return { graph, result };
}
