import { FLOAT_DTYPES } from '../dtype.js';
import type { Tensor } from '../graph/graph.js';
import type { TensorSpec } from '../spec.js';
import { equalShapes, formatSpec } from '../spec.js';
import { apply, applyAll, defineComposite } from './define.js';
import { add, div, exp, log, mul, neg, sqrt, sub } from './elementwise.js';
import { requireDtype, requireShape, resolveAxis, sameDtype } from './infer.js';
import { mean, reduceMax, reduceSum } from './reduce.js';
import { stopGradient } from './identity.js';
import { dimSize } from './source.js';

const lastAxis = { axes: [-1], keepDims: true };

function inferSoftmax(op: string, x: TensorSpec, axis: number): readonly TensorSpec[] {
  resolveAxis(op, axis, x.shape.length);
  return [{ dtype: requireDtype(op, x, FLOAT_DTYPES), shape: x.shape }];
}

const softmaxSamples = [
  { inputs: [{ shape: [2, 5] }], params: { axis: 1 } },
  { inputs: [{ shape: [2, 3, 4] }], params: { axis: 2 } },
  { inputs: [{ shape: [3, 2] }], params: { axis: 0 } },
];

export const softmaxOp = defineComposite<'softmax', { readonly axis: number }>({
  name: 'softmax',
  summary: 'e^x along an axis, scaled to sum 1; shifted by the largest value for stability.',
  dtypes: FLOAT_DTYPES,
  infer: ([x], { axis }) => inferSoftmax('softmax', x!, axis),
  vjp: ({ outputs: [y], cotangent, params: { axis } }) => [
    mul(y!, sub(cotangent, reduceSum(mul(cotangent, y!), { axes: [axis], keepDims: true }))),
  ],
  samples: softmaxSamples,
  decompose: ([x], { axis }) => {
    const powers = exp(sub(x!, reduceMax(x!, { axes: [axis], keepDims: true })));
    return [div(powers, reduceSum(powers, { axes: [axis], keepDims: true }))];
  },
});

export const logSoftmaxOp = defineComposite<'logSoftmax', { readonly axis: number }>({
  name: 'logSoftmax',
  summary: 'Logarithm of softmax, without forming softmax.',
  dtypes: FLOAT_DTYPES,
  infer: ([x], { axis }) => inferSoftmax('logSoftmax', x!, axis),
  vjp: ({ outputs: [y], cotangent, params: { axis } }) => [
    sub(cotangent, mul(exp(y!), reduceSum(cotangent, { axes: [axis], keepDims: true }))),
  ],
  samples: softmaxSamples,
  decompose: ([x], { axis }) => [sub(x!, logSumExp(x!, { axis }))],
});

function requireScale(op: string, x: TensorSpec, scale: TensorSpec): void {
  requireShape(x.shape.length > 0 && equalShapes(scale.shape, x.shape.slice(-1)), {
    op,
    problem: `scale ${formatSpec(scale)} does not fit the last axis of ${formatSpec(x)}`,
    likely: 'Scale and bias have one value per feature.',
    page: 'norm-scale',
  });
}

/** Gradient that reaches x through 1/deviation or 1/rms themselves: -inverse²·normed/count. */
function throughInverse(
  cotangent: Tensor,
  { normed, inverse, count }: { readonly normed: Tensor; readonly inverse: Tensor; readonly count: Tensor },
): Tensor {
  return neg(mul(mul(div(cotangent, count), mul(inverse, inverse)), normed));
}

/** Adds the parts that exist: most graphs use only the first output, and pay nothing for the others. */
function addPresent(first: Tensor, others: readonly (Tensor | undefined)[]): Tensor {
  return others.reduce<Tensor>((sum, other) => (other === undefined ? sum : add(sum, other)), first);
}

const reduced = (x: TensorSpec): TensorSpec => ({ dtype: x.dtype, shape: [...x.shape.slice(0, -1), 1] });

