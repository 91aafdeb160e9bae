import type { LinearParams } from '@tesserae/nn';
import { adaptedOutput } from '@tesserae/nn';
import type { HostTensor, LossResult, Tensor } from '@tesserae/tensor';
import { mapTree } from '@tesserae/tensor';
import type { Initializer, ParamSpec } from '@tesserae/weights';
import { initParams, paramSpec } from '@tesserae/weights';
import type { LossFunction } from '../step/train-step.js';
import type { AdaptedParams } from './adapted-params.js';
import { wholeTensors } from './adapted-params.js';
import type { BottleneckConfig, ResolvedBottleneckConfig } from './bottleneck-config.js';
import { resolveBottleneckConfig } from './bottleneck-config.js';
import type { BottleneckPlan, BottleneckTarget } from './bottleneck-targets.js';
import { planBottleneck } from './bottleneck-targets.js';

/** The two maps of an adapter: down is [units, width], up is [width, units]. */
export interface BottleneckMaps<Leaf = Tensor> {
  readonly down: LinearParams<Leaf>;
  readonly up: LinearParams<Leaf>;
}

/** What is trained: maps by the path of the matrix they are behind, and whole parameters by theirs. */
export interface BottleneckParams<Leaf = Tensor> {
  readonly bottlenecks: Readonly<Record<string, BottleneckMaps<Leaf>>>;
  readonly whole: Readonly<Record<string, Leaf>>;
}

/** Bottleneck adapters of a model: what they are, and their numbers. */
export interface BottleneckAdapter {
  readonly config: ResolvedBottleneckConfig;
  readonly plan: BottleneckPlan;
  readonly params: BottleneckParams<HostTensor>;
}

/**
 * New bottleneck adapters for a model: y + up(act(down(y))) behind the parts of its layers.
 * @param model  its parameters and their specs, whose names in a checkpoint the config speaks of
 * @throws OptionError when a value is out of range, or a module is not there
 * @see Houlsby et al. 2019 · Pfeiffer et al. 2021
 */
export function createBottleneck(
  model: { readonly specs: object; readonly params: unknown },
  config: BottleneckConfig,
  { seed }: { readonly seed: number },
): BottleneckAdapter {
  const resolved = resolveBottleneckConfig(config);
  const plan = planBottleneck(model.specs, resolved);
  const specs = Object.fromEntries(
    plan.targets.map((target) => [target.path, bottleneckSpecs(target, resolved)]),
  );
  const bottlenecks = initParams(specs, { seed }) as BottleneckParams<HostTensor>['bottlenecks'];
  return {
    config: resolved,
    plan,
    params: { bottlenecks, whole: wholeTensors(model.params, plan.whole) },
  };
}

/** Shapes and first values of a target's maps. */
export function bottleneckSpecs(
  { width, units }: Pick<BottleneckTarget, 'width' | 'units'>,
  { init }: Pick<ResolvedBottleneckConfig, 'init'>,
): BottleneckMaps<ParamSpec> {
  const small: Initializer = { kind: 'truncatedNormal', std: 0.01 };
  const zeros: Initializer = { kind: 'zeros' };
  return {
    down: { weight: paramSpec([units, width], { init: small }), bias: paramSpec([units], { init: zeros }) },
    up: {
      weight: paramSpec([width, units], { init: init === 'identity' ? zeros : small }),
      bias: paramSpec([width], { init: zeros }),
    },
  };
}

/** The model with its adapters, in a traced function: a tree like the model's, to be passed in its place. */
export function applyBottleneck<Params>(
  { base, adapter }: AdaptedParams<Params, Tensor, BottleneckParams>,
  { config: { activation } }: Pick<BottleneckAdapter, 'config'>,
): Params {
  return mapTree(base, (leaf: Tensor, path: string) => {
    const maps = adapter.bottlenecks[path];
    if (maps === undefined) return adapter.whole[path] ?? leaf;
    return adaptedOutput(leaf, { ...maps, activationName: activation });
  }) as Params;
}

/** A loss of the model as a loss of its adapters. */
export function bottleneckLoss<Params, Batch>(
  lossFn: LossFunction<Params, Batch>,
  adapter: Pick<BottleneckAdapter, 'config'>,
): LossFunction<AdaptedParams<Params, Tensor, BottleneckParams>, Batch> {
  return (params, batch, rng): LossResult => lossFn(applyBottleneck(params, adapter), batch, rng);
}
