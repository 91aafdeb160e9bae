import { FormatError, formatShape } from '@tesserae/tensor';
import { quoted } from '../errors.js';

/** Where the elements of a tensor lie in its bytes; counts are elements, steps are never negative. */
export interface Layout {
  readonly sizes: readonly number[];
  readonly strides: readonly number[];
  readonly offset: number;
}

/** The layout of a tensor whose elements follow one another, last axis fastest. */
export function rowMajor(sizes: readonly number[], offset = 0): Layout {
  const strides = new Array<number>(sizes.length).fill(1);
  for (let axis = sizes.length - 2; axis >= 0; axis--) strides[axis] = strides[axis + 1]! * sizes[axis + 1]!;
  return { sizes, strides, offset };
}

/** Product of sizes; NaN when it leaves the safe integers, even if a later size is 0. */
export function elementCount(sizes: readonly number[]): number {
  let count = 1;
  for (const size of sizes) {
    count *= size;
    if (!Number.isSafeInteger(count)) return NaN;
  }
  return count;
}

/** One past the last element that a layout touches; its offset when it has no elements. */
export function endOf({ sizes, strides, offset }: Layout): number {
  if (sizes.includes(0)) return offset;
  return sizes.reduce((end, size, axis) => end + (size - 1) * strides[axis]!, offset + 1);
}

/** The same elements with fewer axes: sizes of 1 left out, axes that lie behind one another joined. */
export function simplified({ sizes, strides, offset }: Layout): Layout {
  const kept = { sizes: [] as number[], strides: [] as number[] };
  sizes.forEach((size, axis) => {
    if (size === 1) return;
    const stride = strides[axis]!;
    const last = kept.sizes.length - 1;
    if (last >= 0 && kept.strides[last] === stride * size) {
      kept.sizes[last]! *= size;
      kept.strides[last] = stride;
    } else {
      kept.sizes.push(size);
      kept.strides.push(stride);
    }
  });
  return { ...kept, offset };
}

/** Which axes of a stored tensor become which axes of the wanted one. */
export interface Arrangement {
  /** Source axes of each new axis, outer first: `[[1], [0]]` transposes, `[[2], [0, 1]]` joins two as well. */
  readonly axes: readonly (readonly number[])[];
  /** One slice of an axis, which then is in no group. */
  readonly pick?: { readonly axis: number; readonly index: number };
}

/**
 * A layout with axes moved, joined and picked, and its new shape; no byte is touched.
 * @throws FormatError when the tensor has another number of axes
 */
export function arrange(
  layout: Layout,
  { axes, pick }: Arrangement,
  { name, file }: { readonly name: string; readonly file: string },
): { readonly shape: readonly number[]; readonly layout: Layout } {
  const { sizes, strides, offset } = layout;
  const order = axes.flat();
  const needed = order.length + (pick === undefined ? 0 : 1);
  if (sizes.length !== needed || (pick !== undefined && pick.index >= sizes[pick.axis]!)) {
    throw new FormatError({
      op: 'nameMap',
      problem: `${quoted(name)} is ${formatShape(sizes)}; ${needed} axes are needed`,
      likely: 'The checkpoint is of a variant whose parameters are laid out differently.',
      page: 'checkpoint-layout',
      file,
      got: sizes,
      needed,
    });
  }
  return {
    shape: axes.map((group) => group.reduce((size, axis) => size * sizes[axis]!, 1)),
    layout: {
      sizes: order.map((axis) => sizes[axis]!),
      strides: order.map((axis) => strides[axis]!),
      offset: offset + (pick === undefined ? 0 : pick.index * strides[pick.axis]!),
    },
  };
}
