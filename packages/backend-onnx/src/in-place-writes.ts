import type { Alias, Graph, Tensor } from '@tesserae/tensor';
import { buildGraph } from '@tesserae/tensor';

/** A donated input whose output is the same value with one block replaced: the engine writes it where it is. */
export interface InPlaceWrite<Where> {
  /** Output of the graph as its caller sees it. */
  readonly output: number;
  /** Donated input, counted among those of `run`. */
  readonly input: number;
  /** The block. */
  readonly update: Where;
  /** Where it begins, i32[rank]. */
  readonly starts: Where;
}

/** A graph for ONNX Runtime, and what the engine does after it ran. */
interface SplitGraph {
  /** Gives blocks and starts instead of whole values with a block replaced. */
  readonly graph: Graph;
  /** For each output of the caller's graph, which output of `graph` it is; undefined where it is a write. */
  readonly computed: readonly (number | undefined)[];
  /** Blocks and starts by output of `graph`; inputs count as in the caller's graph. */
  readonly writes: readonly InPlaceWrite<number>[];
}

/**
 * Takes writes into donated inputs out of a graph. ONNX Runtime never writes into an input, so
 * `updateSlice(cache, block, starts)` would copy the cache; what reads the input itself is not changed by that, since
 * the write comes after the run.
 */
export function splitWrites(graph: Graph): SplitGraph {
  const isWrite = graph.outputs.map((_, output) => writeAlias(graph, output) !== undefined);
  if (!isWrite.includes(true)) return { graph, computed: graph.outputs.map((_, index) => index), writes: [] };
  const outputs: Tensor[] = [];
  const place = (tensor: Tensor): number => {
    const known = outputs.indexOf(tensor);
    return known >= 0 ? known : outputs.push(tensor) - 1;
  };
  const names: string[] = [];
  const computed = graph.outputs.map((tensor, index) => {
    if (isWrite[index]) return undefined;
    names.push(graph.outputNames[index]!);
    return outputs.push(tensor) - 1;
  });
  const writes = graph.outputs.flatMap((tensor, output) => {
    const alias = writeAlias(graph, output);
    if (alias === undefined) return [];
    const [, update, starts] = tensor.node.inputs;
    return [{ output, input: alias.input, update: place(update!), starts: place(starts!) }];
  });
  const aliases = graph.aliases.flatMap(({ input, output }) =>
    computed[output] === undefined ? [] : [{ input, output: computed[output] }],
  );
  const outputNames = outputs.map((_, index) => names[index] ?? `:block${index}`);
  const { name, inputs, inputNames } = graph;
  return { graph: buildGraph({ name, inputs, inputNames, outputs, outputNames, aliases }), computed, writes };
}

/** The donation that output `output` takes over by writing one block, if nothing else reads the result. */
function writeAlias(graph: Graph, output: number): Alias | undefined {
  const tensor = graph.outputs[output]!;
  const alias = graph.aliases.find((candidate) => candidate.output === output);
  if (alias === undefined || tensor.node.op !== 'updateSlice') return undefined;
  if (tensor.node.inputs[0] !== graph.inputs[alias.input]) return undefined;
  const isRead = graph.nodes.some((node) => node.inputs.includes(tensor));
  const isRepeated = graph.outputs.indexOf(tensor) !== graph.outputs.lastIndexOf(tensor);
  return isRead || isRepeated ? undefined : alias;
}
