import { describe, expect, it } from 'vitest';
import { OptionError } from './errors.js';
import { scalar } from './ops/source.js';
import type { BitWidth, Rng } from './rng.js';
import {
  foldIn,
  hostRandom,
  randomBitsInto,
  randomMaskInto,
  rngFrom,
  rngKey,
  rngKeyAt,
  threefry2x32,
} from './rng.js';

const PI = { counter: [0x243f6a88, 0x85a308d3], key: [0x13198a2e, 0x03707344] } as const;
const hex = (words: readonly number[]): string =>
  words.map((word) => (word >>> 0).toString(16).padStart(8, '0')).join(' ');

/** Known answers published with the Random123 library (kat_vectors). */
describe('threefry2x32 gives the published answers', () => {
  it.each([
    [20, [0, 0], [0, 0], '6b200159 99ba4efe'],
    [20, [-1, -1], [-1, -1], '1cb996fc bb002be7'],
    [20, PI.key, PI.counter, 'c4923a9c 483df7a0'],
    [13, [0, 0], [0, 0], '9d1c5ec6 8bd50731'],
    [13, [-1, -1], [-1, -1], 'fd36d048 2d17272c'],
    [13, PI.key, PI.counter, 'ba3e4725 f27d669e'],
  ] as const)('%i rounds, key %j, counter %j', (rounds, key, counter, answer) => {
    expect(hex(threefry2x32(key, counter, rounds))).toBe(answer);
  });
});

/** Draws by the definition, one block at a time. */
function drawSlowly(
  count: number,
  key: readonly [number, number],
  stream: number,
  bitWidth: BitWidth,
): number[] {
  const words = Array.from({ length: count }, (_, block) => threefry2x32(key, [block, stream])).flat();
  const parts = {
    32: words,
    24: words.map((w) => w >>> 8),
    16: words.flatMap((w) => [w & 0xffff, w >>> 16]),
  };
  return parts[bitWidth].slice(0, count);
}

describe('randomBitsInto', () => {
  it.each([16, 24, 32] as const)(
    'with its rounds written out draws what %i bits are defined to be',
    (bitWidth) => {
      for (const [key, stream] of [
        [[1, 2], 3],
        [[-7, 0], -9],
        [[2 ** 31 - 1, -(2 ** 31)], 0],
      ] as const) {
        for (const count of [0, 1, 3, 4, 17]) {
          const out = new Int32Array(count);
          randomBitsInto(out, key, { stream, bitWidth });
          expect([...out]).toEqual(drawSlowly(count, key, stream, bitWidth));
        }
      }
    },
  );
});

describe('randomMaskInto', () => {
  it('is true where the 16-bit draw is below the threshold', () => {
    const [bits, mask] = [new Int32Array(999), new Uint8Array(999)];
    randomBitsInto(bits, [5, 6], { stream: 7, bitWidth: 16 });
    randomMaskInto(mask, [5, 6], { stream: 7, threshold: 30000 });
    expect([...mask]).toEqual([...bits].map((draw) => (draw < 30000 ? 1 : 0)));
  });

  it('is true in the share that the threshold says', () => {
    const mask = new Uint8Array(100_000);
    randomMaskInto(mask, [1, 1], { stream: 0, threshold: 0.9 * 65536 });
    const share = mask.reduce((sum, value) => sum + value, 0) / mask.length;
    expect(Math.abs(share - 0.9)).toBeLessThan(0.005); // five standard deviations
  });
});

describe('keys', () => {
  it('hold the 64 bits of a seed', () => {
    expect([...rngKey(2 ** 32 * 3 + 5).data]).toEqual([5, 3]);
    expect([...rngKey(-1).data]).toEqual([-1, -1]);
  });

  it('of different steps differ, and repeat', () => {
    const text = (index: number): string => rngKeyAt(42, index).data.join();
    expect(new Set(Array.from({ length: 100 }, (_, index) => text(index))).size).toBe(100);
    expect(text(3)).toBe(text(3));
  });
});

describe('hostRandom', () => {
  it('draws normal numbers of mean 0 and variance 1', () => {
    const random = hostRandom(1);
    const values = Array.from({ length: 20_000 }, () => random.normal());
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
    expect(Math.abs(mean)).toBeLessThan(0.035);
    expect(Math.abs(variance - 1)).toBeLessThan(0.05);
  });

  it('draws whole numbers below a limit', () => {
    const random = hostRandom(2);
    expect(new Set(Array.from({ length: 200 }, () => random.below(3)))).toEqual(new Set([0, 1, 2]));
  });
});

describe('streams', () => {
  const rng: Rng = rngFrom(scalar('i32', 0));

  it('of different labels differ, and the same label gives the same one', () => {
    const labels = [
      'attention',
      'output',
      'attentioN',
      '',
      ...Array.from({ length: 200 }, (_, index) => index),
    ];
    const streams = labels.map((label) => foldIn(rng, label).stream);
    expect(new Set(streams).size).toBe(labels.length);
    expect(foldIn(rng, 'attention').stream).toBe(streams[0]);
  });

  it('depend on the labels around them', () => {
    expect(foldIn(foldIn(rng, 'a'), 'b').stream).not.toBe(foldIn(foldIn(rng, 'b'), 'a').stream);
  });

  it('of one key draw unrelated bits', () => {
    const [a, b] = [new Int32Array(1000), new Int32Array(1000)];
    randomBitsInto(a, [1, 2], { stream: 0, bitWidth: 32 });
    randomBitsInto(b, [1, 2], { stream: 1, bitWidth: 32 });
    expect(a.filter((word, index) => word === b[index]).length).toBe(0);
  });
});

it('24-bit draws fill every sixteenth of their range alike', () => {
  const draws = new Int32Array(160_000);
  randomBitsInto(draws, [9, 9], { stream: 5, bitWidth: 24 });
  const counts = new Array<number>(16).fill(0);
  for (const draw of draws) counts[draw >>> 20]!++;
  for (const count of counts) expect(Math.abs(count - 10_000)).toBeLessThan(500); // five standard deviations
});

it.each([NaN, 0.5, 2 ** 60, Infinity])('rngKey refuses %d', (seed) => {
  expect(() => rngKey(seed)).toThrow(OptionError);
});
