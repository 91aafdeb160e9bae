import { randomBitsInto, readElement } from '@tesserae/tensor';
import type { CpuKernel, KernelArray } from './kernel.js';
import { axisLayout } from './reduce.js';

/** Values that come from parameters; the executor holds those of `constant` itself. */
export const constantKernel: CpuKernel<'constant'> = ({ outputs, params: { value } }) => {
  const { data } = outputs[0]!;
  for (let index = 0; index < data.length; index++) data[index] = readElement(value, index);
};

/** Counts along one axis. */
export const iotaKernel: CpuKernel<'iota'> = ({ outputs, params: { axis } }) => {
  const { data, shape } = outputs[0]!;
  const { size, inner } = axisLayout(shape, axis);
  for (let index = 0; index < data.length; index++) data[index] = Math.floor(index / inner) % size;
};

/** A size that the executor has bound. */
export const dimSizeKernel: CpuKernel<'dimSize'> = ({ outputs, params: { dim } }) => {
  outputs[0]!.data[0] = dim;
};

/** Random integers, by the definition in `tensor`. */
export const randomBitsKernel: CpuKernel<'randomBits'> = ({
  inputs,
  outputs,
  params: { stream, bitWidth },
}) => {
  const [low, high] = (inputs[0] as KernelArray).data;
  randomBitsInto(outputs[0]!.data as Int32Array, [low!, high!], { stream, bitWidth });
};
