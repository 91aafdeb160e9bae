import type { ByteSource, ReadOptions } from '../byte-source.js';
import { joinedSource, rangeSource } from '../byte-source.js';
import { quoted } from '../errors.js';
import type { StoredDType } from '../safetensors/stored-dtype.js';
import { STORED_DTYPES } from '../safetensors/stored-dtype.js';
import type { StoredTensor } from '../stored/gather.js';
import { elementCount } from '../stored/layout.js';
import type { MsgpackValue } from './msgpack.js';
import { MsgpackBytes, readMsgpack } from './msgpack.js';
import { msgpackError } from './msgpack-cursor.js';

/** Flax's extension types. @see flax/serialization.py, _MsgpackExtType */
const NDARRAY = 1;
const SCALAR = 3;
/** Larger arrays are written in parts, under these keys. */
const CHUNKED = '__msgpack_chunked_array__';

/** NumPy's names of element types, as Flax writes them. */
const DTYPES: Readonly<Record<string, StoredDType>> = {
  float32: 'F32',
  float64: 'F64',
  float16: 'F16',
  bfloat16: 'BF16',
  V2: 'BF16',
  int64: 'I64',
  int32: 'I32',
  int16: 'I16',
  int8: 'I8',
  uint64: 'U64',
  uint32: 'U32',
  uint16: 'U16',
  uint8: 'U8',
  bool: 'BOOL',
  complex64: 'C64',
};

/** Where a value stands, for errors. */
interface ValueAt {
  readonly path: string;
  readonly source: ByteSource;
}

/**
 * The array that a value of a Flax file is; undefined when it is none.
 * @throws FormatError for an array whose bytes do not fill its shape, or of an unknown element type
 */
export async function flaxArray(
  value: MsgpackValue,
  at: ValueAt,
  options: ReadOptions = {},
): Promise<StoredTensor | undefined> {
  if (value instanceof MsgpackBytes) {
    const isArray = value.extension === NDARRAY || value.extension === SCALAR;
    return isArray ? wholeArray(value, at, options) : undefined;
  }
  return isMap(value) && value.has(CHUNKED) ? chunkedArray(value, at, options) : undefined;
}

/** True for a map. */
export function isMap(value: MsgpackValue | undefined): value is ReadonlyMap<string, MsgpackValue> {
  return value instanceof Map;
}

/** `[shape, dtype, bytes]`, a msgpack value of its own. */
async function wholeArray(
  { start, end }: MsgpackBytes,
  { path, source }: ValueAt,
  options: ReadOptions,
): Promise<StoredTensor> {
  const content = rangeSource(source, { start, end });
  const value = await readMsgpack(content, options);
  const [shape, dtype, bytes] = Array.isArray(value) ? (value as readonly MsgpackValue[]) : [];
  const sizes = Array.isArray(shape) ? counts(shape as readonly MsgpackValue[]) : undefined;
  const stored = typeof dtype === 'string' && Object.hasOwn(DTYPES, dtype) ? DTYPES[dtype] : undefined;
  if (sizes === undefined || !(bytes instanceof MsgpackBytes))
    throw msgpackError(`${quoted(path)} is no array of shape, element type and bytes`, source.name);
  if (stored === undefined)
    throw msgpackError(`${quoted(path)} has the element type ${quoted(String(dtype))}`, source.name);
  const [got, needed] = [bytes.end - bytes.start, elementCount(sizes) * STORED_DTYPES[stored].sizeBytes];
  if (got !== needed) {
    const problem = `${quoted(path)}: ${stored}[${sizes.join(',')}] takes ${needed} bytes, it has ${got}`;
    throw msgpackError(problem, source.name, { got, needed });
  }
  return { stored, shape: sizes, bytes: rangeSource(content, bytes) };
}

async function chunkedArray(
  value: ReadonlyMap<string, MsgpackValue>,
  at: ValueAt,
  options: ReadOptions,
): Promise<StoredTensor> {
  const { path, source } = at;
  const sizes = counts(listOf(value.get('shape')) ?? [null]);
  const chunks = listOf(value.get('chunks'));
  if (sizes === undefined || chunks === undefined || chunks.length === 0)
    throw msgpackError(`${quoted(path)} is in parts without a shape, or without parts`, source.name);
  const parts: StoredTensor[] = [];
  for (const chunk of chunks) {
    const part = await flaxArray(chunk, at, options);
    if (part === undefined || part.stored !== (parts[0] ?? part).stored)
      throw msgpackError(`${quoted(path)} is in parts that are no arrays of one type`, source.name);
    parts.push(part);
  }
  const bytes = joinedSource(
    source.name,
    parts.map((part) => part.bytes),
  );
  const { stored } = parts[0]!;
  const needed = elementCount(sizes) * STORED_DTYPES[stored].sizeBytes;
  if (bytes.sizeBytes === needed) return { stored, shape: sizes, bytes };
  const problem = `${quoted(path)}: ${stored}[${sizes.join(',')}] takes ${needed} bytes, its parts have ${bytes.sizeBytes}`;
  throw msgpackError(problem, source.name, { got: bytes.sizeBytes, needed });
}

/** Flax writes a tuple as a map of '0', '1', …; other writers as an array. */
function listOf(value: MsgpackValue | undefined): readonly MsgpackValue[] | undefined {
  if (Array.isArray(value)) return value as readonly MsgpackValue[];
  if (!isMap(value)) return undefined;
  const items = Array.from({ length: value.size }, (_, index) => value.get(String(index)));
  return items.includes(undefined) ? undefined : (items as readonly MsgpackValue[]);
}

function counts(values: readonly MsgpackValue[]): readonly number[] | undefined {
  const areCounts = values.every((size) => Number.isSafeInteger(size) && (size as number) >= 0);
  return areCounts ? (values as readonly number[]) : undefined;
}
