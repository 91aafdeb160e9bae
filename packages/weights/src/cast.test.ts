import { castHost, hostTensor } from '@tesserae/tensor';
import type { HostTensor } from '@tesserae/tensor';
import { describe, expect, it } from 'vitest';
import { castTensor } from './cast.js';

/** Values around every rounding and range boundary of half-floats, and bits spread over all of f32. */
function floats(): Float32Array<ArrayBuffer> {
  const special = [
    0,
    -0,
    1,
    -1,
    65504,
    65519.99,
    65520,
    -65520,
    2 ** -14,
    2 ** -24,
    2 ** -25,
    2 ** -25 * 1.0001,
    3 * 2 ** -25,
    NaN,
  ];
  const values = [
    ...special,
    Infinity,
    -Infinity,
    1e-45,
    3.4e38,
    1 + 2 ** -11,
    1 + 3 * 2 ** -11,
    1 + 2 ** -8,
    1 + 3 * 2 ** -8,
  ];
  const bits = Uint32Array.from({ length: 50_000 }, (_, index) => Math.imul(index, 0x9e3779b1));
  return Float32Array.of(...values, ...new Float32Array(bits.buffer));
}

/**
 * Index of the first element that differs, -1 when none does; `toEqual` on so many elements takes seconds.
 */
function firstDifference(a: HostTensor, b: HostTensor): number {
  expect(a.data.length).toBe(b.data.length);
  return a.data.findIndex((value, index) => !Object.is(value, b.data[index]));
}

const allBits = Uint16Array.from({ length: 65536 }, (_, bits) => bits);

describe('castTensor', () => {
  it.each(['f16', 'bf16'] as const)('rounds f32 to %s exactly as the definition does', (dtype) => {
    const data = floats();
    const tensor = hostTensor('f32', [data.length], data);
    expect(firstDifference(castTensor(tensor, dtype), castHost(tensor, dtype))).toBe(-1);
  });

  it.each(['f16', 'bf16'] as const)('widens every bit pattern of %s exactly', (dtype) => {
    const tensor = hostTensor(dtype, [65536], allBits);
    expect(firstDifference(castTensor(tensor, 'f32'), castHost(tensor, 'f32'))).toBe(-1);
  });

  it.each(['f16', 'bf16'] as const)('loses nothing from %s to f32 and back', (dtype) => {
    const infinity = dtype === 'f16' ? 0x7c00 : 0x7f80;
    const numbers = allBits.filter((bits) => (bits & 0x7fff) <= infinity); // no NaN: payloads are not kept
    const tensor = hostTensor(dtype, [numbers.length], numbers);
    expect(firstDifference(castTensor(castTensor(tensor, 'f32'), dtype), tensor)).toBe(-1);
  });

  it('gives the same object when there is nothing to do', () => {
    const tensor = hostTensor('f32', [1], [1]);
    expect(castTensor(tensor, 'f32')).toBe(tensor);
  });

  it('casts to and from f64 through the definition', () => {
    expect(castTensor(hostTensor('f64', [1], [0.1]), 'f32').data[0]).toBe(Math.fround(0.1));
  });
});
