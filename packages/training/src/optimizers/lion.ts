import type { HostTensor } from '@tesserae/tensor';
import { add, checkOptions, mapTree, mul, sign, sub } from '@tesserae/tensor';
import { decayed, ownRate, requireRanges } from './arithmetic.js';
import type { CommonOptions, Optimizer } from './optimizer.js';
import { decaysMatrices, shapeOf, zerosLike, zipTrees } from './optimizer.js';

/** Constants of Lion; defaults are the paper's. */
export interface LionOptions extends CommonOptions {
  /** Share of the moment in the direction of a step; default 0.9. */
  readonly beta1?: number;
  /** Decay of the moment; default 0.99. */
  readonly beta2?: number;
  /** Share of a weight that is taken off per unit of learning rate; default 0. Lion wants 3 to 10 times AdamW's. */
  readonly weightDecay?: number;
}

/** State of Lion: one moment a parameter. */
export interface LionState {
  readonly moment: object;
}

/**
 * Lion: every element moves by the learning rate, in the direction that moment and gradient agree on. Its learning rate is
 * 3 to 10 times smaller than AdamW's.
 * @throws OptionError for unknown options or a beta outside [0, 1)
 * @see Chen et al. 2023, "Symbolic discovery of optimization algorithms"
 */
export function lion(options: LionOptions = {}): Optimizer<LionState> {
  checkOptions('lion', options, 'beta1 beta2 weightDecay decays learningRateScale'.split(' '));
  const { beta1 = 0.9, beta2 = 0.99, weightDecay = 0, decays = decaysMatrices } = options;
  requireRanges('lion', { beta1: [beta1, 0, 1], beta2: [beta2, 0, 1], weightDecay: [weightDecay, 0] });
  return {
    name: 'lion',
    init: (params) => ({ moment: mapTree(params, (leaf: HostTensor) => zerosLike(leaf)) as object }),
    update: ({ params, grads, state, learningRate }) => {
      const next = zipTrees<unknown>([params, grads, state.moment], ([param, grad, moment], path) => {
        const rate = ownRate(learningRate, { path, param: param!, scale: options.learningRateScale });
        const isDecayed = decays(path, shapeOf(param!));
        const direction = sign(add(mul(moment!, beta1), mul(grad!, 1 - beta1)));
        return sub(decayed(param!, { rate, weightDecay, isDecayed }), mul(direction, rate));
      });
      const moment = zipTrees<unknown>([state.moment, grads], ([before, grad]) =>
        add(mul(before!, beta2), mul(grad!, 1 - beta2)),
      ) as object;
      return { params: next as typeof params, state: { moment } };
    },
  };
}
