import type { Rng } from '@tesserae/tensor';
import { OptionError, checkOptions } from '@tesserae/tensor';
import type { ParamSpec } from '@tesserae/weights';
import type { ElectraConfig } from '../config.js';
import type { PretrainingBatch, SpecialIds } from './masking.js';
import type { FrozenGenerator, ObjectiveContext, PretrainingResult } from './objective.js';
import { runObjective } from './objective.js';
import type { PretrainingOptions, PretrainingSettings } from './options.js';
import { pretrainingSettings } from './options.js';
import type { PretrainingParams } from './params.js';
import { mainTask, pretrainingSpec } from './params.js';

/** What a pre-training is made of. */
export interface ElectraPretrainingOptions {
  /** The encoder that is kept: the discriminator's. */
  readonly config: ElectraConfig;
  /** Ids of the tokenizer that are never chosen, and [MASK] itself. */
  readonly ids: SpecialIds;
  /** Objective and generator; default Google's. */
  readonly options?: PretrainingOptions;
  /** The second of the paper's two stages: a generator that learns no more. */
  readonly frozenGenerator?: FrozenGenerator;
}

/** A pre-training as pure functions, for `createTrainStep` and `compile`. */
export interface ElectraPretraining {
  readonly config: ElectraConfig;
  readonly settings: PretrainingSettings;
  /** Every parameter that learns: shape, initialiser, name. */
  readonly specs: PretrainingParams<ParamSpec>;
  /** Loss of a training batch, with dropout; `loss` is what is minimised. */
  readonly lossFn: (params: PretrainingParams, batch: PretrainingBatch, rng: Rng) => PretrainingResult;
  /** The same without dropout; the rng draws masks and samples. */
  readonly evaluate: (params: PretrainingParams, batch: PretrainingBatch, rng: Rng) => PretrainingResult;
}

const KNOWN = ['config', 'ids', 'options', 'frozenGenerator'];

/**
 * ELECTRA's pre-training: generator and discriminator in one graph.
 * @throws OptionError for options that are unknown, out of range or clash
 * @see Clark et al. 2020, "ELECTRA: Pre-training Text Encoders as Discriminators Rather Than Generators"
 */
export function electraPretraining(given: ElectraPretrainingOptions): ElectraPretraining {
  checkOptions('electraPretraining', given, KNOWN);
  const { config, ids, options, frozenGenerator } = given;
  const settings = pretrainingSettings(options);
  checkIds(ids, config);
  if (frozenGenerator !== undefined) checkFrozen(frozenGenerator, config, settings);
  const context: ObjectiveContext = { config, ids, settings, frozenGenerator };
  return {
    config,
    settings,
    specs: pretrainingSpec(config, { settings, hasFrozenGenerator: frozenGenerator !== undefined }),
    lossFn: (params, batch, rng) => runObjective(params, batch, { ...context, rng, isTraining: true }),
    evaluate: (params, batch, rng) => runObjective(params, batch, { ...context, rng, isTraining: false }),
  };
}

function checkIds(ids: SpecialIds, { vocabSize }: ElectraConfig): void {
  for (const [name, id] of Object.entries(ids)) {
    if (Number.isSafeInteger(id) && id >= 0 && id < vocabSize) continue;
    refuse(`ids.${name} is ${String(id)}, needed an id below the vocabulary's ${vocabSize}`);
  }
}

function checkFrozen(
  { config: own, params }: FrozenGenerator,
  { vocabSize }: ElectraConfig,
  settings: PretrainingSettings,
): void {
  if (params.predictions === undefined)
    refuse('frozenGenerator has no head, needed the params of a masked-LM run');
  if (own.vocabSize !== vocabSize) {
    refuse(`frozenGenerator has ${own.vocabSize} pieces, needed the discriminator's ${vocabSize}`);
  }
  if (mainTask(settings) === 'masked-lm' || settings.twoTowerGenerator || settings.uniformGenerator) {
    refuse('frozenGenerator is given, needed an objective with a masked-LM generator');
  }
}

function refuse(problem: string): never {
  throw new OptionError({
    op: 'electraPretraining',
    problem,
    likely: 'The vocabulary, the special ids or the generator belong to another model.',
    page: 'option-value',
  });
}
