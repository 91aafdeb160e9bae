import { bf16FromNumber, f16FromNumber } from './half.js';

/** Element types. `f64` exists for checks; `bf16` and `f16` are stored as bits in a Uint16Array. */
export type DType = 'f32' | 'f16' | 'bf16' | 'i32' | 'i8' | 'u8' | 'bool' | 'f64';

/** Typed arrays that hold tensor elements on the host; `bool` is a Uint8Array of 0 and 1. */
export type HostArray =
  | Float32Array<ArrayBuffer>
  | Float64Array<ArrayBuffer>
  | Uint16Array<ArrayBuffer>
  | Int32Array<ArrayBuffer>
  | Int8Array<ArrayBuffer>
  | Uint8Array<ArrayBuffer>;

interface DTypeRecord {
  readonly sizeBytes: number;
  readonly kind: 'float' | 'integer' | 'bool';
  readonly create: (length: number) => HostArray;
  readonly view: (buffer: ArrayBuffer, byteOffset: number, length: number) => HostArray;
}

/** What each dtype is: size of an element, kind, and how its host array is made. */
export const DTYPES: { readonly [D in DType]: DTypeRecord } = {
  f32: record(4, 'float', Float32Array),
  f16: record(2, 'float', Uint16Array),
  bf16: record(2, 'float', Uint16Array),
  i32: record(4, 'integer', Int32Array),
  i8: record(1, 'integer', Int8Array),
  u8: record(1, 'integer', Uint8Array),
  bool: record(1, 'bool', Uint8Array),
  f64: record(8, 'float', Float64Array),
};

interface ArrayConstructorOf {
  new (length: number): HostArray;
  new (buffer: ArrayBuffer, byteOffset: number, length: number): HostArray;
}

function record(sizeBytes: number, kind: DTypeRecord['kind'], Type: ArrayConstructorOf): DTypeRecord {
  return {
    sizeBytes,
    kind,
    create: (length) => new Type(length),
    view: (buffer, byteOffset, length) => new Type(buffer, byteOffset, length),
  };
}

/** True for f32, f16, bf16 and f64. */
export const isFloat = (dtype: DType): boolean => DTYPES[dtype].kind === 'float';
/** True for i32, i8 and u8; bool is no integer. */
export const isInteger = (dtype: DType): boolean => DTYPES[dtype].kind === 'integer';

/** The float dtypes, f32 first. */
export const FLOAT_DTYPES: readonly DType[] = ['f32', 'f16', 'bf16', 'f64'];
/** The dtypes a sum or product is defined on: all but bool. */
export const NUMBER_DTYPES: readonly DType[] = ['f32', 'f16', 'bf16', 'f64', 'i32', 'i8', 'u8'];
/** Every dtype. */
export const ALL_DTYPES: readonly DType[] = [...NUMBER_DTYPES, 'bool'];

/** The stored form of a number in a dtype: bits for 16-bit floats, 0 or 1 for bool, truncated for integers. */
export function encodeElement(dtype: DType, value: number): number {
  if (dtype === 'f16') return f16FromNumber(value);
  if (dtype === 'bf16') return bf16FromNumber(value);
  if (dtype === 'bool') return value !== 0 ? 1 : 0;
  return value;
}
