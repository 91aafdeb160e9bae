import type { StepMetrics } from '../step/run-step.js';

/** Named numbers of an evaluation, e.g. `{ loss: 0.31, accuracy: 0.88 }`. */
export type MetricValues = Readonly<Record<string, number>>;

/** A run begins, or goes on where a checkpoint left it. */
export interface StartEvent {
  readonly type: 'start';
  /** Steps done before; 0 for a new run. */
  readonly step: number;
  readonly totalSteps: number;
  /** Numbers in all parameters, and in those that are trained. */
  readonly numParameters: number;
  readonly numTrained: number;
  /** Name of the checkpoint that the run goes on from. */
  readonly resumedFrom?: string;
}

/** A step was done, or left out. */
export interface StepEvent extends StepMetrics {
  readonly type: 'step';
  /** Steps done, this one included. */
  readonly step: number;
  readonly totalSteps: number;
  /** Passes over the data, with its fraction, when the batches say it. */
  readonly epoch?: number;
  readonly learningRate: number;
  /** Wall time of the step, waiting for data included. */
  readonly elapsedMs: number;
  /** Time the step waited for its batch. */
  readonly dataMs: number;
  readonly numExamples: number;
  /** Real (unpadded) tokens. */
  readonly numTokens: number;
  readonly tokensPerSecond: number;
}

/** The held-out data was scored. */
export interface EvaluationEvent {
  readonly type: 'evaluation';
  readonly step: number;
  readonly epoch?: number;
  readonly metrics: MetricValues;
  /** True when it is the best so far by the metric that is watched. */
  readonly isBest: boolean;
  readonly elapsedMs: number;
}

/** A checkpoint is on disk, whole. */
export interface CheckpointEvent {
  readonly type: 'checkpoint';
  readonly step: number;
  readonly name: string;
  readonly sizeBytes: number;
  readonly elapsedMs: number;
}

/** Something that the user should know and that did not end the run. */
export interface WarningEvent {
  readonly type: 'warning';
  readonly step: number;
  /** Stable: 'step-skipped', 'state-reloaded', 'checkpoint-failed', … */
  readonly code: string;
  readonly message: string;
}

/** Why a run ended. */
export type EndReason = 'steps' | 'data' | 'aborted' | 'early-stopping';

/** The best evaluation of a run. */
export interface BestEvaluation {
  readonly step: number;
  readonly metric: string;
  readonly value: number;
  readonly metrics: MetricValues;
}

/** The run is over; the last event. */
export interface EndEvent {
  readonly type: 'end';
  readonly step: number;
  readonly reason: EndReason;
  readonly best?: BestEvaluation;
  /** Wall time of this run, without those before it was resumed. */
  readonly elapsedMs: number;
}

/** What happened in a run, as plain data; printing and logging are the caller's. */
export type TrainerEvent =
  StartEvent | StepEvent | EvaluationEvent | CheckpointEvent | WarningEvent | EndEvent;
