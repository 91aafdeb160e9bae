import type { Dim } from '../dim.js';
import type { DType } from '../dtype.js';
import { FLOAT_DTYPES } from '../dtype.js';
import type { Tensor } from '../graph/graph.js';
import type { Shape, TensorSpec } from '../spec.js';
import { elementCount } from '../spec.js';
import type { PrimitiveRecord } from './define.js';
import { apply, applyAll, definePrimitive, notDifferentiable } from './define.js';
import { equal, where } from './compare.js';
import { cast, div, mul, sub } from './elementwise.js';
import { requireDtype, requireShape, resolveAxis } from './infer.js';
import { broadcastTo, expandDims, reshape } from './movement.js';
import { dimSize, iota } from './source.js';

/** Ops that fold an axis. */

/** Which axes are folded. */
type ReduceParams = {
  /** Sorted, non-negative. */
  readonly axes: readonly number[];
  /** Keeps the folded axes with size 1. */
  readonly keepDims: boolean;
};

const SUMMABLE: readonly DType[] = [...FLOAT_DTYPES, 'i32'];

const reduceSamples = [
  { inputs: [{ shape: [2, 3] }], params: { axes: [1], keepDims: false } },
  { inputs: [{ shape: [2, 3, 4] }], params: { axes: [0, 2], keepDims: true } },
  { inputs: [{ shape: [5] }], params: { axes: [0], keepDims: false } },
];

function reduceShape(shape: Shape, { axes, keepDims }: ReduceParams): Shape {
  const kept = shape.map((dim, axis) => (axes.includes(axis) ? 1 : dim));
  return keepDims ? kept : kept.filter((_, axis) => !axes.includes(axis));
}

function inferReduce(op: string, x: TensorSpec, params: ReduceParams): readonly TensorSpec[] {
  requireDtype(op, x, SUMMABLE);
  for (const axis of params.axes) resolveAxis(op, axis, x.shape.length);
  return [{ dtype: x.dtype, shape: reduceShape(x.shape, params) }];
}

/** Gives a reduced tensor its folded axes back, with size 1. */
function restoreAxes(reduced: Tensor, shape: Shape, axes: readonly number[]): Tensor {
  return reshape(reduced, reduceShape(shape, { axes, keepDims: true }));
}

export const reduceSumOp = definePrimitive<'reduceSum', ReduceParams>({
  name: 'reduceSum',
  summary: 'Sum over axes.',
  dtypes: SUMMABLE,
  infer: ([x], params) => inferReduce('reduceSum', x!, params),
  vjp: ({ inputs: [x], cotangent, params: { axes } }) => [
    broadcastTo(restoreAxes(cotangent, x!.spec.shape, axes), x!.spec.shape),
  ],
  samples: reduceSamples,
});

export const reduceMaxOp = definePrimitive<'reduceMax', ReduceParams>({
  name: 'reduceMax',
  summary: 'Largest value over axes; ties share the gradient.',
  dtypes: SUMMABLE,
  infer: ([x], params) => inferReduce('reduceMax', x!, params),
  vjp: ({ inputs: [x], outputs: [y], cotangent, params: { axes } }) => {
    const { dtype, shape } = x!.spec;
    const isLargest = cast(equal(x!, restoreAxes(y!, shape, axes)), dtype);
    const ties = reduceSum(isLargest, { axes, keepDims: true });
    return [div(mul(isLargest, restoreAxes(cotangent, shape, axes)), ties)];
  },
  samples: reduceSamples,
});

export const argMaxOp = definePrimitive<'argMax', { readonly axis: number }>({
  name: 'argMax',
  summary: 'Index (i32) of the largest value along an axis; the first of equals.',
  dtypes: SUMMABLE,
  infer: ([x], { axis }) => {
    requireDtype('argMax', x!, SUMMABLE);
    resolveAxis('argMax', axis, x!.shape.length);
    return [{ dtype: 'i32', shape: reduceShape(x!.shape, { axes: [axis], keepDims: false }) }];
  },
  vjp: notDifferentiable('argMax has no gradient; use softmax or stopGradient'),
  samples: [
    { inputs: [{ shape: [3, 5] }], params: { axis: 1 } },
    { inputs: [{ shape: [4, 2, 3] }], params: { axis: 0 } },
    { inputs: [{ shape: [6], values: [1, 3, 2, 3, 0, 3] }], params: { axis: 0 } },
  ],
});

/** Axis and direction of a running sum. */
type CumSumParams = {
  readonly axis: number;
  /** Leaves the element itself out of its sum. */
  readonly exclusive: boolean;
  /** Sums from the end. */
  readonly reverse: boolean;
};

export const cumSumOp: PrimitiveRecord<'cumSum', CumSumParams> = definePrimitive<'cumSum', CumSumParams>({
  name: 'cumSum',
  summary: 'Running sum along an axis.',
  dtypes: ['f32', 'f64', 'i32'],
  infer: ([x], { axis }) => {
    requireDtype('cumSum', x!, SUMMABLE);
    resolveAxis('cumSum', axis, x!.shape.length);
    return [x!];
  },
  vjp: ({ cotangent, params }) => [apply(cumSumOp, [cotangent], { ...params, reverse: !params.reverse })],
  samples: [
    { inputs: [{ shape: [2, 4] }], params: { axis: 1, exclusive: false, reverse: false } },
    { inputs: [{ shape: [3, 2] }], params: { axis: 0, exclusive: true, reverse: false } },
    { inputs: [{ shape: [5] }], params: { axis: 0, exclusive: false, reverse: true } },
  ],
});

