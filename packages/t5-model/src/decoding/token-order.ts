import type { StepScores } from './session.js';

// Callers count row by row; graphs count token by token, so that what a step adds to a cache is one block.

/** Sizes of a step. */
interface StepSizes {
  readonly numSources: number;
  readonly rowsPerSource: number;
  /** New tokens of each row. */
  readonly count: number;
}

/** Moves items of `width` elements from [numSources, outer, inner] to [numSources, inner, outer]. */
function swapped<Items extends Int32Array | Float32Array>(
  items: Items,
  {
    numSources,
    outer,
    inner,
  }: { readonly numSources: number; readonly outer: number; readonly inner: number },
): Items {
  if (outer === 1 || inner === 1) return items;
  const width = items.length / (numSources * outer * inner);
  const result = items.slice() as Items;
  for (let source = 0; source < numSources; source++) {
    for (let a = 0; a < outer; a++) {
      for (let b = 0; b < inner; b++) {
        const from = ((source * outer + a) * inner + b) * width;
        result.set(items.subarray(from, from + width), ((source * inner + b) * outer + a) * width);
      }
    }
  }
  return result;
}

/** Ids of a step, row by row, in the order of the graph: i32[numSources, count, rowsPerSource]. */
export function timeMajor(ids: Int32Array, sizes: StepSizes): Int32Array<ArrayBuffer> {
  const { numSources, rowsPerSource, count } = sizes;
  return Int32Array.from(swapped(ids, { numSources, outer: rowsPerSource, inner: count }));
}

/** Scores in the order of the graph, row by row. */
export function rowByRow({ ids, logProbs, logits }: StepScores, sizes: StepSizes): StepScores {
  const { numSources, rowsPerSource, count } = sizes;
  const order = { numSources, outer: count, inner: rowsPerSource };
  return {
    ...(ids === undefined ? {} : { ids: swapped(ids, order) }),
    ...(logProbs === undefined ? {} : { logProbs: swapped(logProbs, order) }),
    ...(logits === undefined ? {} : { logits: swapped(logits, order) }),
  };
}
