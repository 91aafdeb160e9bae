import type { Dim } from '../dim.js';
import { equalDims } from '../dim.js';
import { ALL_DTYPES, FLOAT_DTYPES } from '../dtype.js';
import type { Tensor } from '../graph/graph.js';
import type { Shape } from '../spec.js';
import { equalShapes, formatShape, formatSpec } from '../spec.js';
import { apply, definePrimitive } from './define.js';
import { full } from './movement.js';
import { requireDtype, requireShape, requireSizes, resolveAxis, sameDtype } from './infer.js';

/** Ops that read or write at positions known only at run time. */

export const gatherOp = definePrimitive<'gather', { readonly axis: number }>({
  name: 'gather',
  summary: 'Rows of the first input along an axis, chosen by i32 indices in [0, size).',
  dtypes: ALL_DTYPES,
  infer: ([table, indices], { axis }) => {
    requireDtype('gather', indices!, ['i32']);
    const { dtype, shape } = table!;
    resolveAxis('gather', axis, shape.length);
    return [{ dtype, shape: [...shape.slice(0, axis), ...indices!.shape, ...shape.slice(axis + 1)] }];
  },
  vjp: ({ inputs: [table, indices], cotangent, params: { axis } }) => [
    scatterAdd(indices!, cotangent, { axis, size: table!.spec.shape[axis]! }),
    null,
  ],
  samples: [
    { inputs: [{ shape: [5, 3] }, { dtype: 'i32', shape: [2, 2], below: 5 }], params: { axis: 0 } },
    { inputs: [{ shape: [2, 6] }, { dtype: 'i32', shape: [3], below: 6 }], params: { axis: 1 } },
    { inputs: [{ shape: [4, 2, 3] }, { dtype: 'i32', shape: [], below: 4 }], params: { axis: 0 } },
  ],
});

export const scatterAddOp = definePrimitive<'scatterAdd', { readonly axis: number; readonly size: Dim }>({
  name: 'scatterAdd',
  summary:
    'Zeros with updates added at i32 indices along an axis; equal indices accumulate. Transpose of gather.',
  dtypes: FLOAT_DTYPES,
  infer: ([indices, updates], { axis, size }) => {
    requireDtype('scatterAdd', indices!, ['i32']);
    requireDtype('scatterAdd', updates!, FLOAT_DTYPES);
    const { dtype, shape } = updates!;
    const rank = indices!.shape.length;
    requireSizes('scatterAdd', [size]);
    requireShape(axis >= 0 && equalShapes(shape.slice(axis, axis + rank), indices!.shape), {
      op: 'scatterAdd',
      problem: `updates ${formatSpec(updates!)} do not carry the index axes ${formatShape(indices!.shape)} at axis ${axis}`,
      likely: 'Updates are shaped like gather’s result.',
      page: 'scatter-shape',
    });
    return [{ dtype, shape: [...shape.slice(0, axis), size, ...shape.slice(axis + rank)] }];
  },
  vjp: ({ inputs: [indices], cotangent, params: { axis } }) => [null, gather(cotangent, indices!, { axis })],
  samples: [
    {
      inputs: [{ dtype: 'i32', shape: [2, 3], below: 4 }, { shape: [2, 3, 2] }],
      params: { axis: 0, size: 4 },
    },
    { inputs: [{ dtype: 'i32', shape: [5], below: 3 }, { shape: [2, 5] }], params: { axis: 1, size: 3 } },
  ],
});

export const dynamicSliceOp = definePrimitive<'dynamicSlice', { readonly sizes: Shape }>({
  name: 'dynamicSlice',
  summary: 'The block of given sizes that begins at i32[rank] starts; it must lie inside.',
  dtypes: ALL_DTYPES,
  infer: ([x, starts], { sizes }) => {
    requireStarts('dynamicSlice', x!.shape, starts!);
    requireSizes('dynamicSlice', sizes);
    requireShape(fitsInside(sizes, x!.shape), {
      op: 'dynamicSlice',
      problem: `sizes ${formatShape(sizes)} do not fit into ${formatSpec(x!)}`,
      likely: 'Give one size per axis, none larger than the axis.',
      page: 'dynamic-slice',
    });
    return [{ dtype: x!.dtype, shape: sizes }];
  },
  vjp: ({ inputs: [x, starts], cotangent }) => [updateSlice(full(x!.spec, 0), cotangent, starts!), null],
  samples: [
    { inputs: [{ shape: [4, 5] }, { dtype: 'i32', shape: [2], values: [1, 2] }], params: { sizes: [2, 3] } },
    { inputs: [{ shape: [6] }, { dtype: 'i32', shape: [1], values: [5] }], params: { sizes: [1] } },
  ],
});

