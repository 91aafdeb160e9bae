import type { Dim } from '../dim.js';
import { divideDims, equalDims, productOfDims } from '../dim.js';
import { ALL_DTYPES } from '../dtype.js';
import { ShapeError } from '../errors.js';
import type { Tensor } from '../graph/graph.js';
import type { Shape } from '../spec.js';
import { elementCount, equalShapes, formatShape, formatSpec } from '../spec.js';
import { apply, definePrimitive } from './define.js';
import { broadcastShapes, requireShape, requireSizes, resolveAxis } from './infer.js';
import { scalar } from './source.js';

/** Ops that only move elements. */

export const reshapeOp = definePrimitive<'reshape', { readonly shape: Shape }>({
  name: 'reshape',
  summary: 'The same elements in row-major order under another shape.',
  dtypes: ALL_DTYPES,
  infer: ([x], { shape }) => {
    requireShape(equalDims(elementCount(x!.shape), elementCount(shape)), {
      op: 'reshape',
      problem: `${formatSpec(x!)} does not fill ${formatShape(shape)}`,
      likely: 'The products of the sizes must be equal (for symbolic sizes: provably).',
      page: 'reshape-size',
    });
    return [{ dtype: x!.dtype, shape: requireSizes('reshape', shape) }];
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
    const isPermutation =
      shape.every((_, axis) => permutation.includes(axis)) && permutation.length === shape.length;
    requireShape(isPermutation, {
      op: 'transpose',
      problem: `[${permutation.join(',')}] is no permutation of the axes of ${formatSpec(x!)}`,
      likely: 'Name every axis once.',
      page: 'transpose-permutation',
    });
    return [{ dtype, shape: permutation.map((axis) => shape[axis]!) }];
  },
  vjp: ({ cotangent, params: { permutation } }) => [
    transpose(
      cotangent,
      permutation.map((_, axis) => permutation.indexOf(axis)),
    ),
  ],
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
    requireShape(equalShapes(broadcastShapes('broadcastTo', [x!.shape, shape]), shape), {
      op: 'broadcastTo',
      problem: `${formatSpec(x!)} does not broadcast to ${formatShape(shape)}`,
      likely: 'Only axes of size 1 repeat.',
      page: 'broadcast',
    });
    return [{ dtype: x!.dtype, shape: requireSizes('broadcastTo', shape) }];
  },
  vjp: ({ cotangent }) => [cotangent], // autodiff sums it back to the input's shape
  samples: [
    { inputs: [{ shape: [3] }], params: { shape: [2, 3] } },
    { inputs: [{ shape: [2, 1, 3] }], params: { shape: [2, 4, 3] } },
    { inputs: [{ shape: [] }], params: { shape: [2, 2] } },
  ],
});

/**
 * The same elements under another shape; one size may be -1 and is worked out.
 * @throws ShapeError when the sizes do not multiply to the same count
 */
export function reshape(x: Tensor, shape: Shape): Tensor {
  const open = shape.indexOf(-1);
  const resolved =
    open < 0 ? shape : shape.map((dim, axis) => (axis === open ? openSize(x, shape, open) : dim));
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
  if (rank < 2)
    throw new ShapeError({
      op: 'transposeLast',
      problem: `${formatSpec(x.spec)} has no two axes`,
      page: 'axis',
    });
  return transpose(x, [...Array.from({ length: rank - 2 }, (_, axis) => axis), rank - 1, rank - 2]);
}

/** Repeats axes of size 1 up to `shape`. */
export function broadcastTo(x: Tensor, shape: Shape): Tensor {
  return equalShapes(x.spec.shape, shape) ? x : apply(broadcastToOp, [x], { shape });
}

/** A tensor filled with one value. */
export function full(
  spec: { readonly dtype: Tensor['spec']['dtype']; readonly shape: Shape },
  value: number,
): Tensor {
  return broadcastTo(scalar(spec.dtype, value), spec.shape);
}

/** Inserts an axis of size 1. */
export function expandDims(x: Tensor, { axis }: { readonly axis: number }): Tensor {
  const at = resolveAxis('expandDims', axis, x.spec.shape.length + 1);
  return reshape(x, [...x.spec.shape.slice(0, at), 1, ...x.spec.shape.slice(at)]);
}
