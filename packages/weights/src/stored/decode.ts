import { DTYPES, DtypeError, FormatError, formatShape } from '@tesserae/tensor';
import type { DType, HostArray, HostTensor } from '@tesserae/tensor';
import { quoted } from '../errors.js';
import type { StoredDType } from '../safetensors/stored-dtype.js';
import { hostDTypeOf } from '../safetensors/stored-dtype.js';

/** The tensor that bytes belong to, for errors too. */
interface DecodeAs {
  readonly stored: StoredDType;
  readonly shape: readonly number[];
  readonly name: string;
  /** Who complains, and about which file. */
  readonly op: string;
  readonly file: string;
}

/**
 * The host dtype of a stored type.
 * @throws DtypeError when no host dtype has its bits
 */
export function readableDType({ stored, name, op, file }: Omit<DecodeAs, 'shape'>): DType {
  const dtype = hostDTypeOf(stored);
  if (dtype !== undefined) return dtype;
  throw new DtypeError({
    op,
    problem: `${quoted(name)} is ${stored}, which no dtype holds`,
    likely:
      stored in INTEGER_READERS
        ? 'Read it with readIntegers, which gives i32.'
        : 'Convert the file to F32, F16 or BF16.',
    page: 'safetensors-dtype',
    file,
    got: stored,
  });
}

/** A host tensor over little-endian bytes, which it may keep. @throws FormatError for booleans but 0 and 1 */
export function decodeTensor(bytes: Uint8Array, as: DecodeAs): HostTensor {
  const dtype = readableDType(as);
  const data = viewAs(dtype, bytes);
  if (dtype === 'bool') checkBooleans(data, as);
  return { dtype, shape: as.shape, data };
}

/**
 * A typed array over the bytes: over their own buffer when they fill it, else over a copy (all hosts are
 * little-endian).
 */
function viewAs(dtype: DType, bytes: Uint8Array): HostArray {
  const { buffer } = bytes;
  const length = bytes.length / DTYPES[dtype].sizeBytes;
  if (buffer instanceof ArrayBuffer && buffer.byteLength === bytes.length)
    return DTYPES[dtype].view(buffer, 0, length);
  const copy = new Uint8Array(bytes.length);
  copy.set(bytes);
  return DTYPES[dtype].view(copy.buffer, 0, length);
}

function checkBooleans(data: HostArray, { name, op, file }: DecodeAs): void {
  const at = data.findIndex((value) => value > 1);
  if (at < 0) return;
  throw new FormatError({
    op,
    problem: `${quoted(name)}: element ${at} of a BOOL tensor is ${data[at]}, not 0 or 1`,
    likely: 'The tensor holds bytes, not booleans. Store it as U8.',
    page: 'safetensors-bool',
    file,
    got: data[at],
    needed: [0, 1],
  });
}

interface IntegerReader {
  readonly sizeBytes: number;
  readonly at: (view: DataView, offset: number) => number | bigint;
}

const INTEGER_READERS: { readonly [D in StoredDType]?: IntegerReader } = {
  BOOL: { sizeBytes: 1, at: (view, offset) => view.getUint8(offset) },
  U8: { sizeBytes: 1, at: (view, offset) => view.getUint8(offset) },
  I8: { sizeBytes: 1, at: (view, offset) => view.getInt8(offset) },
  I16: { sizeBytes: 2, at: (view, offset) => view.getInt16(offset, true) },
  U16: { sizeBytes: 2, at: (view, offset) => view.getUint16(offset, true) },
  I32: { sizeBytes: 4, at: (view, offset) => view.getInt32(offset, true) },
  U32: { sizeBytes: 4, at: (view, offset) => view.getUint32(offset, true) },
  I64: { sizeBytes: 8, at: (view, offset) => view.getBigInt64(offset, true) },
  U64: { sizeBytes: 8, at: (view, offset) => view.getBigUint64(offset, true) },
};

/** How integers of a stored type are read. @throws DtypeError for floats */
export function integerReader({ stored, name, op, file }: Omit<DecodeAs, 'shape'>): IntegerReader {
  const reader = INTEGER_READERS[stored];
  if (reader !== undefined) return reader;
  throw new DtypeError({
    op,
    problem: `${quoted(name)} is ${stored}; integers are needed`,
    likely: 'Read it with read, or store ids as I64 or I32.',
    page: 'safetensors-integers',
    file,
    got: stored,
    needed: Object.keys(INTEGER_READERS),
  });
}

/** Integers of any width as i32. @throws DtypeError for floats · FormatError beyond 32 bits */
export function decodeIntegers(bytes: Uint8Array, as: DecodeAs): HostTensor {
  const reader = integerReader(as);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const data = new Int32Array(view.byteLength / reader.sizeBytes);
  for (let index = 0; index < data.length; index++) {
    const value = reader.at(view, index * reader.sizeBytes);
    data[index] = Number(value);
    if (data[index] === Number(value)) continue;
    throw new FormatError({
      op: as.op,
      problem: `${quoted(as.name)} ${formatShape(as.shape)}: element ${index} is ${value}, beyond 32 bits`,
      likely: 'These are not token ids or labels; a label to be left out is -100.',
      page: 'safetensors-integers',
      file: as.file,
      got: value,
    });
  }
  return { dtype: 'i32', shape: as.shape, data };
}
