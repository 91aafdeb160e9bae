import { ConfigError, OptionError, checkOptions } from '@tesserae/tensor';
import type { ElectraConfig } from '../config.js';

// What ELECTRA's pre-training can be told: Google's names in camelCase, and Google's defaults.

/**
 * Variants of the paper's section 3.4 that are neither ELECTRA nor BERT. All keep the generator:
 * `electra-15`: the discriminator's loss counts the chosen positions only; `replace-mlm`: the main model names the
 * original token at the chosen positions, which hold samples instead of [MASK]; `all-tokens-mlm`: it names the
 * token at every position, helped by a probability to copy the input.
 */
export type PretrainingAblation = 'electra-15' | 'replace-mlm' | 'all-tokens-mlm';

/** What is learned and how the generator is made. */
export interface PretrainingOptions {
  /** Detect replaced tokens; default true. With `electricObjective` false too: plain masked-LM, as BERT's. */
  readonly electraObjective?: boolean;
  /** Electric: noise-contrastive estimation against a two-tower cloze model; default false. */
  readonly electricObjective?: boolean;
  /** Default none. */
  readonly ablation?: PretrainingAblation;
  /** Weight of the generator's loss; default 1. */
  readonly genWeight?: number;
  /** Weight of the discriminator's loss; default 50. The losses of the two MLM ablations weigh 1. */
  readonly discWeight?: number;
  /** Share of real tokens that is chosen; default 0.15, 0.25 for the large model. */
  readonly maskProb?: number;
  /** Most positions chosen a row; default trunc((maskProb + 0.005) · seqLen) of the batch. */
  readonly maxPredictionsPerSeq?: number;
  /** Divides the generator's logits before sampling; default 1. */
  readonly temperature?: number;
  /** The original token is never sampled; default false. */
  readonly disallowCorrect?: boolean;
  /** Samples from all pieces alike, without a generator; default false. */
  readonly uniformGenerator?: boolean;
  /** A left-to-right and a right-to-left tower as generator; default false, always true under Electric. */
  readonly twoTowerGenerator?: boolean;
  /** The generator has embeddings of its own; default false. */
  readonly untiedGeneratorEmbeddings?: boolean;
  /** False: generator and discriminator are one encoder (all weights tied); default true. */
  readonly untiedGenerator?: boolean;
  /** Share of the discriminator's layers the generator has; default 1. */
  readonly generatorLayers?: number;
  /** Share of the discriminator's width the generator has; default 0.25. */
  readonly generatorHiddenSize?: number;
}

/** Every option with its value. */
export type PretrainingSettings = Required<Omit<PretrainingOptions, 'ablation' | 'maxPredictionsPerSeq'>> &
  Pick<PretrainingOptions, 'ablation' | 'maxPredictionsPerSeq'>;

/** Google's defaults. @see configure_pretraining.py of the ELECTRA repository */
export const PRETRAINING_DEFAULTS: PretrainingSettings = Object.freeze({
  electraObjective: true,
  electricObjective: false,
  ablation: undefined,
  genWeight: 1,
  discWeight: 50,
  maskProb: 0.15,
  maxPredictionsPerSeq: undefined,
  temperature: 1,
  disallowCorrect: false,
  uniformGenerator: false,
  twoTowerGenerator: false,
  untiedGeneratorEmbeddings: false,
  untiedGenerator: true,
  generatorLayers: 1,
  generatorHiddenSize: 0.25,
});

const ABLATIONS: readonly unknown[] = [undefined, 'electra-15', 'replace-mlm', 'all-tokens-mlm'];
const op = 'electraPretraining';

/**
 * The options with defaults filled in, checked against each other.
 * @throws OptionError for unknown options, values out of range, and combinations that have no meaning
 */
export function pretrainingSettings(options: PretrainingOptions = {}): PretrainingSettings {
  checkOptions(op, options, Object.keys(PRETRAINING_DEFAULTS));
  const given = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
  const settings: PretrainingSettings = { ...PRETRAINING_DEFAULTS, ...given };
  checkValues(settings);
  checkCombination(settings);
  // Electric's probabilities are those of a cloze model, which reads the unmasked text.
  return settings.electricObjective ? { ...settings, twoTowerGenerator: true } : settings;
}

