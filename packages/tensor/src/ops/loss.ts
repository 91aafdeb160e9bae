import { FLOAT_DTYPES } from '../dtype.js';
import type { Tensor } from '../graph/graph.js';
import type { Shape } from '../spec.js';
import { equalShapes, formatSpec } from '../spec.js';
import { apply, applyAll, defineComposite } from './define.js';
import { equal, not, where } from './compare.js';
import { add, cast, exp, mul, sub } from './elementwise.js';
import { requireDtype, requireShape } from './infer.js';
import { expandDims, reshape } from './movement.js';
import { logSumExp } from './normalization.js';
import { reduceSum } from './reduce.js';
import { iota } from './source.js';

/** True when `rows` is `shape` without its last axis. */
const hasRows = (shape: Shape, rows: Shape): boolean =>
  shape.length > 0 && equalShapes(shape.slice(0, -1), rows);

export const takeAlongOp = defineComposite<'takeAlong', Record<string, never>>({
  name: 'takeAlong',
  summary: 'One element of the last axis per row, at an i32 index in [0, size).',
  dtypes: FLOAT_DTYPES,
  infer: ([x, indices]) => {
    requireDtype('takeAlong', indices!, ['i32']);
    requireShape(hasRows(x!.shape, indices!.shape), {
      op: 'takeAlong',
      problem: `indices ${formatSpec(indices!)} do not fit the rows of ${formatSpec(x!)}`,
      likely: 'Indices have the shape of the input without its last axis.',
      page: 'take-along',
    });
    return [{ dtype: requireDtype('takeAlong', x!, [...FLOAT_DTYPES, 'i32']), shape: indices!.shape }];
  },
  vjp: ({ inputs: [x, indices], cotangent }) => [
    where(isAt(x!, indices!), expandDims(cotangent, { axis: -1 }), 0),
    null,
  ],
  samples: [{ inputs: [{ shape: [2, 3, 4] }, { dtype: 'i32', shape: [2, 3], below: 4 }], params: {} }],
  decompose: ([x, indices]) => [reduceSum(where(isAt(x!, indices!), x!, 0), { axes: [-1] })],
});

/** bool[..., size]: true where the position on the last axis of `x` is the row's index. */
function isAt(x: Tensor, indices: Tensor): Tensor {
  return equal(iota('i32', x.spec.shape.slice(-1), { axis: 0 }), expandDims(indices, { axis: -1 }));
}

export const crossEntropyOp = defineComposite<'crossEntropy', { readonly ignoreIndex: number }>({
  name: 'crossEntropy',
  summary:
    '-log softmax(logits)[label] per row; 0 where the label is ignoreIndex. Outputs: losses, log-sum-exp.',
  dtypes: FLOAT_DTYPES,
  infer: ([logits, labels]) => {
    requireDtype('crossEntropy', labels!, ['i32']);
    const dtype = requireDtype('crossEntropy', logits!, FLOAT_DTYPES);
    requireShape(hasRows(logits!.shape, labels!.shape), {
      op: 'crossEntropy',
      problem: `labels ${formatSpec(labels!)} do not fit the rows of logits ${formatSpec(logits!)}`,
      likely: 'Labels have the shape of the logits without the class axis.',
      page: 'cross-entropy-labels',
    });
    return [
      { dtype, shape: labels!.shape },
      { dtype, shape: [...labels!.shape, 1] },
    ];
  },
  vjp: ({
    inputs: [logits, labels],
    outputs: [, normalizer],
    cotangents,
    cotangent,
    params: { ignoreIndex },
  }) => {
    const { dtype } = logits!.spec;
    const weight = where(equal(labels!, ignoreIndex), 0, cotangent);
    const probabilities = exp(sub(logits!, normalizer!));
    const difference = sub(probabilities, cast(isAt(logits!, labels!), dtype));
    const fromLosses = mul(difference, expandDims(weight, { axis: -1 }));
    const gNormalizer = cotangents[1]; // set when a z-loss reads the log-sum-exp
    return [gNormalizer === undefined ? fromLosses : add(fromLosses, mul(probabilities, gNormalizer)), null];
  },
  samples: [
    { inputs: [{ shape: [3, 5] }, { dtype: 'i32', shape: [3], below: 5 }], params: { ignoreIndex: -100 } },
    {
      inputs: [{ shape: [2, 2, 4] }, { dtype: 'i32', shape: [2, 2], values: [3, -100, 0, -100] }],
      params: { ignoreIndex: -100 },
    },
  ],
  decompose: ([logits, labels], { ignoreIndex }) => {
    const normalizer = logSumExp(logits!);
    const isCounted = not(equal(labels!, ignoreIndex));
    const picked = takeAlong(logits!, where(isCounted, labels!, 0));
    const losses = sub(reshape(normalizer, labels!.spec.shape), picked);
    return [where(isCounted, losses, 0), normalizer];
  },
});

/** One element of the last axis per row, at `indices` (i32, the shape of `x` without its last axis). */
export function takeAlong(x: Tensor, indices: Tensor): Tensor {
  return apply(takeAlongOp, [x, indices], {});
}

/**
 * Cross-entropy per row, in nats.
 * @param logits  float[..., numClasses]
 * @param labels  i32[...]; rows with `ignoreIndex` (default -100) count 0
 * @returns float[...]
 */
export function crossEntropy(
  logits: Tensor,
  labels: Tensor,
  { ignoreIndex = -100 }: { readonly ignoreIndex?: number } = {},
): Tensor {
  return applyAll(crossEntropyOp, [logits, labels], { ignoreIndex })[0]!;
}

/** bool[...]: which labels count. */
export function isCounted(
  labels: Tensor,
  { ignoreIndex = -100 }: { readonly ignoreIndex?: number } = {},
): Tensor {
  return not(equal(labels, ignoreIndex));
}
