import { randomBitsInto, randomMaskInto } from '@tesserae/tensor';
import { describe, expect, it } from 'vitest';
import type { HostRandomInput } from '../lower/host-random.js';
import { maskModuleBytes, wordModuleBytes } from './mask-module.js';
import { RandomSource } from './random-source.js';

const request = (threshold: number, stream: number): HostRandomInput => ({
  name: 'mask',
  key: 0,
  dtype: 'u8',
  shape: [],
  stream,
  draw: { kind: 'mask', threshold, dtype: 'u8' },
});

function maskOf(size: number, key: readonly [number, number], input: HostRandomInput): readonly number[] {
  const source = new RandomSource();
  source.begin([input], [[size]]);
  return [...(source.draw(input, key, [size]) as Uint8Array)];
}

function expectedMask(
  size: number,
  key: readonly [number, number],
  threshold: number,
  stream: number,
): number[] {
  const out = new Uint8Array(size);
  randomMaskInto(out, key, { stream, threshold });
  return [...out];
}

describe('RandomSource', () => {
  it('has a module that this engine accepts', () => {
    expect(WebAssembly.validate(maskModuleBytes())).toBe(true);
    expect(WebAssembly.validate(wordModuleBytes())).toBe(true);
  });

  it.each([1, 63, 64, 65, 1000, 4099])('gives the mask that core defines, %i elements', (size) => {
    expect(maskOf(size, [123456789, -987654321], request(58982, -77))).toEqual(
      expectedMask(size, [123456789, -987654321], 58982, -77),
    );
  });

  it.each([0, 1, 32768, 65535, 65536])('agrees with core at threshold %i', (threshold) => {
    expect(maskOf(257, [-1, 7], request(threshold, 3))).toEqual(expectedMask(257, [-1, 7], threshold, 3));
  });

  it('keeps the masks of one run apart', () => {
    const source = new RandomSource();
    const inputs = [request(40000, 1), request(40000, 2)];
    source.begin(inputs, [[70_000], [90_001]]);
    const masks = inputs.map((input, index) => source.draw(input, [5, 6], [[70_000], [90_001]][index]!));
    expect([...masks[0]!]).toEqual(expectedMask(70_000, [5, 6], 40000, 1));
    expect([...masks[1]!]).toEqual(expectedMask(90_001, [5, 6], 40000, 2));
  });

  it.each([16, 24, 32] as const)('gives the words of %i bits that core defines', (bitWidth) => {
    const sizes = [1, 31, 32, 33, 4097];
    const inputs = sizes.map((_, stream): HostRandomInput => ({
      ...request(0, stream - 2),
      dtype: 'i32',
      draw: { kind: 'bits', bitWidth },
    }));
    const source = new RandomSource();
    source.begin(
      inputs,
      sizes.map((size) => [size]),
    );
    const drawn = inputs.map((input, index) => source.draw(input, [-123456789, 42], [sizes[index]!]));
    sizes.forEach((size, index) => {
      const needed = new Int32Array(size);
      randomBitsInto(needed, [-123456789, 42], { stream: index - 2, bitWidth });
      expect([...(drawn[index] as Int32Array)]).toEqual([...needed]);
    });
  });
});
