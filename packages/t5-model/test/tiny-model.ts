import { createCpuBackend } from '@tesserae/backend-cpu';
import { runGraph } from '@tesserae/backend-testkit';
import type { HostTensor, Tensor } from '@tesserae/tensor';
import { hostRandom, hostTensor, sizeOf, toNumbers, trace } from '@tesserae/tensor';
import { initParams } from '@tesserae/weights';
import type { T5Config } from '../src/config.js';
import { T5_DEFAULTS } from '../src/config.js';
import type { T5Params } from '../src/params.js';
import { t5ParamSpec } from '../src/params.js';

/** A T5 1.1 small enough for a test: own head, gated, numHeads · headDim ≠ dModel. */
export const TINY: T5Config = {
  ...T5_DEFAULTS,
  vocabSize: 40,
  dModel: 12,
  headDim: 5,
  dFf: 16,
  numLayers: 2,
  numDecoderLayers: 2,
  numHeads: 3,
  dropoutRate: 0,
  activationName: 'gelu_new',
  isGated: true,
  tiesEmbeddings: false,
  scalesDecoderOutputs: false,
};

/** Random parameters, the same at every call. */
export function tinyParams(config: T5Config = TINY): T5Params<HostTensor> {
  const specs = t5ParamSpec(config, { hasLmHead: !config.tiesEmbeddings });
  return initParams(specs, { seed: 5 }) as T5Params<HostTensor>;
}

/** Ids from 2 up, i32[batch, len]. */
export function randomIds(shape: readonly number[], seed: number): HostTensor {
  const random = hostRandom(seed);
  const ids = Array.from({ length: sizeOf(shape) }, () => 2 + random.below(TINY.vocabSize - 2));
  return hostTensor('i32', shape, ids);
}

/** What an expression over constants computes on the reference backend, as a flat list. */
export async function valuesOf(tensor: Tensor): Promise<readonly number[]> {
  const backend = createCpuBackend();
  const [value] = await runGraph(backend, trace(() => tensor, {}).graph, { inputs: [] });
  await backend.close();
  return toNumbers(value!);
}
