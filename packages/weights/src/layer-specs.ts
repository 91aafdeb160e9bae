import type { ParamSpec } from './param-spec.js';
import { paramSpec } from './param-spec.js';

/** Weight [outputs, inputs] drawn from N(0, std²) and bias [outputs] of zeros, under `name.weight` and `name.bias`. */
export function linearSpec(
  inputs: number,
  outputs: number,
  { std, name }: { readonly std: number; readonly name: string },
): { readonly weight: ParamSpec; readonly bias: ParamSpec } {
  return {
    weight: normalSpec([outputs, inputs], { std, name: `${name}.weight` }),
    bias: paramSpec([outputs], { init: { kind: 'zeros' }, name: `${name}.bias` }),
  };
}

/** Scale of ones and bias of zeros, [features] each, under `name.weight` and `name.bias`. */
export function normSpec(
  features: number,
  { name }: { readonly name: string },
): { readonly scale: ParamSpec; readonly bias: ParamSpec } {
  return {
    scale: paramSpec([features], { init: { kind: 'ones' }, name: `${name}.weight` }),
    bias: paramSpec([features], { init: { kind: 'zeros' }, name: `${name}.bias` }),
  };
}

/** Values drawn from N(0, std²). */
export function normalSpec(
  shape: readonly number[],
  { std, name }: { readonly std: number; readonly name: string },
): ParamSpec {
  return paramSpec(shape, { init: { kind: 'normal', std }, name });
}
