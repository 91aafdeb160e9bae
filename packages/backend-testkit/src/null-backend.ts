import type {
  Backend,
  BackendCompileOptions,
  ConcreteSpec,
  DeviceTensor,
  Graph,
  MemoryPlan,
} from '@tesserae/tensor';
import {
  ALL_DTYPES,
  DTYPES,
  OwnershipError,
  ShapeError,
  bindDims,
  evaluateShape,
  formatSpec,
  planMemory,
  sizeOf,
} from '@tesserae/tensor';

/** One run of the null backend. */
export interface NullCall {
  readonly graph: Graph;
  /** Of every graph input, constants included. */
  readonly inputs: readonly ConcreteSpec[];
  readonly outputs: readonly ConcreteSpec[];
  readonly plan: MemoryPlan;
}

/** What the null backend saw, in order. */
export interface NullRecords {
  readonly graphs: readonly { readonly graph: Graph; readonly options: BackendCompileOptions }[];
  readonly calls: readonly NullCall[];
  /** Tensors made and not yet released or donated: what leaks. */
  readonly liveTensors: () => number;
}

/** A backend that computes nothing: results are zeros of the right shape. For tests of what drives a backend. */
export function createNullBackend(): { readonly backend: Backend; readonly records: NullRecords } {
  const graphs: { graph: Graph; options: BackendCompileOptions }[] = [];
  const calls: NullCall[] = [];
  const live = new Set<DeviceTensor>();
  const run = (
    graph: Graph,
    { constants }: BackendCompileOptions,
    inputs: readonly DeviceTensor[],
  ): readonly DeviceTensor[] => {
    for (const tensor of inputs) requireLive(tensor, live);
    const call = planCall(graph, constants, inputs);
    calls.push(call);
    const runtime = graph.inputs.flatMap((_, index) => (constants.has(index) ? [] : [index]));
    for (const { input } of graph.aliases) live.delete(inputs[runtime.indexOf(input)]!);
    return call.outputs.map((spec) => makeTensor(spec, live));
  };
  const backend: Backend = {
    name: 'null',
    capabilities: { dtypes: ALL_DTYPES, symbolicDims: true, nativeComposites: new Set() },
    compile: async (graph, options) => {
      graphs.push({ graph, options });
      return { run: async (inputs) => run(graph, options, inputs), release: () => undefined };
    },
    upload: ({ dtype, shape }) => makeTensor({ dtype, shape }, live),
    download: async (value) => {
      requireLive(value, live);
      const { dtype, shape } = value.spec;
      return { dtype, shape, data: DTYPES[dtype].create(sizeOf(shape)) };
    },
    close: async () => live.clear(),
  };
  return { backend, records: { graphs, calls, liveTensors: () => live.size } };
}

/** Binds the symbols and plans the memory of one run. */
function planCall(
  graph: Graph,
  constants: BackendCompileOptions['constants'],
  inputs: readonly DeviceTensor[],
): NullCall {
  const queue = [...inputs];
  const actual = graph.inputs.map((_, index) => constants.get(index) ?? queue.shift()?.spec);
  const missing = actual.findIndex((spec) => spec === undefined);
  if (missing >= 0 || queue.length > 0) {
    throw new ShapeError({
      op: graph.name,
      problem: `got ${inputs.length} inputs, needed ${graph.inputs.length - constants.size}`,
      likely:
        missing >= 0 ? `'${graph.inputNames[missing]!}' is missing.` : 'Constants are not passed to run.',
      page: 'input-count',
    });
  }
  const specs = (actual as readonly ConcreteSpec[]).map(({ dtype, shape }) => ({ dtype, shape }));
  const named = graph.inputs.map(({ spec }, index) => ({ name: graph.inputNames[index]!, spec }));
  const bindings = bindDims(named, specs);
  const outputs = graph.outputs.map(({ spec }) => ({
    dtype: spec.dtype,
    shape: evaluateShape(spec.shape, bindings),
  }));
  return { graph, inputs: specs, outputs, plan: planMemory(graph, bindings) };
}

function makeTensor(spec: ConcreteSpec, live: Set<DeviceTensor>): DeviceTensor {
  const release = (): void => void live.delete(tensor);
  const tensor: DeviceTensor = { spec, release, [Symbol.dispose]: release };
  live.add(tensor);
  return tensor;
}

function requireLive(tensor: DeviceTensor, live: ReadonlySet<DeviceTensor>): void {
  if (live.has(tensor)) return;
  throw new OwnershipError({
    op: 'nullBackend',
    problem: `a tensor ${formatSpec(tensor.spec)} was released or donated`,
    likely: 'It was used after that; release it later.',
    page: 'tensor-released',
  });
}
