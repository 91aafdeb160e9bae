import type { DType } from './dtype.js';
import { DTYPES, encodeElement } from './dtype.js';
import { numberFromBf16, numberFromF16 } from './half.js';
import type { HostTensor } from './spec.js';

/** Reads element `index` as a number, whatever the storage format. */
export function readElement(tensor: HostTensor, index: number): number {
  const raw = tensor.data[index]!;
  if (tensor.dtype === 'f16') return numberFromF16(raw);
  if (tensor.dtype === 'bf16') return numberFromBf16(raw);
  return raw;
}

/** All elements as plain numbers. */
export function toNumbers(tensor: HostTensor): number[] {
  return Array.from({ length: tensor.data.length }, (_, index) => readElement(tensor, index));
}

/** A copy of the tensor in another dtype; floats are truncated toward zero when they become integers. */
export function castHost(tensor: HostTensor, dtype: DType): HostTensor {
  const data = DTYPES[dtype].create(tensor.data.length);
  for (let index = 0; index < data.length; index++)
    data[index] = encodeElement(dtype, readElement(tensor, index));
  return { dtype, shape: tensor.shape, data };
}

/** A scalar in host memory. */
export function hostScalar(dtype: DType, value: number): HostTensor {
  const data = DTYPES[dtype].create(1);
  data[0] = encodeElement(dtype, value);
  return { dtype, shape: [], data };
}
