import type { Tensor } from '@tesserae/tensor';
import {
  OptionError,
  add,
  cast,
  checkOptions,
  crossEntropy,
  div,
  equal,
  exp,
  full,
  greater,
  isCounted,
  logSoftmax,
  logSumExp,
  mean,
  mul,
  reduceSum,
  reshape,
  scalar,
  sub,
  where,
} from '@tesserae/tensor';
import { IGNORE_INDEX, widened } from './losses.js';

/** What a loss over tokens is divided by: the labels that count, the sequences that have any, nothing, or a number. */
export type LossNormalization = 'tokens' | 'sequences' | 'sum' | number;

/** Settings of `tokenCrossEntropy`. */
export interface TokenLossOptions {
  /** Share of a label's weight that is spread over all classes; default 0. @see Szegedy et al. 2016 */
  readonly labelSmoothing?: number;
  /** Weight of the squared log of the softmax's denominator; default 0 (T5's pre-training: 1e-4). */
  readonly zLoss?: number;
  /** Default 'tokens'. A number is T5's `loss_denominator`: batch size times target length, padding included. */
  readonly normalization?: LossNormalization;
}

/** A loss and what it is a mean over, so that unequal parts of a batch can be put together rightly. */
export interface WeightedLoss {
  /** f32 scalar */
  readonly loss: Tensor;
  /** f32 scalar: labels or sequences that counted; 1 for sums */
  readonly weight: Tensor;
}

/**
 * Cross-entropy in nats with label smoothing and z-loss, computed in f32.
 * @param logits  float[..., numClasses]
 * @param labels  i32[...], IGNORE_INDEX where nothing is asked; first axis: sequences
 * @throws OptionError for an unknown option or a number out of range
 * @see Raffel et al. 2020 and Mesh-TensorFlow's softmax_cross_entropy_with_logits for the z-loss
 */
export function tokenCrossEntropy(
  logits: Tensor,
  labels: Tensor,
  options: TokenLossOptions = {},
): WeightedLoss {
  checkOptions('tokenCrossEntropy', options, ['labelSmoothing', 'zLoss', 'normalization']);
  const { labelSmoothing = 0, zLoss = 0, normalization = 'tokens' } = options;
  checkValues({ labelSmoothing, zLoss, normalization });
  const wide = widened(logits);
  const counted = isCounted(labels, { ignoreIndex: IGNORE_INDEX });
  const hard = crossEntropy(wide, labels, { ignoreIndex: IGNORE_INDEX }); // [...]
  let losses = hard;
  if (labelSmoothing > 0) {
    const uniform = sub(logDenominator(wide), mean(wide, { axes: [-1] })); // cross-entropy with the uniform distribution
    losses = add(mul(hard, 1 - labelSmoothing), mul(where(counted, uniform, 0), labelSmoothing));
  }
  if (zLoss > 0) {
    const logZ = logDenominator(wide);
    losses = add(losses, mul(where(counted, mul(logZ, logZ), 0), zLoss));
  }
  return normalized(losses, { counted, normalization });
}

/** Log of the softmax's denominator: [..., numClasses] -> [...]. */
function logDenominator(logits: Tensor): Tensor {
  return reshape(logSumExp(logits), logits.spec.shape.slice(0, -1));
}

/** Settings of `distillationLoss`. */
export interface DistillationOptions {
  /** Softens both distributions; default 2. */
  readonly temperature?: number;
  /** bool[...]: rows that count; default all. */
  readonly counted?: Tensor;
}

/**
 * What a student loses against its teacher's distribution: T² · KL(teacher ‖ student), the mean over rows. The square keeps
 * its gradients at the scale of a hard loss at any temperature. No gradient flows into the teacher if it is frozen.
 * @param studentLogits  float[..., numClasses]
 * @param teacherLogits  of the same shape
 * @see Hinton et al. 2015
 */
export function distillationLoss(
  studentLogits: Tensor,
  teacherLogits: Tensor,
  options: DistillationOptions = {},
): WeightedLoss {
  checkOptions('distillationLoss', options, ['temperature', 'counted']);
  const { temperature = 2, counted } = options;
  if (!(temperature > 0))
    throw outOfRange('distillationLoss', 'temperature', temperature, 'a positive number');
  const student = logSoftmax(mul(widened(studentLogits), 1 / temperature));
  const teacher = logSoftmax(mul(widened(teacherLogits), 1 / temperature)); // [..., numClasses]
  const divergence = reduceSum(mul(exp(teacher), sub(teacher, student)), { axes: [-1] });
  const rows = mul(divergence, temperature ** 2); // [...]
  const all = counted ?? full({ dtype: 'bool', shape: rows.spec.shape }, 1);
  return normalized(where(all, rows, 0), { counted: all, normalization: 'tokens' });
}

function normalized(
  losses: Tensor,
  { counted, normalization }: { readonly counted: Tensor; readonly normalization: LossNormalization },
): WeightedLoss {
  const ones = cast(counted, 'f32');
  const one = scalar('f32', 1);
  if (normalization === 'sum') return { loss: reduceSum(losses), weight: one };
  if (typeof normalization === 'number')
    return { loss: mul(reduceSum(losses), 1 / normalization), weight: one };
  if (normalization === 'tokens') {
    const weight = reduceSum(ones);
    return { loss: div(reduceSum(losses), atLeastOne(weight)), weight };
  }
  const axes = losses.spec.shape.slice(1).map((_, index) => index + 1);
  const tokens = reduceSum(ones, { axes }); // [batch]
  const perSequence = div(reduceSum(losses, { axes }), atLeastOne(tokens));
  const weight = reduceSum(cast(greater(tokens, 0), 'f32'));
  return { loss: div(reduceSum(perSequence), atLeastOne(weight)), weight };
}

/** The count, and 1 where it is 0: an empty part has loss 0, not NaN. */
function atLeastOne(count: Tensor): Tensor {
  return where(equal(count, 0), 1, count);
}

function checkValues({ labelSmoothing, zLoss, normalization }: Required<TokenLossOptions>): void {
  const op = 'tokenCrossEntropy';
  if (!(labelSmoothing >= 0 && labelSmoothing < 1))
    throw outOfRange(op, 'labelSmoothing', labelSmoothing, 'a number from 0 to below 1');
  if (!(zLoss >= 0)) throw outOfRange(op, 'zLoss', zLoss, 'a number from 0');
  const isName = ['tokens', 'sequences', 'sum'].includes(normalization as string);
  if (!isName && !(typeof normalization === 'number' && normalization > 0))
    throw outOfRange(op, 'normalization', normalization, "'tokens', 'sequences', 'sum' or a positive number");
}

function outOfRange(op: string, option: string, got: unknown, needed: string): OptionError {
  return new OptionError({
    op,
    problem: `${option} is ${String(got)}, needed ${needed}`,
    page: 'option-value',
    got,
    needed,
  });
}
