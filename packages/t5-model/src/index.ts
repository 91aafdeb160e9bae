export type { T5Config, T5ModelType } from './config.js';
export { T5_DEFAULTS, T5_MODEL_TYPES, t5ConfigFromHuggingFace, t5ConfigToHuggingFace } from './config.js';
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
export { T5_ALIASES, T5_IGNORED_NAMES, t5EncoderParamSpec, t5ParamSpec } from './params.js';
export type { BucketOptions } from './position-bias.js';
export { positionBias, relativePositionBucket } from './position-bias.js';
export type { KeyValue } from './layers.js';
export type { RunOptions, T5Inputs, T5Outputs } from './network.js';
export { conditionalGeneration, decode, encode, languageModelHead, shiftRight } from './network.js';
export type { T5ClassificationParams } from './heads.js';
export { checkEndTokens, lastEndTokenState, t5ClassificationHead, t5ClassificationSpec } from './heads.js';
export type { DecodeStepInputs, DecodeStepOutputs, DecoderCache, Encoded } from './incremental.js';
export { cacheShape, decodeStep, encodeForDecoding } from './incremental.js';
export type { ResizableModel, ResizeEmbeddingsOptions } from './resize-embeddings.js';
export { resizeTokenEmbeddings } from './resize-embeddings.js';
export type { ScoreOptions, T5Scorer } from './scoring/scorer.js';
export { createT5Scorer } from './scoring/scorer.js';
export type { RankedTargets, TargetScore } from './scoring/target-scores.js';
export { perplexityOf, rankTargets } from './scoring/target-scores.js';
export type { JsonSchema } from './constraints/json-schema.js';
export type { ConstraintWork, TokenConstraint } from './constraints/token-constraint.js';
export { grammarConstraint, jsonSchemaConstraint, regexConstraint } from './constraints/token-constraint.js';
export type { CodePoints } from './constraints/code-points.js';
export type { ConstraintVocabulary, PieceTokenizer, SortedPieces } from './constraints/vocabulary.js';
export { constraintVocabulary } from './constraints/vocabulary.js';
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
