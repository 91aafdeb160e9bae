import type { DType, HostTensor } from '@tesserae/tensor';
import { DTYPES, FormatError, hostTensor, sizeOf } from '@tesserae/tensor';

/** A golden file: tensors and string metadata by name. */
export interface GoldenFixture {
  readonly tensors: ReadonlyMap<string, HostTensor>;
  readonly metadata: Readonly<Record<string, string>>;
}

interface HeaderEntry {
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly data_offsets: readonly [number, number];
}

const DTYPE_NAMES: Readonly<Record<string, DType>> = {
  F32: 'f32',
  F64: 'f64',
  F16: 'f16',
  BF16: 'bf16',
  I32: 'i32',
  I8: 'i8',
  U8: 'u8',
  BOOL: 'bool',
};

/** Longest header that is believed, the limit of the format itself. */
const MAX_HEADER_BYTES = 100_000_000;

/**
 * Reads a committed golden file (safetensors, little-endian). For fixtures made by `tools/golden`; files of users
 * are read by `@tesserae/weights`, which this package does not depend on.
 * @throws FormatError when the bytes are not such a file
 */
export function readFixture(bytes: Uint8Array): GoldenFixture {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const headerBytes = bytes.length >= 8 ? Number(view.getBigUint64(0, true)) : Infinity;
  if (headerBytes > Math.min(MAX_HEADER_BYTES, bytes.length - 8))
    throw damaged('the header is longer than the file');
  const header = parseHeader(bytes.subarray(8, 8 + headerBytes));
  const { __metadata__: metadata = {}, ...entries } = header;
  const data = bytes.subarray(8 + headerBytes);
  const tensors = Object.entries(entries).map(
    ([name, entry]) => [name, readTensor(name, entry as HeaderEntry, data)] as const,
  );
  return { tensors: new Map(tensors), metadata: metadata as Readonly<Record<string, string>> };
}

function parseHeader(bytes: Uint8Array): Record<string, unknown> {
  try {
    return JSON.parse(new TextDecoder().decode(bytes)) as Record<string, unknown>;
  } catch (cause) {
    throw damaged('the header is no JSON', cause);
  }
}

function readTensor(
  name: string,
  { dtype: code, shape, data_offsets: [begin, end] }: HeaderEntry,
  data: Uint8Array,
): HostTensor {
  const dtype = DTYPE_NAMES[code];
  if (dtype === undefined) throw damaged(`tensor '${name}' has dtype ${code}`);
  const { view, sizeBytes } = DTYPES[dtype];
  if (end > data.length || end - begin !== sizeOf(shape) * sizeBytes)
    throw damaged(`tensor '${name}' has wrong offsets`);
  const copy = Uint8Array.from(data.subarray(begin, end)); // aligned; slice() of a Node Buffer would not copy
  return hostTensor(dtype, shape, view(copy.buffer, 0, sizeOf(shape)));
}

function damaged(problem: string, cause?: unknown): FormatError {
  return new FormatError({
    op: 'readFixture',
    problem,
    likely: 'Make it anew with tools/golden.',
    page: 'golden-fixture',
    cause,
  });
}
