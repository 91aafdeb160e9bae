import type { Backend, Executable, Graph, HostTensor } from '@tesserae/tensor';
import { lowerGraph } from '@tesserae/tensor';

/** How `runGraph` hands a graph over. */
export interface RunOptions {
  /** Values of inputs by index that are passed at compile time instead of at the run. */
  readonly constants?: ReadonlyMap<number, HostTensor>;
  /** Leaves no composite, whatever the backend takes natively. */
  readonly decomposed?: boolean;
}

/** Lowers and compiles a graph. */
export function compileGraph(
  backend: Backend,
  graph: Graph,
  { constants = new Map(), decomposed = false }: RunOptions = {},
): Promise<Executable> {
  const capabilities = decomposed
    ? { ...backend.capabilities, nativeComposites: new Set<string>() }
    : backend.capabilities;
  return backend.compile(lowerGraph(graph, { capabilities }), { constants, debug: 0 });
}

/** Uploads, runs, downloads, and releases what it made; the executable stays the caller's. */
export async function callExecutable(
  backend: Backend,
  executable: Executable,
  inputs: readonly HostTensor[],
): Promise<readonly HostTensor[]> {
  const uploaded = inputs.map((input) => backend.upload(input));
  try {
    const outputs = await executable.run(uploaded);
    try {
      return await Promise.all(outputs.map((output) => backend.download(output)));
    } finally {
      for (const output of outputs) output.release();
    }
  } finally {
    for (const input of uploaded) input.release();
  }
}

/** The graph's outputs for `inputs` (all of them, constants included), computed once. */
export async function runGraph(
  backend: Backend,
  graph: Graph,
  { inputs, ...options }: RunOptions & { readonly inputs: readonly HostTensor[] },
): Promise<readonly HostTensor[]> {
  const executable = await compileGraph(backend, graph, options);
  try {
    return await callExecutable(
      backend,
      executable,
      inputs.filter((_, index) => !options.constants?.has(index)),
    );
  } finally {
    executable.release();
  }
}