export const layerNormOp = defineComposite<'layerNorm', { readonly epsilon: number }>({
  name: 'layerNorm',
  summary:
    'Mean 0 and variance 1 over the last axis, then scale and bias. Outputs: result, mean, 1/deviation.',
  dtypes: FLOAT_DTYPES,
  infer: ([x, scale, bias]) => {
    sameDtype('layerNorm', [x!, scale!, bias!], FLOAT_DTYPES);
    requireScale('layerNorm', x!, scale!);
    requireScale('layerNorm', x!, bias!);
    return [x!, reduced(x!), reduced(x!)];
  },
  vjp: ({
    inputs: [x, scale],
    outputs: [, average, invStd],
    cotangents: [, gAverage, gInvStd],
    cotangent: g,
  }) => {
    const normed = mul(sub(x!, average!), invStd!);
    const gs = mul(g, scale!);
    const centred = sub(sub(gs, mean(gs, lastAxis)), mul(normed, mean(mul(gs, normed), lastAxis)));
    const count = dimSize(x!.spec.shape.at(-1)!, x!.spec.dtype);
    const fromAverage = gAverage === undefined ? undefined : div(gAverage, count);
    const fromInvStd =
      gInvStd === undefined ? undefined : throughInverse(gInvStd, { normed, inverse: invStd!, count });
    const gx = addPresent(mul(centred, invStd!), [fromAverage, fromInvStd]);
    return [gx, mul(g, normed), g]; // autodiff sums the last two over the leading axes
  },
  samples: [
    { inputs: [{ shape: [3, 6] }, { shape: [6] }, { shape: [6] }], params: { epsilon: 1e-12 } },
    { inputs: [{ shape: [2, 2, 4] }, { shape: [4] }, { shape: [4] }], params: { epsilon: 1e-3 } },
  ],
  decompose: ([x, scale, bias], { epsilon }) => {
    const average = mean(x!, lastAxis);
    const centred = sub(x!, average);
    const invStd = div(1, sqrt(add(mean(mul(centred, centred), lastAxis), epsilon)));
    return [add(mul(mul(centred, invStd), scale!), bias!), average, invStd];
  },
});

export const rmsNormOp = defineComposite<'rmsNorm', { readonly epsilon: number }>({
  name: 'rmsNorm',
  summary:
    'Root mean square 1 over the last axis, then scale; no mean, no bias (T5). Outputs: result, 1/rms.',
  dtypes: FLOAT_DTYPES,
  infer: ([x, scale]) => {
    sameDtype('rmsNorm', [x!, scale!], FLOAT_DTYPES);
    requireScale('rmsNorm', x!, scale!);
    return [x!, reduced(x!)];
  },
  vjp: ({ inputs: [x, scale], outputs: [, invRms], cotangents: [, gInvRms], cotangent: g }) => {
    const normed = mul(x!, invRms!);
    const gs = mul(g, scale!);
    const along = mul(normed, mean(mul(gs, normed), lastAxis));
    const count = dimSize(x!.spec.shape.at(-1)!, x!.spec.dtype);
    const fromInvRms =
      gInvRms === undefined ? undefined : throughInverse(gInvRms, { normed, inverse: invRms!, count });
    return [addPresent(mul(sub(gs, along), invRms!), [fromInvRms]), mul(g, normed)];
  },
  samples: [
    { inputs: [{ shape: [3, 6] }, { shape: [6] }], params: { epsilon: 1e-6 } },
    { inputs: [{ shape: [2, 2, 4] }, { shape: [4] }], params: { epsilon: 1e-2 } },
  ],
  decompose: ([x, scale], { epsilon }) => {
    const invRms = div(1, sqrt(add(mean(mul(x!, x!), lastAxis), epsilon)));
    return [mul(mul(x!, invRms), scale!), invRms];
  },
});

/** e^x along `axis`, scaled to sum 1. */
export function softmax(x: Tensor, { axis = -1 }: { readonly axis?: number } = {}): Tensor {
  return apply(softmaxOp, [x], { axis: resolveAxis('softmax', axis, x.spec.shape.length) });
}

/** Logarithm of softmax along `axis`. */
export function logSoftmax(x: Tensor, { axis = -1 }: { readonly axis?: number } = {}): Tensor {
  return apply(logSoftmaxOp, [x], { axis: resolveAxis('logSoftmax', axis, x.spec.shape.length) });
}

/** log Σ e^x along `axis`, which is kept with size 1. */
export function logSumExp(x: Tensor, { axis = -1 }: { readonly axis?: number } = {}): Tensor {
  const along = { axes: [axis], keepDims: true };
  const largest = stopGradient(reduceMax(x, along));
  return add(log(reduceSum(exp(sub(x, largest)), along)), largest);
}

/** Mean 0 and variance 1 over the last axis, then `scale` and `bias` (one value a feature). @see Ba et al. 2016 */
export function layerNorm(
  x: Tensor,
  { scale, bias, epsilon }: { readonly scale: Tensor; readonly bias: Tensor; readonly epsilon: number },
): Tensor {
  return applyAll(layerNormOp, [x, scale, bias], { epsilon })[0]!;
}

/** Root mean square 1 over the last axis, then `scale`. @see Zhang & Sennrich 2019; T5's "layer norm" */
export function rmsNorm(
  x: Tensor,
  { scale, epsilon }: { readonly scale: Tensor; readonly epsilon: number },
): Tensor {
  return applyAll(rmsNormOp, [x, scale], { epsilon })[0]!;
}