export const topKOp = definePrimitive<'topK', { readonly k: number }>({
  name: 'topK',
  summary:
    'The k largest values of the last axis in falling order, and their indices (i32); equals by lower index.',
  dtypes: ['f32', 'f64', 'i32'],
  infer: ([x], { k }) => {
    const { dtype, shape } = x!;
    requireDtype('topK', x!, SUMMABLE);
    const last = shape.at(-1);
    const fits =
      last !== undefined && Number.isInteger(k) && k >= 1 && (typeof last !== 'number' || k <= last);
    requireShape(fits, {
      op: 'topK',
      problem: `k = ${k} does not fit the last axis`,
      likely: 'Choose 1 <= k <= size of the last axis.',
      page: 'top-k',
    });
    const result = [...shape.slice(0, -1), k];
    return [
      { dtype, shape: result },
      { dtype: 'i32', shape: result },
    ];
  },
  vjp: ({ inputs: [x], outputs: [, indices], cotangent }) => {
    const { dtype, shape } = x!.spec;
    const wide = [...indices!.spec.shape, shape.at(-1)!]; // [..., k, size]
    const picked = equal(expandDims(indices!, { axis: -1 }), iota('i32', wide, { axis: wide.length - 1 }));
    const spread = mul(cast(picked, dtype), expandDims(cotangent, { axis: -1 }));
    return [reduceSum(spread, { axes: [wide.length - 2] })];
  },
  samples: [
    { inputs: [{ shape: [2, 6] }], params: { k: 3 } },
    {
      inputs: [{ shape: [5], values: [2, 7, 2, 7, 1] }],
      params: { k: 4 },
      skipGradient: 'equal values change places',
    },
  ],
});

/** Options of a reduction; axes default to all of them. */
export interface ReduceOptions {
  readonly axes?: readonly number[];
  readonly keepDims?: boolean;
}

function reduceParams(op: string, x: Tensor, { axes, keepDims = false }: ReduceOptions): ReduceParams {
  const rank = x.spec.shape.length;
  const resolved = axes?.map((axis) => resolveAxis(op, axis, rank)) ?? x.spec.shape.map((_, axis) => axis);
  return { axes: [...new Set(resolved)].sort((a, b) => a - b), keepDims };
}

/** Sum over axes (default: all). */
export function reduceSum(x: Tensor, options: ReduceOptions = {}): Tensor {
  const params = reduceParams('reduceSum', x, options);
  return params.axes.length === 0 ? x : apply(reduceSumOp, [x], params);
}

/** Largest value over axes (default: all); ties share the gradient. */
export function reduceMax(x: Tensor, options: ReduceOptions = {}): Tensor {
  const params = reduceParams('reduceMax', x, options);
  return params.axes.length === 0 ? x : apply(reduceMaxOp, [x], params);
}

/** Smallest value over axes. */
export function reduceMin(x: Tensor, options: ReduceOptions = {}): Tensor {
  return sub(0, reduceMax(sub(0, x), options));
}

/** Arithmetic mean over axes; a symbolic size enters through `dimSize`. */
export function mean(x: Tensor, options: ReduceOptions = {}): Tensor {
  const { axes } = reduceParams('mean', x, options);
  const count: Dim = elementCount(axes.map((axis) => x.spec.shape[axis]!));
  return div(reduceSum(x, options), dimSize(count, x.spec.dtype));
}

/** Index (i32) of the largest value along `axis`; the first of equals. */
export function argMax(x: Tensor, { axis }: { readonly axis: number }): Tensor {
  return apply(argMaxOp, [x], { axis: resolveAxis('argMax', axis, x.spec.shape.length) });
}

/** Running sum along `axis`. */
export function cumSum(
  x: Tensor,
  {
    axis,
    exclusive = false,
    reverse = false,
  }: { readonly axis: number; readonly exclusive?: boolean; readonly reverse?: boolean },
): Tensor {
  return apply(cumSumOp, [x], { axis: resolveAxis('cumSum', axis, x.spec.shape.length), exclusive, reverse });
}

/** The `k` largest values of the last axis, in falling order, and their indices (i32). */
export function topK(
  x: Tensor,
  { k }: { readonly k: number },
): { readonly values: Tensor; readonly indices: Tensor } {
  const [values, indices] = applyAll(topKOp, [x], { k });
  return { values: values!, indices: indices! };
}

/**
 * One-hot rows by comparison.
 * @param indices  i32[...]; an index outside [0, depth) gives a row of zeros
 * @returns dtype[..., depth]
 */
export function oneHot(
  indices: Tensor,
  { depth, dtype = 'f32' }: { readonly depth: Dim; readonly dtype?: DType },
): Tensor {
  const shape = [...indices.spec.shape, depth];
  const counts = iota(indices.spec.dtype, [depth], { axis: 0 });
  return cast(broadcastTo(equal(expandDims(indices, { axis: -1 }), counts), shape), dtype);
}

/** Mean of `x` where `mask` (bool, same shape) holds; 0 when it holds nowhere. */
export function maskedMean(x: Tensor, mask: Tensor): Tensor {
  const weights = cast(mask, x.spec.dtype);
  const count = reduceSum(weights);
  const safe = where(equal(count, 0), 1, count);
  return div(reduceSum(mul(x, weights)), safe);
}
