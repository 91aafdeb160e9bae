import type { HostTensor, MapTree, Tensor, Tree } from '@tesserae/tensor';
import { DTYPES, flattenTree, mapTree, sizeOf } from '@tesserae/tensor';

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
  /** The state before the first step, on the host. Frozen parameters are absent from the tree. */
  init(params: unknown): MapTree<State, Tensor, HostTensor>;
  /** New parameters and state, in the trees of the old ones. */
  update<Params>(inputs: UpdateInputs<Params, State>): { readonly params: Params; readonly state: State };
}

/** Says something of a parameter by its path in the tree and its shape. */
export type ParamRule<T> = (path: string, shape: readonly number[]) => T;

/** Options every optimiser has. */
export interface CommonOptions {
  /**
   * Factor of the learning rate of each parameter; default 1 for all. For rates that fall from layer to layer; 0 holds
   * a parameter still, but `trains` of the step does that without computing its gradient.
   */
  readonly learningRateScale?: ParamRule<number>;
  /** Which parameters decay, by path and shape; default `decaysMatrices`. */
  readonly decays?: ParamRule<boolean>;
}

/**
 * Weights of two axes or more decay; norms and biases do not, nor does T5's table of position bias: Hugging
 * Face
 * spares everything with `bias` in its name.
 */
export function decaysMatrices(path: string, shape: readonly number[]): boolean {
  return shape.length >= 2 && !/bias/i.test(path);
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

/** Concrete shape of a parameter on the graph; parameters have no symbolic axes. */
export function shapeOf({ spec }: Tensor): readonly number[] {
  return spec.shape as readonly number[];
}

/** Zeros of a parameter's dtype, of its own shape or another. */
export function zerosLike({ dtype, shape }: HostTensor, other: readonly number[] = shape): HostTensor {
  return { dtype, shape: other, data: DTYPES[dtype].create(sizeOf(other)) };
}
