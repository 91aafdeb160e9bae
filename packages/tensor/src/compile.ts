import type { Backend, DebugLevel, DeviceTensor, Executable, Log } from './backend.js';
import { CompileError, checkOptions } from './errors.js';
import type { Alias, Graph, Tensor } from './graph/graph.js';
import { buildGraph } from './graph/builder.js';
import { printGraph } from './graph/print.js';
import { verifyGraph } from './graph/verify.js';
import { decomposeGraph } from './passes/decompose.js';
import { dedupeGraph } from './passes/dedupe.js';
import { foldGraph } from './passes/fold.js';
import type { HostTensor, TensorSpec } from './spec.js';
import { equalSpecs, formatSpec } from './spec.js';
import type { Traced } from './trace.js';
import { trace } from './trace.js';
import type { MapTree } from './tree.js';
import { flattenTree, mapTree } from './tree.js';

/** How a function is compiled. */
export interface CompileOptions<Args> {
  /** Name in logs, dumps and errors; default 'compiled'. */
  readonly name?: string;
  /**
   * Members of the argument whose tensors are given up by a call: the result's member of the same name takes their
   * memory. `donate: ['params']` needs `params` in the result with the same tree and specs.
   */
  readonly donate?: readonly (keyof Args & string)[];
  /** Members whose values never change; they are handed over now, may be pre-packed, and are left out of calls. */
  readonly constants?: { readonly [K in keyof Args]?: MapTree<Args[K], Tensor, HostTensor> };
  /** Traces once, ahead, with these specs (symbolic dimensions allowed); calls must fit them. */
  readonly specs?: { readonly [K in keyof Args]?: MapTree<Args[K], Tensor, TensorSpec> };
  /** How many different shapes of the arguments may be compiled before a call throws; default 8. */
  readonly maxGraphs?: number;
  /** Default 0. */
  readonly debug?: DebugLevel;
  readonly log?: Log;
}

/** A call's argument: the traced tree with device tensors or host tensors as leaves. Host tensors are uploaded for the call. */
export type CallArgs<Args> = MapTree<Args, Tensor, DeviceTensor | HostTensor>;

/** A function that runs on a backend. */
export interface CompiledFunction<Args, Result> {
  (args: Partial<CallArgs<Args>>): Promise<MapTree<Result, Tensor, DeviceTensor>>;
  readonly name: string;
  /** The graphs compiled so far, after the passes. */
  readonly graphs: readonly Graph[];
  release(): void;
}

interface Entry<Result> {
  readonly graph: Graph;
  readonly executable: Executable;
  readonly result: Result;
  /** Names of the inputs that a call passes, in graph order. */
  readonly runtimeNames: ReadonlySet<string>;
  readonly argSpecs: object;
}

const KNOWN = ['name', 'donate', 'constants', 'specs', 'maxGraphs', 'debug', 'log'];

/**
 * Makes a function of tensors run on a backend: trace, fold, dedupe, decompose, then the backend's own compilation.
 * Without `specs` it traces at the first call and again for every new combination of shapes, up to `maxGraphs`.
 * @throws CompileError for donated members that the result lacks · OptionError for unknown options
 */
export async function compile<Args extends object, Result>(
  fn: (args: Args) => Result,
  backend: Backend,
  options: CompileOptions<Args> = {},
): Promise<CompiledFunction<Args, Result>> {
  checkOptions('compile', options, KNOWN);
  const { name = 'compiled', specs, maxGraphs = 8 } = options;
  const entries = new Map<string, Promise<Entry<Result>>>();
  const ready: Entry<Result>[] = [];
  const make = async (argSpecs: object): Promise<Entry<Result>> => {
    const entry = await compileOnce(fn, backend, argSpecs, { ...options, name });
    ready.push(entry);
    return entry;
  };
  const ahead = specs === undefined ? undefined : await make(specs);
  const find = (args: object): Promise<Entry<Result>> => {
    if (ahead !== undefined) return Promise.resolve(ahead);
    const argSpecs = mapTree(args, (leaf: Leaf) => specOf(leaf)) as object;
    const key = specKey(argSpecs);
    const known = entries.get(key);
    if (known !== undefined) return known;
    if (entries.size >= maxGraphs) throw tooManyGraphs(name, maxGraphs, ready, argSpecs);
    const entry = make(argSpecs);
    entries.set(key, entry);
    entry.catch(() => entries.delete(key));
    return entry;
  };
  const call = async (args: Partial<CallArgs<Args>>): Promise<MapTree<Result, Tensor, DeviceTensor>> => {
    const entry = await find(args);
    return (await runEntry(entry, args, backend)) as MapTree<Result, Tensor, DeviceTensor>;
  };
  return Object.defineProperties(call, {
    name: { value: name },
    graphs: { get: () => ready.map((entry) => entry.graph) },
    release: { value: () => ready.splice(0).forEach((entry) => entry.executable.release()) },
  }) as CompiledFunction<Args, Result>;
}

type Leaf = DeviceTensor | HostTensor;

const isHost = (leaf: Leaf): leaf is HostTensor => 'data' in leaf;
const specOf = (leaf: Leaf): TensorSpec => (isHost(leaf) ? { dtype: leaf.dtype, shape: leaf.shape } : leaf.spec);

function specKey(specs: object): string {
  return flattenTree<TensorSpec>(specs)
    .map(({ path, leaf }) => `${path}:${formatSpec(leaf)}`)
    .join(';');
}