export const updateSliceOp = definePrimitive<'updateSlice', Record<string, never>>({
  name: 'updateSlice',
  summary: 'The first input with the block at i32[rank] starts replaced by the second; it must lie inside.',
  dtypes: ALL_DTYPES,
  infer: ([x, update, starts]) => {
    const dtype = sameDtype('updateSlice', [x!, update!], ALL_DTYPES);
    requireStarts('updateSlice', x!.shape, starts!);
    requireShape(fitsInside(update!.shape, x!.shape), {
      op: 'updateSlice',
      problem: `update ${formatSpec(update!)} does not fit into ${formatSpec(x!)}`,
      likely: 'The update needs the rank of the target and must not be larger along any axis.',
      page: 'update-slice',
    });
    return [{ dtype, shape: x!.shape }];
  },
  vjp: ({ inputs: [, update, starts], cotangent }) => [
    updateSlice(cotangent, full(update!.spec, 0), starts!),
    dynamicSlice(cotangent, starts!, { sizes: update!.spec.shape }),
    null,
  ],
  samples: [
    {
      inputs: [{ shape: [4, 5] }, { shape: [2, 3] }, { dtype: 'i32', shape: [2], values: [1, 2] }],
      params: {},
    },
    {
      inputs: [{ shape: [2, 6, 3] }, { shape: [2, 1, 3] }, { dtype: 'i32', shape: [3], values: [0, 5, 0] }],
      params: {},
    },
  ],
});

/** True unless the ranks differ or a known size is larger than the known size around it. */
function fitsInside(inner: Shape, outer: Shape): boolean {
  return (
    inner.length === outer.length &&
    inner.every((dim, axis) => {
      const size = outer[axis]!;
      return typeof dim !== 'number' || typeof size !== 'number' || dim <= size;
    })
  );
}

function requireStarts(
  op: string,
  shape: Shape,
  starts: { readonly dtype: Tensor['spec']['dtype']; readonly shape: Shape },
): void {
  requireDtype(op, starts, ['i32']);
  requireShape(starts.shape.length === 1 && equalDims(starts.shape[0]!, shape.length), {
    op,
    problem: `starts are ${formatSpec(starts)}, needed i32[${shape.length}]`,
    likely: 'Give one start per axis of the target.',
    page: 'dynamic-slice',
  });
}

/** Rows of `table` along `axis` at `indices` (i32, any rank, each in [0, size)). */
export function gather(table: Tensor, indices: Tensor, { axis }: { readonly axis: number }): Tensor {
  return apply(gatherOp, [table, indices], { axis: resolveAxis('gather', axis, table.spec.shape.length) });
}

/** Zeros of `size` along `axis` (of the result) with `updates` added at `indices`; the transpose of gather. */
export function scatterAdd(
  indices: Tensor,
  updates: Tensor,
  { axis, size }: { readonly axis: number; readonly size: Dim },
): Tensor {
  const rank = updates.spec.shape.length - indices.spec.shape.length + 1;
  return apply(scatterAddOp, [indices, updates], { axis: axis < 0 ? axis + rank : axis, size });
}

/** The block of `sizes` that begins at `starts` (i32[rank]). */
export function dynamicSlice(x: Tensor, starts: Tensor, { sizes }: { readonly sizes: Shape }): Tensor {
  return apply(dynamicSliceOp, [x, starts], { sizes });
}

/** `x` with the block at `starts` (i32[rank]) replaced by `update`. */
export function updateSlice(x: Tensor, update: Tensor, starts: Tensor): Tensor {
  return apply(updateSliceOp, [x, update, starts], {});
}
