import type { HostTensor } from '@tesserae/tensor';
import { stridesOf } from '@tesserae/tensor';

/** True when a block of this shape that begins at `starts` lies inside the target. */
export function blockFits(target: HostTensor, update: HostTensor, starts: readonly number[]): boolean {
  return target.shape.every(
    (size, axis) => starts[axis]! >= 0 && starts[axis]! + update.shape[axis]! <= size,
  );
}

/**
 * Replaces a block of `target` by `update`, in place: contiguous runs are copied whole.
 * @param starts  first index of the block along each axis
 */
export function writeBlock(target: HostTensor, update: HostTensor, starts: readonly number[]): void {
  const strides = stridesOf(target.shape);
  const from = update.data;
  let runAxis = target.shape.length - 1;
  while (runAxis > 0 && update.shape[runAxis] === target.shape[runAxis]) runAxis--;
  const run = update.shape.slice(Math.max(runAxis, 0)).reduce((product, size) => product * size, 1);
  const base = starts.reduce((sum, start, axis) => sum + start * strides[axis]!, 0);
  for (let read = 0; read < from.length; read += run) {
    let [rest, write] = [read / run, base];
    for (let axis = runAxis - 1; axis >= 0; axis--) {
      const size = update.shape[axis]!;
      write += (rest % size) * strides[axis]!;
      rest = Math.floor(rest / size);
    }
    target.data.set(from.subarray(read, read + run) as never, write);
  }
}
