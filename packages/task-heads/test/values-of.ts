import { createCpuBackend } from '@tesserae/backend-cpu';
import { runGraph } from '@tesserae/backend-testkit';
import type { DType, HostTensor, Tensor } from '@tesserae/tensor';
import { constant, hostTensor, mapTree, sizeOf, trace } from '@tesserae/tensor';

import { initParams } from '@tesserae/weights';

const backend = createCpuBackend();

/** A constant: `tensorOf([[1, 2], [3, 4]])`. */
export function tensorOf(values: unknown, dtype: DType = 'f32'): Tensor {
  const shape: number[] = [];
  for (let level = values; Array.isArray(level); level = (level as unknown[])[0]) shape.push(level.length);
  const flat = (Array.isArray(values) ? values.flat(shape.length) : [values]) as number[];
  return constant(hostTensor(dtype, shape, flat.slice(0, sizeOf(shape))));
}

/** What an expression over constants computes on the reference backend. */
export async function hostOf(tensor: Tensor): Promise<HostTensor> {
  const { graph } = trace(() => tensor, {});
  const [value] = await runGraph(backend, graph, { inputs: [] });
  return value!;
}

/** The same as a flat list of numbers. */
export async function valuesOf(tensor: Tensor): Promise<number[]> {
  return Array.from((await hostOf(tensor)).data);
}

/** Random parameters as constants of a graph, the same at every call. */
export function constantsOf<Params>(specs: unknown): Params {
  return mapTree(initParams(specs, { seed: 3 }), (leaf: HostTensor) => constant(leaf)) as Params;
}
