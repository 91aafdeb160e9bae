export type { T5Config } from './config.js';
export { T5_DEFAULTS, t5ConfigFromHuggingFace, t5ConfigToHuggingFace } from './config.js';
export { T5_SIZES } from './sizes.js';
export type {
  T5AttentionParams,
  T5CrossAttentionParams,
  T5DecoderBlockParams,
  T5EncoderBlockParams,
  T5EncoderModelParams,
  T5FeedForwardParams,
  T5Params,
  T5SelfAttentionParams,
  T5StackParams,
} from './params.js';
export { T5_IGNORED_NAMES, t5EncoderParamSpec, t5ParamSpec } from './params.js';
export type { BucketOptions } from './position-bias.js';
export { positionBias, relativePositionBucket } from './position-bias.js';
export type { KeyValue } from './layers.js';
export type { RunOptions, T5Inputs, T5Outputs } from './network.js';
export { conditionalGeneration, decode, encode, languageModelHead, shiftRight } from './network.js';
export type { DecodeStepInputs, DecodeStepOutputs, DecoderCache, Encoded } from './incremental.js';
export { cacheShape, decodeStep, encodeForDecoding } from './incremental.js';
export type {
  DecodingEngine,
  DecodingSession,
  OpenSessionOptions,
  SourceBatch,
  StepRequest,
  StepScores,
} from './decoding/session.js';
export { createDecodingEngine } from './decoding/engine.js';
export type { GenerateResult, T5Generator } from './generation/generator.js';
export { createT5Generator, generatorOver, padSequences } from './generation/generator.js';
export type {
  DraftModel,
  GenerateOptions,
  LengthPenaltyKind,
  StreamedIds,
  TextDecoder,
} from './generation/generate-options.js';
export type {
  FinishReason,
  LogitsProcessor,
  PrefixAllowedTokensFn,
  RowHistory,
  StoppingCriterion,
} from './generation/row-history.js';
export type { BiasedSequence } from './generation/processors.js';
export type { WordConstraint } from './generation/constraints.js';
export { disjunctiveConstraint, phrasalConstraint } from './generation/constraints.js';
export type { TaskDefaults } from './generation/generation-defaults.js';
export { generationDefaults, taskDefaults } from './generation/generation-defaults.js';
