import type { HostTensor, Tensor } from '@tesserae/tensor';
import { flattenTree } from '@tesserae/tensor';
import type { ParamSpec } from '@tesserae/weights';
import type { LoraParams } from './lora-params.js';

/** A frozen model and its adapters, as a step trains them: pass `isAdapter` as its `trains`. */
export interface AdaptedParams<Params, Leaf = Tensor, Adapter = LoraParams<Leaf>> {
  readonly base: Params;
  readonly adapter: Adapter;
}

/** What a step over `AdaptedParams` trains: the adapters. */
export const isAdapter = (path: string): boolean => path.startsWith('adapter.');

/** A parameter that is trained as it is, by its path in the tree and its name in a checkpoint. */
export interface WholeParameter {
  readonly path: string;
  readonly name: string;
}

/** A parameter with the names that configs of adapters speak of. */
interface NamedParameter extends WholeParameter {
  readonly shape: readonly number[];
}

/** The parameters of a model by their names in a checkpoint. */
export function namedParameters(specs: object): readonly NamedParameter[] {
  return flattenTree<ParamSpec>(specs).map(({ path, leaf }) => ({
    path,
    name: leaf.name ?? path,
    shape: leaf.shape,
  }));
}

/** True when a parameter belongs to a module that is named by the last parts of its name. */
export const isPartOf = (name: string, module: string): boolean =>
  name.startsWith(`${module}.`) || name.includes(`.${module}.`);

/** True when a module is of one of the layers, counted from 0; with none given, always. */
export function isInLayers(module: string, layers: readonly number[] | undefined): boolean {
  if (layers === undefined) return true;
  const layer = /\.(?:layer|block)\.(\d+)\./.exec(module)?.[1];
  return layer !== undefined && layers.includes(Number(layer));
}

/** The tensors that are trained whole, by their paths. */
export function wholeTensors(
  params: unknown,
  whole: readonly WholeParameter[],
): Readonly<Record<string, HostTensor>> {
  const leaves = new Map(flattenTree<HostTensor>(params).map(({ path, leaf }) => [path, leaf]));
  return Object.fromEntries(whole.map(({ path }) => [path, leaves.get(path)!]));
}
