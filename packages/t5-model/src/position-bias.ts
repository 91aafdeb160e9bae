import type { Dim, Tensor } from '@tesserae/tensor';
import {
  ConfigError,
  add,
  constant,
  expandDims,
  gather,
  hostTensor,
  iota,
  maximum,
  minimum,
  sub,
  transpose,
} from '@tesserae/tensor';

/** How distances map to buckets. */
export interface BucketOptions {
  /** Buckets in all; half of them for each direction in an encoder. */
  readonly numBuckets: number;
  /** Distance, in tokens, from which all positions share the last bucket. */
  readonly maxDistance: number;
  /** True in the decoder: keys after the query fall into bucket 0 and all buckets serve the past. */
  readonly isCausal: boolean;
}

/**
 * Bucket of a distance, as T5 learns its position bias: exact up to half the buckets, logarithmic above.
 * Computed in f32 steps, as the released models were trained.
 * @param distance  key position minus query position, in tokens
 * @returns a whole number in [0, numBuckets)
 * @throws ConfigError when numBuckets is odd and isCausal is false (both directions share the table), or when
 *   the
 *   exact half of the buckets is empty or reaches maxDistance
 * @see Raffel et al. 2020, §2.1
 */
export function relativePositionBucket(distance: number, options: BucketOptions): number {
  const { numBuckets, maxDistance, isCausal } = options;
  const available = isCausal ? numBuckets : numBuckets / 2;
  const exact = Math.floor(available / 2);
  if (!Number.isInteger(available) || exact < 1 || maxDistance <= exact) refuseBuckets(options);
  const base = !isCausal && distance > 0 ? available : 0;
  const steps = isCausal ? Math.max(-distance, 0) : Math.abs(distance);
  if (steps < exact) return base + steps;
  const logRatio = Math.fround(Math.log(Math.fround(steps / exact)));
  const share = Math.fround(logRatio / Math.fround(Math.log(maxDistance / exact)));
  const logarithmic = exact + Math.floor(Math.fround(share * (available - exact)));
  return base + Math.min(logarithmic, available - 1);
}

function refuseBuckets({ numBuckets, maxDistance, isCausal }: BucketOptions): never {
  const needed = isCausal
    ? 'at least 2 buckets, and a maxDistance beyond half of them'
    : 'an even number of buckets, at least 4, and a maxDistance beyond a quarter of them';
  const stack = isCausal ? 'a decoder' : 'an encoder';
  throw new ConfigError({
    op: 'relativePositionBucket',
    problem: `${numBuckets} buckets up to distance ${maxDistance} in ${stack}, needed ${needed}`,
    likely: 'relative_attention_num_buckets or relative_attention_max_distance in config.json was edited.',
    page: 'config-field',
    got: { numBuckets, maxDistance },
    needed,
  });
}

/**
 * The bias that attention adds, from the table of block 0 (every block in UMT5).
 * The bucket function is tabulated over the distances that differ, so the graph holds two look-ups and no
 * logarithm.
 * @param table  float[numBuckets, numHeads]
 * @param options.offset  position of the first query: 0 without a cache, else an i32 scalar
 * @returns float[1, numHeads, qLen, kvLen]
 */
export function positionBias(
  table: Tensor,
  options: BucketOptions & { readonly qLen: Dim; readonly kvLen: Dim; readonly offset?: Tensor | number },
): Tensor {
  const { maxDistance, qLen, kvLen, offset = 0 } = options;
  const distances = Array.from({ length: 2 * maxDistance + 1 }, (_, index) => index - maxDistance);
  const buckets = hostTensor(
    'i32',
    [distances.length],
    distances.map((distance) => relativePositionBucket(distance, options)),
  );
  const byDistance = gather(table, constant(buckets), { axis: 0 }); // [2 * maxDistance + 1, numHeads]
  const queries = add(expandDims(iota('i32', [qLen], { axis: 0 }), { axis: 1 }), offset); // [qLen, 1]
  const distance = sub(iota('i32', [kvLen], { axis: 0 }), queries); // [qLen, kvLen]
  const clipped = add(maximum(minimum(distance, maxDistance), -maxDistance), maxDistance);
  const bias = gather(byDistance, clipped, { axis: 0 }); // [qLen, kvLen, numHeads]
  return expandDims(transpose(bias, [2, 0, 1]), { axis: 0 }); // [1, numHeads, qLen, kvLen]
}
