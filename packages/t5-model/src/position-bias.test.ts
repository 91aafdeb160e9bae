import { ConfigError, constant, hostRandom, hostTensor } from '@tesserae/tensor';
import { describe, expect, it } from 'vitest';
import { valuesOf } from '../test/tiny-model.js';
import { positionBias, relativePositionBucket } from './position-bias.js';

const released = { numBuckets: 32, maxDistance: 128 };

/**
 * Distance from which each bucket begins, as the released models were trained; below, one bucket a distance.
 */
const ENCODER_STARTS = [0, 1, 2, 3, 4, 5, 6, 7, 8, 12, 16, 23, 32, 46, 64, 91];
const DECODER_STARTS = [
  ...Array.from({ length: 16 }, (_, bucket) => bucket),
  ...[16, 19, 21, 24, 27, 31, 35, 40, 46, 52, 59, 67, 77, 87, 99, 113],
];

const bucketOf = (starts: readonly number[], steps: number): number =>
  starts.filter((start) => start <= steps).length - 1;
const steps = Array.from({ length: 400 }, (_, index) => index);

describe('relativePositionBucket', () => {
  it('gives the encoder half of the buckets to the past', () => {
    for (const n of steps) {
      expect(relativePositionBucket(-n, { ...released, isCausal: false }), `distance -${n}`).toBe(
        bucketOf(ENCODER_STARTS, n),
      );
    }
  });

  it('gives the encoder the other half to what follows', () => {
    for (const n of steps.slice(1)) {
      expect(relativePositionBucket(n, { ...released, isCausal: false }), `distance ${n}`).toBe(
        16 + bucketOf(ENCODER_STARTS, n),
      );
    }
  });

  it('gives the decoder all buckets for the past', () => {
    for (const n of steps) {
      expect(relativePositionBucket(-n, { ...released, isCausal: true }), `distance -${n}`).toBe(
        bucketOf(DECODER_STARTS, n),
      );
    }
  });

  it('gives the decoder bucket 0 for what follows', () => {
    for (const n of steps) expect(relativePositionBucket(n, { ...released, isCausal: true })).toBe(0);
  });

  it('clips far distances to the last bucket', () => {
    expect(relativePositionBucket(-1_000_000, { ...released, isCausal: true })).toBe(31);
    expect(relativePositionBucket(-1_000_000, { ...released, isCausal: false })).toBe(15);
    expect(relativePositionBucket(1_000_000, { ...released, isCausal: false })).toBe(31);
  });

  it.each([
    ['an odd number for two directions', { numBuckets: 31, maxDistance: 128, isCausal: false }],
    ['one bucket a direction', { numBuckets: 2, maxDistance: 128, isCausal: false }],
    ['one bucket', { numBuckets: 1, maxDistance: 128, isCausal: true }],
    ['exact buckets up to maxDistance', { numBuckets: 32, maxDistance: 16, isCausal: true }],
  ])('refuses %s', (_, options) => {
    expect(() => relativePositionBucket(-1, options)).toThrow(ConfigError);
  });
});

describe('positionBias', () => {
  const numHeads = 3;
  const random = hostRandom(11);
  const values = Array.from({ length: 32 * numHeads }, () => Math.fround(random.normal()));
  const table = constant(hostTensor('f32', [32, numHeads], values));
  const len = 160; // beyond maxDistance on both sides

  for (const isCausal of [false, true]) {
    it(`reads the table at the bucket of each distance (${isCausal ? 'decoder' : 'encoder'})`, async () => {
      const bias = positionBias(table, { ...released, isCausal, qLen: len, kvLen: len });
      expect(bias.spec.shape).toEqual([1, numHeads, len, len]);
      const got = await valuesOf(bias);
      for (const [head, query, key] of [
        [0, 0, 0],
        [1, 0, 159],
        [2, 159, 0],
        [0, 80, 75],
        [1, 75, 80],
        [2, 150, 10],
        [1, 3, 131],
      ] as const) {
        const bucket = relativePositionBucket(key - query, { ...released, isCausal });
        expect(got[(head * len + query) * len + key]).toBe(values[bucket * numHeads + head]);
      }
    });
  }

  it('with an offset is the row of the full bias', async () => {
    const options = { ...released, isCausal: true, kvLen: len };
    const full = await valuesOf(positionBias(table, { ...options, qLen: len }));
    for (const position of [0, 1, 17, 127, 128, 159]) {
      const offset = constant(hostTensor('i32', [], [position]));
      const row = await valuesOf(positionBias(table, { ...options, qLen: 1, offset }));
      const needed = [0, 1, 2].flatMap((head) =>
        full.slice((head * len + position) * len, (head * len + position + 1) * len),
      );
      expect(row, `row ${position}`).toEqual(needed);
    }
  });
});
