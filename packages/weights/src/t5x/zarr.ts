import { FormatError } from '@tesserae/tensor';
import type { ByteSource, ReadOptions } from '../byte-source.js';
import { readRange } from '../byte-source.js';
import { quoted } from '../errors.js';
import type { ModelFolder } from '../folder.js';
import { canHold, inflate } from '../inflate.js';
import { isRecord, parseJsonObject } from '../json.js';
import type { StoredDType } from '../safetensors/stored-dtype.js';
import { STORED_DTYPES } from '../safetensors/stored-dtype.js';
import type { StoredTensor } from '../stored/gather.js';
import { elementCount, rowMajor } from '../stored/layout.js';

/** T5X's largest array has a few hundred. */
const MOST_CHUNKS = 100_000;
const DESCRIPTION = '.zarray';

/** Zarr's element types; TensorStore adds bfloat16. */
const DTYPES: Readonly<Record<string, StoredDType>> = {
  '<f4': 'F32',
  '<f8': 'F64',
  '<f2': 'F16',
  bfloat16: 'BF16',
  '<i8': 'I64',
  '<i4': 'I32',
  '<i2': 'I16',
  '|i1': 'I8',
  '|u1': 'U8',
  '|b1': 'BOOL',
  '<u4': 'U32',
};

interface Description {
  readonly stored: StoredDType;
  readonly shape: readonly number[];
  readonly chunks: readonly number[];
  readonly packing: 'gzip' | 'deflate' | undefined;
  readonly separator: string;
}

const zarrError = (problem: string, file: string): FormatError =>
  new FormatError({
    op: 'zarr',
    problem,
    likely: 'The download was not finished, or the array was written with options that T5X does not use.',
    page: 'zarr-format',
    file,
  });

/**
 * An array in a directory of a folder, Zarr version 2; its chunks are read when it is.
 * @throws FormatError for a description that is absent, damaged or of unknown options
 * @see https://zarr-specs.readthedocs.io/en/latest/v2/v2.0.html
 */
export async function openZarr(
  folder: ModelFolder,
  directory: string,
  { path, ...options }: ReadOptions & { readonly path: string },
): Promise<StoredTensor> {
  const file = `${folder.name}/${directory}`;
  if (!(await folder.has(`${directory}/${DESCRIPTION}`)))
    throw zarrError(`${quoted(path)} has no ${DESCRIPTION}`, file);
  const text = await folder.readText(`${directory}/${DESCRIPTION}`, options);
  const description = checkDescription(text, file);
  const { stored, shape } = description;
  const sizeBytes = elementCount(shape) * STORED_DTYPES[stored].sizeBytes;
  const read = async (start: number, end: number, readOptions?: ReadOptions): Promise<Uint8Array> =>
    (await readChunks(folder, directory, { description, file, ...readOptions })).slice(start, end);
  return { stored, shape, bytes: { name: file, sizeBytes, read } };
}

function checkDescription(text: string, file: string): Description {
  const likely = 'The description is damaged. Fetch it again.';
  const json = parseJsonObject(text, { op: 'zarr', file, page: 'zarr-format', likely });
  const {
    dtype,
    shape,
    chunks,
    compressor,
    dimension_separator: separator = '.',
    order = 'C',
    filters,
  } = json;
  const stored = typeof dtype === 'string' && Object.hasOwn(DTYPES, dtype) ? DTYPES[dtype] : undefined;
  const packing = compressor === null ? undefined : isRecord(compressor) ? compressor['id'] : compressor;
  const isKnown = packing === undefined || packing === 'gzip' || packing === 'zlib';
  if (stored === undefined || !isKnown || order !== 'C' || (filters !== null && filters !== undefined))
    throw zarrError(
      `dtype ${String(dtype)}, compressor ${String(packing)}, order ${String(order)} are not all known`,
      file,
    );
  if ((separator !== '.' && separator !== '/') || !isCounts(shape) || !isCounts(chunks))
    throw zarrError('shape and chunks are no sizes of one array', file);
  if (!isTiling(shape, chunks)) throw zarrError('shape and chunks are no sizes of one array', file);
  return { stored, shape, chunks, packing: packing === 'zlib' ? 'deflate' : packing, separator };
}

