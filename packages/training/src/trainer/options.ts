import { OptionError, checkOptions } from '@tesserae/tensor';
import type { CheckpointStore, JsonValue } from '../checkpoints/store.js';
import type { Schedule } from '../schedules/schedule.js';
import type { BatchPart } from '../step/run-step.js';
import type { TrainStep } from '../step/train-step.js';
import type { MetricValues } from './events.js';

/** A batch of a source that can go on from any place. */
export interface ResumableBatch {
  /** Tree of host tensors that the loss function reads; or `parts`. */
  readonly inputs?: unknown;
  /** One step over several batches, their gradients accumulated. */
  readonly parts?: readonly BatchPart[];
  readonly numExamples: number;
  /** Real (unpadded) tokens in it. */
  readonly numTokens: number;
  /** Where the source goes on behind this batch; needed for checkpoints. */
  readonly cursor?: JsonValue;
  /** Passes over the data when the batch is done, with their fraction. */
  readonly epoch?: number;
}

/** Batches from the beginning, or from where a cursor says. The same cursor gives the same batches. */
export type BatchSource = (
  from: JsonValue | undefined,
) => Iterable<ResumableBatch> | AsyncIterable<ResumableBatch>;

/** How held-out data is scored, and what its scores decide. */
export interface EvaluationOptions {
  /**
   * Scores parameters.
   * @param params  tree of device tensors, averaged where the step keeps averages; they belong to the run
   */
  readonly run: (
    params: unknown,
    context: { readonly step: number; readonly signal?: AbortSignal },
  ) => Promise<MetricValues>;
  /** Steps from one evaluation to the next; there is one at the end in any case. */
  readonly everySteps: number;
  /** What is watched: a name among the values that `run` gives. */
  readonly metric: string;
  /** True for accuracy, false for a loss. */
  readonly isHigherBetter: boolean;
  /** Evaluations in a row without a better value after which the run stops; default: never. */
  readonly patience?: number;
  /** What a value must be better by to count; default 0. */
  readonly minDelta?: number;
  /** Also scores what the run begins with; default false. */
  readonly atStart?: boolean;
  /** The result has the best parameters, not the last ones; default true. */
  readonly restoresBest?: boolean;
}

/** Where and when a run is saved. */
export interface CheckpointOptions {
  readonly store: CheckpointStore;
  /** Steps from one checkpoint to the next; default: only at the end and on an abort. */
  readonly everySteps?: number;
  /** Milliseconds from one checkpoint to the next. */
  readonly everyMs?: number;
  /** Newest checkpoints that are kept; default 2. The best parameters are kept in any case. */
  readonly keepLast?: number;
  /** Goes on from the newest checkpoint, if there is one; default false: a store in use is an error. */
  readonly resume?: boolean;
  /** Goes on although `config` is not the checkpoint's; default false: it is an error that says what differs. */
  readonly acceptsOtherConfig?: boolean;
  /** When a checkpoint cannot be written: a warning (default), or the end of the run. */
  readonly onFailure?: 'warn' | 'stop';
}

/** What a loss or gradient that is not finite leads to. */
export type NonFinitePolicy = 'stop' | 'skip' | 'reload';

/** What a run is made of. */
export interface TrainOptions {
  /** The caller's; it is not released. */
  readonly step: TrainStep;
  /** Parameters that a new run begins with: a tree of host tensors. */
  readonly params: unknown;
  readonly batches: BatchSource;
  readonly schedule: Schedule;
  /** The run ends after this many steps in all, or when the batches end. */
  readonly totalSteps: number;
  readonly evaluation?: EvaluationOptions;
  readonly checkpoints?: CheckpointOptions;
  /**
   * 'stop' is an error that names the first bad value; 'skip' leaves the step out (the step must be made with
   * `skipsNonFinite`); 'reload' goes back to the last checkpoint and on with other data. Default: 'skip' where the step can, else 'stop'.
   */
  readonly onNonFinite?: NonFinitePolicy;
  /** Steps left out in a row, or reloads in all, that are borne; default 25. */
  readonly mostNonFinite?: number;
  /** The resolved config of the run: kept in checkpoints, and compared when a run is resumed. */
  readonly config?: Readonly<Record<string, JsonValue>>;
  /** Stops after the running step, with a checkpoint. */
  readonly signal?: AbortSignal;
}

const KNOWN =
  'step params batches schedule totalSteps evaluation checkpoints onNonFinite mostNonFinite config signal'.split(
    ' ',
  );
const KNOWN_EVALUATION = 'run everySteps metric isHigherBetter patience minDelta atStart restoresBest'.split(
  ' ',
);
const KNOWN_CHECKPOINTS = 'store everySteps everyMs keepLast resume acceptsOtherConfig onFailure'.split(' ');
const POLICIES: readonly NonFinitePolicy[] = ['stop', 'skip', 'reload'];

/** Checks everything that can be checked before the first step. @throws OptionError */
export function checkTrainOptions(options: TrainOptions): void {
  checkOptions('train', options, KNOWN);
  const { totalSteps, evaluation, checkpoints, onNonFinite, mostNonFinite, step } = options;
  requireCount('totalSteps', totalSteps, 0);
  requireCount('mostNonFinite', mostNonFinite, 1);
  if (evaluation !== undefined) {
    checkOptions('train: evaluation', evaluation, KNOWN_EVALUATION);
    requireCount('evaluation.everySteps', evaluation.everySteps, 1);
    requireCount('evaluation.patience', evaluation.patience, 1);
    if (!((evaluation.minDelta ?? 0) >= 0))
      refuse('evaluation.minDelta', evaluation.minDelta, 'a number from 0');
  }
  if (checkpoints !== undefined) {
    checkOptions('train: checkpoints', checkpoints, KNOWN_CHECKPOINTS);
    requireCount('checkpoints.everySteps', checkpoints.everySteps, 1);
    requireCount('checkpoints.keepLast', checkpoints.keepLast, 1);
    const { everyMs, onFailure = 'warn' } = checkpoints;
    if (everyMs !== undefined && !(everyMs > 0)) refuse('checkpoints.everyMs', everyMs, 'a number above 0');
    if (onFailure !== 'warn' && onFailure !== 'stop')
      refuse('checkpoints.onFailure', onFailure, `'warn' or 'stop'`);
  }
  if (onNonFinite === undefined) return;
  if (!POLICIES.includes(onNonFinite)) refuse('onNonFinite', onNonFinite, POLICIES.join(' | '));
  if (onNonFinite === 'skip' && !step.skipsNonFinite)
    refuse('onNonFinite', onNonFinite, 'a step made with skipsNonFinite: true');
  if (onNonFinite === 'reload' && checkpoints === undefined)
    refuse('onNonFinite', onNonFinite, 'checkpoints');
}

function requireCount(name: string, value: number | undefined, least: number): void {
  if (value === undefined || (Number.isSafeInteger(value) && value >= least)) return;
  refuse(name, value, `a whole number from ${least}`);
}

function refuse(name: string, got: unknown, needed: string): never {
  throw new OptionError({
    op: 'train',
    problem: `${name} is ${typeof got === 'string' ? `'${got}'` : String(got)}, needed ${needed}`,
    page: 'option-value',
    got,
    needed,
  });
}
