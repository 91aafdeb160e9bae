import { ConfigError, OptionError } from '@tesserae/tensor';
import type { PretrainingOptions } from './options.js';
import { pretrainingSettings } from './options.js';

// How long and how fast ELECTRA learns: numbers that the training loop reads, under Google's names.

/** Optimisation of a pre-training run. */
export interface PretrainingRecipe {
  readonly learningRate: number;
  /** Exponent of the fall from step 0 to numTrainSteps. */
  readonly lrDecayPower: number;
  /** Share of a weight taken off per unit of learning rate; LayerNorm and biases are spared. */
  readonly weightDecayRate: number;
  readonly numWarmupSteps: number;
  readonly numTrainSteps: number;
  readonly numEvalSteps: number;
  readonly trainBatchSize: number;
  readonly evalBatchSize: number;
  /** Tokens. */
  readonly maxSeqLength: number;
}

/** Google's defaults, which are those of the small model. @see configure_pretraining.py */
export const PRETRAINING_RECIPE: PretrainingRecipe = Object.freeze({
  learningRate: 5e-4,
  lrDecayPower: 1,
  weightDecayRate: 0.01,
  numWarmupSteps: 10_000,
  numTrainSteps: 1_000_000,
  numEvalSteps: 100,
  trainBatchSize: 128,
  evalBatchSize: 128,
  maxSeqLength: 128,
});

/** Options for `adamW` as Google's optimiser is: no bias correction, epsilon 1e-6. */
export const PRETRAINING_ADAM = Object.freeze({
  beta1: 0.9,
  beta2: 0.999,
  epsilon: 1e-6,
  weightDecay: PRETRAINING_RECIPE.weightDecayRate,
  correctsBias: false,
});

/**
 * Google's learning rate of a step, counted from 0: the fall begins at step 0 and the warm-up multiplies it, so
 * the first step has rate 0.
 * @throws OptionError when a number is negative or there are no steps
 * @see optimization.py of the ELECTRA repository
 */
export function pretrainingSchedule({
  learningRate,
  lrDecayPower,
  numWarmupSteps,
  numTrainSteps,
}: Pick<PretrainingRecipe, 'learningRate' | 'lrDecayPower' | 'numWarmupSteps' | 'numTrainSteps'>): (
  step: number,
) => number {
  if (!(learningRate >= 0 && lrDecayPower >= 0 && numWarmupSteps >= 0 && numTrainSteps > 0)) {
    const got = { learningRate, lrDecayPower, numWarmupSteps, numTrainSteps };
    throw new OptionError({
      op: 'pretrainingSchedule',
      problem: `out of range: ${JSON.stringify(got)}`,
      likely: 'No number may be negative, and numTrainSteps must be 1 or more.',
      page: 'option-value',
      got,
    });
  }
  return (step) => {
    const fall = Math.max(0, 1 - step / numTrainSteps) ** lrDecayPower;
    return learningRate * fall * Math.min(1, numWarmupSteps === 0 ? 1 : step / numWarmupSteps);
  };
}

/** Google's keys that are options of the objective, by ours. */
const OBJECTIVE_KEYS: readonly (keyof PretrainingOptions)[] = [
  'electraObjective',
  'electricObjective',
  'genWeight',
  'discWeight',
  'maskProb',
  'maxPredictionsPerSeq',
  'temperature',
  'disallowCorrect',
  'uniformGenerator',
  'twoTowerGenerator',
  'untiedGeneratorEmbeddings',
  'untiedGenerator',
  'generatorLayers',
  'generatorHiddenSize',
];

const camelCase = (name: string): string =>
  name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());

/**
 * Google's `--hparams` for pre-training, as options and recipe; absent keys take Google's defaults.
 * @param json  snake_case keys, as in `{"mask_prob": 0.25, "num_train_steps": 766000}`
 * @throws ConfigError for a key that is none of these (TPU, paths, and model sizes belong elsewhere) or a value
 *   of another type · OptionError for values out of range
 */
export function pretrainingFromGoogle(json: Readonly<Record<string, unknown>>): {
  readonly options: PretrainingOptions;
  readonly recipe: PretrainingRecipe;
} {
  const options: Record<string, unknown> = {};
  const recipe: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(json)) {
    const name = camelCase(key);
    if (OBJECTIVE_KEYS.includes(name as keyof PretrainingOptions)) options[name] = checked(key, value);
    else if (Object.hasOwn(PRETRAINING_RECIPE, name)) recipe[name] = checked(key, value);
    else refuseKey(key);
  }
  pretrainingSettings(options);
  return { options, recipe: { ...PRETRAINING_RECIPE, ...recipe } };
}

const FLAGS = /objective$|_correct$|_generator$|^untied/;

function checked(key: string, value: unknown): unknown {
  const type = FLAGS.test(key) ? 'boolean' : 'number';
  if (typeof value === type) return value;
  throw new ConfigError({
    op: 'pretrainingFromGoogle',
    problem: `'${key}' is ${JSON.stringify(value)}, needed a ${type}`,
    likely: 'The hparams were edited.',
    page: 'config-field',
    got: value,
    needed: type,
  });
}

function refuseKey(key: string): never {
  const known = [...OBJECTIVE_KEYS, ...Object.keys(PRETRAINING_RECIPE)].map((name) =>
    name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
  );
  throw new ConfigError({
    op: 'pretrainingFromGoogle',
    problem: `unknown key '${key}'; known are ${known.join(', ')}`,
    likely: 'Keys of machines, paths and model sizes have no meaning here: remove them.',
    page: 'config-field',
    got: key,
    needed: known,
  });
}
