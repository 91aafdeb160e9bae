import type { Optimizer, Schedule } from '@tesserae/training';
import {
  adafactor,
  adamW,
  constantSchedule,
  cosineSchedule,
  electraSchedule,
  inverseSquareRootSchedule,
  layerWiseDecay,
  linearSchedule,
  lion,
  multiplySchedules,
  relativeStepSchedule,
  sgd,
  slantedTriangularSchedule,
  warmupSchedule,
} from '@tesserae/training';
import type { AdafactorOptions, AdamWOptions, LionOptions, SgdOptions } from '@tesserae/training';
import { OptionError, flattenTree } from '@tesserae/tensor';
import type { PretrainedModel } from '../pretrained.js';
import type { TrainableConfig } from './tasks/task-context.js';
import { isElectra } from './tasks/task-context.js';

/** Options of an optimiser that are plain data. */
type Plain<Options> = Omit<Options, 'learningRateScale' | 'decays'>;

/** An optimiser by name, with its options. */
export type OptimizerSettings =
  | ({ readonly name: 'adamw' } & Plain<AdamWOptions>)
  | ({ readonly name: 'adafactor' } & Plain<AdafactorOptions>)
  | ({ readonly name: 'lion' } & Plain<LionOptions>)
  | ({ readonly name: 'sgd' } & Plain<SgdOptions>);

/** A schedule of the learning rate. */
export type ScheduleName =
  | 'constant'
  | 'linear'
  | 'cosine'
  | 'electra'
  | 'inverse-square-root'
  | 'relative-step'
  | 'slanted-triangular';

/** How a model learns; plain data. */
export interface Recipe {
  readonly optimizer: OptimizerSettings;
  readonly learningRate: number;
  readonly schedule: ScheduleName;
  /** Steps of linear rise; below 1: a share of all steps. */
  readonly warmup: number;
  /** Factor of the learning rate from a layer to the one below; 1: none. */
  readonly layerWiseDecay: number;
  /** Gradients are scaled down to this norm; null leaves them. */
  readonly maxGradNorm: number | null;
  readonly batchSize: number;
  readonly epochs: number;
}

/** ELECTRA's fine-tuning by the width of the encoder. @see Clark et al. 2020, table 7; configure_finetuning.py */
const ELECTRA_BY_WIDTH = [
  { widest: 256, learningRate: 3e-4, layerWiseDecay: 0.8 },
  { widest: 768, learningRate: 1e-4, layerWiseDecay: 0.8 },
  { widest: Infinity, learningRate: 5e-5, layerWiseDecay: 0.9 },
] as const;

/** True when nothing of the model was loaded: all of it has to be learned. */
function isFromScratch({ specs, initialized }: PretrainedModel<TrainableConfig>): boolean {
  return initialized.length > 0 && initialized.length === flattenTree(specs).length;
}

/**
 * How the papers fine-tune a model of this kind and size. A model with random weights learns by a recipe of its own: fine-tuning
 * rates and their fall from layer to layer are made for weights that know something.
 * @see Raffel et al. 2020, §2: Adafactor, constant 1e-3 · Clark et al. 2020, appendix B
 */
function paperRecipe(model: PretrainedModel<TrainableConfig>): Recipe {
  const { config } = model;
  const shared = { batchSize: 32, epochs: 3 };
  if (!isElectra(config)) {
    const optimizer = { name: 'adafactor' } as const;
    const rate = { learningRate: 1e-3, schedule: 'constant', warmup: 0 } as const;
    return { ...shared, optimizer, ...rate, layerWiseDecay: 1, maxGradNorm: null };
  }
  if (isFromScratch(model)) {
    const optimizer = { name: 'adamw', weightDecay: 0.01 } as const;
    const rate = { learningRate: 1e-3, schedule: 'linear', warmup: 0.1 } as const;
    return { ...shared, optimizer, ...rate, layerWiseDecay: 1, maxGradNorm: 1 };
  }
  const { learningRate, layerWiseDecay: decay } = ELECTRA_BY_WIDTH.find(
    ({ widest }) => config.hiddenSize <= widest,
  )!;
  const optimizer = { name: 'adamw', weightDecay: 0, epsilon: 1e-6, correctsBias: false } as const;
  const rate = { learningRate, schedule: 'electra', warmup: 0.1 } as const;
  return { ...shared, optimizer, ...rate, layerWiseDecay: decay, maxGradNorm: 1 };
}

/** The recipe that a model is trained by: what is set, and the paper's choices for the rest. */
export function resolvedRecipe(
  model: PretrainedModel<TrainableConfig>,
  settings: Partial<Recipe> = {},
): Recipe {
  const given = Object.entries(settings).filter(([, value]) => value !== undefined);
  return { ...paperRecipe(model), ...Object.fromEntries(given) };
}

/** The optimiser of a recipe. @throws OptionError for options that it does not have */
export function optimizerOf(
  { optimizer: { name, ...options }, layerWiseDecay: decay }: Pick<Recipe, 'optimizer' | 'layerWiseDecay'>,
  config: TrainableConfig,
): Optimizer {
  const scale =
    decay === 1
      ? {}
      : { learningRateScale: layerWiseDecay({ decay, numLayers: requireElectra(config, decay).numLayers }) };
  const all = { ...options, ...scale };
  switch (name) {
    case 'adamw':
      return adamW(all) as Optimizer;
    case 'adafactor':
      return adafactor(all) as Optimizer;
    case 'lion':
      return lion(all) as Optimizer;
    case 'sgd':
      return sgd(all) as Optimizer;
  }
}

function requireElectra(config: TrainableConfig, got: number): { readonly numLayers: number } {
  if (isElectra(config)) return config;
  throw new OptionError({
    op: 'training',
    problem: `layerWiseDecay is ${got}, which only ELECTRA has`,
    likely: 'Leave it out for T5: its paper trains all layers at one rate.',
    page: 'option-value',
    got,
  });
}

/** The schedule of a recipe over so many steps. */
export function scheduleOf(
  { schedule, learningRate, warmup }: Pick<Recipe, 'schedule' | 'learningRate' | 'warmup'>,
  totalSteps: number,
): Schedule {
  const warmupSteps = warmup < 1 ? Math.round(warmup * totalSteps) : warmup;
  const rising = (rate: Schedule): Schedule =>
    warmupSteps === 0 ? rate : multiplySchedules(rate, warmupSchedule(warmupSteps));
  switch (schedule) {
    case 'constant':
      return rising(constantSchedule(learningRate));
    case 'linear':
      return linearSchedule({ learningRate, warmupSteps, totalSteps });
    case 'cosine':
      return cosineSchedule({ learningRate, warmupSteps, totalSteps });
    case 'electra':
      return electraSchedule({ learningRate, warmupSteps, totalSteps });
    case 'inverse-square-root':
      return inverseSquareRootSchedule({
        learningRate,
        ...(warmupSteps > 0 ? { floorSteps: warmupSteps } : {}),
      });
    case 'relative-step':
      return rising(multiplySchedules(constantSchedule(learningRate), relativeStepSchedule()));
    case 'slanted-triangular':
      return slantedTriangularSchedule({
        learningRate,
        totalSteps,
        ...(warmup > 0 ? { cutFraction: warmupSteps / totalSteps } : {}),
      });
  }
}
