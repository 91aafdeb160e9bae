import type { HostTensor, Tensor } from '@tesserae/tensor';
import {
  add,
  checkOptions,
  div,
  expandDims,
  flattenTree,
  hostScalar,
  mapTree,
  maximum,
  mean,
  mul,
  pow,
  sqrt,
  sub,
} from '@tesserae/tensor';
import { decayed, ownRate, parameterScale, requireRanges, rootMeanSquare } from './arithmetic.js';
import type { CommonOptions, Optimizer, UpdateInputs } from './optimizer.js';
import { decaysMatrices, shapeOf, zerosLike, zipTrees } from './optimizer.js';

/** Constants of Adafactor; defaults are T5's. */
export interface AdafactorOptions extends CommonOptions {
  /** Multiplies the learning rate of each parameter by its root mean square; default true. */
  readonly scalesByParameter?: boolean;
  /** Least scale of a parameter; default 1e-3. */
  readonly epsilon2?: number;
  /** Added to squared gradients; default 1e-30. */
  readonly epsilon1?: number;
  /** Decay of the first moment; default 0: none is kept. */
  readonly beta1?: number;
  /** The second moment decays by 1 - t^-exponent at step t; default 0.8. */
  readonly decayExponent?: number;
  /** An update is scaled down to this root mean square; default 1; null leaves it. */
  readonly clippingThreshold?: number | null;
  /** Keeps row and column means instead of whole second moments; default true. */
  readonly isFactored?: boolean;
  /** Both of the two largest axes must have this size to be factored; default 128 (Hugging Face: 1). */
  readonly minSizeToFactor?: number;
  /** Share of a weight that is taken off per unit of learning rate; default 0. */
  readonly weightDecay?: number;
}

/** State of Adafactor; a parameter is in `rows` and `columns` when it is factored, else in `whole`. */
export interface AdafactorState<Leaf = Tensor> {
  /** f32 scalar, steps done */
  readonly step: Leaf;
  /** Means over the largest axis. */
  readonly rows: object;
  /** Means over the second largest axis. */
  readonly columns: object;
  readonly whole: object;
  /** Present when beta1 is not 0. */
  readonly firstMoment?: object;
}

type Settings = Required<Omit<AdafactorOptions, 'learningRateScale'>> &
  Pick<AdafactorOptions, 'learningRateScale'>;

const KNOWN = (
  'scalesByParameter epsilon1 epsilon2 beta1 decayExponent clippingThreshold isFactored minSizeToFactor ' +
  'weightDecay decays learningRateScale'
).split(' ');

/**
 * Adafactor as T5 was trained with: factored second moments, updates clipped by their size, steps relative to the
 * parameters. Its rate min(1/√t, 0.01) is a schedule of its own: `relativeStepSchedule`.
 * @throws OptionError for unknown options or numbers out of range
 * @see Shazeer & Stern 2018; mesh_tensorflow/optimize.py; transformers' Adafactor has `minSizeToFactor: 1`
 */
export function adafactor(options: AdafactorOptions = {}): Optimizer<AdafactorState> {
  checkOptions('adafactor', options, KNOWN);
  const settings: Settings = {
    scalesByParameter: options.scalesByParameter ?? true,
    epsilon1: options.epsilon1 ?? 1e-30,
    epsilon2: options.epsilon2 ?? 1e-3,
    beta1: options.beta1 ?? 0,
    decayExponent: options.decayExponent ?? 0.8,
    clippingThreshold: options.clippingThreshold === undefined ? 1 : options.clippingThreshold,
    isFactored: options.isFactored ?? true,
    minSizeToFactor: options.minSizeToFactor ?? 128,
    weightDecay: options.weightDecay ?? 0,
    decays: options.decays ?? decaysMatrices,
    learningRateScale: options.learningRateScale,
  };
  requireRanges('adafactor', {
    epsilon1: [settings.epsilon1, 0],
    epsilon2: [settings.epsilon2, 0],
    beta1: [settings.beta1, 0, 1],
    decayExponent: [settings.decayExponent, Number.MIN_VALUE],
    clippingThreshold: [settings.clippingThreshold ?? 1, Number.MIN_VALUE],
    minSizeToFactor: [settings.minSizeToFactor, 1],
    weightDecay: [settings.weightDecay, 0],
  });
  return {
    name: 'adafactor',
    init: (params) => initialState(params, settings),
    update: (inputs) => update(inputs, settings),
  };
}

interface FactoredAxes {
  readonly largest: number;
  readonly second: number;
}

/** The two largest axes, the earlier one first among equals; undefined where a parameter is not factored. */
function factoredAxes(
  shape: readonly number[],
  { isFactored, minSizeToFactor }: Settings,
): FactoredAxes | undefined {
  if (!isFactored || shape.length < 2) return undefined;
  const order = shape.map((_, axis) => axis).sort((a, b) => shape[b]! - shape[a]! || a - b);
  const [largest, second] = order as [number, number];
  return shape[second]! < minSizeToFactor ? undefined : { largest, second };
}

const without = (shape: readonly number[], axis: number): readonly number[] =>
  shape.filter((_, index) => index !== axis);

