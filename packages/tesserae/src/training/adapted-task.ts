import type { HostTensor, Tensor } from '@tesserae/tensor';
import { flattenTree } from '@tesserae/tensor';
import type { AdaptedParams, LoraAdapter, LoraConfig, LoraParams } from '@tesserae/training';
import { applyLora, createLora, mergeLora } from '@tesserae/training';
import type { ParamSpec } from '@tesserae/weights';
import type { PretrainedModel } from '../pretrained.js';
import type { TrainingTask } from './task.js';

type Adapted = AdaptedParams<unknown, Tensor>;

/**
 * New adapters for a model; a head with random weights is trained whole, unless `modulesToSave` says otherwise, as PEFT
 * does for classifiers.
 * @throws OptionError when the config matches nothing
 */
export function adapterFor(
  model: Pick<PretrainedModel, 'specs' | 'params' | 'initialized'>,
  config: LoraConfig,
  { seed }: { readonly seed: number },
): LoraAdapter {
  const modulesToSave = config.modulesToSave ?? newModules(model);
  return createLora(model, { ...config, modulesToSave }, { seed });
}

/** Modules of a head that has random weights while the rest was loaded: `classifier`, `qa_outputs`. */
function newModules({ specs, initialized }: Pick<PretrainedModel, 'specs' | 'initialized'>): string[] {
  const leaves = flattenTree<ParamSpec>(specs);
  if (initialized.length === leaves.length) return [];
  const names = leaves.filter(({ path }) => initialized.includes(path)).map(({ leaf }) => leaf.name ?? '');
  return [...new Set(names.map((name) => name.split('.')[0]!))].filter((name) => name !== '');
}

/** A task over `{ base, adapter }` in place of the model's own parameters. */
export function adaptedTask(task: TrainingTask, adapter: LoraAdapter): TrainingTask {
  const { outputs, generate } = task;
  return {
    ...task,
    loss: (params, batch, options) =>
      task.loss(applyLora(params as Adapted, adapter, { rng: options.rng }), batch, options),
    ...(outputs === undefined
      ? {}
      : {
          outputs: (params: unknown, batch) =>
            outputs(applyLora(params as Adapted, adapter, { rng: undefined }), batch),
        }),
    ...(generate === undefined
      ? {}
      : {
          generate: (examples, context) =>
            generate(examples, { ...context, params: mergedParams(context.params, adapter) }),
        }),
  };
}

/** The model's parameters with trained adapters merged in. @param params  `{ base, adapter }`, on the host */
export function mergedParams(params: unknown, adapter: LoraAdapter): unknown {
  const { base, adapter: trained } = params as AdaptedParams<unknown, HostTensor>;
  return mergeLora(base, { plan: adapter.plan, params: trained });
}

/** Adapters with the numbers that training gave them. */
export function trainedAdapter(params: unknown, adapter: LoraAdapter): LoraAdapter {
  const { adapter: trained } = params as { readonly adapter: LoraParams<HostTensor> };
  return { ...adapter, params: trained };
}
