export type { AdafactorOptions, AdafactorState } from './optimizers/adafactor.js';
export { adafactor } from './optimizers/adafactor.js';
export type { AdamWOptions, AdamWState } from './optimizers/adamw.js';
export { adamW } from './optimizers/adamw.js';
export { clipByGlobalNorm, globalNorm } from './optimizers/clip.js';
export type { LayerWiseDecayOptions } from './optimizers/layer-wise-decay.js';
export { layerWiseDecay } from './optimizers/layer-wise-decay.js';
export type { LionOptions, LionState } from './optimizers/lion.js';
export { lion } from './optimizers/lion.js';
export type {
  CommonOptions,
  Optimizer,
  ParamRule,
  TensorTree,
  UpdateInputs,
} from './optimizers/optimizer.js';
export { decaysMatrices } from './optimizers/optimizer.js';
export type { SgdOptions, SgdState } from './optimizers/sgd.js';
export { sgd } from './optimizers/sgd.js';
export type { SchedulePart } from './schedules/combinators.js';
export { multiplySchedules, sequentialSchedules, warmupSchedule } from './schedules/combinators.js';
export type {
  CosineScheduleOptions,
  EndingScheduleOptions,
  LinearScheduleOptions,
  PolynomialScheduleOptions,
  Schedule,
} from './schedules/schedule.js';
export {
  constantSchedule,
  cosineSchedule,
  linearSchedule,
  polynomialSchedule,
} from './schedules/schedule.js';
export type {
  ElectraScheduleOptions,
  InverseSquareRootOptions,
  RelativeStepOptions,
  SlantedTriangularOptions,
} from './schedules/t5-schedules.js';
export {
  electraSchedule,
  inverseSquareRootSchedule,
  relativeStepSchedule,
  slantedTriangularSchedule,
} from './schedules/t5-schedules.js';
export type { AverageOptions } from './step/average.js';
export type { Accumulation } from './step/micro-batches.js';
export type { NonFinite } from './step/non-finite.js';
export { DivergenceError, describeNonFinite, nonFiniteParameter } from './step/non-finite.js';
export type { LossScalingOptions, PrecisionPolicy } from './step/precision.js';
export type { BatchPart, StepMetrics, StepOutcome } from './step/run-step.js';
export type { HostTrainState, TrainState } from './step/train-state.js';
export { readTree } from './step/train-state.js';
export type { LossFunction, TrainStep, TrainStepOptions } from './step/train-step.js';
export { createTrainStep } from './step/train-step.js';
export type { Trainable, TrainingPhase } from './step/trainable.js';
export type { TrainingBatch, TrainingEvent, TrainingLoopOptions } from './loop/loop.js';
export { trainingLoop } from './loop/loop.js';
export type {
  BestEvaluation,
  CheckpointEvent,
  EndEvent,
  EndReason,
  EvaluationEvent,
  MetricValues,
  StartEvent,
  StepEvent,
  TrainerEvent,
  WarningEvent,
} from './trainer/events.js';
export type {
  BatchSource,
  CheckpointOptions,
  EvaluationOptions,
  NonFinitePolicy,
  ResumableBatch,
  TrainOptions,
} from './trainer/options.js';
export type { TrainingResult } from './trainer/run.js';
export { train } from './trainer/train.js';
export type { CheckpointStore, JsonValue } from './checkpoints/store.js';
export { memoryCheckpointStore } from './checkpoints/store.js';
export type { LoraConfig, ResolvedLoraConfig } from './peft/lora-config.js';
export type { LoraPlan, LoraTarget } from './peft/lora-targets.js';
export type { LoraAdapter } from './peft/lora.js';
export type { LoraFactors, LoraParams } from './peft/lora-params.js';
export { applyLora, createLora, loraLoss, mergeLora } from './peft/lora.js';
export type { AdaptedParams } from './peft/adapted-params.js';
export { isAdapter } from './peft/adapted-params.js';
export type { BottleneckConfig, ResolvedBottleneckConfig } from './peft/bottleneck-config.js';
export type { BottleneckPlan, BottleneckTarget } from './peft/bottleneck-targets.js';
export type { BottleneckAdapter, BottleneckMaps, BottleneckParams } from './peft/bottleneck.js';
export { applyBottleneck, bottleneckLoss, createBottleneck } from './peft/bottleneck.js';
export { bottleneckFiles, readBottleneck } from './peft/bottleneck-files.js';
export type { AdapterFileOptions } from './peft/adapter-files.js';
export { adapterFiles, readAdapter } from './peft/adapter-files.js';
export type { RunLogger } from './loggers/logger.js';
export { jsonLine, parseJsonLine, scalarsOf } from './loggers/logger.js';
export type { Throughput, ThroughputOptions } from './loggers/throughput.js';
export { throughputMeter, trainingFlopsPerToken } from './loggers/throughput.js';
export type { ChartLibrary, RunReport } from './report/report-html.js';
export { reportHtml } from './report/report-html.js';
