import type { DType, Node, Params, PrimitiveName, PrimitiveParams, Tensor } from '@tesserae/tensor';
import type { ModelBuilder, NodeOptions } from '../model/builder.js';
import type { ElementType } from '../model/types.js';
import { DATA_TYPES } from '../model/types.js';
import type { Sizes } from './sizes.js';
import type { Target } from './target.js';

/** What lowerings of one graph share. */
export interface LoweringContext {
  readonly builder: ModelBuilder;
  readonly sizes: Sizes;
  readonly target: Target;
  /** Name of a value that has been lowered, or is an input. */
  readonly nameOf: (tensor: Tensor) => string;
  /** How many nodes and graph outputs read a tensor. */
  readonly readersOf: (tensor: Tensor) => number;
  /** Name of a mask or of random words that the host makes before each run; undefined when it cannot. */
  readonly hostRandom: (request: HostRandomRequest) => string | undefined;
  /** True the first time it is asked about a name. */
  readonly isFirstUse: (name: string) => boolean;
}

/** Lowerings of some primitives. */
export type PrimitiveLowerings<N extends PrimitiveName> = { readonly [K in N]: Lower<PrimitiveParams<K>> };

/** A composite that is lowered as a whole. */
export interface NativeComposite {
  /** Element types the operator has kernels for. */
  readonly dtypes: readonly DType[];
  /** Targets that have the operator. */
  readonly targets: readonly Target[];
  /** A second say, on the node itself and on which of its outputs are read. */
  readonly accepts?: (node: Node, usedOutputs: readonly boolean[], target: Target) => boolean;
  readonly lower: Lower<never>;
}

/** Random numbers as the host may make them: bytes of 0 and 1, or words. */
export interface HostRandomRequest {
  /** The key; must be a graph input for the host to see it. */
  readonly key: Tensor;
  readonly shape: Tensor['spec']['shape'];
  readonly stream: number;
  readonly draw:
    | { readonly kind: 'mask'; readonly threshold: number; readonly dtype: 'bool' | 'u8' }
    | { readonly kind: 'bits'; readonly bitWidth: 16 | 24 | 32 };
}

/** One node to be lowered. */
export interface Call<P> extends LoweringContext {
  readonly node: Node;
  readonly params: P;
  /** Names of the node's inputs. */
  readonly inputs: readonly string[];
}

/** Emits the operators of a node; gives the names of its outputs, in order. */
export type Lower<P = Params> = (call: Call<P>) => readonly string[];

/** A lowering for an op that is one operator with the same inputs. */
export function operator(op: string, options: NodeOptions = {}): Lower<unknown> {
  return ({ builder, inputs }) => [builder.node(op, inputs, options)];
}

/** Converts a value to an element type. */
export function castTo(builder: ModelBuilder, name: string, type: ElementType): string {
  return builder.node('Cast', [name], { attributes: { to: { int: DATA_TYPES[type] } } });
}

/** Dtype of one input of a node. */
export const dtypeOfInput = (node: Node, index = 0): DType => node.inputs[index]!.spec.dtype;
