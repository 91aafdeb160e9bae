import { sizeOf, stridesOf } from '@tesserae/tensor';
import { outOfRange } from './bounds.js';
import type { CpuKernel, KernelArray } from './kernel.js';
import type { Walk } from './walk.js';
import { planWalk, walkRuns } from './walk.js';

/** Ops that fold an axis. Sums accumulate in double, in row-major order. */

/** Walks an array beside its reduction: the second array stands still along reduced axes. */
function walkReduction(x: KernelArray, axes: readonly number[]): Walk {
  const kept = x.shape.map((size, axis) => (axes.includes(axis) ? 1 : size));
  const keptStrides = stridesOf(kept).map((stride, axis) => (axes.includes(axis) ? 0 : stride));
  return planWalk(x.shape, [stridesOf(x.shape), keptStrides]);
}

/** Sums over axes. */
export const reduceSumKernel: CpuKernel<'reduceSum'> = ({ inputs, outputs, params }) => {
  const [x, out] = [inputs[0]!, outputs[0]!];
  const sums = new Float64Array(out.data.length);
  const walk = walkReduction(x, params.axes);
  const [stepX, stepOut] = walk.steps as readonly [number, number];
  const { data } = x;
  walkRuns(walk, ([startX, startOut]) => {
    for (let n = 0, i = startX!, j = startOut!; n < walk.length; n++, i += stepX, j += stepOut)
      sums[j]! += data[i]!;
  });
  out.data.set(sums);
};

/** The largest of no elements is the smallest value of the dtype: -Infinity for floats. NaN wins, as in maximum. */
export const reduceMaxKernel: CpuKernel<'reduceMax'> = ({ inputs, outputs, params }) => {
  const [x, out] = [inputs[0]!, outputs[0]!];
  const [data, largest] = [x.data, out.data];
  largest.fill(x.dtype === 'i32' ? -(2 ** 31) : -Infinity);
  const walk = walkReduction(x, params.axes);
  const [stepX, stepOut] = walk.steps as readonly [number, number];
  walkRuns(walk, ([startX, startOut]) => {
    for (let n = 0, i = startX!, j = startOut!; n < walk.length; n++, i += stepX, j += stepOut) {
      largest[j] = Math.max(largest[j]!, data[i]!);
    }
  });
};

/** Sizes around one axis: `outer` blocks of `size` rows of `inner` elements. */
export function axisLayout(shape: readonly number[], axis: number) {
  return { outer: sizeOf(shape.slice(0, axis)), size: shape[axis]!, inner: sizeOf(shape.slice(axis + 1)) };
}

/** NaN counts as larger than every number, as in NumPy and PyTorch. */
const isLarger = (x: number, y: number): boolean => x > y || (Number.isNaN(x) && !Number.isNaN(y));

/** Index of the largest element along an axis, the first of equals. */
export const argMaxKernel: CpuKernel<'argMax'> = ({ inputs, outputs, params: { axis } }) => {
  const { data, shape } = inputs[0]!;
  const { outer, size, inner } = axisLayout(shape, axis);
  if (size === 0 && outer * inner > 0) throw outOfRange({ op: 'argMax', index: 0, size, axis });
  for (let row = 0; row < outer * inner; row++) {
    const start = Math.floor(row / inner) * size * inner + (row % inner);
    let best = 0;
    for (let index = 1; index < size; index++) {
      if (isLarger(data[start + index * inner]!, data[start + best * inner]!)) best = index;
    }
    outputs[0]!.data[row] = best;
  }
};

/** Running sums along an axis. */
export const cumSumKernel: CpuKernel<'cumSum'> = ({
  inputs,
  outputs,
  params: { axis, exclusive, reverse },
}) => {
  const { data, shape } = inputs[0]!;
  const out = outputs[0]!.data;
  const { outer, size, inner } = axisLayout(shape, axis);
  for (let row = 0; row < outer * inner; row++) {
    const start = Math.floor(row / inner) * size * inner + (row % inner);
    let sum = 0;
    for (let step = 0; step < size; step++) {
      const at = start + (reverse ? size - 1 - step : step) * inner;
      const value = data[at]!;
      out[at] = exclusive ? sum : sum + value;
      sum += value;
    }
  }
};

/** The k largest of each row by a stable sort. */
export const topKKernel: CpuKernel<'topK'> = ({ inputs, outputs, params: { k } }) => {
  const { data, shape } = inputs[0]!;
  const [values, indices] = [outputs[0]!.data, outputs[1]!.data];
  const { outer, size } = axisLayout(shape, shape.length - 1);
  if (k > size && outer > 0) throw outOfRange({ op: 'topK', index: k - 1, size, axis: shape.length - 1 });
  for (let row = 0; row < outer; row++) {
    const own = data.subarray(row * size, (row + 1) * size);
    const order = Array.from({ length: size }, (_, index) => index);
    order.sort((a, b) => (isLarger(own[a]!, own[b]!) ? -1 : isLarger(own[b]!, own[a]!) ? 1 : a - b));
    for (let rank = 0; rank < k; rank++) {
      values[row * k + rank] = own[order[rank]!]!;
      indices[row * k + rank] = order[rank]!;
    }
  }
};