function checkValues(settings: PretrainingSettings): void {
  const { maskProb, temperature, genWeight, discWeight, generatorLayers, generatorHiddenSize } = settings;
  const { maxPredictionsPerSeq: most } = settings;
  if (!ABLATIONS.includes(settings.ablation))
    refuse('ablation', settings.ablation, ABLATIONS.slice(1).join(' | '));
  if (!(maskProb > 0 && maskProb < 1)) refuse('maskProb', maskProb, 'a share between 0 and 1');
  if (!(temperature > 0)) refuse('temperature', temperature, 'a positive number');
  if (!(genWeight >= 0)) refuse('genWeight', genWeight, 'a number from 0');
  if (!(discWeight >= 0)) refuse('discWeight', discWeight, 'a number from 0');
  if (!(generatorLayers > 0)) refuse('generatorLayers', generatorLayers, 'a positive share');
  if (!(generatorHiddenSize > 0)) refuse('generatorHiddenSize', generatorHiddenSize, 'a positive share');
  if (most !== undefined && !(Number.isSafeInteger(most) && most > 0))
    refuse('maxPredictionsPerSeq', most, 'a whole number from 1');
}

function checkCombination(settings: PretrainingSettings): void {
  const { electraObjective, electricObjective, ablation, uniformGenerator, untiedGenerator } = settings;
  const isElectra = electraObjective && !electricObjective;
  if (ablation !== undefined && !isElectra) {
    refuse('ablation', ablation, 'none under Electric or plain masked-LM, which have no samples to vary');
  }
  if (electricObjective && (uniformGenerator || !untiedGenerator)) {
    refuse('electricObjective', true, 'a generator of its own, neither uniform nor tied');
  }
  if (settings.twoTowerGenerator && (uniformGenerator || !untiedGenerator)) {
    refuse('twoTowerGenerator', true, 'a generator of its own, neither uniform nor tied');
  }
  if (uniformGenerator && !(electraObjective || electricObjective)) {
    refuse('uniformGenerator', true, 'an objective that reads samples; plain masked-LM would learn nothing');
  }
  if (settings.untiedGeneratorEmbeddings && !untiedGenerator) {
    refuse('untiedGeneratorEmbeddings', true, 'untiedGenerator: one encoder has one set of embeddings');
  }
}

function refuse(name: string, got: unknown, needed: string): never {
  throw new OptionError({
    op,
    problem: `${name} is ${String(got)}, needed ${needed}`,
    likely: 'See PretrainingOptions for what each option means and which go together.',
    page: 'option-value',
    got,
    needed,
  });
}

/**
 * The generator's encoder: as deep as `generatorLayers` says, as wide as `generatorHiddenSize` says, heads of 64.
 * With shared embeddings it reads vectors of the discriminator's embeddingSize, else of its own width.
 * @throws ConfigError when the heads do not divide the width
 * @see get_generator_config of the ELECTRA repository
 */
export function generatorConfig(config: ElectraConfig, options: PretrainingOptions = {}): ElectraConfig {
  const settings = pretrainingSettings(options);
  if (!settings.untiedGenerator) return config;
  const hiddenSize = roundHalfEven(config.hiddenSize * settings.generatorHiddenSize);
  const numLayers = roundHalfEven(config.numLayers * settings.generatorLayers);
  const numHeads = Math.max(1, Math.floor(hiddenSize / 64));
  if (hiddenSize < 1 || numLayers < 1 || hiddenSize % numHeads !== 0) {
    throw new ConfigError({
      op: 'generatorConfig',
      problem: `a generator of ${numLayers} layers of ${hiddenSize} with ${numHeads} heads cannot be built`,
      likely: 'generatorHiddenSize times the width must be a multiple of 64, or below 128.',
      page: 'config-field',
      got: { hiddenSize, numLayers, numHeads },
    });
  }
  const embeddingSize = settings.untiedGeneratorEmbeddings ? hiddenSize : config.embeddingSize;
  return { ...config, hiddenSize, numLayers, numHeads, embeddingSize, intermediateSize: 4 * hiddenSize };
}

/** Rounds halves to the even neighbour, as Python and TensorFlow do. */
function roundHalfEven(value: number): number {
  const floor = Math.floor(value);
  const rest = value - floor;
  if (rest !== 0.5) return Math.round(value);
  return floor % 2 === 0 ? floor : floor + 1;
}
