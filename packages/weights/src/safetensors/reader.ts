import { DTYPES, DtypeError, FormatError, formatShape } from '@tesserae/tensor';
import type { DType, HostArray, HostTensor } from '@tesserae/tensor';
import type { ByteSource, ReadOptions } from '../byte-source.js';
import { readRange } from '../byte-source.js';
import { listed, quoted } from '../errors.js';
import type { TensorFile } from '../tensor-file.js';
import type { SafetensorsHeader, StoredSpec } from './header.js';
import { readSafetensorsHeader } from './header.js';
import type { StoredDType } from './stored-dtype.js';

/** A safetensors file, opened: its header is checked, its tensors are read when asked for. */
export interface SafetensorsFile extends TensorFile {
  readonly header: SafetensorsHeader;
}

const op = 'safetensors';

/**
 * Opens a safetensors file; only the header is read.
 * @throws FormatError when the header is not what the format and the file's size allow
 */
export async function openSafetensors(
  source: ByteSource,
  options: ReadOptions = {},
): Promise<SafetensorsFile> {
  const header = await readSafetensorsHeader(source, options);
  const file = source.name;
  const spec = (name: string): StoredSpec =>
    header.tensors.get(name) ?? unknownTensor(name, [...header.tensors.keys()], file);
  const bytesOf = (name: string, readOptions: ReadOptions = {}): Promise<Uint8Array> => {
    const { begin, end } = spec(name);
    return readRange(source, { start: header.dataStart + begin, end: header.dataStart + end }, readOptions);
  };
  return {
    name: file,
    header,
    names: [...header.tensors.keys()],
    metadata: header.metadata,
    has: (name) => header.tensors.has(name),
    spec,
    read: async (name, readOptions) => {
      const { dtype, stored, shape } = spec(name);
      if (dtype === undefined) return unreadable(name, stored, file);
      const data = viewAs(dtype, await bytesOf(name, readOptions));
      if (dtype === 'bool') checkBooleans(data, name, file);
      return { dtype, shape, data };
    },
    readIntegers: async (name, readOptions) => {
      const { stored, shape } = spec(name);
      const read = INTEGER_READERS[stored] ?? notIntegers(name, stored, file);
      const bytes = await bytesOf(name, readOptions);
      return integers(new DataView(bytes.buffer, bytes.byteOffset, bytes.length), read, {
        name,
        shape,
        file,
      });
    },
  };
}

/**
 * Throws the error for a name that a file does not have.
 * @throws FormatError with the names that come nearest
 */
export function unknownTensor(name: string, names: readonly string[], file: string): never {
  const tail = name.split('.').slice(-2).join('.');
  const near = names.filter((candidate) => candidate.endsWith(tail));
  throw new FormatError({
    op,
    problem: `no tensor ${quoted(name)} among ${names.length}`,
    likely: near.length > 0 ? `Similar: ${listed(near, 4)}.` : `The file has ${listed(names, 4)}.`,
    page: 'tensor-missing',
    file,
    got: names,
    needed: name,
  });
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

function checkBooleans(data: HostArray, name: string, file: string): void {
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

function unreadable(name: string, stored: StoredDType, file: string): never {
  const isInteger = stored in INTEGER_READERS;
  throw new DtypeError({
    op,
    problem: `${quoted(name)} is ${stored}, which no dtype holds`,
    likely: isInteger
      ? 'Read it with readIntegers, which gives i32.'
      : 'Convert the file to F32, F16 or BF16.',
    page: 'safetensors-dtype',
    file,
    got: stored,
  });
}

function notIntegers(name: string, stored: StoredDType, file: string): never {
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

function integers(
  view: DataView,
  reader: IntegerReader,
  { name, shape, file }: { readonly name: string; readonly shape: readonly number[]; readonly file: string },
): HostTensor {
  const data = new Int32Array(view.byteLength / reader.sizeBytes);
  for (let index = 0; index < data.length; index++) {
    const value = reader.at(view, index * reader.sizeBytes);
    data[index] = Number(value);
    if (data[index] === Number(value)) continue;
    throw new FormatError({
      op,
      problem: `${quoted(name)} ${formatShape(shape)}: element ${index} is ${value}, beyond 32 bits`,
      likely: 'These are not token ids or labels; a label to be left out is -100.',
      page: 'safetensors-integers',
      file,
      got: value,
    });
  }
  return { dtype: 'i32', shape, data };
}
