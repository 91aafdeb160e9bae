import type { ByteSource, ReadOptions } from '../byte-source.js';
import { readRange } from '../byte-source.js';
import type { StoredDType } from '../safetensors/stored-dtype.js';
import { STORED_DTYPES } from '../safetensors/stored-dtype.js';
import type { Layout } from './layout.js';
import { elementCount, endOf, rowMajor, simplified } from './layout.js';

/** A tensor in storage: bytes, element type, and how its elements lie. */
export interface StoredTensor {
  readonly stored: StoredDType;
  readonly shape: readonly number[];
  /** Default: row-major from the first byte. Its elements, in order, fill `shape`. */
  readonly layout?: Layout;
  readonly bytes: ByteSource;
  /** Default false. */
  readonly isBigEndian?: boolean;
  /** Throws why it cannot be read, for tensors that are known by name only. */
  readonly refuse?: () => never;
}

/** A span up to this size is read at once, however few of its elements are wanted. */
const SMALL_SPAN_BYTES = 2 ** 20;
/** A larger span is read at once when at least this share of it is wanted. */
const DENSE_SHARE = 1 / 4;
/** Side of the tiles in which matrices are turned, in elements: both sides of a copy stay in the cache. */
const TILE = 32;

type Elements = Uint8Array | Uint16Array | Uint32Array | BigUint64Array;

/**
 * The elements of a tensor in order, little-endian; the array is the caller's.
 * @throws FormatError when the source is shorter than the layout needs
 */
export async function readStored(tensor: StoredTensor, options: ReadOptions = {}): Promise<Uint8Array> {
  const { stored, shape, bytes, isBigEndian = false } = tensor;
  tensor.refuse?.();
  const width = STORED_DTYPES[stored].sizeBytes;
  const layout = simplified(tensor.layout ?? rowMajor(shape));
  if (elementCount(layout.sizes) === 0) return new Uint8Array(0);
  const isContiguous = layout.sizes.length === 0 || (layout.sizes.length === 1 && layout.strides[0] === 1);
  const origin = { bytes, width, options };
  const isInside = endOf(layout) * width <= bytes.sizeBytes; // else nothing is allocated, and readRange complains
  const result =
    isContiguous || !isInside
      ? await readRange(bytes, bytesRange(layout, width), options)
      : await readScattered(layout, origin);
  if (isBigEndian && width > 1) swapBytes(result, width);
  return result;
}

interface Origin {
  readonly bytes: ByteSource;
  readonly width: number;
  readonly options: ReadOptions;
}

const bytesRange = (layout: Layout, width: number): { readonly start: number; readonly end: number } => ({
  start: layout.offset * width,
  end: endOf(layout) * width,
});

/** Reads in the order of the storage, then brings the axes into the wanted order. */
async function readScattered(layout: Layout, origin: Origin): Promise<Uint8Array> {
  const { sizes, strides, offset } = layout;
  const order = strides.map((_, axis) => axis).sort((a, b) => strides[b]! - strides[a]!);
  const ordered = order.map((axis) => sizes[axis]!);
  const read = new Uint8Array(elementCount(sizes) * origin.width);
  const target = elementsOf(read, origin.width);
  await fill(target, { sizes: ordered, strides: order.map((axis) => strides[axis]!), offset }, origin);
  if (order.every((axis, place) => axis === place)) return read;
  const steps = rowMajor(ordered).strides;
  const turned = new Uint8Array(read.length);
  copyElements(target, elementsOf(turned, origin.width), {
    sizes,
    strides: sizes.map((_, axis) => steps[order.indexOf(axis)]!),
    offset: 0,
  });
  return turned;
}

/** Reads the whole span of a dense layout; splits a sparse one along its first axis, which is its widest. */
async function fill(target: Elements, layout: Layout, origin: Origin): Promise<void> {
  const { bytes, width, options } = origin;
  const { sizes, strides, offset } = layout;
  const range = bytesRange(layout, width);
  const isDense = target.byteLength >= (range.end - range.start) * DENSE_SHARE;
  if (isDense || range.end - range.start <= SMALL_SPAN_BYTES) {
    copyElements(elementsOf(await readRange(bytes, range, options), width), target, {
      sizes,
      strides,
      offset: 0,
    });
    return;
  }
  const [rows, stride] = [sizes[0]!, strides[0]!];
  const fitting = Math.floor(SMALL_SPAN_BYTES / (stride * width));
  const block = fitting < 1 || fitting >= rows ? 1 : fitting; // fewer than all rows: every call has less to do
  const rowLength = target.length / rows;
  for (let row = 0; row < rows; row += block) {
    const count = Math.min(block, rows - row);
    const inner = count === 1 ? sizes.slice(1) : [count, ...sizes.slice(1)];
    const steps = count === 1 ? strides.slice(1) : strides;
    const part = target.subarray(row * rowLength, (row + count) * rowLength);
    await fill(part, { sizes: inner, strides: steps, offset: offset + row * stride }, origin);
  }
}

function copyElements(from: Elements, to: Elements, { sizes, strides, offset }: Layout): void {
  const rank = sizes.length;
  const [rows, columns] = [sizes[rank - 2] ?? 1, sizes[rank - 1] ?? 1];
  const steps = { row: strides[rank - 2] ?? 0, column: strides[rank - 1] ?? 0 };
  const outer = sizes.slice(0, Math.max(0, rank - 2));
  const at = outer.map(() => 0);
  for (let start = 0; start < to.length; start += rows * columns) {
    const base = at.reduce((sum, index, axis) => sum + index * strides[axis]!, offset);
    copyMatrix(from as Uint32Array, to as Uint32Array, { rows, columns, base, start, steps });
    for (let axis = outer.length - 1; axis >= 0; axis--) {
      at[axis]!++;
      if (at[axis]! < outer[axis]!) break;
      at[axis] = 0;
    }
  }
}

interface MatrixCopy {
  readonly rows: number;
  readonly columns: number;
  /** First element of the matrix in the source, and in the target. */
  readonly base: number;
  readonly start: number;
  readonly steps: { readonly row: number; readonly column: number };
}

function copyMatrix(from: Uint32Array, to: Uint32Array, matrix: MatrixCopy): void {
  const { rows, columns, base, start, steps } = matrix;
  for (let top = 0; top < rows; top += TILE) {
    const bottom = Math.min(rows, top + TILE);
    for (let left = 0; left < columns; left += TILE) {
      const right = Math.min(columns, left + TILE);
      for (let row = top; row < bottom; row++) {
        const source = base + row * steps.row;
        const target = start + row * columns;
        for (let column = left; column < right; column++)
          to[target + column] = from[source + column * steps.column]!;
      }
    }
  }
}

/** The bytes as elements of a width; copied when they do not lie on its boundary. */
function elementsOf(bytes: Uint8Array, width: number): Elements {
  const { buffer, byteOffset, length } = byteAligned(bytes, width);
  if (width === 1) return new Uint8Array(buffer, byteOffset, length);
  if (width === 2) return new Uint16Array(buffer, byteOffset, length / 2);
  return width === 4
    ? new Uint32Array(buffer, byteOffset, length / 4)
    : new BigUint64Array(buffer, byteOffset, length / 8);
}

const byteAligned = (bytes: Uint8Array, width: number): Uint8Array =>
  bytes.byteOffset % width === 0 ? bytes : bytes.slice();

function swapBytes(bytes: Uint8Array, width: number): void {
  for (let start = 0; start < bytes.length; start += width) bytes.subarray(start, start + width).reverse();
}
