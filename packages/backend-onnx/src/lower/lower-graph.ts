import type { Graph, HostTensor, Node, Tensor } from '@tesserae/tensor';
import { DtypeError, formatSpec } from '@tesserae/tensor';
import { ModelBuilder } from '../model/builder.js';
import type { OnnxModel, OnnxValue, Opset } from '../model/types.js';
import { compositeLowering } from './composites.js';
import type { HostRandomInput } from './host-random.js';
import { HostRandomInputs } from './host-random.js';
import type { Lower, LoweringContext } from './lowering.js';
import { LOWERINGS } from './primitives.js';
import type { SymbolSource } from './sizes.js';
import { Sizes } from './sizes.js';
import type { Target } from './target.js';
import { SUPPORTED_DTYPES } from './target.js';

/** How a graph is lowered. */
interface LowerOptions {
  readonly target: Target;
  readonly opset: Opset;
  /** Graph inputs (by index) that become constants of the model. */
  readonly constants: ReadonlyMap<number, HostTensor>;
  /** True when the host may make random numbers and feed them; false for a model that stands alone. */
  readonly takesHostRandom: boolean;
}

/** A lowered graph: the model, and what must be known to run it. */
export interface LoweredGraph {
  readonly model: OnnxModel;
  /** Name of each graph input in the model. */
  readonly inputNames: readonly string[];
  /** Name of each graph output in the model. */
  readonly outputNames: readonly string[];
  readonly randomInputs: readonly HostRandomInput[];
}

/**
 * Lowers a graph whose composites are all native to the target.
 * @throws DtypeError when a value has a dtype that ONNX Runtime does not store or compute with
 */
export function lowerToModel(graph: Graph, options: LowerOptions): LoweredGraph {
  const { target, opset, constants, takesHostRandom } = options;
  const { inputNames, outputNames } = modelNames(graph);
  const builder = new ModelBuilder();
  const names = new Map<Tensor, string>(graph.inputs.map((input, index) => [input, inputNames[index]!]));
  const random = new HostRandomInputs(graph);
  const used = new Set<string>();
  const context: LoweringContext = {
    builder,
    target,
    sizes: new Sizes(builder, symbolSources(graph, inputNames)),
    nameOf: (tensor) => names.get(tensor)!,
    readersOf: countReaders(graph),
    hostRandom: (request) => (takesHostRandom ? random.request(request) : undefined),
    isFirstUse: (name) => !used.has(name) && used.add(name) !== undefined,
  };
  graph.inputs.forEach((input, index) => requireSupported(inputNames[index]!, input));
  for (const [index, value] of constants) builder.constant(value, inputNames[index]!);
  for (const node of graph.nodes) lowerNode(node, names, context);
  graph.outputs.forEach((output, index) => builder.output(names.get(output)!, outputNames[index]!));
  const model = builder.build({
    name: graph.name,
    opset,
    inputs: [
      ...graph.inputs.flatMap((input, index) =>
        constants.has(index) ? [] : [valueOf(inputNames[index]!, input)],
      ),
      ...random.inputs.map(({ name, dtype, shape }) => ({ name, type: dtype, shape })),
    ],
    outputs: graph.outputs.map((output, index) => valueOf(outputNames[index]!, output)),
  });
  return { model, inputNames, outputNames, randomInputs: random.inputs };
}

function lowerNode(node: Node, names: Map<Tensor, string>, context: LoweringContext): void {
  node.outputs.forEach((output) => requireSupported(node.op, output));
  const lower = ((LOWERINGS as Record<string, unknown>)[node.op] ?? compositeLowering(node.op)) as
    Lower | undefined;
  if (lower === undefined) throw new Error(`internal: '${node.op}' reached backend-onnx undecomposed`);
  const inputs = node.inputs.map((input) => names.get(input)!);
  const outputs = lower({ ...context, node, params: node.params, inputs });
  node.outputs.forEach((output, index) => names.set(output, outputs[index]!));
}

function requireSupported(op: string, { spec }: Tensor): void {
  if (SUPPORTED_DTYPES.includes(spec.dtype)) return;
  throw new DtypeError({
    op,
    problem: `${formatSpec(spec)} has a dtype that backend-onnx does not take (${SUPPORTED_DTYPES.join(', ')})`,
    likely: 'Store bf16 weights as f32 or f16 before compiling.',
    page: 'onnx-dtype',
    got: spec.dtype,
    needed: SUPPORTED_DTYPES,
  });
}

const valueOf = (name: string, { spec }: Tensor): OnnxValue => ({
  name,
  type: spec.dtype,
  shape: spec.shape,
});

/** Paths of inputs and outputs as unique names: an output named like an input gets the ending `:out`. */
function modelNames(graph: Graph): {
  readonly inputNames: readonly string[];
  readonly outputNames: readonly string[];
} {
  const taken = new Set<string>();
  const unique = (wanted: string, ending: string): string => {
    let name = wanted;
    for (let count = 2; taken.has(name); count++) name = `${wanted}${ending}${count === 2 ? '' : count}`;
    taken.add(name);
    return name;
  };
  const inputNames = graph.inputNames.map((name) => unique(name === '' ? 'input' : name, ':in'));
  return { inputNames, outputNames: graph.outputNames.map((name) => unique(name, ':out')) };
}

/** For each symbol, an input with an axis of exactly that size. */
function symbolSources(graph: Graph, inputNames: readonly string[]): ReadonlyMap<string, SymbolSource> {
  const sources = new Map<string, SymbolSource>();
  graph.inputs.forEach((input, index) => {
    input.spec.shape.forEach((dim, axis) => {
      if (typeof dim === 'number' || dim.terms.length !== 1) return;
      const { coefficient, symbols } = dim.terms[0]!;
      const [name, ...others] = symbols;
      if (coefficient !== 1 || others.length > 0 || sources.has(name!)) return;
      sources.set(name!, { input: inputNames[index]!, axis });
    });
  });
  return sources;
}

function countReaders(graph: Graph): (tensor: Tensor) => number {
  const counts = new Map<Tensor, number>();
  const read = (tensor: Tensor): unknown => counts.set(tensor, (counts.get(tensor) ?? 0) + 1);
  for (const node of graph.nodes) node.inputs.forEach(read);
  graph.outputs.forEach(read);
  return (tensor) => counts.get(tensor) ?? 0;
}
