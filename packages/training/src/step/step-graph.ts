import type { LossResult, Rng, Tensor } from '@tesserae/tensor';
import {
  add,
  and,
  cast,
  concat,
  div,
  equal,
  mapTree,
  mul,
  reshape,
  rngFrom,
  sub,
  where,
} from '@tesserae/tensor';
import { clipByGlobalNorm, squaredNorms } from '../optimizers/clip.js';
import type { Optimizer } from '../optimizers/optimizer.js';
import { zipTrees } from '../optimizers/optimizer.js';
import type { AverageOptions, AverageState } from './average.js';
import { nextAverage } from './average.js';
import type { LossScaleState } from './loss-scaling.js';
import { nextLossScale } from './loss-scaling.js';
import type { Accumulation, LossAndGrads } from './micro-batches.js';
import { accumulateGradients, atLeastOne, scaled } from './micro-batches.js';
import type { Precision } from './precision.js';
import { narrowed } from './precision.js';
import { joinTrees } from './trainable.js';

// The graphs of a training step: one for a batch at once; or one a part, and one that puts the parts together.

/** What the graphs are made from. */
export interface StepSettings {
  readonly lossFn: (params: never, batch: never, rng: Rng) => LossResult;
  readonly optimizer: Optimizer;
  readonly maxGradNorm: number | null;
  readonly microBatches: number;
  readonly accumulates: Accumulation;
  readonly precision: Precision | undefined;
  readonly averages: AverageOptions | undefined;
  readonly skipsNonFinite: boolean;
}

/** What a step reads and leaves behind; one member, since an optimiser without a state has nothing to donate. */
export interface Learned {
  /** The trained parameters; the frozen ones are holes. */
  readonly params: unknown;
  readonly optState: unknown;
  readonly average?: AverageState;
  readonly lossScale?: LossScaleState;
}

/** What a batch is trained on with. */
interface PassArgs {
  readonly frozen: unknown;
  readonly batch: unknown;
  /** i32[2] */
  readonly rngKey: Tensor;
}

/** Argument of the graph of a whole step. */
interface StepArgs extends PassArgs {
  readonly learned: Learned;
  /** f32 scalar */
  readonly learningRate: Tensor;
}

/** What a step gives besides what was learned. */
export interface StepMeasures<Leaf = Tensor> {
  readonly loss: Leaf;
  readonly gradNorm: Leaf;
  /** f32[trained parameters]: sum of squares of each gradient */
  readonly squares: Leaf;
  /** f32 scalar, 1 when the step was left out; present when steps may be */
  readonly skipped?: Leaf;
}

/** Result of the graph of a whole step. */
export interface StepResult<Leaf = Tensor> {
  readonly learned: Learned;
  readonly metrics: StepMeasures<Leaf>;
}

/** Forward, backward, clipping and the optimiser in one graph. */
export function traceStep(args: StepArgs, settings: StepSettings): StepResult {
  return applyGradients(args.learned, {
    ...passGradients(args.learned, args, settings),
    learningRate: args.learningRate,
    settings,
  });
}

/** Sums over the parts of a batch so far. */
export interface Accumulated<Leaf = Tensor> {
  readonly loss: Leaf;
  readonly grads: unknown;
  readonly weight: Leaf;
}

/** Argument of the graph of a part. */
interface PartArgs extends PassArgs {
  readonly accumulated: Accumulated;
  readonly params: unknown;
  /** Present with loss scaling. */
  readonly lossScale?: LossScaleState;
  /** f32 scalar: examples in the part, for losses that give no weight */
  readonly numExamples: Tensor;
}

/** Adds the gradients of one part of a batch. */
export function tracePart(args: PartArgs, settings: StepSettings): { readonly accumulated: Accumulated } {
  const { accumulated: before, numExamples, params, lossScale } = args;
  const part = passGradients({ params, lossScale }, args, settings);
  const weight = part.weight ?? numExamples;
  const { loss, grads } = settings.accumulates === 'sum' ? part : scaled(part, weight);
  return {
    accumulated: {
      loss: add(before.loss, loss),
      grads: zipTrees([before.grads, grads], ([sum, grad]) => add(sum!, grad!)),
      weight: add(before.weight, weight),
    },
  };
}

