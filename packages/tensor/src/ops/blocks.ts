import type { Dim } from '../dim.js';
import { addDims, equalDims, formatDim, subtractDims } from '../dim.js';
import { ALL_DTYPES } from '../dtype.js';
import { ShapeError } from '../errors.js';
import type { Tensor } from '../graph/graph.js';
import { formatSpec } from '../spec.js';
import { apply, definePrimitive } from './define.js';
import { requireShape, resolveAxis, sameDtype } from './infer.js';

/** Ops that cut blocks out of a tensor, surround it, and join several. */

/** Bounds of a slice along every axis; `limits` is exclusive. */
type SliceParams = {
  readonly starts: readonly Dim[];
  readonly limits: readonly Dim[];
};

export const sliceOp = definePrimitive<'slice', SliceParams>({
  name: 'slice',
  summary: 'The block between starts (inclusive) and limits (exclusive).',
  dtypes: ALL_DTYPES,
  infer: ([x], { starts, limits }) => {
    const { dtype, shape } = x!;
    const bad = shape.some((dim, axis) => {
      const [start, limit] = [starts[axis], limits[axis]];
      if (start === undefined || limit === undefined) return true;
      if (![start, limit].every((bound) => typeof bound !== 'number' || Number.isInteger(bound))) return true;
      if (typeof start !== 'number' || typeof limit !== 'number') return false;
      return start < 0 || limit < start || (typeof dim === 'number' && limit > dim);
    });
    requireShape(!bad && starts.length === shape.length && limits.length === shape.length, {
      op: 'slice',
      problem: `[${starts.map(formatDim).join(',')}] to [${limits.map(formatDim).join(',')}] is outside ${formatSpec(x!)}`,
      likely: 'Give one start and one limit per axis, 0 <= start <= limit <= size.',
      page: 'slice-bounds',
    });
    return [{ dtype, shape: shape.map((_, axis) => subtractDims(limits[axis]!, starts[axis]!)) }];
  },
  vjp: ({ inputs: [x], cotangent, params: { starts, limits } }) => [
    pad(cotangent, {
      before: starts,
      after: x!.spec.shape.map((dim, axis) => subtractDims(dim, limits[axis]!)),
      value: 0,
    }),
  ],
  samples: [
    { inputs: [{ shape: [4, 3] }], params: { starts: [1, 0], limits: [3, 3] } },
    { inputs: [{ shape: [5] }], params: { starts: [4], limits: [5] } },
  ],
});

/** Elements added on each side of every axis, and their value. */
type PadParams = {
  readonly before: readonly Dim[];
  readonly after: readonly Dim[];
  readonly value: number;
};

export const padOp = definePrimitive<'pad', PadParams>({
  name: 'pad',
  summary: 'Adds elements of one value before and after each axis.',
  dtypes: ALL_DTYPES,
  infer: ([x], { before, after }) => {
    const { dtype, shape } = x!;
    const isAmount = (dim: Dim): boolean => typeof dim !== 'number' || (Number.isInteger(dim) && dim >= 0);
    const fits = before.length === shape.length && after.length === shape.length;
    requireShape(fits && [...before, ...after].every(isAmount), {
      op: 'pad',
      problem: `paddings [${before.map(formatDim).join(',')}] and [${after.map(formatDim).join(',')}] do not fit ${formatSpec(x!)}`,
      likely: 'Give one non-negative padding per axis and side.',
      page: 'pad-amount',
    });
    return [{ dtype, shape: shape.map((dim, axis) => addDims(dim, addDims(before[axis]!, after[axis]!))) }];
  },
  vjp: ({ inputs: [x], cotangent, params: { before } }) => [
    slice(cotangent, {
      starts: before,
      limits: x!.spec.shape.map((dim, axis) => addDims(dim, before[axis]!)),
    }),
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
    resolveAxis('concat', axis, first.length);
    const fits = inputs.every(
      ({ shape }) =>
        shape.length === first.length && shape.every((dim, at) => at === axis || equalDims(dim, first[at]!)),
    );
    requireShape(fits, {
      op: 'concat',
      problem: `sizes differ outside axis ${axis}: ${inputs.map(formatSpec).join(' × ')}`,
      likely: 'Only the joined axis may differ.',
      page: 'concat-shapes',
    });
    const joined = inputs.map(({ shape }) => shape[axis]!).reduce((sum, dim) => addDims(sum, dim));
    return [{ dtype, shape: first.map((dim, at) => (at === axis ? joined : dim)) }];
  },
  vjp: ({ inputs, cotangent, params: { axis } }) => {
    const offsets = inputs.map((_, index) =>
      inputs.slice(0, index).reduce<Dim>((sum, { spec }) => addDims(sum, spec.shape[axis]!), 0),
    );
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

/** The block between `starts` and `limits`, one of each per axis. */
export function slice(
  x: Tensor,
  params: { readonly starts: readonly Dim[]; readonly limits: readonly Dim[] },
): Tensor {
  const whole = x.spec.shape.every(
    (dim, axis) => params.starts[axis] === 0 && equalDims(dim, params.limits[axis] ?? -1),
  );
  return whole ? x : apply(sliceOp, [x], { starts: params.starts, limits: params.limits });
}

/** The part of one axis between `start` and `limit`. */
export function sliceAxis(
  x: Tensor,
  { axis, start, limit }: { readonly axis: number; readonly start: Dim; readonly limit: Dim },
): Tensor {
  const at = resolveAxis('slice', axis, x.spec.shape.length);
  return slice(x, {
    starts: x.spec.shape.map((_, index) => (index === at ? start : 0)),
    limits: x.spec.shape.map((dim, index) => (index === at ? limit : dim)),
  });
}

/** Adds elements of `value` before and after each axis. */
export function pad(
  x: Tensor,
  params: { readonly before: readonly Dim[]; readonly after: readonly Dim[]; readonly value: number },
): Tensor {
  const none = [...params.before, ...params.after].every((dim) => dim === 0);
  return none ? x : apply(padOp, [x], { before: params.before, after: params.after, value: params.value });
}

/** Joins tensors along `axis`. */
export function concat(tensors: readonly Tensor[], { axis }: { readonly axis: number }): Tensor {
  const first = tensors[0];
  if (first === undefined)
    throw new ShapeError({ op: 'concat', problem: 'no tensors given', page: 'concat-shapes' });
  if (tensors.length === 1) return first;
  return apply(concatOp, tensors, { axis: resolveAxis('concat', axis, first.spec.shape.length) });
}
