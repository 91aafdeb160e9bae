import type { DType } from '@tesserae/tensor';

interface StoredRecord {
  readonly sizeBytes: number;
  /** The host dtype with the same bits, when there is one. */
  readonly dtype?: DType;
}

/**
 * Element types of the safetensors format, in the order of its reference implementation (the writer sorts by
 * it). Those without a host dtype are known, so that files that hold them open; reading such a tensor is an
 * error.
 */
export const STORED_DTYPES = {
  BOOL: { sizeBytes: 1, dtype: 'bool' },
  U8: { sizeBytes: 1, dtype: 'u8' },
  I8: { sizeBytes: 1, dtype: 'i8' },
  F8_E5M2: { sizeBytes: 1 },
  F8_E4M3: { sizeBytes: 1 },
  F8_E8M0: { sizeBytes: 1 },
  I16: { sizeBytes: 2 },
  U16: { sizeBytes: 2 },
  F16: { sizeBytes: 2, dtype: 'f16' },
  BF16: { sizeBytes: 2, dtype: 'bf16' },
  I32: { sizeBytes: 4, dtype: 'i32' },
  U32: { sizeBytes: 4 },
  F32: { sizeBytes: 4, dtype: 'f32' },
  C64: { sizeBytes: 8 },
  F64: { sizeBytes: 8, dtype: 'f64' },
  I64: { sizeBytes: 8 },
  U64: { sizeBytes: 8 },
} as const satisfies Readonly<Record<string, StoredRecord>>;

/** Name of an element type in a safetensors header: `F32`, `BF16`, `I64`. */
export type StoredDType = keyof typeof STORED_DTYPES;

/** True when `value` is an element type this package knows. */
export function isStoredDType(value: unknown): value is StoredDType {
  return typeof value === 'string' && Object.hasOwn(STORED_DTYPES, value);
}

/** The host dtype that holds a stored type bit for bit, if any. */
export function hostDTypeOf(stored: StoredDType): DType | undefined {
  const record: StoredRecord = STORED_DTYPES[stored];
  return record.dtype;
}

/** The stored type of a host dtype. */
export function storedDTypeOf(dtype: DType): StoredDType {
  const stored = (Object.keys(STORED_DTYPES) as StoredDType[]).find((name) => hostDTypeOf(name) === dtype);
  if (stored === undefined) throw new Error(`internal: dtype ${dtype} has no stored form`);
  return stored;
}

/** Place in the writer's order: wider, later types first. */
export function storedRank(stored: StoredDType): number {
  return -Object.keys(STORED_DTYPES).indexOf(stored);
}
