import type { Tensor } from '@tesserae/tensor';
import {
  abs,
  add,
  cast,
  crossEntropy,
  div,
  equal,
  exp,
  isCounted,
  log,
  maximum,
  mean,
  mul,
  neg,
  reduceSum,
  sub,
  where,
} from '@tesserae/tensor';

/** Label that a loss leaves out, as in PyTorch. */
export const IGNORE_INDEX = -100;

/** f32 where it is narrower: sums and logarithms of a loss need the digits. */
export function widened(x: Tensor): Tensor {
  return x.spec.dtype === 'f16' || x.spec.dtype === 'bf16' ? cast(x, 'f32') : x;
}

/**
 * Cross-entropy in nats, averaged over the labels that count; 0 when none does. Losses are computed in f32
 * at least.
 * @param logits  float[..., numClasses]
 * @param labels  i32[...], IGNORE_INDEX where nothing is asked
 */
export function meanCrossEntropy(logits: Tensor, labels: Tensor): Tensor {
  const losses = crossEntropy(widened(logits), labels, { ignoreIndex: IGNORE_INDEX });
  const count = reduceSum(cast(isCounted(labels, { ignoreIndex: IGNORE_INDEX }), losses.spec.dtype));
  return div(reduceSum(losses), where(equal(count, 0), 1, count));
}

/**
 * Binary cross-entropy per element, stable for large logits: max(x, 0) - x·y + log(1 + e^-|x|).
 * The maximum halves its gradient at 0, so that the gradient is σ(x) - y there too; that of relu would be 0.
 * @param logits  float[...]
 * @param targets  float[...] in [0, 1]
 */
export function binaryCrossEntropy(logits: Tensor, targets: Tensor): Tensor {
  const x = widened(logits);
  return add(sub(maximum(x, 0), mul(x, targets)), log(add(exp(neg(abs(x))), 1)));
}

/** Mean of squared differences. */
export function meanSquaredError(predictions: Tensor, targets: Tensor): Tensor {
  const difference = sub(widened(predictions), targets);
  return mean(mul(difference, difference));
}
