import type { Tensor } from '@tesserae/tensor';
import { mapTree } from '@tesserae/tensor';
import type { LinearParams } from '@tesserae/nn';
import type { Initializer, ParamSpec } from '@tesserae/weights';
import { linearSpec } from '@tesserae/weights';
import type { ElectraConfig } from '../config.js';
import type {
  DiscriminatorParams,
  ElectraEmbeddingParams,
  ElectraParams,
  MaskedLanguageModelParams,
} from '../params.js';
import { discriminatorSpec, electraParamSpec, maskedLanguageModelSpec } from '../params.js';
import type { PretrainingSettings } from './options.js';
import { generatorConfig } from './options.js';

/** Encoder layers of a generator, and the projection in front of them where the widths differ. */
export type GeneratorTower<Leaf = Tensor> = Omit<ElectraParams<Leaf>, 'embeddings'>;

/** A generator's own weights. */
export interface GeneratorParams<Leaf = Tensor> {
  /** Absent when the discriminator's are shared. */
  readonly embeddings?: ElectraEmbeddingParams<Leaf>;
  /** One; left-to-right and right-to-left for the two-tower generator. */
  readonly towers: readonly GeneratorTower<Leaf>[];
}

/** Everything that pre-training learns. */
export interface PretrainingParams<Leaf = Tensor> {
  /** The encoder that is kept: the discriminator's, or the masked-LM's. */
  readonly electra: ElectraParams<Leaf>;
  /** Present where replaced tokens are detected. */
  readonly discriminator?: DiscriminatorParams<Leaf>;
  /** Absent when the generator is uniform, frozen, or the kept encoder itself. */
  readonly generator?: GeneratorParams<Leaf>;
  /** The generator's head, or the masked-LM's. */
  readonly predictions?: MaskedLanguageModelParams<Leaf>;
  /** The kept encoder's head under Replace MLM and All-Tokens MLM. */
  readonly mainPredictions?: MaskedLanguageModelParams<Leaf>;
  /** One logit a token under All-Tokens MLM: whether to copy the input. */
  readonly copy?: LinearParams<Leaf>;
}

/** What the training is: BERT's, ELECTRA's, or one of the two masked-LM ablations. */
type MainTask = 'masked-lm' | 'detection' | 'replace-mlm' | 'all-tokens-mlm';

/** The task of the encoder that is kept. */
export function mainTask({ electraObjective, electricObjective, ablation }: PretrainingSettings): MainTask {
  if (!electraObjective && !electricObjective) return 'masked-lm';
  return ablation === undefined || ablation === 'electra-15' ? 'detection' : ablation;
}

/**
 * Parameters of a pre-training run: shapes, initial values as Google's code draws them, and names, of which the
 * kept encoder's and both heads' are Hugging Face's.
 * @param options.hasFrozenGenerator  the generator is trained already and has no parameters here
 */
export function pretrainingSpec(
  config: ElectraConfig,
  {
    settings,
    hasFrozenGenerator,
  }: { readonly settings: PretrainingSettings; readonly hasFrozenGenerator: boolean },
): PretrainingParams<ParamSpec> {
  const task = mainTask(settings);
  const isMainMlm = task === 'replace-mlm' || task === 'all-tokens-mlm';
  const hasGenerator = !settings.uniformGenerator && !hasFrozenGenerator;
  const hasOwnEncoder = hasGenerator && settings.untiedGenerator && task !== 'masked-lm';
  const { initializerRange: std, hiddenSize } = config;
  const specs: PretrainingParams<ParamSpec> = {
    electra: electraParamSpec(config, { prefix: 'electra.' }),
    ...(task === 'detection' ? { discriminator: discriminatorSpec(config) } : {}),
    ...(hasOwnEncoder ? { generator: generatorSpec(config, settings) } : {}),
    ...(hasGenerator ? { predictions: predictionsSpec(config, settings, hasOwnEncoder) } : {}),
    ...(isMainMlm ? { mainPredictions: mainPredictionsSpec(config) } : {}),
    ...(task === 'all-tokens-mlm'
      ? { copy: linearSpec(hiddenSize, 1, { std, name: 'copy_predictions' }) }
      : {}),
  };
  return mapTree(specs, (leaf: ParamSpec) => ({
    ...leaf,
    init: googleInitializer(leaf),
  })) as PretrainingParams<ParamSpec>;
}

function generatorSpec(config: ElectraConfig, settings: PretrainingSettings): GeneratorParams<ParamSpec> {
  const own = generatorConfig(config, settings);
  const prefixes = settings.twoTowerGenerator ? ['generator_ltr.', 'generator_rtl.'] : ['generator.'];
  const specs = prefixes.map((prefix) => electraParamSpec(own, { prefix }));
  const towers = specs.map(({ projection, layers }) =>
    projection === undefined ? { layers } : { projection, layers },
  );
  return settings.untiedGeneratorEmbeddings ? { embeddings: specs[0]!.embeddings, towers } : { towers };
}

function predictionsSpec(
  config: ElectraConfig,
  settings: PretrainingSettings,
  hasOwnEncoder: boolean,
): MaskedLanguageModelParams<ParamSpec> {
  const own = hasOwnEncoder ? generatorConfig(config, settings) : config;
  const isDouble = hasOwnEncoder && settings.twoTowerGenerator;
  const sizes = isDouble ? { ...own, hiddenSize: 2 * own.hiddenSize } : own;
  return maskedLanguageModelSpec(sizes, { hasDecoder: false });
}

/** The same head under names of its own. */
function mainPredictionsSpec(config: ElectraConfig): MaskedLanguageModelParams<ParamSpec> {
  return mapTree(maskedLanguageModelSpec(config, { hasDecoder: false }), (leaf: ParamSpec) => ({
    ...leaf,
    name: leaf.name!.replace(/^generator_/, 'main_'),
  })) as MaskedLanguageModelParams<ParamSpec>;
}

/** Layers that Google's code leaves to TensorFlow's default initialiser. */
const GLOROT = /embeddings_project\.weight$|dense_prediction\.weight$/;

/** Truncated normal, and Glorot's uniform where Google's code says nothing. @see modeling.py, run_pretraining.py */
function googleInitializer({ init, name, shape }: ParamSpec): Initializer {
  if (init.kind !== 'normal') return init;
  if (name === undefined || !GLOROT.test(name)) return { kind: 'truncatedNormal', std: init.std };
  const [outputs, inputs] = shape as readonly [number, number];
  return { kind: 'glorotUniform', fanIn: inputs, fanOut: outputs };
}
