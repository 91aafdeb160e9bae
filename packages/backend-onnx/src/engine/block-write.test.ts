import type { HostTensor } from '@tesserae/tensor';
import { hostRandom, hostTensor, sizeOf, stridesOf } from '@tesserae/tensor';
import { describe, expect, it } from 'vitest';
import { blockFits, writeBlock } from './block-write.js';

const counted = (shape: readonly number[], first: number): HostTensor =>
  hostTensor(
    'i32',
    shape,
    Array.from({ length: sizeOf(shape) }, (_, index) => first + index),
  );

/** The same by the definition, one element at a time. */
function expected(target: HostTensor, update: HostTensor, starts: readonly number[]): number[] {
  const values = Array.from(target.data);
  const strides = stridesOf(target.shape);
  const inner = stridesOf(update.shape);
  for (let at = 0; at < update.data.length; at++) {
    const index = inner.map((stride, axis) => Math.floor(at / stride) % update.shape[axis]!);
    const place = index.reduce((sum, value, axis) => sum + (value + starts[axis]!) * strides[axis]!, 0);
    values[place] = update.data[at]!;
  }
  return values;
}

describe('writeBlock', () => {
  it('replaces the block and nothing else, whatever axes it spans', () => {
    const random = hostRandom(3);
    for (let trial = 0; trial < 200; trial++) {
      const shape = Array.from({ length: 1 + random.below(4) }, () => 1 + random.below(4));
      const block = shape.map((size) => 1 + random.below(size));
      const starts = shape.map((size, axis) => random.below(size - block[axis]! + 1));
      const [target, update] = [counted(shape, 0), counted(block, 1000)];
      const needed = expected(target, update, starts);
      expect(blockFits(target, update, starts)).toBe(true);
      writeBlock(target, update, starts);
      expect(Array.from(target.data), `[${block.join()}] into [${shape.join()}] at ${starts.join()}`).toEqual(
        needed,
      );
    }
  });

  it('writes nothing from an empty block', () => {
    const target = counted([2, 3], 0);
    writeBlock(target, counted([2, 0], 0), [0, 3]);
    expect(Array.from(target.data)).toEqual([0, 1, 2, 3, 4, 5]);
  });
});

describe('blockFits', () => {
  it('refuses blocks that stick out on either side', () => {
    const [target, update] = [counted([2, 3], 0), counted([1, 2], 0)];
    expect(blockFits(target, update, [0, 1])).toBe(true);
    expect(blockFits(target, update, [0, 2])).toBe(false);
    expect(blockFits(target, update, [-1, 0])).toBe(false);
  });
});
