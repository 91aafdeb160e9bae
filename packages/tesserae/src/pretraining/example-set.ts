import type { Random } from '@tesserae/data';
import { createPermutation, createRandom } from '@tesserae/data';
import type { JsonValue, ResumableBatch } from '@tesserae/training';

/** Inputs of one step, and the real tokens in them. */
export interface ExampleBatch {
  readonly inputs: unknown;
  readonly numTokens: number;
}

/** Examples that can be read in any order. */
export interface ExampleSet {
  readonly size: number;
  /**
   * Reads some examples as one batch.
   * @param random  draws that belong to this batch, for objectives that hide tokens
   */
  batch(indices: readonly number[], random: Random): ExampleBatch | Promise<ExampleBatch>;
}

/** Where a stream of batches stands. */
type Cursor = { readonly epoch: number; readonly batch: number };

/**
 * Endless batches of a set: each epoch is a random order that takes no memory in proportion to the data; what does not
 * fill a batch at its end is left out. The same cursor gives the same batches.
 */
export function shuffledBatches(
  set: ExampleSet,
  { batchSize, seed }: { readonly batchSize: number; readonly seed: number },
): (from: JsonValue | undefined) => AsyncGenerator<ResumableBatch> {
  const size = Math.max(set.size, batchSize); // a set that is smaller than a batch fills it by coming again
  const perEpoch = Math.floor(size / batchSize);
  return async function* (from) {
    const start = (from ?? { epoch: 0, batch: 0 }) as Cursor;
    for (let epoch = start.epoch, at = epoch === start.epoch ? start.batch : 0; ; epoch++, at = 0) {
      const order = createPermutation(size, createRandom(seed, ['order', epoch]));
      for (; at < perEpoch; at++) {
        const indices = Array.from({ length: batchSize }, (_, row) => order(at * batchSize + row) % set.size);
        const { inputs, numTokens } = await set.batch(indices, createRandom(seed, ['batch', epoch, at]));
        const cursor: Cursor =
          at + 1 === perEpoch ? { epoch: epoch + 1, batch: 0 } : { epoch, batch: at + 1 };
        yield { inputs, numExamples: batchSize, numTokens, epoch: epoch + (at + 1) / perEpoch, cursor };
      }
    }
  };
}

/** The first examples of a set as batches without an order; the last one is filled by examples that come again. */
export async function firstBatches(
  set: ExampleSet,
  { batchSize, most, seed }: { readonly batchSize: number; readonly most: number; readonly seed: number },
): Promise<readonly ExampleBatch[]> {
  const count = Math.min(most, Math.ceil(set.size / batchSize));
  return Promise.all(
    Array.from({ length: count }, (_, batch) => {
      const indices = Array.from({ length: batchSize }, (__, row) => (batch * batchSize + row) % set.size);
      return set.batch(indices, createRandom(seed, ['held-out', batch]));
    }),
  );
}
