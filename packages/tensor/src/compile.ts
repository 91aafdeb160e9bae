import type { Backend, DeviceTensor } from './backend.js';
import type { CompileOptions } from './compile-options.js';
import { checkCompileOptions } from './compile-options.js';
import type { CompiledGraph } from './compiled-graph.js';
import { compileGraph } from './compiled-graph.js';
import { CompileError } from './errors.js';
import { GraphCache } from './graph-cache.js';
import type { Graph, Tensor } from './graph/graph.js';
import type { HostTensor, TensorSpec } from './spec.js';
import { bindDims, evaluateShape } from './spec.js';
import { LONE_INPUT } from './trace.js';
import type { MapTree } from './tree.js';
import { flattenTree, mapTree } from './tree.js';

/** A call's argument: the traced tree with device tensors or host tensors as leaves. Host tensors are uploaded for the call. */
export type CallArgs<Args> = MapTree<Args, Tensor, DeviceTensor | HostTensor>;

/** A function that runs on a backend. */
export interface CompiledFunction<Args, Result> {
  /**
   * Runs once. Takes every member but the constants; the caller owns the result and what it passed, except donated
   * members, which are gone.
   * @throws CompileError for missing or surplus members, or one graph too many · OwnershipError after `release`
   */
  (args: Partial<CallArgs<Args>>): Promise<MapTree<Result, Tensor, DeviceTensor>>;
  readonly name: string;
  /** The graphs compiled so far, after the passes. */
  readonly graphs: readonly Graph[];
  /** Frees the compiled graphs; further calls throw. A second release does nothing. */
  release(): void;
}

type Leaf = DeviceTensor | HostTensor;

/**
 * Makes a function of tensors run on a backend: trace, fold, dedupe, decompose, then the backend's own compilation.
 * Without `specs` it traces at the first call and again for every new combination of shapes, up to `maxGraphs`.
 * @throws CompileError for donated members without a partner in the result · OptionError for unknown options
 */
export async function compile<Args extends object, Result>(
  fn: (args: Args) => Result,
  backend: Backend,
  options: CompileOptions<Args> = {},
): Promise<CompiledFunction<Args, Result>> {
  checkCompileOptions(options);
  const { name = 'compiled', specs, maxGraphs = 8 } = options;
  const cache = new GraphCache<Result>({
    name,
    maxGraphs,
    make: (argSpecs) => compileGraph(fn, argSpecs, { backend, options: { ...options, name } }),
  });
  const isReady = specs !== undefined && (backend.capabilities.symbolicDims || isConcrete(specs));
  const ahead = isReady ? await cache.get(specs) : undefined;
  const call = async (args: object): Promise<unknown> => {
    cache.requireOpen();
    const argSpecs = (): object =>
      (specs === undefined ? mapTree(args, specOf) : boundSpecs(name, specs, args)) as object;
    return runGraph(ahead ?? (await cache.get(argSpecs())), args, backend);
  };
  return Object.defineProperties(call, {
    name: { value: name },
    graphs: { get: () => cache.ready.map(({ graph }) => graph) },
    release: { value: () => cache.release() },
  }) as CompiledFunction<Args, Result>;
}

const isHost = (leaf: Leaf): leaf is HostTensor => 'data' in leaf;
const specOf = (leaf: Leaf): TensorSpec =>
  isHost(leaf) ? { dtype: leaf.dtype, shape: leaf.shape } : leaf.spec;

const isConcrete = (specs: object): boolean =>
  flattenTree<TensorSpec>(specs).every(({ leaf }) => leaf.shape.every((dim) => typeof dim === 'number'));

/** `specs` with the sizes of this call in place of the symbols, for a backend that wants numbers. */
function boundSpecs(name: string, specs: object, args: object): object {
  const expected = flattenTree<TensorSpec>(specs).map(({ path, leaf }) => ({ name: path, spec: leaf }));
  const given = leavesOf(args);
  requireMembers(name, new Set(expected.map((entry) => entry.name)), given);
  const actual = expected.map((entry) => specOf(given.get(entry.name)!));
  const bindings = bindDims(expected, actual);
  return mapTree(specs, ({ dtype, shape }: TensorSpec) => ({
    dtype,
    shape: evaluateShape(shape, bindings),
  })) as object;
}

function leavesOf(args: object): ReadonlyMap<string, Leaf> {
  return new Map(flattenTree<Leaf>(args).map(({ path, leaf }) => [path || LONE_INPUT, leaf]));
}

async function runGraph<Result>(
  { graph, executable, result, runtimeNames }: CompiledGraph<Result>,
  args: object,
  backend: Backend,
): Promise<unknown> {
  const given = leavesOf(args);
  requireMembers(graph.name, runtimeNames, given);
  const uploaded: DeviceTensor[] = [];
  try {
    const inputs = Array.from(runtimeNames, (name) => {
      const leaf = given.get(name)!;
      if (!isHost(leaf)) return leaf;
      const tensor = backend.upload(leaf);
      uploaded.push(tensor);
      return tensor;
    });
    const outputs = await executable.run(inputs);
    let next = 0;
    return mapTree(result, () => outputs[next++]!);
  } finally {
    for (const tensor of uploaded) tensor.release();
  }
}

function requireMembers(
  name: string,
  expected: ReadonlySet<string>,
  given: ReadonlyMap<string, unknown>,
): void {
  const missing = [...expected].filter((path) => !given.has(path));
  const surplus = [...given.keys()].filter((path) => !expected.has(path));
  if (missing.length === 0 && surplus.length === 0) return;
  const parts = [
    ...(missing.length > 0 ? [`missing ${missing.join(', ')}`] : []),
    ...(surplus.length > 0 ? [`not expected ${surplus.join(', ')}`] : []),
  ];
  throw new CompileError({
    op: name,
    problem: `the argument does not fit: ${parts.join('; ')}`,
    likely: 'Pass the tree it was compiled for; constants are not passed again.',
    page: 'call-arguments',
    got: surplus,
    needed: missing,
  });
}
