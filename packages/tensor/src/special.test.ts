import { expect, it } from 'vitest';
import { erf } from './special.js';

/** Values to 15 digits from the tables in Abramowitz & Stegun (7.1) and, beyond 2, from mpmath. */
const KNOWN = [
  [0.1, 0.112462916018285],
  [0.5, 0.520499877813047],
  [1, 0.842700792949715],
  [1.5, 0.966105146475311],
  [2, 0.995322265018953],
  [2.4999, 0.999592860000852],
  [2.5, 0.999593047982555],
  [3, 0.999977909503001],
  [4, 0.999999984582742],
] as const;

it.each(KNOWN)('erf(%f) is %f, and odd', (x, value) => {
  // the table gives 15 digits
  expect(Math.abs(erf(x) - value)).toBeLessThan(1e-15 + 0.5e-15);
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
