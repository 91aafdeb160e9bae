import { GraphError } from './errors.js';
import { buildGraph } from './graph/builder.js';
import type { Graph, Tensor } from './graph/graph.js';
import { input } from './ops/source.js';
import type { TensorSpec } from './spec.js';
import type { MapTree, TreeEntry } from './tree.js';
import { flattenTree, mapTree } from './tree.js';

/** A traced function: its graph and the tree its outputs came in. */
export interface Traced<Result> {
  readonly graph: Graph;
  /** The value the function returned, with symbolic tensors as leaves, in the order of `graph.outputs`. */
  readonly result: Result;
}

/** Name of an argument that is a tensor itself instead of a tree of them. */
export const LONE_INPUT = 'input';

/**
 * Runs `fn` once on symbolic tensors and keeps what it computed as a graph.
 * Inputs and outputs are named by their paths in the argument and the result; a lone tensor is 'input' or 'result'.
 * @param fn  takes one tree of tensors; must be pure
 * @param specs  the same tree with specs as leaves; dimensions may be symbolic
 * @throws CompileError when a leaf is no tensor · GraphError when two leaves have one path, or a tensor is another trace's
 */
export function trace<Args, Result>(
  fn: (args: Args) => Result,
  specs: MapTree<Args, Tensor, TensorSpec>,
  { name = 'graph' }: { readonly name?: string } = {},
): Traced<Result> {
  const args = mapTree(specs, (leaf: TensorSpec, path: string) => input(path || LONE_INPUT, leaf));
  const inputs = flattenTree<Tensor>(args);
  const result = fn(args as Args);
  const outputs = flattenTree<Tensor>(result);
  const graph = buildGraph({
    name,
    inputs: inputs.map((entry) => entry.leaf),
    inputNames: uniquePaths(name, inputs, LONE_INPUT),
    outputs: outputs.map((entry) => entry.leaf),
    outputNames: uniquePaths(name, outputs, 'result'),
  });
  return { graph, result };
}

/** The paths of the leaves: keys with dots in them can make two equal. */
function uniquePaths(name: string, entries: readonly TreeEntry<Tensor>[], lone: string): readonly string[] {
  const paths = entries.map(({ path }) => path || lone);
  const seen = new Set<string>();
  const repeated = paths.find((path) => seen.size === seen.add(path).size);
  if (repeated === undefined) return paths;
  throw new GraphError({
    op: name,
    problem: `two leaves have the path '${repeated}'`,
    likely: 'A key with a dot in it reads like a nested member; rename one of them.',
    page: 'tree-path',
    got: repeated,
  });
}