/** Whether chunks of one size tile an array, and are not too many. */
function isTiling(shape: readonly number[], chunks: readonly number[]): boolean {
  const fits =
    shape.length === chunks.length &&
    chunks.every((size, axis) => size > 0 && size <= Math.max(1, shape[axis]!));
  if (!fits || Number.isNaN(elementCount(shape))) return false;
  return shape.reduce((all, size, axis) => all * Math.ceil(size / chunks[axis]!), 1) <= MOST_CHUNKS;
}

function isCounts(value: unknown): value is readonly number[] {
  return Array.isArray(value) && value.every((size) => Number.isSafeInteger(size) && (size as number) >= 0);
}

interface ReadingChunks extends ReadOptions {
  readonly description: Description;
  readonly file: string;
}

async function readChunks(
  folder: ModelFolder,
  directory: string,
  reading: ReadingChunks,
): Promise<Uint8Array> {
  const { stored, shape, chunks, separator } = reading.description;
  const grid = shape.map((size, axis) => Math.ceil(size / chunks[axis]!));
  const names = chunkIndices(grid).map((index) => ({
    index,
    name: `${directory}/${index.length === 0 ? '0' : index.join(separator)}`,
  }));
  const width = STORED_DTYPES[stored].sizeBytes;
  const chunkBytes = elementCount(chunks) * width;
  const sources: { readonly index: readonly number[]; readonly source: ByteSource }[] = [];
  for (const { index, name } of names) {
    if (!(await folder.has(name))) throw zarrError(`the chunk ${quoted(name)} is missing`, reading.file);
    const source = await folder.open(name, reading);
    if (!canHold(source.sizeBytes, chunkBytes))
      throw zarrError(`the chunk ${quoted(name)} cannot hold ${chunkBytes} bytes`, reading.file);
    sources.push({ index, source });
  }
  const result = new Uint8Array(elementCount(shape) * width); // no more than the chunks' files can hold
  for (const { index, source } of sources)
    place(await readChunk(source, reading), result, { index, shape, chunks, width });
  return result;
}

/** More chunks than elements cannot be, so the list is no longer than the array. */
function chunkIndices(grid: readonly number[]): readonly (readonly number[])[] {
  return grid.reduce<readonly (readonly number[])[]>(
    (indices, count) => indices.flatMap((index) => Array.from({ length: count }, (_, at) => [...index, at])),
    [[]],
  );
}

async function readChunk(
  source: ByteSource,
  { description, file, signal }: ReadingChunks,
): Promise<Uint8Array> {
  const { stored, chunks, packing } = description;
  const sizeBytes = elementCount(chunks) * STORED_DTYPES[stored].sizeBytes;
  const bytes = await readRange(source, { start: 0, end: source.sizeBytes }, { signal });
  if (packing === undefined && bytes.length === sizeBytes) return bytes;
  if (packing === undefined) throw zarrError(`a chunk of ${bytes.length} bytes, not ${sizeBytes}`, file);
  return inflate(bytes, { format: packing, sizeBytes, op: 'zarr', page: 'zarr-format', file, signal });
}

interface ChunkPlace {
  readonly index: readonly number[];
  readonly shape: readonly number[];
  readonly chunks: readonly number[];
  readonly width: number;
}

/** Copies what of a chunk lies inside the array, one run along the last axis after another. */
function place(chunk: Uint8Array, result: Uint8Array, { index, shape, chunks, width }: ChunkPlace): void {
  const origin = index.map((at, axis) => at * chunks[axis]!);
  const sizes = shape.map((size, axis) => Math.min(chunks[axis]!, size - origin[axis]!));
  const [from, to] = [rowMajor(chunks).strides, rowMajor(shape).strides];
  const runBytes = (sizes.at(-1) ?? 1) * width;
  for (const at of chunkIndices(sizes.slice(0, -1))) {
    const source = at.reduce((sum, value, axis) => sum + value * from[axis]!, 0) * width;
    const full = [...at, 0].slice(0, shape.length);
    const target = full.reduce((sum, value, axis) => sum + (value + origin[axis]!) * to[axis]!, 0) * width;
    result.set(chunk.subarray(source, source + runBytes), target);
  }
}
