import type { HostTensor, Tensor } from '@tesserae/tensor';
import { add, greaterEqual, hostScalar, maximum, mul, where } from '@tesserae/tensor';
import type { LossScalingOptions } from './precision.js';

/** State of dynamic loss scaling, f32 scalars. */
export interface LossScaleState<Leaf = Tensor> {
  readonly scale: Leaf;
  /** Steps since the scale last changed. */
  readonly goodSteps: Leaf;
}

/** The state before the first step. */
export function initLossScale({ initialScale }: Required<LossScalingOptions>): LossScaleState<HostTensor> {
  return { scale: hostScalar('f32', initialScale), goodSteps: hostScalar('f32', 0) };
}

/** The scale after a step: smaller when gradients left the range, larger after many that did not. */
export function nextLossScale(
  { scale, goodSteps }: LossScaleState,
  isFinite: Tensor,
  { growth, backoff, growthInterval }: Required<LossScalingOptions>,
): LossScaleState {
  const counted = add(goodSteps, 1);
  const isDue = greaterEqual(counted, growthInterval);
  const grown = where(isDue, mul(scale, growth), scale);
  return {
    scale: where(isFinite, grown, maximum(mul(scale, backoff), 1)),
    goodSteps: where(isFinite, where(isDue, 0, counted), 0),
  };
}
