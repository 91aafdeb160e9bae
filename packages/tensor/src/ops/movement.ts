import type { Dim } from '../dim.js';
import { addDims, divideDims, equalDims, formatDim, productOfDims, subtractDims } from '../dim.js';
import { ALL_DTYPES } from '../dtype.js';
import { ShapeError } from '../errors.js';
import type { Tensor } from '../graph/graph.js';
import type { Shape } from '../spec.js';
import { elementCount, equalShapes, formatShape, formatSpec } from '../spec.js';
import { apply, definePrimitive } from './define.js';
import { broadcastShapes, requireShape, resolveAxis, sameDtype } from './infer.js';
import { scalar } from './source.js';

/** Ops that only move elements. */

export const reshapeOp = definePrimitive<'reshape', { readonly shape: Shape }>({
  name: 'reshape',
  summary: 'The same elements in row-major order under another shape.',
  dtypes: ALL_DTYPES,
  infer: ([x], { shape }) => {
    requireShape(
      equalDims(elementCount(x!.shape), elementCount(shape)),
      'reshape',
      `${formatSpec(x!)} does not fill ${formatShape(shape)}`,
      'The products of the sizes must be equal (for symbolic sizes: provably).',
      'reshape-size',
    );
    return [{ dtype: x!.dtype, shape }];
  },
  vjp: ({ inputs: [x], cotangent }) => [reshape(cotangent, x!.spec.shape)],
  samples: [
    { inputs: [{ shape: [2, 6] }], params: { shape: [3, 4] } },
    { inputs: [{ shape: [4] }], params: { shape: [1, 2, 2] } },
    { inputs: [{ shape: [1, 1] }], params: { shape: [] } },
  ],
});

export const transposeOp = definePrimitive<'transpose', { readonly permutation: readonly number[] }>({
  name: 'transpose',
  summary: 'Axis i of the result is axis permutation[i] of the input.',
  dtypes: ALL_DTYPES,
  infer: ([x], { permutation }) => {
    const { dtype, shape } = x!;
    const isPermutation = shape.every((_, axis) => permutation.includes(axis)) && permutation.length === shape.length;
    requireShape(
      isPermutation,
      'transpose',
      `[${permutation.join(',')}] is no permutation of the axes of ${formatSpec(x!)}`,
      'Name every axis once.',
      'transpose-permutation',
    );
    return [{ dtype, shape: permutation.map((axis) => shape[axis]!) }];
  },
  vjp: ({ cotangent, params: { permutation } }) => [transpose(cotangent, permutation.map((_, axis) => permutation.indexOf(axis)))],
  samples: [
    { inputs: [{ shape: [2, 3] }], params: { permutation: [1, 0] } },
    { inputs: [{ shape: [2, 3, 4] }], params: { permutation: [2, 0, 1] } },
    { inputs: [{ shape: [2, 3, 2, 4] }], params: { permutation: [0, 2, 1, 3] } },
  ],
});

export const broadcastToOp = definePrimitive<'broadcastTo', { readonly shape: Shape }>({
  name: 'broadcastTo',
  summary: 'Repeats axes of size 1, and missing leading axes, up to a shape.',
  dtypes: ALL_DTYPES,
  infer: ([x], { shape }) => {
    requireShape(
      equalShapes(broadcastShapes('broadcastTo', [x!.shape, shape]), shape),
      'broadcastTo',
      `${formatSpec(x!)} does not broadcast to ${formatShape(shape)}`,
      'Only axes of size 1 repeat.',
      'broadcast',
    );
    return [{ dtype: x!.dtype, shape }];
  },
  vjp: ({ cotangent }) => [cotangent], // autodiff sums it back to the input's shape
  samples: [
    { inputs: [{ shape: [3] }], params: { shape: [2, 3] } },
    { inputs: [{ shape: [2, 1, 3] }], params: { shape: [2, 4, 3] } },
    { inputs: [{ shape: [] }], params: { shape: [2, 2] } },
  ],
});

/** Bounds of a slice along every axis; `limits` is exclusive. */
export interface SliceParams extends Record<string, unknown> {
  readonly starts: readonly Dim[];
  readonly limits: readonly Dim[];
}

