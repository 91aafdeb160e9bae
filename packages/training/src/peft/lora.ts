import { adaptedMatrix } from '@tesserae/nn';
import type { HostTensor, LossResult, Rng, Tensor } from '@tesserae/tensor';
import { foldIn, hostTensor, mapTree, readElement } from '@tesserae/tensor';
import type { ParamSpec } from '@tesserae/weights';
import { castTensor, initParams, paramSpec } from '@tesserae/weights';
import type { LossFunction } from '../step/train-step.js';
import type { AdaptedParams } from './adapted-params.js';
import { wholeTensors } from './adapted-params.js';
import type { LoraConfig, ResolvedLoraConfig } from './lora-config.js';
import { resolveLoraConfig } from './lora-config.js';
import type { LoraFactors, LoraParams } from './lora-params.js';
import type { LoraPlan, LoraTarget } from './lora-targets.js';
import { planLora } from './lora-targets.js';

/** Low-rank adapters of a model: what they are, and their numbers. */
export interface LoraAdapter {
  readonly config: ResolvedLoraConfig;
  readonly plan: LoraPlan;
  readonly params: LoraParams<HostTensor>;
}

/**
 * New adapters for a model.
 * @param model  its parameters and their specs, whose names in a checkpoint the config speaks of
 * @throws OptionError when the config matches nothing, or a value is out of range
 * @see Hu et al. 2021, "LoRA: Low-Rank Adaptation of Large Language Models"
 */
export function createLora(
  model: { readonly specs: object; readonly params: unknown },
  config: LoraConfig,
  { seed }: { readonly seed: number },
): LoraAdapter {
  const resolved = resolveLoraConfig(config);
  const plan = planLora(model.specs, resolved);
  const specs = Object.fromEntries(
    plan.targets.map((target) => [target.path, factorSpecs(target, resolved)]),
  );
  const lora = initParams(specs, { seed }) as Readonly<Record<string, LoraFactors<HostTensor>>>;
  return { config: resolved, plan, params: { lora, whole: wholeTensors(model.params, plan.whole) } };
}

/** PyTorch's default for a linear map, Kaiming's rule with a = √5, is a uniform from ±1/√inputs. */
function factorSpecs(
  { rank, shape: [outputs, inputs] }: LoraTarget,
  { initLoraWeights }: ResolvedLoraConfig,
): LoraFactors<ParamSpec> {
  const uniform = (size: number): { readonly init: ParamSpec['init'] } => ({
    init: { kind: 'uniform', low: -(size ** -0.5), high: size ** -0.5 },
  });
  const gaussian = { init: { kind: 'normal', std: 1 / rank } } as const;
  return {
    a: paramSpec([rank, inputs], initLoraWeights === 'gaussian' ? gaussian : uniform(inputs)),
    b: paramSpec([outputs, rank], initLoraWeights === false ? uniform(rank) : { init: { kind: 'zeros' } }),
  };
}

/**
 * The model with its adapters, in a traced function: a tree like the model's, to be passed in its place.
 * @param options.rng  undefined outside training: no dropout
 */
export function applyLora<Params>(
  { base, adapter }: AdaptedParams<Params>,
  { plan, config }: Pick<LoraAdapter, 'plan' | 'config'>,
  { rng }: { readonly rng: Rng | undefined },
): Params {
  const targets = new Map(plan.targets.map((target) => [target.path, target]));
  const { loraDropout: rate } = config;
  return mapTree(base, (leaf: Tensor, path: string) => {
    const target = targets.get(path);
    if (target === undefined) return adapter.whole[path] ?? leaf;
    const drop =
      rng === undefined || rate === 0 ? {} : { dropout: { rate, rng: foldIn(rng, `lora.${path}`) } };
    return adaptedMatrix(leaf, { ...adapter.lora[path]!, scale: target.scale, ...drop });
  }) as Params;
}

/** A loss of the model as a loss of its adapters. */
export function loraLoss<Params, Batch>(
  lossFn: LossFunction<Params, Batch>,
  adapter: Pick<LoraAdapter, 'plan' | 'config'>,
): LossFunction<AdaptedParams<Params>, Batch> {
  return (params, batch, rng): LossResult => lossFn(applyLora(params, adapter, { rng }), batch, rng);
}

/**
 * The model with its adapters merged in, W + scale·B·A, summed in double precision: as fast as the model was.
 * @param params  tree of host tensors; those without adapters are passed on, not copied
 */
export function mergeLora<Params>(
  params: Params,
  { plan, params: { lora, whole } }: Pick<LoraAdapter, 'plan' | 'params'>,
): Params {
  const targets = new Map(plan.targets.map((target) => [target.path, target]));
  return mapTree(params, (leaf: HostTensor, path: string) => {
    const target = targets.get(path);
    return target === undefined ? (whole[path] ?? leaf) : merged(leaf, lora[path]!, target);
  }) as Params;
}

function merged(
  weight: HostTensor,
  { a, b }: LoraFactors<HostTensor>,
  { rank, scale, shape: [outputs, inputs] }: LoraTarget,
): HostTensor {
  const [wide, left, right] = [weight, b, a].map((tensor) => castTensor(tensor, 'f32'));
  const data = new Float32Array(outputs * inputs);
  const row = new Float64Array(inputs);
  for (let output = 0; output < outputs; output++) {
    row.fill(0);
    for (let k = 0; k < rank; k++) {
      const factor = scale * readElement(left!, output * rank + k);
      for (let input = 0; input < inputs; input++) row[input]! += factor * right!.data[k * inputs + input]!;
    }
    for (let input = 0; input < inputs; input++)
      data[output * inputs + input] = wide!.data[output * inputs + input]! + row[input]!;
  }
  return castTensor(hostTensor('f32', weight.shape, data), weight.dtype);
}
