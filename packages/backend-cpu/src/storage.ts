import type { ConcreteSpec, DType, HostArray, HostTensor } from '@tesserae/tensor';
import { DTYPES, encodeElement, isFloat, readElement, sizeOf } from '@tesserae/tensor';
import type { KernelArray } from './kernels/kernel.js';

/** How values are held: as their dtype says, or every float in double (for gradient checks). */
export type Precision = 'storage' | 'f64';

/** The dtype in which values of `dtype` are held. */
export function storedDtype(dtype: DType, precision: Precision): DType {
  return precision === 'f64' && isFloat(dtype) ? 'f64' : dtype;
}

/** A copy of a host value in the form in which it is held; `isShared` skips the copy where the form is the same. */
export function storeHost(
  value: HostTensor,
  { precision, isShared = false }: { readonly precision: Precision; readonly isShared?: boolean },
): HostArray {
  const dtype = storedDtype(value.dtype, precision);
  if (dtype === value.dtype) return isShared ? value.data : (value.data.slice() as HostArray);
  const data = DTYPES[dtype].create(value.data.length);
  for (let index = 0; index < data.length; index++) data[index] = readElement(value, index);
  return data;
}

const isHalf = (dtype: DType): boolean => dtype === 'f16' || dtype === 'bf16';

/** A held value as kernels read it: 16-bit floats are widened. */
export function widen(spec: ConcreteSpec, data: HostArray): KernelArray {
  if (!isHalf(spec.dtype) || data instanceof Float64Array) return { ...spec, data };
  const value: HostTensor = { ...spec, data };
  return {
    ...spec,
    data: Float64Array.from({ length: data.length }, (_, index) => readElement(value, index)),
  };
}

/** Where a kernel writes a value: its own array, or a wider one that `narrow` rounds into it. */
export function writable(spec: ConcreteSpec, data: HostArray): KernelArray {
  const isDirect = !isHalf(spec.dtype) || data instanceof Float64Array;
  return { ...spec, data: isDirect ? data : new Float64Array(data.length) };
}

/** Rounds a kernel's result into the array that holds it; nothing where it was written directly. */
export function narrow(written: KernelArray, data: HostArray): void {
  if (written.data === data) return;
  for (let index = 0; index < data.length; index++)
    data[index] = encodeElement(written.dtype, written.data[index]!);
}

/** Arrays that an executable has done with, by type and length, for its next values. */
export class ArrayPool {
  readonly #free = new Map<string, HostArray[]>();

  /** An array for a value of `spec`, with unspecified contents. */
  take(spec: ConcreteSpec, precision: Precision): HostArray {
    const dtype = storedDtype(spec.dtype, precision);
    const length = sizeOf(spec.shape);
    return (
      this.#free.get(`${DTYPES[dtype].create(0).constructor.name}:${length}`)?.pop() ??
      DTYPES[dtype].create(length)
    );
  }

  give(data: HostArray): void {
    const key = `${data.constructor.name}:${data.length}`;
    const list = this.#free.get(key);
    if (list === undefined) this.#free.set(key, [data]);
    else list.push(data);
  }

  clear(): void {
    this.#free.clear();
  }
}