async function compileOnce<Args extends object, Result>(
  fn: (args: Args) => Result,
  backend: Backend,
  argSpecs: object,
  options: CompileOptions<Args> & { readonly name: string },
): Promise<Entry<Result>> {
  const { name, constants = {}, donate = [], debug = 0, log } = options;
  const started = performance.now();
  const constantSpecs = mapTree(constants, (leaf: HostTensor) => specOf(leaf)) as object;
  const specs = { ...argSpecs, ...constantSpecs } as MapTree<Args, Tensor, TensorSpec>;
  const traced = trace(fn, specs, { name });
  const graph = buildGraph({ ...traced.graph, aliases: pairDonations(traced, donate) });
  if (debug >= 2) log?.(`[${name}] traced\n${printGraph(graph)}`);
  const lowered = lowerGraph(graph, backend, debug >= 1);
  if (debug >= 2) log?.(`[${name}] lowered for ${backend.name}\n${printGraph(lowered)}`);
  const tracedMs = performance.now() - started;
  const executable = await backend.compile(lowered, { constants: constantInputs(lowered, constants), debug, log });
  if (debug >= 1) {
    const compiledMs = performance.now() - started - tracedMs;
    log?.(`[${name}] ${lowered.nodes.length} nodes; traced in ${tracedMs.toFixed(0)} ms, ${backend.name} took ${compiledMs.toFixed(0)} ms`);
  }
  const frozen = constantInputs(lowered, constants);
  const runtimeNames = new Set(lowered.inputNames.filter((_, index) => !frozen.has(index)));
  return { graph: lowered, executable, result: traced.result, runtimeNames, argSpecs };
}

/** The passes every graph goes through on its way to a backend; verified after each when `check` is set. */
export function lowerGraph(graph: Graph, backend: Pick<Backend, 'capabilities'>, check = true): Graph {
  const passes: readonly ((graph: Graph) => Graph)[] = [
    dedupeGraph,
    (before) => decomposeGraph(before, backend.capabilities),
    foldGraph,
    dedupeGraph,
  ];
  return passes.reduce((current, pass) => {
    const next = pass(current);
    if (check) verifyGraph(next);
    return next;
  }, graph);
}

function constantInputs(graph: Graph, constants: object): ReadonlyMap<number, HostTensor> {
  const values = flattenTree<HostTensor>(constants);
  return new Map(values.map(({ path, leaf }) => [graph.inputNames.indexOf(path), leaf]));
}

/** Pairs every leaf of a donated member with the result's leaf at the same path. */
function pairDonations<Result>({ graph }: Traced<Result>, donate: readonly string[]): readonly Alias[] {
  return graph.inputNames.flatMap((path, input) => {
    if (!donate.some((member) => path === member || path.startsWith(`${member}.`))) return [];
    const output = graph.outputNames.indexOf(path);
    const [from, to] = [graph.inputs[input]!, graph.outputs[output]];
    if (to === undefined || !equalSpecs(from.spec, to.spec)) throw unpaired(path, from, to);
    return [{ output, input }];
  });
}

function unpaired(path: string, from: Tensor, to: Tensor | undefined): CompileError {
  return new CompileError({
    op: 'compile',
    problem: `'${path}' is donated (${formatSpec(from.spec)}), but the result has ${to === undefined ? 'no such leaf' : formatSpec(to.spec)}`,
    likely: 'Return the new value under the same name and with the same spec, or do not donate it.',
    page: 'donation',
  });
}

async function runEntry<Result>(entry: Entry<Result>, args: object, backend: Backend): Promise<unknown> {
  const given = new Map(flattenTree<Leaf>(args).map(({ path, leaf }) => [path, leaf]));
  const missing = [...entry.runtimeNames].filter((name) => !given.has(name));
  const surplus = [...given.keys()].filter((name) => !entry.runtimeNames.has(name));
  if (missing.length > 0 || surplus.length > 0) throw wrongMembers(entry.graph.name, missing, surplus);
  const uploaded: DeviceTensor[] = [];
  const inputs = Array.from(entry.runtimeNames, (name) => {
    const leaf = given.get(name)!;
    if (!isHost(leaf)) return leaf;
    const tensor = backend.upload(leaf);
    uploaded.push(tensor);
    return tensor;
  });
  try {
    const outputs = await entry.executable.run(inputs);
    let next = 0;
    return mapTree(entry.result, () => outputs[next++]!);
  } finally {
    for (const tensor of uploaded) tensor.release();
  }
}

function wrongMembers(name: string, missing: readonly string[], surplus: readonly string[]): CompileError {
  const parts = [
    ...(missing.length > 0 ? [`missing ${missing.join(', ')}`] : []),
    ...(surplus.length > 0 ? [`not expected ${surplus.join(', ')}`] : []),
  ];
  return new CompileError({
    op: name,
    problem: `the argument does not fit: ${parts.join('; ')}`,
    likely: 'Pass the tree it was compiled for; constants are not passed again.',
    page: 'call-arguments',
    got: surplus,
    needed: missing,
  });
}

function tooManyGraphs(name: string, maxGraphs: number, ready: readonly Entry<unknown>[], argSpecs: object): CompileError {
  const last = new Map(flattenTree<TensorSpec>(ready.at(-1)?.argSpecs ?? {}).map(({ path, leaf }) => [path, leaf]));
  const changed = flattenTree<TensorSpec>(argSpecs)
    .filter(({ path, leaf }) => last.get(path) === undefined || !equalSpecs(last.get(path)!, leaf))
    .map(({ path, leaf }) => `'${path}' ${last.has(path) ? formatSpec(last.get(path)!) : 'absent'} -> ${formatSpec(leaf)}`);
  return new CompileError({
    op: name,
    problem: `${maxGraphs} graphs are compiled already, and now ${changed.join(', ')} asks for another`,
    likely: 'Pad to a few fixed lengths, compile with symbolic dimensions (specs), or raise maxGraphs.',
    page: 'max-graphs',
    got: changed,
    needed: maxGraphs,
  });
}
