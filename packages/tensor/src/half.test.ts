import { describe, expect, it } from 'vitest';
import { bf16FromNumber, f16FromNumber, numberFromBf16, numberFromF16, roundHalfEven } from './half.js';

const FORMATS = [
  ['f16', f16FromNumber, numberFromF16, 0x7c00, 10],
  ['bf16', bf16FromNumber, numberFromBf16, 0x7f80, 7],
] as const;

describe.each(FORMATS)('%s', (_, encode, decode, infinity, mantissaBits) => {
  it('gives back every bit pattern that is a number or an infinity', () => {
    for (let bits = 0; bits < 65536; bits++) {
      if ((bits & 0x7fff) > infinity) continue;
      if (encode(decode(bits)) !== bits) expect(encode(decode(bits))).toBe(bits);
    }
    expect(decode(infinity)).toBe(Infinity);
    expect(decode(infinity | 0x8000)).toBe(-Infinity);
    expect(decode(0x8000)).toBe(-0);
  });

  it('reads every other pattern as NaN, and writes NaN as one of them', () => {
    for (let bits = infinity + 1; bits < 0x8000; bits++) {
      if (!Number.isNaN(decode(bits))) expect(decode(bits)).toBeNaN();
    }
    expect(decode(encode(NaN))).toBeNaN();
  });

  it('rounds the middle between two neighbours to the even one, and anything else to the nearer', () => {
    const unit = 2 ** -mantissaBits;
    const one = encode(1);
    expect(encode(1 + unit / 2)).toBe(one); // even below
    expect(encode(1 + (3 * unit) / 2)).toBe(one + 2); // even above
    expect(encode(1 + unit * 0.51)).toBe(one + 1);
    expect(encode(1 + unit * 1.49)).toBe(one + 1);
    expect(encode(-(1 + unit / 2))).toBe(one | 0x8000);
  });

  it('rounds a mantissa of ones up into the next exponent', () => {
    expect(encode(2 - 2 ** -(mantissaBits + 2))).toBe(encode(2));
  });
});

it('f16 overflows to infinity from halfway beyond its largest number', () => {
  expect(numberFromF16(f16FromNumber(65519))).toBe(65504);
  expect(numberFromF16(f16FromNumber(65520))).toBe(Infinity);
  expect(numberFromF16(f16FromNumber(-1e9))).toBe(-Infinity);
});

it('f16 subnormal numbers are multiples of 2^-24, ties to even', () => {
  expect(f16FromNumber(2 ** -25)).toBe(0);
  expect(f16FromNumber(3 * 2 ** -25)).toBe(2);
  expect(f16FromNumber(2 ** -14 - 2 ** -26)).toBe(0x0400); // carries into the smallest normal number
});

it('bf16 overflows to infinity', () => {
  expect(bf16FromNumber(3.4e38)).toBe(0x7f80);
  expect(bf16FromNumber(-3.4e38)).toBe(0xff80);
});

it('roundHalfEven rounds halves to the even neighbour', () => {
  expect([0.5, 1.5, 2.5, -0.5, -1.5, 2.4, 2.6].map(roundHalfEven).map((value) => value + 0)).toEqual([
    0, 2, 2, 0, -2, 2, 3,
  ]);
});
