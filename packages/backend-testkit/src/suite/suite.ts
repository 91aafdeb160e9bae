import type { Backend, Graph, HostTensor } from '@tesserae/tensor';
import type { Tolerances } from '../compare.js';
import { requireClose } from '../compare.js';
import { MismatchError } from '../mismatch-error.js';
import type { RunOptions } from '../run-graph.js';
import { runGraph } from '../run-graph.js';

/** What the parts of the suite share. */
export interface Suite {
  /** Adds a case; its full name is `part › group › name`. */
  readonly add: (
    path: readonly [part: string, group: string, name: string],
    body: () => Promise<void>,
  ) => void;
  /** The backend under test. */
  readonly backend: Backend;
  /** Makes another one, for cases that close it. */
  readonly create: () => Backend | Promise<Backend>;
  readonly reference: Backend;
  readonly tolerances: Tolerances;
}

/** Runs one graph on both backends and compares every output. */
export async function compareBackends(
  { backend, reference, tolerances }: Suite,
  graph: Graph,
  options: RunOptions & { readonly inputs: readonly HostTensor[] },
): Promise<void> {
  const needed = await runGraph(reference, graph, options);
  const got = await runGraph(backend, graph, options);
  requireAllClose(got, needed, { op: graph.name, tolerances });
}

/** @throws MismatchError when the lists differ in length or any pair of tensors is too far apart */
export function requireAllClose(
  got: readonly HostTensor[],
  needed: readonly HostTensor[],
  { op, tolerances }: { readonly op: string; readonly tolerances: Tolerances },
): void {
  if (got.length !== needed.length) {
    throw new MismatchError({ op, problem: `got ${got.length} outputs, needed ${needed.length}` });
  }
  needed.forEach((tensor, index) =>
    requireClose(got[index]!, tensor, { op: `${op}, output ${index}`, tolerances }),
  );
}

/** Tolerances under which only equal bits agree: for what one backend must repeat exactly. */
export const EXACT: Tolerances = Object.fromEntries(
  ['f32', 'f16', 'bf16', 'f64', 'i32', 'i8', 'u8', 'bool'].map((dtype) => [dtype, { rtol: 0, atol: 0 }]),
) as unknown as Tolerances;
