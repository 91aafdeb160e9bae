import { createCpuBackend } from '@tesserae/backend-cpu';
import { runGraph } from '@tesserae/backend-testkit';
import type { HostTensor, Tensor } from '@tesserae/tensor';
import { constant, hostTensor, mapTree, toNumbers, trace } from '@tesserae/tensor';
import { initParams } from '@tesserae/weights';
import type { ElectraConfig } from '../src/config.js';
import { ELECTRA_DEFAULTS } from '../src/config.js';
import type { ElectraParams } from '../src/params.js';
import { electraParamSpec } from '../src/params.js';

/** An ELECTRA small enough for a test, embeddings projected. */
export const TINY: ElectraConfig = {
  ...ELECTRA_DEFAULTS,
  vocabSize: 30,
  embeddingSize: 6,
  hiddenSize: 8,
  numLayers: 2,
  numHeads: 2,
  intermediateSize: 16,
  maxPositions: 12,
  initializerRange: 0.5,
};

/** Parameters as constants of a graph, the same at every call. */
export function constantsOf<Params>(specs: unknown): Params {
  return mapTree(initParams(specs, { seed: 9 }), (leaf: HostTensor) => constant(leaf)) as Params;
}

/** Parameters of the encoder. */
export const tinyParams = (): ElectraParams => constantsOf(electraParamSpec(TINY, { prefix: '' }));

/** Ids, masks and types: i32[rows, columns]. */
export function idsOf(rows: readonly (readonly number[])[]): Tensor {
  return constant(hostTensor('i32', [rows.length, rows[0]!.length], rows.flat()));
}

/** What an expression over constants computes on the reference backend, as a flat list. */
export async function valuesOf(tensor: Tensor): Promise<readonly number[]> {
  const backend = createCpuBackend();
  const [value] = await runGraph(backend, trace(() => tensor, {}).graph, { inputs: [] });
  await backend.close();
  return toNumbers(value!);
}
