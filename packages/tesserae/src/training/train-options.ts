import type { GenerateOptions } from '@tesserae/t5-model';
import { OptionError, checkOptions } from '@tesserae/tensor';
import type { AverageOptions, LoraConfig, NonFinitePolicy, PrecisionPolicy } from '@tesserae/training';
import type { DistillationSettings } from './distilled-task.js';
import type { Frozen } from './frozen.js';
import type { Box } from './length-buckets.js';
import type { Recipe } from './recipe.js';

/** How a model is trained; what is left out is what its paper says for its size. */
export interface TrainingSettings extends Partial<Omit<Recipe, 'epochs'>> {
  /** Passes over the data; give this or `steps`. */
  readonly epochs?: number;
  /** Batches in all, instead of epochs. */
  readonly steps?: number;
  /** Seed of order, dropout and masks; default 0. */
  readonly seed?: number;
  /** Dropout of all layers while training, instead of what the config says. */
  readonly dropout?: number;
  /** Trains low-rank adapters instead of the weights; they are merged in at the end. */
  readonly lora?: LoraConfig;
  /** Parameters that are left as they are, by the beginnings of their names; phases thaw them one after the other. */
  readonly freezes?: Frozen;
  /** Keeps an exponential moving average of the weights, which is what is evaluated and kept. */
  readonly averages?: AverageOptions;
  /** Arithmetic in bf16 or f16, where the backend can; default f32. */
  readonly precision?: PrecisionPolicy;
  /** Learns from another model's distribution too. */
  readonly distillation?: DistillationSettings;
  /** Share of a label's weight that is spread over all classes; default 0. */
  readonly labelSmoothing?: number;
  /** Weight of the squared log of the softmax's denominator; default 0. */
  readonly zLoss?: number;
  /** Equal parts that a batch is taken in, one after the other; default 1. */
  readonly microBatches?: number;
  /** Longest input in tokens; longer ones are cut (tagging: parted). */
  readonly maxLength?: number;
  /** Longest target in tokens, for models that write. */
  readonly maxTargetLength?: number;
  /** Sizes that batches are padded to; default: chosen from the data, `numBuckets` of them. */
  readonly buckets?: readonly (number | Box)[];
  /** The most shapes that are chosen; each is a graph to compile. Default 4, for pairs of texts 6. */
  readonly numBuckets?: number;
  /** Names of metrics, the first is watched; default: the task's. */
  readonly metrics?: readonly string[];
  /** What is watched: 'loss', or one of the metrics. */
  readonly metric?: string;
  /** Steps between evaluations; default: an epoch. */
  readonly evaluateEvery?: number;
  /** Evaluations without a better value after which training stops; default: never. */
  readonly patience?: number;
  /** What a value must be better by to count; default 0. */
  readonly minDelta?: number;
  /** What a loss or gradient that is not finite leads to; default 'stop', an error. 'reload' needs checkpoints. */
  readonly onNonFinite?: NonFinitePolicy;
  /** Examples of an evaluation batch; default twice the training's. */
  readonly evalBatchSize?: number;
  /** How texts are written in evaluations. */
  readonly generation?: GenerateOptions;
}

const KNOWN = (
  'lora freezes averages precision distillation optimizer learningRate schedule warmup layerWiseDecay maxGradNorm batchSize epochs steps seed dropout labelSmoothing zLoss ' +
  'microBatches maxLength maxTargetLength buckets numBuckets metrics metric evaluateEvery patience minDelta onNonFinite evalBatchSize generation'
).split(' ');

const COUNTS = [
  'batchSize',
  'steps',
  'microBatches',
  'maxLength',
  'maxTargetLength',
  'numBuckets',
  'evaluateEvery',
  'patience',
  'evalBatchSize',
] as const;
const SHARES = ['dropout', 'labelSmoothing'] as const;

/**
 * Checks settings that nothing else checks.
 * @throws OptionError for unknown names, numbers out of range, and both epochs and steps
 */
export function checkSettings(settings: TrainingSettings): void {
  checkOptions('training', settings, KNOWN);
  for (const name of COUNTS) {
    const value = settings[name];
    if (value !== undefined && !(Number.isSafeInteger(value) && value > 0))
      refuse(name, value, 'a whole number from 1');
  }
  for (const name of SHARES) {
    const value = settings[name];
    if (value !== undefined && !(value >= 0 && value < 1)) refuse(name, value, 'a share from 0 to below 1');
  }
  const { epochs, steps, warmup, learningRate } = settings;
  if (epochs !== undefined && !(epochs > 0)) refuse('epochs', epochs, 'a number above 0');
  if (epochs !== undefined && steps !== undefined) refuse('steps', steps, 'either epochs or steps');
  if (warmup !== undefined && !(warmup >= 0))
    refuse('warmup', warmup, 'a share below 1, or a number of steps');
  if (learningRate !== undefined && !(learningRate >= 0))
    refuse('learningRate', learningRate, 'a number from 0');
}

function refuse(name: string, got: unknown, needed: string): never {
  throw new OptionError({
    op: 'training',
    problem: `${name} is ${String(got)}, needed ${needed}`,
    page: 'option-value',
    got,
    needed,
  });
}
