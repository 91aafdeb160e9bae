import type {
  Backend,
  CompileOptions,
  CompiledFunction,
  DeviceTensor,
  HostTensor,
  LossResult,
  Rng,
  Tensor,
} from '@tesserae/tensor';
import {
  OptionError,
  checkOptions,
  compile,
  flattenTree,
  hostScalar,
  mapTree,
  rngFrom,
  rngKeyAt,
} from '@tesserae/tensor';
import { clipByGlobalNorm, globalNorm } from './clip.js';
import { accumulateGradients } from './micro-batches.js';
import type { Optimizer } from './optimizer.js';

/** What a step learns from: the loss of a batch, as a function of the parameters. */
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
  /** Seed of dropout; step t draws from key t of the seed. */
  readonly seed: number;
  readonly name?: string;
}

/** What one step measured. */
export interface StepMetrics {
  readonly loss: number;
  /** Global norm of the gradients before clipping. */
  readonly gradNorm: number;
}

/** Parameters, optimiser state and the count of steps, living on the backend. */
export interface TrainState {
  readonly params: unknown;
  readonly optState: unknown;
  /** Steps done. */
  readonly step: number;
}

/** A compiled training step: forward, backward, clipping and the optimiser in one graph. */
export interface TrainStep {
  /** Puts parameters on the backend, with a fresh optimiser state. */
  init(params: unknown): TrainState;
  /** One step. The state passed in is consumed. */
  run(
    state: TrainState,
    batch: unknown,
    options: { readonly learningRate: number },
  ): Promise<{ readonly state: TrainState; readonly metrics: StepMetrics }>;
  /** Copies the parameters back to the host; the state stays usable. */
  readParams(state: TrainState): Promise<unknown>;
  /** Frees a state. */
  dispose(state: TrainState): void;
  release(): void;
}

/**
 * What a step reads and leaves behind; one member, since an optimiser without a state has nothing to donate.
 */
interface Learned {
  readonly params: unknown;
  readonly optState: unknown;
}

interface StepArgs {
  readonly learned: Learned;
  readonly batch: unknown;
  /** i32[2] */
  readonly rngKey: Tensor;
  /** f32 scalar */
  readonly learningRate: Tensor;
}

interface StepResult<Leaf = Tensor> {
  readonly learned: Learned;
  readonly metrics: { readonly loss: Leaf; readonly gradNorm: Leaf };
}

const KNOWN = 'backend lossFn optimizer maxGradNorm microBatches seed name debug log maxGraphs'.split(' ');

/**
 * Compiles a training step; it is traced at the first batch, and once more for every other batch shape.
 * @throws OptionError for an unknown option or a maxGradNorm that is not positive
 */
export async function createTrainStep<Params, Batch>(
  options: TrainStepOptions<Params, Batch>,
): Promise<TrainStep> {
  const { backend, seed, optimizer, maxGradNorm = 1, name = 'trainStep', debug, log, maxGraphs } = options;
  checkOptions('createTrainStep', options, KNOWN);
  if (maxGradNorm !== null && !(maxGradNorm > 0)) {
    throw new OptionError({
      op: 'createTrainStep',
      problem: `maxGradNorm is ${maxGradNorm}, needed a positive number, or null for no clipping`,
      page: 'option-value',
      got: maxGradNorm,
    });
  }
  const compiled = await compile((args: StepArgs) => traceStep(args, options), backend, {
    name,
    donate: ['learned'],
    debug,
    log,
    maxGraphs,
  });
  return {
    init: (params) => ({
      params: mapTree(params, (leaf: HostTensor) => backend.upload(leaf)),
      optState: mapTree(optimizer.init(params), (leaf: HostTensor) => backend.upload(leaf)),
      step: 0,
    }),
    run: (state, batch, { learningRate }) =>
      runStep({ compiled, backend, seed }, state, { batch, learningRate }),
    readParams: ({ params }) => readTree(backend, params),
    dispose: ({ params, optState }) => releaseTree([params, optState]),
    release: () => compiled.release(),
  };
}

function traceStep<Params, Batch>(args: StepArgs, options: TrainStepOptions<Params, Batch>): StepResult {
  const { lossFn, optimizer, maxGradNorm = 1, microBatches = 1 } = options;
  const params = args.learned.params as Params;
  const inputs = { params, batch: args.batch as Batch, rng: rngFrom(args.rngKey) };
  const { loss, grads } = accumulateGradients(lossFn, inputs, { microBatches });
  const clipped =
    maxGradNorm === null
      ? { grads, norm: globalNorm(grads) }
      : clipByGlobalNorm(grads, { maxNorm: maxGradNorm });
  const next = optimizer.update({
    params,
    grads: clipped.grads,
    state: args.learned.optState,
    learningRate: args.learningRate,
  });
  return {
    learned: { params: next.params, optState: next.state },
    metrics: { loss, gradNorm: clipped.norm },
  };
}

interface Runner {
  readonly compiled: CompiledFunction<StepArgs, StepResult>;
  readonly backend: Backend;
  readonly seed: number;
}

async function runStep(
  { compiled, backend, seed }: Runner,
  state: TrainState,
  { batch, learningRate }: { readonly batch: unknown; readonly learningRate: number },
): Promise<{ readonly state: TrainState; readonly metrics: StepMetrics }> {
  const args = {
    learned: { params: state.params, optState: state.optState },
    batch,
    rngKey: rngKeyAt(seed, state.step),
    learningRate: hostScalar('f32', learningRate),
  };
  const result = (await compiled(args as never)) as unknown as StepResult<DeviceTensor>;
  const { loss, gradNorm } = result.metrics;
  const [lossValue, normValue] = await Promise.all([backend.download(loss), backend.download(gradNorm)]);
  releaseTree(result.metrics);
  return {
    state: { ...result.learned, step: state.step + 1 },
    metrics: { loss: lossValue.data[0]!, gradNorm: normValue.data[0]! },
  };
}

/** Downloads every leaf of a tree of device tensors. */
export async function readTree(backend: Backend, tree: unknown): Promise<unknown> {
  const entries = flattenTree<DeviceTensor>(tree);
  const values = await Promise.all(entries.map(({ leaf }) => backend.download(leaf)));
  const byPath = new Map(entries.map(({ path }, index) => [path, values[index]!]));
  return mapTree(tree, (_: DeviceTensor, path: string) => byPath.get(path)!);
}

/** Releases every leaf of a tree of device tensors. */
export function releaseTree(tree: unknown): void {
  for (const { leaf } of flattenTree<DeviceTensor>(tree)) leaf.release();
}
