import type { Backend, CompileOptions, LossResult, Rng } from '@tesserae/tensor';
import { OptionError, checkOptions, releaseTree } from '@tesserae/tensor';
import type { Optimizer } from '../optimizers/optimizer.js';
import type { AverageOptions } from './average.js';
import { checkAverage } from './average.js';
import type { Accumulation } from './micro-batches.js';
import { requireFiniteParams } from './non-finite.js';
import type { PrecisionPolicy } from './precision.js';
import { precisionOf } from './precision.js';
import type { BatchPart, Runner, RunSettings, StepOutcome } from './run-step.js';
import { PhaseCompiler, averagedParams, runInParts, runWhole } from './run-step.js';
import type { HostTrainState, TrainState } from './train-state.js';
import {
  countElements,
  freshState,
  phaseOfState,
  readState,
  readTree,
  trainedParams,
  uploadState,
} from './train-state.js';
import type { Trainable } from './trainable.js';
import { phasesOf } from './trainable.js';

/**
 * What a step learns from: the loss of a batch, as a function of the parameters. A `weight` beside the loss (tokens it is a
 * mean over) makes parts of unequal size count rightly.
 */
export type LossFunction<Params, Batch> = (params: Params, batch: Batch, rng: Rng) => LossResult;

/** What a training step is made of. */
export interface TrainStepOptions<Params, Batch> extends Pick<
  CompileOptions<object>,
  'debug' | 'log' | 'maxGraphs'
> {
  readonly backend: Backend;
  readonly lossFn: LossFunction<Params, Batch>;
  readonly optimizer: Optimizer;
  /** Gradients are scaled down to this global norm; default 1; null leaves them. */
  readonly maxGradNorm?: number | null;
  /** Equal parts that a batch is taken in, one after the other, their gradients averaged; default 1. */
  readonly microBatches?: number;
  /** How losses of parts make one: 'mean' (default), by their weights; 'sum' for a fixed loss denominator. */
  readonly accumulates?: Accumulation;
  /** Which parameters are trained, or phases in which more and more are; default all. The others have no gradient. */
  readonly trains?: Trainable;
  /** Arithmetic in bf16 or f16; default f32 throughout. */
  readonly precision?: PrecisionPolicy;
  /** Keeps an exponential moving average of the weights; default none. */
  readonly averages?: AverageOptions;
  /** Leaves out a step whose loss or gradients are not finite; default only with loss scaling. */
  readonly skipsNonFinite?: boolean;
  /** Seed of dropout; step t draws from key t of the seed. */
  readonly seed: number;
  readonly name?: string;
}

/** A compiled training step: forward, backward, clipping and the optimiser in one graph. */
export interface TrainStep {
  /** Seed of dropout and masks. */
  readonly seed: number;
  /** True when averaged weights are kept. */
  readonly keepsAverages: boolean;
  /** True when a step that is not finite leaves the state as it was. */
  readonly skipsNonFinite: boolean;
  /** Puts parameters on the backend, with a fresh optimiser state. @throws DivergenceError when one is not finite */
  init(params: unknown): TrainState;
  /** One step. The state passed in is consumed. */
  run(state: TrainState, batch: unknown, options: { readonly learningRate: number }): Promise<StepOutcome>;
  /**
   * One step over several batches: the large batch within rounding. Parts count by the `weight` that the loss gives, else
   * by their examples. The state passed in is consumed.
   */
  runParts(
    state: TrainState,
    parts: readonly BatchPart[],
    options: { readonly learningRate: number },
  ): Promise<StepOutcome>;
  /** The tensors of the parameters on the backend, the averaged ones when asked for; they belong to the state. */
  paramsOf(state: TrainState, options?: { readonly averaged?: boolean }): unknown;
  /** Numbers in the parameters that a step trains. */
  countTrained(params: unknown, options: { readonly step: number }): number;
  /** Copies the parameters back to the host; the averaged ones when asked for. The state stays usable. */
  readParams(state: TrainState, options?: { readonly averaged?: boolean }): Promise<unknown>;
  /** Copies a whole state to the host; it stays usable. */
  read(state: TrainState): Promise<HostTrainState>;
  /** The form of a state after some steps, with fresh values: what a checkpoint is read into. */
  describe(params: unknown, options: { readonly step: number }): HostTrainState;
  /** Puts a whole state on the backend. */
  upload(state: HostTrainState): TrainState;
  /** Frees a state. */
  dispose(state: TrainState): void;
  release(): void;
}

const KNOWN = (
  'backend lossFn optimizer maxGradNorm microBatches accumulates trains precision averages skipsNonFinite ' +
  'seed name debug log maxGraphs'
).split(' ');

/**
 * Compiles a training step; it is traced at the first batch, and once more for every other batch shape and phase.
 * @throws OptionError for an unknown option, a maxGradNorm that is not positive, a precision the backend lacks
 */
export async function createTrainStep<Params, Batch>(
  options: TrainStepOptions<Params, Batch>,
): Promise<TrainStep> {
  const { backend, seed } = options;
  const settings = settingsOf(options);
  const compiler = new PhaseCompiler(options, settings);
  await compiler.of(0);
  const runner: Runner = { backend, seed, settings, compiler };
  const describe: TrainStep['describe'] = (params, { step }) =>
    freshState(params, { step, phase: phaseOfState(settings.phases, step) }, settings);
  const paramsOf: TrainStep['paramsOf'] = (state, { averaged = false } = {}) =>
    averaged ? averagedParams(state, settings) : state.params;
  return {
    seed,
    keepsAverages: settings.averages !== undefined,
    skipsNonFinite: settings.skipsNonFinite,
    paramsOf,
    countTrained: (params, { step }) => countElements(trainedParams(params, { step, settings })),
    init: (params) => {
      requireFiniteParams(params, 'createTrainStep');
      return uploadState(backend, describe(params, { step: 0 }));
    },
    run: (state, batch, { learningRate }) => runWhole(runner, state, { batch, learningRate }),
    runParts: (state, parts, { learningRate }) => runInParts(runner, state, { parts, learningRate }),
    readParams: (state, which) => readTree(backend, paramsOf(state, which)),
    read: (state) => readState(backend, state),
    describe,
    upload: (state) => uploadState(backend, state),
    dispose: ({ params, optState, average, lossScale }) =>
      releaseTree([params, optState, average, lossScale]),
    release: () => compiler.release(),
  };
}

function settingsOf<Params, Batch>(options: TrainStepOptions<Params, Batch>): RunSettings {
  checkOptions('createTrainStep', options, KNOWN);
  const { backend, lossFn, optimizer, maxGradNorm = 1, microBatches = 1, accumulates = 'mean' } = options;
  const isKnown = accumulates === 'mean' || accumulates === 'sum';
  if ((maxGradNorm !== null && !(maxGradNorm > 0)) || !isKnown) {
    throw new OptionError({
      op: 'createTrainStep',
      problem: isKnown
        ? `maxGradNorm is ${maxGradNorm}, needed a positive number, or null for no clipping`
        : `accumulates is '${String(accumulates)}', needed 'mean' or 'sum'`,
      page: 'option-value',
      got: isKnown ? maxGradNorm : accumulates,
    });
  }
  checkAverage(options.averages);
  const precision = precisionOf(options.precision, backend);
  return {
    lossFn: lossFn as RunSettings['lossFn'],
    optimizer,
    maxGradNorm,
    microBatches,
    accumulates,
    precision,
    averages: options.averages,
    skipsNonFinite: options.skipsNonFinite ?? precision?.lossScaling !== undefined,
    phases: phasesOf(options.trains),
  };
}
