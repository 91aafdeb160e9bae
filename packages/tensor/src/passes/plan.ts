import type { DimBindings } from '../dim.js';
import type { Graph, Tensor } from '../graph/graph.js';
import { evaluateShape, sizeInBytes } from '../spec.js';

/** Where a value lives while the graph runs. */
export interface PlannedBuffer {
  /** Offset in the arena, in bytes. */
  readonly offset: number;
  readonly sizeBytes: number;
}

/** Memory of one run: who lives where, and until when. */
export interface MemoryPlan {
  /** Size of the arena that holds all intermediate values, in bytes. */
  readonly arenaBytes: number;
  /** Bytes of the intermediates if nothing were reused. */
  readonly totalBytes: number;
  /** Intermediates only; inputs belong to the caller, outputs are handed out. */
  readonly buffers: ReadonlyMap<Tensor, PlannedBuffer>;
  /** For each node, the intermediates that nobody reads after it. */
  readonly expiring: readonly (readonly Tensor[])[];
  /** For each node, the donated inputs that nobody reads after it and that are no outputs themselves. */
  readonly donatedAfter: readonly (readonly Tensor[])[];
}

/** Buffers start at multiples of this, which suits vector loads and GPU bindings. */
const ALIGNMENT_BYTES = 256;

/**
 * Plans the memory of a run under given sizes: liveness first, then first-fit placement in one arena.
 * Outputs are not in the arena: they are handed to the caller, or take the memory of a donated input.
 */
export function planMemory(graph: Graph, bindings: DimBindings): MemoryPlan {
  const lastUse = lastUses(graph);
  const outputs = new Set(graph.outputs);
  let arena: Placed[] = [];
  let arenaBytes = 0;
  const buffers = new Map<Tensor, PlannedBuffer>();
  const expiring: Tensor[][] = graph.nodes.map(() => []);
  let totalBytes = 0;
  graph.nodes.forEach((node, step) => {
    arena = arena.filter((placed) => placed.until >= step);
    for (const output of node.outputs) {
      if (outputs.has(output)) continue;
      const sizeBytes = sizeInBytes({
        dtype: output.spec.dtype,
        shape: evaluateShape(output.spec.shape, bindings),
      });
      const until = lastUse.get(output) ?? step;
      const offset = place(arena, sizeBytes, until);
      arenaBytes = Math.max(arenaBytes, offset + sizeBytes);
      buffers.set(output, { offset, sizeBytes });
      expiring[until]!.push(output);
      totalBytes += sizeBytes;
    }
  });
  return { arenaBytes, totalBytes, buffers, expiring, donatedAfter: donations(graph, lastUse) };
}

interface Placed {
  readonly start: number;
  readonly end: number;
  readonly until: number;
}

/** First gap between the living buffers, which `arena` keeps sorted by offset. */
function place(arena: Placed[], sizeBytes: number, until: number): number {
  const size = Math.max(ALIGNMENT_BYTES, Math.ceil(sizeBytes / ALIGNMENT_BYTES) * ALIGNMENT_BYTES);
  let start = 0;
  let index = 0;
  for (; index < arena.length; index++) {
    const placed = arena[index]!;
    if (placed.start - start >= size) break;
    start = Math.max(start, placed.end);
  }
  arena.splice(index, 0, { start, end: start + size, until });
  return start;
}

function lastUses(graph: Graph): ReadonlyMap<Tensor, number> {
  const last = new Map<Tensor, number>();
  graph.nodes.forEach((node, step) => node.inputs.forEach((input) => last.set(input, step)));
  return last;
}

function donations(graph: Graph, lastUse: ReadonlyMap<Tensor, number>): readonly (readonly Tensor[])[] {
  const after: Tensor[][] = graph.nodes.map(() => []);
  const outputs = new Set(graph.outputs);
  for (const { input } of graph.aliases) {
    const tensor = graph.inputs[input]!;
    const step = lastUse.get(tensor);
    if (step !== undefined && !outputs.has(tensor)) after[step]!.push(tensor);
  }
  return after;
}