/** Argument of the graph that ends a step taken in parts. */
interface FinishArgs {
  readonly learned: Learned;
  readonly accumulated: Accumulated;
  readonly learningRate: Tensor;
}

/** The optimiser's step from the sums over all parts. */
export function traceFinish(
  { learned, accumulated, learningRate }: FinishArgs,
  settings: StepSettings,
): StepResult {
  const { weight } = accumulated;
  const mean = settings.accumulates === 'sum' ? accumulated : scaled(accumulated, div(1, atLeastOne(weight)));
  return applyGradients(learned, { loss: mean.loss, grads: mean.grads, learningRate, settings });
}

/** Loss (as the loss function means it) and gradients (times the loss scale) in f32, of the trained parameters. */
function passGradients(
  { params, lossScale }: Pick<Learned, 'params' | 'lossScale'>,
  { frozen, batch, rngKey }: PassArgs,
  settings: StepSettings,
): LossAndGrads<unknown> {
  const { lossFn, precision, microBatches, accumulates } = settings;
  const lossOf = (trained: unknown, part: unknown, rng: Rng): LossResult => {
    const whole = narrowed(joinTrees(trained, frozen), precision);
    const result = lossFn(whole as never, part as never, rng);
    if (lossScale === undefined) return result;
    const loss = 'loss' in result ? result.loss : (result as Tensor);
    const weight = 'weight' in result ? { weight: result.weight } : {};
    return { loss: mul(cast(loss, 'f32'), lossScale.scale), ...weight };
  };
  const inputs = { params, batch, rng: rngFrom(rngKey) };
  const pass = accumulateGradients(lossOf, inputs, { microBatches, accumulates });
  const loss = cast(pass.loss, 'f32');
  return {
    ...pass,
    loss: lossScale === undefined ? loss : div(loss, lossScale.scale),
    grads: wide(pass.grads),
  };
}

/** f32 copies of narrow leaves. */
function wide(tree: unknown): unknown {
  return mapTree(tree, (leaf: Tensor) =>
    leaf.spec.dtype === 'bf16' || leaf.spec.dtype === 'f16' ? cast(leaf, 'f32') : leaf,
  );
}

interface Gradients {
  readonly loss: Tensor;
  readonly grads: unknown;
  readonly learningRate: Tensor;
  readonly settings: StepSettings;
}

function applyGradients(learned: Learned, { loss, grads, learningRate, settings }: Gradients): StepResult {
  const { optimizer, maxGradNorm, averages, precision, skipsNonFinite } = settings;
  const { scale } = learned.lossScale ?? {};
  const unscaled = scale === undefined ? grads : scaled({ loss, grads }, div(1, scale)).grads;
  const { norm, grads: clipped } = clipByGlobalNorm(unscaled, { maxNorm: maxGradNorm });
  const state = learned.optState;
  const next = optimizer.update({ params: wide(learned.params), grads: clipped, state, learningRate });
  const candidate: Learned = {
    params: zipTrees([next.params, learned.params], ([now, old]) => cast(now!, old!.spec.dtype)),
    optState: next.state,
    ...(averages === undefined ? {} : { average: nextAverage(learned.average!, next.params, averages) }),
  };
  const measures = {
    loss,
    gradNorm: norm,
    squares: concat(
      squaredNorms(unscaled).map((x) => reshape(x, [1])),
      { axis: 0 },
    ),
  };
  if (!skipsNonFinite) return { learned: candidate, metrics: measures };
  const isFinite = and(equal(sub(norm, norm), 0), equal(sub(loss, loss), 0));
  const { lossScale, ...before } = learned;
  const kept = zipTrees([candidate, before], ([now, old]) => where(isFinite, now!, old!));
  const scaling = precision?.lossScaling;
  return {
    learned: {
      ...kept,
      ...(scaling === undefined ? {} : { lossScale: nextLossScale(lossScale!, isFinite, scaling) }),
    },
    metrics: { ...measures, skipped: sub(1, cast(isFinite, 'f32')) },
  };
}
