import type { DType, HostTensor } from '@tesserae/tensor';
import { hostScalar } from '@tesserae/tensor';
import type { Attributes, OnnxModel, OnnxNode, OnnxTensor, OnnxValue, Opset } from './types.js';
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
  private readonly computed = new Set<string>();
  private readonly renamed = new Map<string, string>();
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
    for (const name of outputs) this.computed.add(name);
    return outputs;
  }

  /** Makes a value an output of the graph under a name of its own; values nobody computes here are copied. */
  output(source: string, name: string): void {
    if (this.computed.has(source) && !this.renamed.has(source)) this.renamed.set(source, name);
    else this.nodes.push({ op: 'Identity', domain: '', inputs: [source], outputs: [name], attributes: {} });
  }

  /** A constant of the graph; its name. */
  constant({ dtype, shape, data }: HostTensor, name = this.freshName()): string {
    return this.tensor({ name, type: dtype, shape, data });
  }

  /** One number as a scalar of a dtype. */
  scalar(dtype: DType, value: number): string {
    return this.shared(`${dtype}:${Object.is(value, -0) ? '-0' : value}`, () => {
      return { name: this.freshName(), type: dtype, shape: [], data: hostScalar(dtype, value).data };
    });
  }

  /** One unsigned 32-bit word as a scalar. */
  word(value: number): string {
    return this.shared(`u32:${value}`, () => {
      return { name: this.freshName(), type: 'u32', shape: [], data: Uint32Array.of(value) };
    });
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
    const final = (name: string): string => this.renamed.get(name) ?? name;
    const needed = new Set(frame.outputs.map((output) => output.name));
    const nodes: OnnxNode[] = [];
    for (const node of [...this.nodes].reverse()) {
      const outputs = node.outputs.map(final);
      if (!outputs.some((name) => needed.has(name))) continue;
      const inputs = node.inputs.map(final);
      for (const name of inputs) needed.add(name);
      nodes.push({ ...node, inputs, outputs });
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
    return `:${this.names++}`;
  }
}
