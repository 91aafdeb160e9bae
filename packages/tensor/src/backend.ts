import type { DType } from './dtype.js';
import type { Graph, Node } from './graph/graph.js';
import type { ConcreteSpec, HostTensor } from './spec.js';

/** What a backend can do; the compiler decomposes and refuses by this. */
export interface Capabilities {
  /** Element types of the values it stores and computes with. */
  readonly dtypes: readonly DType[];
  /** True when a compiled graph may keep symbolic dimensions until it runs. */
  readonly symbolicDims: boolean;
  /** Composites it takes natively; the others are decomposed before it sees the graph. */
  readonly nativeComposites: ReadonlySet<string>;
  /**
   * A second say on one node of a native composite, e.g. when an output it cannot give is used.
   * @param usedOutputs  for each output of the node, whether anything reads it
   */
  readonly acceptsComposite?: (node: Node, usedOutputs: readonly boolean[]) => boolean;
}

/** 0 nothing · 1 compilations and timings · 2 graphs before and after the passes · 3 plan and buffers · 4 kernel sources. */
export type DebugLevel = 0 | 1 | 2 | 3 | 4;

/** Where debug lines go; `name` is the compiled function's. */
export type Log = (line: string) => void;

/** What a backend is told besides the graph. */
export interface BackendCompileOptions {
  /** Values of graph inputs (by index) that never change: the adapter may pre-pack them. They are not passed to `run`. */
  readonly constants: ReadonlyMap<number, HostTensor>;
  readonly debug: DebugLevel;
  readonly log?: Log;
}

/** A value in a backend's memory, owned by whoever holds it. */
export interface DeviceTensor {
  readonly spec: ConcreteSpec;
  /** Frees the memory; a second call does nothing. */
  release(): void;
  [Symbol.dispose](): void;
}

/** A compiled graph. */
export interface Executable {
  /**
   * Runs once. Takes the inputs that are not constants, in graph order; gives the outputs, owned by the caller.
   * Inputs named in `graph.aliases` are consumed: touching them afterwards throws OwnershipError.
   * @throws ShapeError when shapes do not fit · OwnershipError for a released input · BackendError
   */
  run(inputs: readonly DeviceTensor[]): Promise<readonly DeviceTensor[]>;
  release(): void;
}

/** Runs graphs on one device. Made by a factory, handed to `compile`; never registered anywhere. */
export interface Backend {
  /** 'cpu', 'onnx', 'webgpu', 'cuda', or a third party's own. */
  readonly name: string;
  readonly capabilities: Capabilities;
  /** Takes a graph whose composites are all native and whose shapes are decided. */
  compile(graph: Graph, options: BackendCompileOptions): Promise<Executable>;
  /** Copies a value to the device. */
  upload(value: HostTensor): DeviceTensor;
  /** Copies a value back; also where errors of earlier work surface. */
  download(value: DeviceTensor): Promise<HostTensor>;
  /** Frees everything; the backend is unusable afterwards. */
  close(): Promise<void>;
}
