import type { DType, HostTensor, MapTree, Tree } from '@tesserae/tensor';

/**
 * How a parameter gets its first values, as data.
 * `truncatedNormal` redraws beyond two `std`, which is the deviation before the cut (TensorFlow's
 * convention); `glorotUniform` draws from ±√(6 / (fanIn + fanOut)); `zeroRow` is the index, along the first
 * axis, of a row of zeros (an embedding table's padding id).
 */
export type Initializer =
  | { readonly kind: 'zeros' }
  | { readonly kind: 'ones' }
  | { readonly kind: 'normal'; readonly std: number; readonly zeroRow?: number }
  | { readonly kind: 'truncatedNormal'; readonly std: number; readonly zeroRow?: number }
  | { readonly kind: 'uniform'; readonly low: number; readonly high: number }
  | { readonly kind: 'glorotUniform'; readonly fanIn: number; readonly fanOut: number };

/** A parameter as it is declared, once: shape, element type, initialiser and its name in a checkpoint. */
export interface ParamSpec {
  readonly shape: readonly number[];
  readonly dtype: DType;
  readonly init: Initializer;
  /**
   * Name in a checkpoint; where it is absent the name map says it, and without a map the path in the tree
   * does.
   */
  readonly name?: string;
}

/** Nested plain objects and arrays with `ParamSpec` leaves. */
export type ParamTree = Tree<ParamSpec>;

/** The tree of host tensors that a tree of specs describes. */
export type ParamsOf<T> = MapTree<T, ParamSpec, HostTensor>;

/** What `paramSpec` is told besides the shape. */
export interface ParamSpecOptions {
  readonly init: Initializer;
  /** Default f32. */
  readonly dtype?: DType;
  readonly name?: string;
}

/** `paramSpec([vocabSize, dModel], { init: { kind: 'normal', std: 1 }, name: 'shared.weight' })`. */
export function paramSpec(shape: readonly number[], options: ParamSpecOptions): ParamSpec {
  const { init, dtype = 'f32', name } = options;
  return name === undefined ? { shape, dtype, init } : { shape, dtype, init, name };
}
