import { OptionError, checkOptions } from '@tesserae/tensor';
import type { CheckpointOptions, NonFinitePolicy } from '@tesserae/training';
import type { Recipe } from '../training/recipe.js';
import type { PretrainingTexts, ReadTextsOptions } from './texts.js';

/** How long and how fast a pre-training learns; what is left out is what the paper says. */
export interface PretrainSettings extends Partial<
  Pick<Recipe, 'optimizer' | 'learningRate' | 'schedule' | 'warmup' | 'maxGradNorm' | 'batchSize'>
> {
  /** Batches in all. */
  readonly steps: number;
  /** Tokens of an input; default 128 for ELECTRA, 512 for T5. */
  readonly seqLen?: number;
  /** Seed of first weights, order, masks and dropout; default 0. */
  readonly seed?: number;
  /** Dropout of all layers, instead of what the config says. */
  readonly dropout?: number;
  /** Equal parts that a batch is taken in; default 1. */
  readonly microBatches?: number;
  /** Steps between scores of the held-out texts; default a tenth of all. */
  readonly evaluateEvery?: number;
  /** The most batches of held-out text; default 40. */
  readonly evalBatches?: number;
  /** What a loss or gradient that is not finite leads to; default 'stop'. */
  readonly onNonFinite?: NonFinitePolicy;
}

/** What all pre-trainings are given. */
export interface PretrainData extends Pick<ReadTextsOptions, 'onProgress' | 'signal'> {
  readonly train: PretrainingTexts;
  /** Held-out texts; they are scored, and decide nothing. */
  readonly heldOut?: PretrainingTexts;
  readonly checkpoints?: CheckpointOptions;
}

const KNOWN = (
  'optimizer learningRate schedule warmup maxGradNorm batchSize steps seqLen seed dropout microBatches evaluateEvery ' +
  'evalBatches onNonFinite'
).split(' ');

const COUNTS = ['steps', 'batchSize', 'seqLen', 'microBatches', 'evaluateEvery', 'evalBatches'] as const;

/** Settings with every number in place. */
export type ResolvedPretrainSettings = PretrainSettings &
  Required<Pick<PretrainSettings, 'seqLen' | 'seed' | 'evaluateEvery' | 'evalBatches'>> &
  Pick<Recipe, 'optimizer' | 'learningRate' | 'schedule' | 'warmup' | 'maxGradNorm' | 'batchSize'>;

/** Settings over a paper's defaults. @throws OptionError for unknown names and numbers out of range */
export function resolvePretrainSettings(
  settings: PretrainSettings,
  defaults: Omit<Recipe, 'epochs' | 'layerWiseDecay'> & { readonly seqLen: number },
): ResolvedPretrainSettings {
  checkOptions('pretrain', settings, KNOWN);
  if (settings.steps === undefined) refuse('steps', undefined, 'a whole number from 1');
  for (const name of COUNTS) {
    const value = settings[name];
    if (value !== undefined && !(Number.isSafeInteger(value) && value > 0))
      refuse(name, value, 'a whole number from 1');
  }
  const { dropout, learningRate } = settings;
  if (dropout !== undefined && !(dropout >= 0 && dropout < 1))
    refuse('dropout', dropout, 'a share from 0 to below 1');
  if (learningRate !== undefined && !(learningRate >= 0))
    refuse('learningRate', learningRate, 'a number from 0');
  const given = Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined));
  const own = { seed: 0, evalBatches: 40, evaluateEvery: Math.max(1, Math.round(settings.steps / 10)) };
  return { ...defaults, ...own, ...given } as ResolvedPretrainSettings;
}

function refuse(name: string, got: unknown, needed: string): never {
  throw new OptionError({
    op: 'pretrain',
    problem: `${name} is ${String(got)}, needed ${needed}`,
    page: 'option-value',
    got,
    needed,
  });
}
