import type { DType, Graph, Shape } from '@tesserae/tensor';
import { formatShape } from '@tesserae/tensor';
import type { HostRandomRequest } from './lowering.js';

/** Random numbers that the host makes before each run and feeds as one more input of the session. */
export interface HostRandomInput {
  /** Name of the session input. */
  readonly name: string;
  /** Index of the graph input that holds the key. */
  readonly key: number;
  readonly dtype: DType;
  readonly shape: Shape;
  readonly stream: number;
  readonly draw: HostRandomRequest['draw'];
}

/**
 * Collects the random inputs of a graph. Nodes that draw the same numbers share one input, so the backward pass
 * of a dropout reads the mask of its forward pass.
 */
export class HostRandomInputs {
  private readonly byKey = new Map<string, HostRandomInput>();

  constructor(private readonly graph: Graph) {}

  get inputs(): readonly HostRandomInput[] {
    return [...this.byKey.values()];
  }

  /** The name of the session input with these numbers; undefined when the key is computed inside the graph. */
  request({ key, shape, stream, draw }: HostRandomRequest): string | undefined {
    const keyInput = this.graph.inputs.indexOf(key);
    if (keyInput < 0) return undefined;
    const id = `${keyInput}/${stream}/${formatShape(shape)}/${JSON.stringify(draw)}`;
    const existing = this.byKey.get(id);
    if (existing !== undefined) return existing.name;
    const name = `random:${this.byKey.size}`;
    const dtype = draw.kind === 'bits' ? 'i32' : draw.dtype;
    this.byKey.set(id, { name, key: keyInput, dtype, shape, stream, draw });
    return name;
  }
}
