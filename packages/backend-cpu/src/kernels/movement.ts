import type { HostArray } from '@tesserae/tensor';
import { stridesOf } from '@tesserae/tensor';
import type { CpuKernel, KernelArray } from './kernel.js';
import { broadcastStrides, planWalk, walkRuns } from './walk.js';

/** One side of a copy: an array, where it begins, and how it steps along each axis. */
interface StridedArray {
  readonly data: HostArray;
  readonly strides: readonly number[];
  readonly offset?: number;
}

/** Copies a block of `shape` from one strided array to another. */
export function copyBlock(shape: readonly number[], from: StridedArray, to: StridedArray): void {
  const walk = planWalk(shape, [from.strides, to.strides]);
  const [stepFrom, stepTo] = walk.steps as readonly [number, number];
  const [source, target] = [from.data, to.data];
  const [baseFrom, baseTo] = [from.offset ?? 0, to.offset ?? 0];
  const isRun = stepFrom === 1 && stepTo === 1;
  walkRuns(walk, ([atFrom, atTo]) => {
    const [start, end] = [baseFrom + atFrom!, baseTo + atTo!];
    if (isRun) target.set(source.subarray(start, start + walk.length), end);
    else for (let n = 0; n < walk.length; n++) target[end + n * stepTo] = source[start + n * stepFrom]!;
  });
}

/** Offset, in elements, of a position. */
export function offsetOf(position: ArrayLike<number>, strides: readonly number[]): number {
  return strides.reduce((sum, stride, axis) => sum + stride * position[axis]!, 0);
}

const whole = ({ data, shape }: KernelArray): StridedArray => ({ data, strides: stridesOf(shape) });

/** The executor lets a reshape share its input's memory; this copy is for those who call the kernel itself. */
export const reshapeKernel: CpuKernel<'reshape'> = ({ inputs, outputs }) => {
  outputs[0]!.data.set(inputs[0]!.data);
};

/** Reads with permuted strides. */
export const transposeKernel: CpuKernel<'transpose'> = ({ inputs, outputs, params }) => {
  const strides = stridesOf(inputs[0]!.shape);
  const permuted = params.permutation.map((axis) => strides[axis]!);
  copyBlock(outputs[0]!.shape, { data: inputs[0]!.data, strides: permuted }, whole(outputs[0]!));
};

/** Reads repeated axes with stride 0. */
export const broadcastToKernel: CpuKernel<'broadcastTo'> = ({ inputs, outputs }) => {
  const [x, out] = [inputs[0]!, outputs[0]!];
  copyBlock(out.shape, { data: x.data, strides: broadcastStrides(x.shape, out.shape) }, whole(out));
};

/** Copies the block between starts and limits. */
export const sliceKernel: CpuKernel<'slice'> = ({ inputs, outputs, params }) => {
  const strides = stridesOf(inputs[0]!.shape);
  const offset = offsetOf(params.starts, strides);
  copyBlock(outputs[0]!.shape, { data: inputs[0]!.data, strides, offset }, whole(outputs[0]!));
};

/** Fills with the value, then copies the input into the middle. */
export const padKernel: CpuKernel<'pad'> = ({ inputs, outputs, params }) => {
  const [x, out] = [inputs[0]!, outputs[0]!];
  const strides = stridesOf(out.shape);
  out.data.fill(out.dtype === 'bool' ? Number(params.value !== 0) : params.value);
  copyBlock(x.shape, whole(x), { data: out.data, strides, offset: offsetOf(params.before, strides) });
};

/** Copies each input to its place along the axis. */
export const concatKernel: CpuKernel<'concat'> = ({ inputs, outputs, params: { axis } }) => {
  const out = outputs[0]!;
  const strides = stridesOf(out.shape);
  let start = 0;
  for (const input of inputs) {
    copyBlock(input.shape, whole(input), { data: out.data, strides, offset: start * strides[axis]! });
    start += input.shape[axis]!;
  }
};