function initialState(params: unknown, settings: Settings): AdafactorState<HostTensor> {
  const slots = (shapeFor: (shape: readonly number[]) => readonly number[] | undefined): object =>
    mapTree(params, (leaf: HostTensor) => {
      const shape = shapeFor(leaf.shape);
      return shape === undefined ? undefined : zerosLike(leaf, shape);
    }) as object;
  const factored = (shape: readonly number[], axis: keyof FactoredAxes): readonly number[] | undefined => {
    const axes = factoredAxes(shape, settings);
    return axes === undefined ? undefined : without(shape, axes[axis]);
  };
  return {
    step: hostScalar('f32', 0),
    rows: slots((shape) => factored(shape, 'largest')),
    columns: slots((shape) => factored(shape, 'second')),
    whole: slots((shape) => (factoredAxes(shape, settings) === undefined ? shape : undefined)),
    ...(settings.beta1 === 0 ? {} : { firstMoment: slots((shape) => shape) }),
  };
}

/** New second moments of one parameter, and the gradient divided by their root. */
interface Scaled {
  readonly row?: Tensor;
  readonly column?: Tensor;
  readonly whole?: Tensor;
  readonly direction: Tensor;
}

function update<Params>(
  { params, grads, state, learningRate }: UpdateInputs<Params, AdafactorState>,
  settings: Settings,
): { readonly params: Params; readonly state: AdafactorState } {
  const step = add(state.step, 1);
  const scaled = scaleGradients(grads, state, { mixing: pow(step, -settings.decayExponent), settings });
  const rateOf = (param: Tensor, path: string): Tensor => {
    const rate = ownRate(learningRate, { path, param, scale: settings.learningRateScale });
    return settings.scalesByParameter ? mul(rate, parameterScale(param, settings.epsilon2)) : rate;
  };
  const moves = zipTrees<unknown>([params], ([param], path) =>
    mul(scaled.get(path)!.direction, rateOf(param!, path)),
  ) as object;
  const { beta1, weightDecay, decays } = settings;
  const firstMoment =
    state.firstMoment &&
    zipTrees([state.firstMoment, moves], ([moment, move]) => add(mul(moment!, beta1), mul(move!, 1 - beta1)));
  const next = zipTrees<unknown>([params, firstMoment ?? moves], ([param, move], path) => {
    const isDecayed = decays(path, shapeOf(param!));
    return sub(decayed(param!, { rate: rateOf(param!, path), weightDecay, isDecayed }), move!);
  });
  const slot = (tree: object, name: 'row' | 'column' | 'whole'): object =>
    mapTree(tree, (_: Tensor, path: string) => scaled.get(path)![name]!) as object;
  const moments = {
    rows: slot(state.rows, 'row'),
    columns: slot(state.columns, 'column'),
    whole: slot(state.whole, 'whole'),
  };
  return {
    params: next as Params,
    state: { step, ...moments, ...(firstMoment === undefined ? {} : { firstMoment }) },
  };
}

/** How new squares enter the moments: `mixing` is 1 - β₂, 1 at the first step. */
interface Mixing {
  readonly mixing: Tensor;
  readonly settings: Settings;
}

function scaleGradients(grads: unknown, state: AdafactorState, mixing: Mixing): ReadonlyMap<string, Scaled> {
  const leaves = (tree: unknown): ReadonlyMap<string, Tensor> =>
    new Map(flattenTree<Tensor>(tree).map(({ path, leaf }) => [path, leaf]));
  const [rows, columns, whole] = [leaves(state.rows), leaves(state.columns), leaves(state.whole)];
  return new Map(
    Array.from(leaves(grads), ([path, grad]) => {
      const old = { row: rows.get(path), column: columns.get(path), whole: whole.get(path) };
      return [path, scaleGradient(grad, old, mixing)];
    }),
  );
}

function scaleGradient(
  grad: Tensor,
  old: { readonly row?: Tensor; readonly column?: Tensor; readonly whole?: Tensor },
  { mixing, settings }: Mixing,
): Scaled {
  const squares = add(mul(grad, grad), settings.epsilon1);
  const mixed = (before: Tensor, now: Tensor): Tensor => add(mul(before, sub(1, mixing)), mul(now, mixing));
  const axes = factoredAxes(shapeOf(grad), settings);
  if (axes === undefined) {
    const whole = mixed(old.whole!, squares);
    return { whole, direction: clipped(div(grad, sqrt(whole)), settings) };
  }
  const { largest, second } = axes;
  const row = mixed(old.row!, mean(squares, { axes: [largest] }));
  const column = mixed(old.column!, mean(squares, { axes: [second] }));
  const secondInRow = second > largest ? second - 1 : second;
  const longTerm = mean(row, { axes: [secondInRow], keepDims: true });
  const rowFactor = expandDims(sqrt(div(row, longTerm)), { axis: largest });
  const columnFactor = expandDims(sqrt(column), { axis: second });
  return { row, column, direction: clipped(div(div(grad, rowFactor), columnFactor), settings) };
}

/** Scaled down to a root mean square of the threshold at most. */
function clipped(direction: Tensor, { clippingThreshold }: Settings): Tensor {
  if (clippingThreshold === null) return direction;
  return div(direction, maximum(mul(rootMeanSquare(direction), 1 / clippingThreshold), 1));
}
