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
export type { ElectraInputs, RunOptions, WantedTokens } from './network.js';
export { discriminatorHead, encode, maskedLanguageModelHead } from './network.js';