export const sliceOp = definePrimitive<'slice', SliceParams>({
  name: 'slice',
  summary: 'The block between starts (inclusive) and limits (exclusive).',
  dtypes: ALL_DTYPES,
  infer: ([x], { starts, limits }) => {
    const { dtype, shape } = x!;
    const bad = shape.some((dim, axis) => {
      const [start, limit] = [starts[axis], limits[axis]];
      if (start === undefined || limit === undefined) return true;
      if (typeof start !== 'number' || typeof limit !== 'number') return false;
      return start < 0 || limit < start || (typeof dim === 'number' && limit > dim);
    });
    requireShape(
      !bad && starts.length === shape.length && limits.length === shape.length,
      'slice',
      `[${starts.map(formatDim).join(',')}] to [${limits.map(formatDim).join(',')}] is outside ${formatSpec(x!)}`,
      'Give one start and one limit per axis, 0 <= start <= limit <= size.',
      'slice-bounds',
    );
    return [{ dtype, shape: shape.map((_, axis) => subtractDims(limits[axis]!, starts[axis]!)) }];
  },
  vjp: ({ inputs: [x], cotangent, params: { starts, limits } }) => [
    pad(cotangent, { before: starts, after: x!.spec.shape.map((dim, axis) => subtractDims(dim, limits[axis]!)), value: 0 }),
  ],
  samples: [
    { inputs: [{ shape: [4, 3] }], params: { starts: [1, 0], limits: [3, 3] } },
    { inputs: [{ shape: [5] }], params: { starts: [4], limits: [5] } },
  ],
});

export interface PadParams extends Record<string, unknown> {
  readonly before: readonly Dim[];
  readonly after: readonly Dim[];
  readonly value: number;
}

export const padOp = definePrimitive<'pad', PadParams>({
  name: 'pad',
  summary: 'Adds elements of one value before and after each axis.',
  dtypes: ALL_DTYPES,
  infer: ([x], { before, after }) => {
    const { dtype, shape } = x!;
    const negative = [...before, ...after].some((dim) => typeof dim === 'number' && dim < 0);
    requireShape(
      before.length === shape.length && after.length === shape.length && !negative,
      'pad',
      `paddings [${before.map(formatDim).join(',')}] and [${after.map(formatDim).join(',')}] do not fit ${formatSpec(x!)}`,
      'Give one non-negative padding per axis and side.',
      'pad-amount',
    );
    return [{ dtype, shape: shape.map((dim, axis) => addDims(dim, addDims(before[axis]!, after[axis]!))) }];
  },
  vjp: ({ inputs: [x], cotangent, params: { before } }) => [
    slice(cotangent, { starts: before, limits: x!.spec.shape.map((dim, axis) => addDims(dim, before[axis]!)) }),
  ],
  samples: [
    { inputs: [{ shape: [2, 3] }], params: { before: [1, 0], after: [0, 2], value: 0 } },
    { inputs: [{ shape: [3] }], params: { before: [2], after: [1], value: 1 } },
  ],
});

export const concatOp = definePrimitive<'concat', { readonly axis: number }>({
  name: 'concat',
  summary: 'Joins tensors along one axis.',
  dtypes: ALL_DTYPES,
  infer: (inputs, { axis }) => {
    const dtype = sameDtype('concat', inputs, ALL_DTYPES);
    const first = inputs[0]!.shape;
    const fits = inputs.every(
      ({ shape }) => shape.length === first.length && shape.every((dim, at) => at === axis || equalDims(dim, first[at]!)),
    );
    requireShape(
      fits,
      'concat',
      `sizes differ outside axis ${axis}: ${inputs.map(formatSpec).join(' × ')}`,
      'Only the joined axis may differ.',
      'concat-shapes',
    );
    const joined = inputs.map(({ shape }) => shape[axis]!).reduce((sum, dim) => addDims(sum, dim));
    return [{ dtype, shape: first.map((dim, at) => (at === axis ? joined : dim)) }];
  },
  vjp: ({ inputs, cotangent, params: { axis } }) => {
    const offsets = inputs.map((_, index) => inputs.slice(0, index).reduce<Dim>((sum, { spec }) => addDims(sum, spec.shape[axis]!), 0));
    return inputs.map(({ spec }, index) =>
      slice(cotangent, {
        starts: spec.shape.map((_, at) => (at === axis ? offsets[index]! : 0)),
        limits: spec.shape.map((dim, at) => (at === axis ? addDims(offsets[index]!, dim) : dim)),
      }),
    );
  },
  samples: [
    { inputs: [{ shape: [2, 3] }, { shape: [2, 1] }, { shape: [2, 2] }], params: { axis: 1 } },
    { inputs: [{ shape: [1, 2] }, { shape: [3, 2] }], params: { axis: 0 } },
  ],
});

