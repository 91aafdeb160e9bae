import type { Backend, CompileOptions, CompiledFunction, DeviceTensor, HostTensor } from '@tesserae/tensor';
import {
  DTYPES,
  compile,
  flattenTree,
  hostScalar,
  hostTensor,
  mapTree,
  rngKeyAt,
  releaseTree,
  sizeOf,
  threefry2x32,
} from '@tesserae/tensor';
import type { NonFinite } from './non-finite.js';
import { findNonFinite } from './non-finite.js';
import type { Accumulated, Learned, StepMeasures, StepResult, StepSettings } from './step-graph.js';
import { traceFinish, tracePart, traceStep } from './step-graph.js';
import type { StateSettings, TrainState } from './train-state.js';
import { movedToPhase, phaseOfState } from './train-state.js';
import { joinTrees, partTree, phaseAt } from './trainable.js';

/** What one step measured. */
export interface StepMetrics {
  readonly loss: number;
  /** Global norm of the gradients before clipping. */
  readonly gradNorm: number;
  /** The first value that was not finite; absent when all were. */
  readonly nonFinite?: NonFinite;
  /** True when the step was left out: the state is as before, but for the loss scale. */
  readonly skipped?: boolean;
}

/** A state and what the step that made it measured. */
export interface StepOutcome {
  readonly state: TrainState;
  readonly metrics: StepMetrics;
}

/** A part of a large batch. */
export interface BatchPart {
  /** Tree of host tensors: what the loss function reads. */
  readonly inputs: unknown;
  readonly numExamples: number;
}

/** All settings of a step, defaults filled in. */
export type RunSettings = StepSettings & StateSettings;

type Compiled = (args: object) => Promise<unknown>;

/** The compiled graphs of one phase. */
interface PhaseGraphs {
  readonly step: Compiled;
  readonly part: Compiled;
  readonly finish: Compiled;
}

/** What the compiler is told. */
type CompilerOptions = Pick<CompileOptions<object>, 'debug' | 'log' | 'maxGraphs' | 'name'> & {
  readonly backend: Backend;
};

/** Keeps the graphs of the current phase; those of the last one are freed at its border. */
export class PhaseCompiler {
  private phase = -1;
  private graphs: PhaseGraphs | undefined;
  private owned: CompiledFunction<object, unknown>[] = [];

  constructor(
    private readonly options: CompilerOptions,
    private readonly settings: StepSettings,
  ) {}

  /** The graphs of a phase; they are traced at their first call. */
  async of(phase: number): Promise<PhaseGraphs> {
    if (phase === this.phase) return this.graphs!;
    this.release();
    this.owned = [];
    this.phase = phase;
    this.graphs = {
      step: await this.compiled(traceStep, { suffix: '', donate: 'learned' }),
      part: await this.compiled(tracePart, { suffix: '.part', donate: 'accumulated' }),
      finish: await this.compiled(traceFinish, { suffix: '.finish', donate: 'learned' }),
    };
    return this.graphs;
  }

  /** Frees the graphs; calling them again is an error. */
  release(): void {
    for (const graph of this.owned) graph.release();
  }

  private async compiled<Args extends object>(
    fn: (args: Args, settings: StepSettings) => unknown,
    { suffix, donate }: { readonly suffix: string; readonly donate: string },
  ): Promise<Compiled> {
    const { backend, name = 'trainStep', debug, log, maxGraphs } = this.options;
    const bound = (args: Args): unknown => fn(args, this.settings);
    const options = { name: `${name}${suffix}`, donate: [donate], debug, log, maxGraphs };
    const graph = await compile(bound, backend, options as object);
    this.owned.push(graph as CompiledFunction<object, unknown>);
    return graph as Compiled;
  }
}

/** What running a step needs. */
export interface Runner {
  readonly backend: Backend;
  readonly seed: number;
  readonly settings: RunSettings;
  readonly compiler: PhaseCompiler;
}

/** A state parted for the graphs of its phase. */
interface Prepared {
  readonly graphs: PhaseGraphs;
  readonly learned: Learned;
  readonly frozen: unknown;
}

async function prepare({ backend, settings, compiler }: Runner, state: TrainState): Promise<Prepared> {
  const { phases } = settings;
  const phase = phaseAt(phases, state.step);
  const graphs = await compiler.of(phase);
  const isThere = phaseOfState(phases, state.step) === phase;
  const moved = isThere ? state : await movedToPhase(backend, state, { phase, settings });
  const { trained, frozen } = partTree(moved.params, phases[phase]!.trains);
  const { optState, average, lossScale } = moved;
  return { graphs, frozen, learned: { params: trained, optState, average, lossScale } as Learned };
}

