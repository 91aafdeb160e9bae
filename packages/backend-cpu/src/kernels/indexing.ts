import { stridesOf } from '@tesserae/tensor';
import { outOfRange } from './bounds.js';
import type { CpuKernel, KernelArray } from './kernel.js';
import { copyBlock, offsetOf } from './movement.js';
import { axisLayout } from './reduce.js';

/** Ops that read or write at positions known only at run time; every position is checked. */

/** Copies rows at indices. */
export const gatherKernel: CpuKernel<'gather'> = ({ inputs, outputs, params: { axis } }) => {
  const [table, { data: indices }] = inputs as readonly [KernelArray, KernelArray];
  const { outer, size, inner } = axisLayout(table.shape, axis);
  const out = outputs[0]!.data;
  let at = 0;
  for (let block = 0; block < outer; block++) {
    for (const index of indices) {
      if (index < 0 || index >= size) throw outOfRange({ op: 'gather', index, size, axis });
      const start = (block * size + index) * inner;
      out.set(table.data.subarray(start, start + inner), at);
      at += inner;
    }
  }
};

/** Adds rows at indices into zeros; sums accumulate in double. */
export const scatterAddKernel: CpuKernel<'scatterAdd'> = ({ inputs, outputs, params: { axis } }) => {
  const [{ data: indices }, { data: updates }] = inputs as readonly [KernelArray, KernelArray];
  const { outer, size, inner } = axisLayout(outputs[0]!.shape, axis);
  const sums = new Float64Array(outputs[0]!.data.length);
  let from = 0;
  for (let block = 0; block < outer; block++) {
    for (const index of indices) {
      if (index < 0 || index >= size) throw outOfRange({ op: 'scatterAdd', index, size, axis });
      const start = (block * size + index) * inner;
      for (let n = 0; n < inner; n++) sums[start + n]! += updates[from++]!;
    }
  }
  outputs[0]!.data.set(sums);
};

/** Copies the block that begins at run-time starts. */
export const dynamicSliceKernel: CpuKernel<'dynamicSlice'> = ({ inputs, outputs }) => {
  const [x, starts] = inputs as readonly [KernelArray, KernelArray];
  const out = outputs[0]!;
  checkBlock('dynamicSlice', x, { starts, sizes: out.shape });
  const strides = stridesOf(x.shape);
  const from = { data: x.data, strides, offset: offsetOf(starts.data, strides) };
  copyBlock(out.shape, from, { data: out.data, strides: stridesOf(out.shape) });
};

/** Writes a block at run-time starts, in place where the executor lets the input become the output. */
export const updateSliceKernel: CpuKernel<'updateSlice'> = ({ inputs, outputs }) => {
  const [x, update, starts] = inputs as readonly [KernelArray, KernelArray, KernelArray];
  const out = outputs[0]!;
  checkBlock('updateSlice', x, { starts, sizes: update.shape });
  if (out.data !== x.data) out.data.set(x.data);
  const strides = stridesOf(out.shape);
  const to = { data: out.data, strides, offset: offsetOf(starts.data, strides) };
  copyBlock(update.shape, { data: update.data, strides: stridesOf(update.shape) }, to);
};

interface Block {
  readonly starts: KernelArray;
  readonly sizes: readonly number[];
}

function checkBlock(op: string, { shape }: KernelArray, { starts, sizes }: Block): void {
  shape.forEach((size, axis) => {
    const start = starts.data[axis]!;
    if (start < 0) throw outOfRange({ op, index: start, size, axis });
    if (start + sizes[axis]! > size) throw outOfRange({ op, index: start + sizes[axis]! - 1, size, axis });
  });
}
