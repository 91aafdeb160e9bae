export type { ElectraConfig } from './config.js';
export {
  ELECTRA_DEFAULTS,
  ELECTRA_SIZES,
  electraConfigFromHuggingFace,
  electraConfigToHuggingFace,
} from './config.js';
export type {
  DiscriminatorParams,
  ElectraEmbeddingParams,
  ElectraLayerParams,
  ElectraParams,
  MaskedLanguageModelParams,
  NormParams,
} from './params.js';
export {
  ELECTRA_IGNORED_NAMES,
  discriminatorSpec,
  electraParamSpec,
  maskedLanguageModelSpec,
} from './params.js';
export type { ElectraInputs, RunOptions, Sight, WantedTokens } from './network.js';
export { discriminatorHead, encode, maskedLanguageModelHead, requirePositions } from './network.js';
export type { PretrainingBatchOptions, PretrainingRow } from './pretraining/batch.js';
export { pretrainingBatch } from './pretraining/batch.js';
export type { PretrainedHalf, PretrainedHalves } from './pretraining/halves.js';
export { pretrainedFiles, pretrainedHalves } from './pretraining/halves.js';
export type { PretrainingBatch, SpecialIds } from './pretraining/masking.js';
export type { PretrainingMeter, PretrainingScores } from './pretraining/metrics.js';
export { pretrainingMeter } from './pretraining/metrics.js';
export type {
  Detection,
  FrozenGenerator,
  PretrainingResult,
  PretrainingSums,
} from './pretraining/objective.js';
export type { PretrainingAblation, PretrainingOptions, PretrainingSettings } from './pretraining/options.js';
export { PRETRAINING_DEFAULTS, generatorConfig } from './pretraining/options.js';
export type { GeneratorParams, GeneratorTower, PretrainingParams } from './pretraining/params.js';
export type { ElectraPretraining, ElectraPretrainingOptions } from './pretraining/pretraining.js';
export { electraPretraining } from './pretraining/pretraining.js';
export type { PretrainingRecipe } from './pretraining/recipe.js';
export {
  PRETRAINING_ADAM,
  PRETRAINING_RECIPE,
  pretrainingFromGoogle,
  pretrainingSchedule,
} from './pretraining/recipe.js';
export { discriminatorFromGenerator } from './pretraining/two-stage.js';
