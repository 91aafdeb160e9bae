import type { HostTensor } from '@tesserae/tensor';
import type { Attributes, ElementType, OnnxModel, OnnxNode, OnnxTensor, OnnxValue, Opset } from './types.js';
import { CONTRIB } from './types.js';

/** What an operator application may say besides its inputs. */
export interface NodeOptions {
  readonly attributes?: Attributes;
  /** How many outputs to name; default 1. */
  readonly outputs?: number;
  /** True for an operator of ONNX Runtime's own domain. */
  readonly isContrib?: boolean;
}

/** Parts of a model that the builder does not collect itself. */
interface ModelFrame {
  readonly name: string;
  readonly opset: Opset;
  readonly inputs: readonly OnnxValue[];
  readonly outputs: readonly OnnxValue[];
}

/**
 * Collects nodes and constants while a graph is lowered. Equal applications are made once, so lowerings may
 * ask for the same size or constant as often as they like.
 */
export class ModelBuilder {
  private readonly nodes: OnnxNode[] = [];
  private readonly initializers: OnnxTensor[] = [];
  private readonly known = new Map<string, readonly string[]>();
  private names = 0;

  /** Applies an operator with one output; gives its name. */
  node(op: string, inputs: readonly string[], options: NodeOptions = {}): string {
    return this.nodeOutputs(op, inputs, options)[0]!;
  }

  /** Applies an operator; gives the names of its outputs. */
  nodeOutputs(op: string, inputs: readonly string[], options: NodeOptions = {}): readonly string[] {
    const { attributes = {}, outputs: count = 1, isContrib = false } = options;
    const key = `${op}(${inputs.join(',')})${JSON.stringify(attributes)}${count}`;
    const existing = this.known.get(key);
    if (existing !== undefined) return existing;
    const outputs = Array.from({ length: count }, () => this.freshName());
    this.nodes.push({ op, domain: isContrib ? CONTRIB : '', inputs, outputs, attributes });
    this.known.set(key, outputs);
    return outputs;
  }

  /** Gives `source` the name `name`, for graph outputs. */
  rename(source: string, name: string): void {
    this.nodes.push({ op: 'Identity', domain: '', inputs: [source], outputs: [name], attributes: {} });
  }

  /** A constant of the graph; its name. */
  constant({ dtype, shape, data }: HostTensor, name = this.freshName()): string {
    return this.tensor({ name, type: dtype, shape, data });
  }

  /** One number as a scalar of a type. */
  scalar(type: Exclude<ElementType, 'f16' | 'bf16' | 'i64'>, value: number): string {
    const data = SCALAR_ARRAYS[type](value);
    return this.shared(`${type}:${value}`, () => ({ name: this.freshName(), type, shape: [], data }));
  }

  /** Whole numbers as an i64 vector: axes, sizes, bounds. */
  integers(values: readonly number[]): string {
    return this.shared(`i64[${values.join(',')}]`, () => {
      const data = BigInt64Array.from(values, (value) => BigInt(value));
      return { name: this.freshName(), type: 'i64', shape: [values.length], data };
    });
  }

  /** One whole number as an i64 scalar. */
  integer(value: number): string {
    return this.shared(`i64:${value}`, () => {
      return { name: this.freshName(), type: 'i64', shape: [], data: BigInt64Array.of(BigInt(value)) };
    });
  }

  /** The model, without the nodes and constants that no output needs. */
  build(frame: ModelFrame): OnnxModel {
    const needed = new Set(frame.outputs.map((output) => output.name));
    const nodes: OnnxNode[] = [];
    for (const node of [...this.nodes].reverse()) {
      if (!node.outputs.some((name) => needed.has(name))) continue;
      for (const name of node.inputs) needed.add(name);
      nodes.push(node);
    }
    const initializers = this.initializers.filter((tensor) => needed.has(tensor.name));
    return { ...frame, nodes: nodes.reverse(), initializers };
  }

  private shared(key: string, make: () => OnnxTensor): string {
    const existing = this.known.get(key);
    if (existing !== undefined) return existing[0]!;
    const name = this.tensor(make());
    this.known.set(key, [name]);
    return name;
  }

  private tensor(tensor: OnnxTensor): string {
    this.initializers.push(tensor);
    return tensor.name;
  }

  private freshName(): string {
    return `t${this.names++}`;
  }
}

const SCALAR_ARRAYS = {
  f32: (value: number) => Float32Array.of(value),
  f64: (value: number) => Float64Array.of(value),
  i32: (value: number) => Int32Array.of(value),
  u32: (value: number) => Uint32Array.of(value),
  i8: (value: number) => Int8Array.of(value),
  u8: (value: number) => Uint8Array.of(value),
  bool: (value: number) => Uint8Array.of(value),
};