/**
 * The same elements under another shape; one size may be -1 and is worked out.
 * @throws ShapeError when the sizes do not multiply to the same count
 */
export function reshape(x: Tensor, shape: Shape): Tensor {
  const open = shape.indexOf(-1);
  const resolved = open < 0 ? shape : shape.map((dim, axis) => (axis === open ? openSize(x, shape, open) : dim));
  return equalShapes(x.spec.shape, resolved) ? x : apply(reshapeOp, [x], { shape: resolved });
}

function openSize(x: Tensor, shape: Shape, open: number): Dim {
  return divideDims(elementCount(x.spec.shape), productOfDims(shape.filter((_, axis) => axis !== open)));
}

/** Axis i of the result is axis `permutation[i]` of `x`. */
export function transpose(x: Tensor, permutation: readonly number[]): Tensor {
  const identity = permutation.length === x.spec.shape.length && permutation.every((axis, at) => axis === at);
  return identity ? x : apply(transposeOp, [x], { permutation });
}

/** Swaps the last two axes. */
export function transposeLast(x: Tensor): Tensor {
  const rank = x.spec.shape.length;
  if (rank < 2) throw new ShapeError({ op: 'transposeLast', problem: `${formatSpec(x.spec)} has no two axes`, page: 'axis' });
  return transpose(x, [...Array.from({ length: rank - 2 }, (_, axis) => axis), rank - 1, rank - 2]);
}

/** Repeats axes of size 1 up to `shape`. */
export function broadcastTo(x: Tensor, shape: Shape): Tensor {
  return equalShapes(x.spec.shape, shape) ? x : apply(broadcastToOp, [x], { shape });
}

/** The block between `starts` and `limits`, one of each per axis. */
export function slice(x: Tensor, params: { readonly starts: readonly Dim[]; readonly limits: readonly Dim[] }): Tensor {
  const whole = x.spec.shape.every((dim, axis) => params.starts[axis] === 0 && equalDims(dim, params.limits[axis] ?? -1));
  return whole ? x : apply(sliceOp, [x], { starts: params.starts, limits: params.limits });
}

/** The part of one axis between `start` and `limit`. */
export function sliceAxis(x: Tensor, { axis, start, limit }: { readonly axis: number; readonly start: Dim; readonly limit: Dim }): Tensor {
  const at = resolveAxis('slice', axis, x.spec.shape.length);
  return slice(x, {
    starts: x.spec.shape.map((_, index) => (index === at ? start : 0)),
    limits: x.spec.shape.map((dim, index) => (index === at ? limit : dim)),
  });
}

/** Adds elements of `value` before and after each axis. */
export function pad(x: Tensor, params: { readonly before: readonly Dim[]; readonly after: readonly Dim[]; readonly value: number }): Tensor {
  const none = [...params.before, ...params.after].every((dim) => dim === 0);
  return none ? x : apply(padOp, [x], { before: params.before, after: params.after, value: params.value });
}

/** Joins tensors along `axis`. */
export function concat(tensors: readonly Tensor[], { axis }: { readonly axis: number }): Tensor {
  const first = tensors[0];
  if (first === undefined) throw new ShapeError({ op: 'concat', problem: 'no tensors given', page: 'concat-shapes' });
  if (tensors.length === 1) return first;
  return apply(concatOp, tensors, { axis: resolveAxis('concat', axis, first.spec.shape.length) });
}

/** A tensor filled with one value. */
export function full(spec: { readonly dtype: Tensor['spec']['dtype']; readonly shape: Shape }, value: number): Tensor {
  return broadcastTo(scalar(spec.dtype, value), spec.shape);
}

/** Inserts an axis of size 1. */
export function expandDims(x: Tensor, { axis }: { readonly axis: number }): Tensor {
  const at = resolveAxis('expandDims', axis, x.spec.shape.length + 1);
  return reshape(x, [...x.spec.shape.slice(0, at), 1, ...x.spec.shape.slice(at)]);
}

