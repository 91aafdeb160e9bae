import { describe, expect, it } from 'vitest';
import { chiSquare, collect } from '../../test/collect.js';
import { philox4x32, type Words } from './philox.js';
import { createRandom, restoreRandom } from './random.js';
import { createPermutation, feistelPermutation, shuffleBuffer, shuffleInPlace } from './shuffle.js';

const hex = (words: Words): string => words.map((word) => word.toString(16).padStart(8, '0')).join(' ');

describe('philox4x32', () => {
  // Known answers of the Random123 library (kat_vectors, philox4x32 10).
  it.each([
    [[0, 0], [0, 0, 0, 0], '6627e8d5 e169c58d bc57ac4c 9b00dbd8'],
    [
      [0xffffffff, 0xffffffff],
      [0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff],
      '408f276d 41c83b0e a20bc7c6 6d5451fd',
    ],
    [
      [0xa4093822, 0x299f31d0],
      [0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344],
      'd16cfe09 94fdcceb 5001e420 24126ea1',
    ],
  ] as const)('gives the published words for key %j', (key, counter, words) => {
    expect(hex(philox4x32(key, counter))).toBe(words);
  });
});

describe('createRandom', () => {
  it('continues from its state, in the middle of a block too', () => {
    const random = createRandom(7, ['mask', 3]);
    for (let drawn = 0; drawn < 6; drawn++) random.word();
    const state = JSON.parse(JSON.stringify(random.state)) as typeof random.state;
    const rest = Array.from({ length: 9 }, () => random.uniform());
    const resumed = restoreRandom(state);
    expect(Array.from({ length: 9 }, () => resumed.uniform())).toEqual(rest);
  });

  it('has other draws for other seeds and names', () => {
    const names = [[], ['a'], ['b'], ['a', 0], ['a', 1], [0], ['0'], ['ab'], ['a', 'b'], ['', 'a'], ['a\0']];
    const firsts = [1, 2, -1, 2 ** 40].flatMap((seed) =>
      names.map((name) => createRandom(seed, name).word()),
    );
    expect(new Set(firsts).size).toBe(firsts.length);
  });

  it('refuses a seed that is no safe integer', () => {
    expect(() => createRandom(0.5)).toThrow(/seed is 0.5/);
  });

  it('draws whole numbers evenly below a bound (chi-square, seed 1, 12 degrees, p > 0.001)', () => {
    const random = createRandom(1);
    const counts = new Array<number>(13).fill(0);
    for (let draw = 0; draw < 26000; draw++) counts[random.below(13)]!++;
    expect(chiSquare(counts)).toBeLessThan(32.9);
  });

  it('gives uniform numbers their mean and variance (seed 2, 5 standard errors)', () => {
    const random = createRandom(2);
    const draws = Array.from({ length: 20000 }, () => random.uniform());
    const mean = draws.reduce((sum, draw) => sum + draw, 0) / draws.length;
    const variance = draws.reduce((sum, draw) => sum + (draw - mean) ** 2, 0) / draws.length;
    expect(Math.abs(mean - 0.5)).toBeLessThan(5 * Math.sqrt(1 / 12 / draws.length));
    expect(variance).toBeCloseTo(1 / 12, 2);
  });
});

describe('shuffles', () => {
  it('gives every order of four alike (chi-square, seed 3, 23 degrees, p > 0.001)', () => {
    const random = createRandom(3);
    const counts = new Map<string, number>();
    for (let draw = 0; draw < 12000; draw++) {
      const order = shuffleInPlace([0, 1, 2, 3], random).join('');
      counts.set(order, (counts.get(order) ?? 0) + 1);
    }
    expect(counts.size).toBe(24);
    expect(chiSquare([...counts.values()])).toBeLessThan(49.7);
  });

  it.each([1, 2, 3, 17, 1000])('permutes %i indices', (size) => {
    for (const make of [createPermutation, feistelPermutation]) {
      const order = make(size, createRandom(4, [size]));
      const indices = Array.from({ length: size }, (_, place) => order(place));
      expect([...indices].sort((a, b) => a - b)).toEqual([...indices.keys()]);
    }
  });

  it('permutes two hundred thousand indices without holding them', () => {
    const size = 200_003;
    const order = feistelPermutation(size, createRandom(5));
    const seen = new Uint8Array(size);
    let fixed = 0;
    for (let place = 0; place < size; place++) {
      const index = order(place);
      seen[index]!++;
      if (index === place) fixed++;
    }
    expect(seen.every((count) => count === 1)).toBe(true);
    expect(fixed).toBeLessThan(12); // Poisson with mean 1
  });

  it('computes the order of what is too large for an array', () => {
    const size = 2 ** 40;
    const order = createPermutation(size, createRandom(6));
    const indices = Array.from({ length: 200 }, (_, place) => order(place));
    expect(new Set(indices).size).toBe(200);
    expect(indices.every((index) => Number.isSafeInteger(index) && index >= 0 && index < size)).toBe(true);
    expect(indices.filter((index) => index < size / 2).length).toBeGreaterThan(60);
  });

  it('spreads the first place of a computed permutation evenly (chi-square, 9 degrees, p > 0.001)', () => {
    const counts = new Array<number>(10).fill(0);
    for (let seed = 0; seed < 3000; seed++) {
      counts[Math.floor(feistelPermutation(1000, createRandom(seed))(0) / 100)]!++;
    }
    expect(chiSquare(counts)).toBeLessThan(27.9);
  });

  it('shuffles a stream within its buffer, the same way each time', async () => {
    const read = async (size: number): Promise<readonly number[]> => {
      const source = (async function* () {
        for (let item = 0; item < 100; item++) yield item;
      })();
      return collect(shuffleBuffer(source, { size, random: createRandom(6) }));
    };
    const once = await read(16);
    expect(await read(16)).toEqual(once);
    expect([...once].sort((a, b) => a - b)).toEqual(Array.from({ length: 100 }, (_, item) => item));
    once.forEach((item, place) => expect(item).toBeLessThan(place + 16)); // nothing comes before it was read
    expect(await read(1)).toEqual(Array.from({ length: 100 }, (_, item) => item));
  });
});
