import { createRandom, shuffleInPlace } from '@tesserae/data';
import type { Box } from './length-buckets.js';
import { fitsInto } from './length-buckets.js';

/** One batch of an epoch: numbers of examples, and what they are padded to. */
interface PlannedBatch {
  readonly examples: readonly number[];
  readonly box: Box;
}

/** What epochs are planned from. */
export interface EpochPlanOptions {
  /** Lengths of each example. */
  readonly lengths: readonly Box[];
  /** Ascending; the last one holds every example. */
  readonly boxes: readonly Box[];
  readonly batchSize: number;
  readonly seed: number;
}

/**
 * The batches of an epoch: every example once, in an order that depends on seed and epoch alone. What is left of a bucket
 * moves up to a larger one; the last batch is filled up with random examples, so that no further shape is needed.
 */
export function planEpoch(
  { lengths, boxes, batchSize, seed }: EpochPlanOptions,
  epoch: number,
): PlannedBatch[] {
  const order = shuffleInPlace(Int32Array.from(lengths.keys()), createRandom(seed, ['order', epoch]));
  const waiting = boxes.map((): number[] => []);
  for (const index of order) waiting[boxes.findIndex((box) => fitsInto(lengths[index]!, box))]!.push(index);
  const batches: PlannedBatch[] = [];
  waiting.forEach((examples, at) => {
    const box = boxes[at]!;
    while (examples.length >= batchSize) batches.push({ examples: examples.splice(0, batchSize), box });
    const larger = boxes.findIndex((other, index) => index > at && fitsInto(box, other));
    if (larger >= 0) waiting[larger]!.unshift(...examples.splice(0));
  });
  const rest = waiting.at(-1)!;
  if (rest.length > 0) batches.push({ examples: filledUp(rest, { order, batchSize }), box: boxes.at(-1)! });
  return shuffleInPlace(batches, createRandom(seed, ['batches', epoch]));
}

/** The rest of an epoch with the epoch's first examples behind it. */
function filledUp(
  rest: readonly number[],
  { order, batchSize }: { readonly order: Int32Array; readonly batchSize: number },
): readonly number[] {
  if (order.length < batchSize) return rest;
  const own = new Set(rest);
  const others = order.filter((index) => !own.has(index)).slice(0, batchSize - rest.length);
  return [...rest, ...others];
}
