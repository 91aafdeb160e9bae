import type { HostTensor, Tensor } from '@tesserae/tensor';
import { add, checkOptions, div, hostScalar, mapTree, mul, pow, sqrt, sub } from '@tesserae/tensor';
import { decayed, ownRate, parameterScale, requireRanges } from './arithmetic.js';
import type { CommonOptions, Optimizer, UpdateInputs } from './optimizer.js';
import { decaysMatrices, shapeOf, zerosLike, zipTrees } from './optimizer.js';

/** Constants of AdamW; defaults are PyTorch's. */
export interface AdamWOptions extends CommonOptions {
  /** Decay of the first moment; default 0.9. */
  readonly beta1?: number;
  /** Decay of the second moment; default 0.999. */
  readonly beta2?: number;
  /** Added to the root of the second moment; default 1e-8 (ELECTRA: 1e-6). */
  readonly epsilon?: number;
  /** Share of a weight that is taken off per unit of learning rate; default 0.01. */
  readonly weightDecay?: number;
  /** Divides the moments by 1 - βᵗ; default true (Google's ELECTRA: false). */
  readonly correctsBias?: boolean;
  /**
   * Multiplies the learning rate of each parameter by its root mean square, at least 1e-3, as Adafactor does; default
   * false. What T5 needs to learn well under Adam: its embeddings start at deviation 1, its matrices far below.
   */
  readonly scalesByRms?: boolean;
}

/** State of AdamW: the step count and the two moments of each parameter. */
export interface AdamWState<Leaf = Tensor> {
  /** f32 scalar, steps done */
  readonly step: Leaf;
  readonly firstMoment: object;
  readonly secondMoment: object;
}

type Settings = Required<Omit<AdamWOptions, 'learningRateScale'>> & Pick<AdamWOptions, 'learningRateScale'>;

const KNOWN = 'beta1 beta2 epsilon weightDecay correctsBias scalesByRms decays learningRateScale'.split(' ');

/** Least scale of a parameter under `scalesByRms`, so that zeros can move. @see Shazeer & Stern 2018 */
const LEAST_RMS = 1e-3;

/**
 * Adam with decoupled weight decay.
 * @throws OptionError for unknown options, a beta outside [0, 1), a negative epsilon or weight decay
 * @see Loshchilov & Hutter 2019; without bias correction as in Google's ELECTRA; with RMS scaling as in nanoT5
 */
export function adamW(options: AdamWOptions = {}): Optimizer<AdamWState> {
  checkOptions('adamW', options, KNOWN);
  const settings: Settings = {
    beta1: options.beta1 ?? 0.9,
    beta2: options.beta2 ?? 0.999,
    epsilon: options.epsilon ?? 1e-8,
    weightDecay: options.weightDecay ?? 0.01,
    correctsBias: options.correctsBias ?? true,
    scalesByRms: options.scalesByRms ?? false,
    decays: options.decays ?? decaysMatrices,
    learningRateScale: options.learningRateScale,
  };
  const { beta1, beta2, epsilon, weightDecay } = settings;
  requireRanges('adamW', {
    beta1: [beta1, 0, 1],
    beta2: [beta2, 0, 1],
    epsilon: [epsilon, 0],
    weightDecay: [weightDecay, 0],
  });
  return {
    name: 'adamW',
    init: (params) => ({
      step: hostScalar('f32', 0),
      firstMoment: mapTree(params, zeros) as object,
      secondMoment: mapTree(params, zeros) as object,
    }),
    update: (inputs) => update(inputs, settings),
  };
}

const zeros = (leaf: HostTensor): HostTensor => zerosLike(leaf);

function update<Params>(
  { params, grads, state, learningRate }: UpdateInputs<Params, AdamWState>,
  settings: Settings,
): { readonly params: Params; readonly state: AdamWState } {
  const { beta1, beta2, epsilon, weightDecay, correctsBias, scalesByRms, decays } = settings;
  const step = add(state.step, 1);
  const firstMoment = zipTrees<unknown>([state.firstMoment, grads], ([moment, grad]) =>
    add(mul(moment!, beta1), mul(grad!, 1 - beta1)),
  ) as object;
  const secondMoment = zipTrees<unknown>([state.secondMoment, grads], ([moment, grad]) =>
    add(mul(moment!, beta2), mul(mul(grad!, grad!), 1 - beta2)),
  ) as object;
  // m/c1 / (sqrt(v/c2) + ε) = m/(sqrt(v) + ε·√c2) · √c2/c1: the corrections touch scalars, not whole parameters
  const rootCorrection = correctsBias ? sqrt(sub(1, pow(beta2, step))) : undefined;
  const correction = correctsBias ? div(rootCorrection!, sub(1, pow(beta1, step))) : undefined;
  const scaledEpsilon = rootCorrection === undefined ? epsilon : mul(rootCorrection, epsilon);
  const next = zipTrees<unknown>([params, firstMoment, secondMoment], ([param, first, second], path) => {
    const rate = ownRate(learningRate, { path, param: param!, scale: settings.learningRateScale });
    const stepSize = correction === undefined ? rate : mul(rate, correction);
    const size = scalesByRms ? mul(stepSize, parameterScale(param!, LEAST_RMS)) : stepSize;
    const move = mul(div(first!, add(sqrt(second!), scaledEpsilon)), size);
    const isDecayed = decays(path, shapeOf(param!));
    return sub(decayed(param!, { rate, weightDecay, isDecayed }), move);
  });
  return { params: next as Params, state: { step, firstMoment, secondMoment } };
}
