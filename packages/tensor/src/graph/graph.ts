import type { OpRecord, Params } from '../ops/define.js';
import type { TensorSpec } from '../spec.js';

/**
 * A symbolic tensor: one output of a node. Tensors and nodes form a frozen DAG that grows by calling ops;
 * there is no builder and nothing ambient. A Graph is the linear view of such a DAG.
 */
export interface Tensor {
  readonly spec: TensorSpec;
  readonly node: Node;
  /** Which output of the node this is. */
  readonly output: number;
}

/** One application of an op. */
export interface Node {
  /** Name of the op; the record itself is beside it. */
  readonly op: string;
  readonly record: OpRecord;
  readonly inputs: readonly Tensor[];
  readonly params: Params;
  readonly outputs: readonly Tensor[];
}

/** A memory promise: output `output` may take over the memory of input `input`, which is gone after the run. */
export interface Alias {
  readonly output: number;
  readonly input: number;
}

/** A program: inputs, nodes in an order in which every node follows what it reads, and outputs. */
export interface Graph {
  readonly name: string;
  readonly inputs: readonly Tensor[];
  /** Topological; `input` nodes are not listed. */
  readonly nodes: readonly Node[];
  readonly outputs: readonly Tensor[];
  readonly inputNames: readonly string[];
  readonly outputNames: readonly string[];
  readonly aliases: readonly Alias[];
}
