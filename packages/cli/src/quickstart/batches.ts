import { hostRandom } from '@tesserae/tensor';

/** A random order of 0 … count - 1 that depends only on seed and epoch. */
function shuffledOrder(
  count: number,
  { seed, epoch }: { readonly seed: number; readonly epoch: number },
): Uint32Array {
  const random = hostRandom(seed, epoch);
  const order = Uint32Array.from({ length: count }, (_, index) => index);
  for (let last = count - 1; last > 0; last--) {
    const other = random.below(last + 1);
    [order[last], order[other]] = [order[other]!, order[last]!];
  }
  return order;
}

/** Endless batches of indices: shuffled every epoch, grouped by bucket so that a batch has one shape. */
export function* indexBatches(
  buckets: Int32Array,
  { batchSize, seed }: { readonly batchSize: number; readonly seed: number },
): Generator<{ readonly bucket: number; readonly indices: readonly number[] }> {
  const open = new Map<number, number[]>();
  for (let epoch = 0; ; epoch++) {
    for (const index of shuffledOrder(buckets.length, { seed, epoch })) {
      const bucket = buckets[index]!;
      const indices = open.get(bucket) ?? [];
      indices.push(index);
      open.set(bucket, indices);
      if (indices.length < batchSize) continue;
      open.delete(bucket);
      yield { bucket, indices };
    }
  }
}