/** A step over one batch. */
export async function runWhole(
  runner: Runner,
  state: TrainState,
  { batch, learningRate }: { readonly batch: unknown; readonly learningRate: number },
): Promise<StepOutcome> {
  const { graphs, learned, frozen } = await prepare(runner, state);
  const rngKey = rngKeyAt(runner.seed, state.step);
  const args = { learned, frozen, batch, rngKey, learningRate: hostScalar('f32', learningRate) };
  const result = (await graphs.step(args)) as StepResult<DeviceTensor>;
  return outcome(runner, result, { frozen, step: state.step + 1 });
}

/** A step over several batches, one after the other. */
export async function runInParts(
  runner: Runner,
  state: TrainState,
  { parts, learningRate }: { readonly parts: readonly BatchPart[]; readonly learningRate: number },
): Promise<StepOutcome> {
  if (parts.length === 1) return runWhole(runner, state, { batch: parts[0]!.inputs, learningRate });
  const { graphs, learned, frozen } = await prepare(runner, state);
  const { params, lossScale } = learned;
  let accumulated: unknown = nothingYet(params);
  for (const [index, { inputs, numExamples }] of parts.entries()) {
    const rngKey = partKey(rngKeyAt(runner.seed, state.step), index);
    const args = { accumulated, params, lossScale, frozen, batch: inputs, rngKey };
    const result = await graphs.part({ ...args, numExamples: hostScalar('f32', numExamples) });
    accumulated = (result as { readonly accumulated: unknown }).accumulated;
  }
  const args = { learned, accumulated, learningRate: hostScalar('f32', learningRate) };
  const result = (await graphs.finish(args)) as StepResult<DeviceTensor>;
  releaseTree(accumulated);
  return outcome(runner, result, { frozen, step: state.step + 1 });
}

/** The random key of a part of step `key`. */
function partKey({ data }: HostTensor, index: number): HostTensor {
  return hostTensor('i32', [2], [...threefry2x32([data[0]!, data[1]!], [index, 1])]);
}

/** Sums before the first part. */
function nothingYet(params: unknown): Accumulated<HostTensor> {
  const zeros = ({ spec: { shape } }: DeviceTensor): HostTensor =>
    hostTensor('f32', shape, DTYPES.f32.create(sizeOf(shape)));
  const zero = hostScalar('f32', 0);
  return { loss: zero, grads: mapTree(params, zeros), weight: zero };
}

async function outcome(
  { backend, settings }: Runner,
  { learned, metrics }: StepResult<DeviceTensor>,
  { frozen, step }: { readonly frozen: unknown; readonly step: number },
): Promise<StepOutcome> {
  const read = async (value: DeviceTensor): Promise<ArrayLike<number>> =>
    (await backend.download(value)).data;
  const measured = await measure(metrics, read, settings.skipsNonFinite);
  const isFinite = Number.isFinite(measured.loss) && Number.isFinite(measured.gradNorm);
  const paths = flattenTree(learned.params).map(({ path }) => path);
  const found = isFinite
    ? {}
    : { nonFinite: findNonFinite({ loss: measured.loss, squares: await read(metrics.squares) }, paths) };
  releaseTree(metrics);
  const { params, ...others } = learned;
  return {
    state: { ...others, params: joinTrees(params, frozen), step },
    metrics: { ...measured, ...found },
  };
}

async function measure(
  { loss, gradNorm, skipped }: StepMeasures<DeviceTensor>,
  read: (value: DeviceTensor) => Promise<ArrayLike<number>>,
  maySkip: boolean,
): Promise<StepMetrics> {
  const wanted = maySkip ? [loss, gradNorm, skipped!] : [loss, gradNorm];
  const [lossValue, normValue, flag] = await Promise.all(wanted.map(read));
  const isSkipped = flag === undefined ? {} : { skipped: flag[0] === 1 };
  return { loss: lossValue![0]!, gradNorm: normValue![0]!, ...isSkipped };
}

/** All parameters, the averaged ones in place of those that are trained. */
export function averagedParams(state: TrainState, { phases }: StateSettings): unknown {
  const { frozen } = partTree(state.params, phases[phaseOfState(phases, state.step)]!.trains);
  return joinTrees((state.average as { readonly params: unknown }).params, frozen);
}
