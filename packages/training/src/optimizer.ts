import type { HostTensor, MapTree, Tensor, Tree } from '@tesserae/tensor';
import { flattenTree, mapTree } from '@tesserae/tensor';

/** A tree of tensors: parameters, gradients, moments. */
export type TensorTree = Tree<Tensor>;

/** What an optimiser works from in one step; all trees have the form of the parameters. */
export interface UpdateInputs<Params, State> {
  readonly params: Params;
  readonly grads: Params;
  readonly state: State;
  /** f32 scalar */
  readonly learningRate: Tensor;
}

/** An optimiser: pure, so that the whole training step is one graph. */
export interface Optimizer<State = unknown> {
  readonly name: string;
  /** The state before the first step, on the host. */
  init(params: unknown): MapTree<State, Tensor, HostTensor>;
  /** New parameters and state, in the trees of the old ones. */
  update<Params>(inputs: UpdateInputs<Params, State>): { readonly params: Params; readonly state: State };
}

/** Applies a function to the leaves of several trees of one form; paths come with them. */
export function zipTrees<Params>(
  trees: readonly Params[],
  change: (leaves: readonly Tensor[], path: string) => Tensor,
): Params {
  const flat = trees.map((tree) => new Map(flattenTree<Tensor>(tree).map(({ path, leaf }) => [path, leaf])));
  return mapTree(trees[0], (_: Tensor, path: string) =>
    change(
      flat.map((leaves) => leaves.get(path)!),
      path,
    ),
  ) as Params;
}
