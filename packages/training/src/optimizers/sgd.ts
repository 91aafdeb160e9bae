import type { HostTensor, Tensor } from '@tesserae/tensor';
import { add, checkOptions, mapTree, mul, sub, OptionError } from '@tesserae/tensor';
import { ownRate, requireRanges } from './arithmetic.js';
import type { CommonOptions, Optimizer } from './optimizer.js';
import { decaysMatrices, shapeOf, zerosLike, zipTrees } from './optimizer.js';

/** Constants of SGD; defaults are PyTorch's. */
export interface SgdOptions extends CommonOptions {
  /** Default 0: no velocity is kept. */
  readonly momentum?: number;
  /** Looks ahead along the velocity; default false; needs a momentum. */
  readonly isNesterov?: boolean;
  /** Added to the gradient times the weight, before momentum; default 0. */
  readonly weightDecay?: number;
}

/** State of SGD. */
export interface SgdState {
  /** Present when there is a momentum. */
  readonly velocity?: object;
}

/**
 * Stochastic gradient descent with momentum, Nesterov's too, and L2 decay.
 * @throws OptionError for unknown options, a momentum outside [0, 1), Nesterov without momentum
 * @see Sutskever et al. 2013, as torch.optim.SGD has it
 */
export function sgd(options: SgdOptions = {}): Optimizer<SgdState> {
  checkOptions('sgd', options, 'momentum isNesterov weightDecay decays learningRateScale'.split(' '));
  const { momentum = 0, isNesterov = false, weightDecay = 0, decays = decaysMatrices } = options;
  requireRanges('sgd', { momentum: [momentum, 0, 1], weightDecay: [weightDecay, 0] });
  if (isNesterov && momentum === 0) {
    throw new OptionError({
      op: 'sgd',
      problem: 'isNesterov without a momentum has nothing to look ahead along',
      likely: 'Pass momentum, 0.9 as a rule.',
      page: 'option-value',
      got: options,
    });
  }
  return {
    name: 'sgd',
    init: (params) =>
      momentum === 0 ? {} : { velocity: mapTree(params, (leaf: HostTensor) => zerosLike(leaf)) as object },
    update: ({ params, grads, state, learningRate }) => {
      const slopes = zipTrees<unknown>([params, grads], ([param, grad], path) => {
        const isDecayed = weightDecay !== 0 && decays(path, shapeOf(param!));
        return isDecayed ? add(grad!, mul(param!, weightDecay)) : grad!;
      });
      const velocity =
        momentum === 0
          ? undefined
          : (zipTrees<unknown>([state.velocity, slopes], ([before, slope]) =>
              add(mul(before!, momentum), slope!),
            ) as object);
      const direction = ([slope, fast]: readonly Tensor[]): Tensor =>
        isNesterov ? add(slope!, mul(fast!, momentum)) : (fast ?? slope!);
      const trees = velocity === undefined ? [params, slopes] : [params, slopes, velocity];
      const next = zipTrees<unknown>(trees, ([param, ...rest], path) => {
        const rate = ownRate(learningRate, { path, param: param!, scale: options.learningRateScale });
        return sub(param!, mul(direction(rest), rate));
      });
      return { params: next as typeof params, state: velocity === undefined ? {} : { velocity } };
    },
  };
}
