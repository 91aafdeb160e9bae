export type { Architecture, InputSpec, Json } from './architectures/architecture.js';
export { ARCHITECTURES, findArchitecture } from './architectures/table.js';
export { electraForSequenceClassification } from './architectures/electra.js';
export { t5ForConditionalGeneration } from './architectures/t5.js';
export type { LoadPretrainedOptions, ModelFiles, PretrainedModel } from './pretrained.js';
export { createModel, loadPretrained, modelFiles, requireTokenizer } from './pretrained.js';
export type { ModelSource, ModelSourceOptions, WeightsReport } from './model-source.js';
export { readConfigFile, readModelSource } from './model-source.js';
export type { ForwardResult } from './forward.js';
export { runForward } from './forward.js';
export type { FromPretrainedOptions, ModelOnBackend } from './model-facade.js';
export { ModelFacade } from './model-facade.js';
export type { OpenModelOptions } from './platform/platform.js';
export type {
  Answer,
  Answers,
  AggregationStrategy,
  Classification,
  Entity,
  Pooling,
  ReplacedWord,
  TextLikelihood,
  WithinWord,
} from '@tesserae/task-heads';
export { AGGREGATION_STRATEGIES } from '@tesserae/task-heads';
export { electraEncoder, t5Encoder } from './encoders.js';
export type { PredictOptions, TextOrPair } from './encoder-facade.js';
export { EncoderFacade } from './encoder-facade.js';
export type { RunRowsOptions } from './encoder-runner.js';
export type {
  AnswerPredictOptions,
  EmbedOptions,
  EntityPredictOptions,
  Question,
  ReplacedTokenOptions,
  ScoreReplacedOptions,
} from './task-facades.js';
export type { FillMaskOptions, MaskFill, ScoreMaskedOptions } from './masked-lm-facade.js';
export type { Choices, Chosen } from './multiple-choice-facade.js';
export {
  ElectraForMaskedLM,
  ElectraForMultipleChoice,
  ElectraForPreTraining,
  ElectraForQuestionAnswering,
  ElectraForSequenceClassification,
  ElectraForTokenClassification,
  ElectraModel,
} from './electra-classes.js';
export {
  MT5EncoderModel,
  MT5ForConditionalGeneration,
  MT5ForQuestionAnswering,
  MT5ForSequenceClassification,
  MT5ForTokenClassification,
  T5,
  T5EncoderModel,
  T5ForQuestionAnswering,
  T5ForSequenceClassification,
  T5ForTokenClassification,
  UMT5EncoderModel,
  UMT5ForConditionalGeneration,
  UMT5ForQuestionAnswering,
  UMT5ForSequenceClassification,
  UMT5ForTokenClassification,
} from './t5-classes.js';
export type { T5GenerateOptions, T5GenerateResult } from './t5-for-conditional-generation.js';
export { T5ForConditionalGeneration } from './t5-for-conditional-generation.js';
export type { ScoreTextsOptions, ScoredInput, TextScore } from './t5-scoring.js';
export type { StreamedText } from './t5-text-stream.js';
export type { AutoClass } from './auto.js';
export {
  AutoConfig,
  AutoModel,
  AutoModelForMaskedLM,
  AutoModelForMultipleChoice,
  AutoModelForPreTraining,
  AutoModelForQuestionAnswering,
  AutoModelForSeq2SeqLM,
  AutoModelForSequenceClassification,
  AutoModelForTokenClassification,
  AutoTokenizer,
} from './auto.js';
export type { Pipeline, PipelineName } from './pipeline.js';
export type { GenerationPipelineOptions, PipelineEntity, PipelineFill } from './pipeline-tasks.js';
export { pipeline } from './pipeline.js';
export type { TaskName } from './training/task.js';
export { TASK_NAMES } from './training/task.js';
export type { TrainableConfig, TrainableModel } from './training/tasks/task-context.js';
export { classSuffixOf } from './training/tasks/table.js';
export { labelNames } from './training/class-labels.js';
export { labelsIn } from './training/labels-of-data.js';
export { TrainingDataError } from './training/row-fields.js';
export type { TrainingSettings } from './training/train-options.js';
export { resolvedRecipe } from './training/recipe.js';
export type { TrainModelOptions, TrainedModel } from './training/train-model.js';
export { trainModel } from './training/train-model.js';
export type { CrossValidateOptions, Fold, MetricSummary, SeveralRuns } from './training/cross-validation.js';
export { acrossSeeds, crossValidate, summarizeRuns } from './training/cross-validation.js';
export type { DistillationSettings } from './training/distilled-task.js';
export type { Frozen, FrozenPhase } from './training/frozen.js';
export type { EvaluateOptions, FitHistory, FitOptions, XY } from './training/fit.js';
export { evaluateModel, rowsOf } from './training/fit.js';
export type { PretrainingTexts } from './pretraining/texts.js';
export type { PretrainData, PretrainSettings, ResolvedPretrainSettings } from './pretraining/settings.js';
export type { ElectraStart } from './pretraining/electra-start.js';
export type { PretrainElectraOptions, PretrainedElectra } from './pretraining/pretrain-electra.js';
export { pretrainElectra } from './pretraining/pretrain-electra.js';
export type { PretrainT5Options, PretrainedT5, T5Objective } from './pretraining/pretrain-t5.js';
export { pretrainT5 } from './pretraining/pretrain-t5.js';
export type { ResolvedPretraining } from './pretraining/resolved-pretraining.js';
export { resolvedPretraining } from './pretraining/resolved-pretraining.js';
export type { ElectraWithHead } from './architectures/electra.js';
export type { WithHead } from './architectures/t5-heads.js';
