import type { Backend, DebugLevel, Executable, Log } from './backend.js';
import type { CompileOptions } from './compile-options.js';
import { dimSymbols } from './dim.js';
import { CompileError, DtypeError } from './errors.js';
import { buildGraph } from './graph/builder.js';
import type { Alias, Graph, Tensor } from './graph/graph.js';
import { printGraph } from './graph/print.js';
import { lowerGraph } from './passes/lower.js';
import { planMemory } from './passes/plan.js';
import type { HostTensor, TensorSpec } from './spec.js';
import { equalSpecs, formatSpec } from './spec.js';
import type { Traced } from './trace.js';
import { LONE_INPUT, trace } from './trace.js';
import type { MapTree } from './tree.js';
import { flattenTree, mapTree } from './tree.js';

/** A function traced for one combination of specs and compiled by a backend. */
export interface CompiledGraph<Result> {
  /** After the passes. */
  readonly graph: Graph;
  readonly executable: Executable;
  /** What the function returned while tracing: the tree of the outputs. */
  readonly result: Result;
  /** Names of the inputs that a call passes, in graph order; constants are not among them. */
  readonly runtimeNames: ReadonlySet<string>;
}

/** Options of `compileGraph`, the name filled in. */
type NamedOptions<Args> = CompileOptions<Args> & { readonly name: string };

/**
 * Traces `fn`, runs the passes and has the backend compile the result.
 * @throws CompileError for donations without a partner · DtypeError for a dtype that the backend lacks
 */
export async function compileGraph<Args extends object, Result>(
  fn: (args: Args) => Result,
  argSpecs: object,
  { backend, options }: { readonly backend: Backend; readonly options: NamedOptions<Args> },
): Promise<CompiledGraph<Result>> {
  const { name, constants = {}, donate = [], debug = 0, log } = options;
  const dump = createDump(name, debug, log);
  const started = performance.now();
  const constantSpecs = mapTree(constants, ({ dtype, shape }: HostTensor) => ({ dtype, shape })) as object;
  const specs = isLeafSpec(argSpecs) ? argSpecs : { ...argSpecs, ...constantSpecs };
  const traced = trace(fn, specs as MapTree<Args, Tensor, TensorSpec>, { name });
  const frozen = constantInputs(traced.graph, constants);
  const graph = buildGraph({ ...traced.graph, aliases: pairDonations(traced, { donate, frozen }) });
  dump(2, () => `traced\n${printGraph(graph)}`);
  const lowered = lowerGraph(graph, backend, debug >= 1);
  requireDtypes(lowered, backend);
  dump(2, () => `lowered for ${backend.name}\n${printGraph(lowered)}`);
  dump(3, () => planSummary(lowered));
  const tracedMs = performance.now() - started;
  const executable = await backend.compile(lowered, { constants: frozen, debug, log });
  const compiledMs = performance.now() - started - tracedMs;
  const times = `traced in ${tracedMs.toFixed(0)} ms, ${backend.name} took ${compiledMs.toFixed(0)} ms`;
  dump(1, () => `${lowered.nodes.length} nodes; ${times}`);
  const runtimeNames = new Set(lowered.inputNames.filter((_, index) => !frozen.has(index)));
  return { graph: lowered, executable, result: traced.result, runtimeNames };
}

const isLeafSpec = (specs: object): boolean => 'dtype' in specs && 'shape' in specs;

function createDump(name: string, debug: DebugLevel, log: Log | undefined) {
  return (level: DebugLevel, text: () => string): void => {
    if (debug >= level) log?.(`[${name}] ${text()}`);
  };
}

/** The line of debug level 3: how much memory a run takes besides its inputs and outputs. */
function planSummary(graph: Graph): string {
  const values = [...graph.inputs, ...graph.nodes.flatMap((node) => node.outputs)];
  const symbols = new Set(values.flatMap(({ spec }) => spec.shape.flatMap(dimSymbols)));
  if (symbols.size > 0) return `plan: made at each run, from ${[...symbols].sort().join(', ')}`;
  const { arenaBytes, totalBytes, buffers } = planMemory(graph, {});
  const unshared = `${totalBytes} bytes without reuse`;
  return `plan: ${buffers.size} buffers in an arena of ${arenaBytes} bytes (${unshared}), ${graph.aliases.length} donations`;
}

function constantInputs(graph: Graph, constants: object): ReadonlyMap<number, HostTensor> {
  const indices = new Map(graph.inputNames.map((path, index) => [path, index]));
  const values = flattenTree<HostTensor>(constants);
  return new Map(values.map(({ path, leaf }) => [indices.get(path || LONE_INPUT)!, leaf]));
}

/** Pairs every leaf of a donated member with the result's leaf at the same path. */
function pairDonations<Result>(
  { graph }: Traced<Result>,
  {
    donate,
    frozen,
  }: { readonly donate: readonly string[]; readonly frozen: ReadonlyMap<number, HostTensor> },
): readonly Alias[] {
  const outputs = new Map(graph.outputNames.map((path, index) => [path, index]));
  return donate.flatMap((member) => {
    const paths = graph.inputNames.filter((path) => path === member || path.startsWith(`${member}.`));
    if (paths.length === 0) throw undonatable(member, 'the argument has no such member');
    return paths.map((path) => {
      const input = graph.inputNames.indexOf(path);
      if (frozen.has(input)) throw undonatable(path, 'it is a constant, which every call needs again');
      const output = outputs.get(path);
      const [from, to] = [graph.inputs[input]!, output === undefined ? undefined : graph.outputs[output]];
      if (output !== undefined && to !== undefined && equalSpecs(from.spec, to.spec))
        return { output, input };
      const found = to === undefined ? 'no such leaf' : formatSpec(to.spec);
      throw undonatable(path, `it is ${formatSpec(from.spec)}, but the result has ${found}`);
    });
  });
}

function undonatable(path: string, reason: string): CompileError {
  return new CompileError({
    op: 'compile',
    problem: `'${path}' cannot be donated: ${reason}`,
    likely: 'Return the new value under the same name and with the same spec, or do not donate it.',
    page: 'donation',
    got: path,
  });
}

function requireDtypes(graph: Graph, { name, capabilities: { dtypes } }: Backend): void {
  const refuse = (owner: string, { spec }: Tensor): void => {
    if (dtypes.includes(spec.dtype)) return;
    throw new DtypeError({
      op: graph.name,
      problem: `${owner} is ${formatSpec(spec)}; backend '${name}' takes ${dtypes.join(', ')}`,
      likely: 'Cast it, load the weights in another dtype, or choose another backend.',
      page: 'backend-dtype',
      got: spec.dtype,
      needed: dtypes,
    });
  };
  graph.inputs.forEach((tensor, index) => refuse(`input '${graph.inputNames[index]!}'`, tensor));
  for (const node of graph.nodes)
    for (const output of node.outputs) refuse(`a result of '${node.op}'`, output);
}
