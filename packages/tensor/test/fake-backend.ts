import type {
  Backend,
  BackendCompileOptions,
  Capabilities,
  DeviceTensor,
  Graph,
  HostTensor,
} from '../src/index.js';
import {
  ALL_DTYPES,
  type BackendError,
  DTYPES,
  OwnershipError,
  bindDims,
  evaluateShape,
  sizeOf,
} from '../src/index.js';

/** What the fake was asked to do, in order. */
export interface FakeRecords {
  readonly compiled: { readonly graph: Graph; readonly options: BackendCompileOptions }[];
  /** Names of the inputs of each run. */
  readonly runs: (readonly string[])[];
  readonly released: Graph[];
  /** Tensors made and neither released nor donated. */
  readonly live: Set<DeviceTensor>;
  /** Set to make the next run fail. */
  failure?: BackendError;
}

/** A backend that computes nothing: results are zeros of the right spec. */
export function createFakeBackend(capabilities: Partial<Capabilities> = {}): {
  readonly backend: Backend;
  readonly records: FakeRecords;
} {
  const records: FakeRecords = { compiled: [], runs: [], released: [], live: new Set() };
  const make = (spec: DeviceTensor['spec']): DeviceTensor => {
    const release = (): void => void records.live.delete(tensor);
    const tensor: DeviceTensor = { spec, release, [Symbol.dispose]: release };
    records.live.add(tensor);
    return tensor;
  };
  const run = (graph: Graph, { constants }: BackendCompileOptions, given: readonly DeviceTensor[]) => {
    if (records.failure !== undefined) throw records.failure;
    const queue = [...given];
    const inputs = graph.inputs.map((_, index) => (constants.has(index) ? undefined : queue.shift()));
    for (const tensor of inputs) {
      if (tensor !== undefined && !records.live.has(tensor)) {
        throw new OwnershipError({ op: graph.name, problem: 'released' });
      }
    }
    const named = graph.inputs.map(({ spec }, index) => ({ name: graph.inputNames[index]!, spec }));
    const bindings = bindDims(
      named,
      inputs.map((tensor, index) => tensor?.spec ?? constants.get(index)!),
    );
    records.runs.push(graph.inputNames.filter((_, index) => !constants.has(index)));
    for (const { input } of graph.aliases) records.live.delete(inputs[input]!);
    return graph.outputs.map(({ spec: { dtype, shape } }) =>
      make({ dtype, shape: evaluateShape(shape, bindings) }),
    );
  };
  const backend: Backend = {
    name: 'fake',
    capabilities: { dtypes: ALL_DTYPES, symbolicDims: true, nativeComposites: new Set(), ...capabilities },
    compile: async (graph, options) => {
      records.compiled.push({ graph, options });
      return {
        run: async (inputs) => run(graph, options, inputs),
        release: () => records.released.push(graph),
      };
    },
    upload: ({ dtype, shape }: HostTensor) => make({ dtype, shape }),
    download: async ({ spec: { dtype, shape } }) => ({
      dtype,
      shape,
      data: DTYPES[dtype].create(sizeOf(shape)),
    }),
    close: async () => records.live.clear(),
  };
  return { backend, records };
}
