import { expect, it } from 'vitest';
import { erf } from './special.js';

/** Values from the C library's erf, as Python's `math.erf` prints them. */
const KNOWN = [
  [0.1, 0.1124629160182849],
  [0.5, 0.5204998778130465],
  [1, 0.8427007929497149],
  [1.5, 0.9661051464753108],
  [2, 0.9953222650189527],
  [2.4999, 0.9995928300996666],
  [2.5, 0.999593047982555],
  [3, 0.9999779095030014],
  [4, 0.9999999845827421],
  [5.5, 0.9999999999999927],
] as const;

it.each(KNOWN)('erf(%f) is %f, and odd', (x, value) => {
  expect(Math.abs(erf(x) - value)).toBeLessThan(5e-16); // a few units in the last place
  expect(erf(-x)).toBe(-erf(x));
});

it('erf keeps its relative precision near 0', () => {
  expect(erf(1e-10) / ((2 / Math.sqrt(Math.PI)) * 1e-10)).toBeCloseTo(1, 14);
  expect(Object.is(erf(-0), -0)).toBe(true);
});

it('erf saturates, and passes NaN on', () => {
  expect([erf(7), erf(-7), erf(Infinity), erf(-Infinity)]).toEqual([1, -1, 1, -1]);
  expect(erf(NaN)).toBeNaN();
});
