/**
 * Walking several arrays in the order of one shape, each with its own strides: the one place where broadcasting,
 * transposition and slicing become loops. Neighbouring axes that every array steps through evenly are joined, so
 * arrays of equal shape, and scalars beside them, are walked in a single run.
 */
export interface Walk {
  /** Elements of a run along the innermost joined axis. */
  readonly length: number;
  /** Step of each array within a run. */
  readonly steps: readonly number[];
  /** Sizes of the outer axes, and each array's strides along them. */
  readonly outerShape: readonly number[];
  readonly outerStrides: readonly (readonly number[])[];
}

/** Plans a walk over `shape`; `strides` has one list per array, 0 where it repeats. */
export function planWalk(shape: readonly number[], strides: readonly (readonly number[])[]): Walk {
  const sizes: number[] = [];
  const joined: number[][] = strides.map(() => []);
  shape.forEach((size, axis) => {
    if (size === 1) return;
    const last = sizes.length - 1;
    const isEven = last >= 0 && strides.every((own, array) => joined[array]![last] === own[axis]! * size);
    if (isEven) sizes[last]! *= size;
    else sizes.push(size);
    const at = isEven ? last : last + 1;
    strides.forEach((own, array) => (joined[array]![at] = own[axis]!));
  });
  const inner = sizes.length - 1;
  return {
    length: sizes[inner] ?? 1,
    steps: joined.map((own) => own[inner] ?? 0),
    outerShape: sizes.slice(0, -1),
    outerStrides: joined.map((own) => own.slice(0, -1)),
  };
}

/** Calls `visit` at the start of every run with the offset of each array; the list is reused between calls. */
export function walkRuns(walk: Walk, visit: (offsets: readonly number[]) => void): void {
  const { outerShape, outerStrides } = walk;
  if (walk.length === 0 || outerShape.includes(0)) return;
  const position = outerShape.map(() => 0);
  const offsets = outerStrides.map(() => 0);
  for (;;) {
    visit(offsets);
    let axis = outerShape.length - 1;
    for (; axis >= 0; axis--) {
      position[axis]!++;
      for (let array = 0; array < offsets.length; array++) offsets[array]! += outerStrides[array]![axis]!;
      if (position[axis]! < outerShape[axis]!) break;
      for (let array = 0; array < offsets.length; array++) {
        offsets[array]! -= outerStrides[array]![axis]! * outerShape[axis]!;
      }
      position[axis] = 0;
    }
    if (axis < 0) return;
  }
}

/** Strides of an array of shape `from` read as if it were broadcast to `to`: 0 along repeated axes. */
export function broadcastStrides(from: readonly number[], to: readonly number[]): readonly number[] {
  const missing = to.length - from.length;
  const strides = new Array<number>(to.length).fill(0);
  let stride = 1;
  for (let axis = from.length - 1; axis >= 0; axis--) {
    if (from[axis] !== 1) strides[axis + missing] = stride;
    stride *= from[axis]!;
  }
  return strides;
}
