import { describe, expect, it } from 'vitest';
import type { Dim } from './dim.js';
import {
  addDims,
  dimSymbols,
  divideDims,
  equalDims,
  evaluateDim,
  formatDim,
  multiplyDims,
  productOfDims,
  subtractDims,
  symbol,
} from './dim.js';
import { ShapeError } from './errors.js';

const batch = symbol('batch');
const seqLen = symbol('seqLen');
const past = symbol('past');

describe('a size has one canonical form', () => {
  it.each([
    ['order of factors', multiplyDims(seqLen, batch), 'batch*seqLen'],
    ['order of terms', addDims(1, addDims(multiplyDims(batch, seqLen), batch)), 'batch*seqLen + batch + 1'],
    ['equal terms', addDims(batch, addDims(batch, batch)), '3*batch'],
    ['powers', multiplyDims(batch, multiplyDims(batch, 2)), '2*batch*batch'],
    ['negative terms', subtractDims(past, addDims(batch, 2)), '-batch + past - 2'],
    ['terms that cancel', subtractDims(addDims(past, 1), past), '1'],
    ['nothing left', subtractDims(batch, batch), '0'],
    ['no factors', productOfDims([]), '1'],
    ['a factor of zero', multiplyDims(batch, 0), '0'],
  ])('%s', (_, dim, text) => {
    expect(formatDim(dim)).toBe(text);
  });

  it('so that a constant is a number again', () => {
    expect(subtractDims(addDims(past, 5), past)).toBe(5);
  });

  it('so that equal polynomials are equal sizes, however they came about', () => {
    const squared = multiplyDims(addDims(batch, 1), addDims(batch, 1));
    const expanded = addDims(multiplyDims(batch, batch), addDims(multiplyDims(2, batch), 1));
    expect(equalDims(squared, expanded)).toBe(true);
    expect(equalDims(squared, addDims(expanded, 1))).toBe(false);
    expect(equalDims(batch, seqLen)).toBe(false);
    expect(equalDims(batch, 4)).toBe(false);
  });
});

describe('divideDims', () => {
  const product = multiplyDims(addDims(batch, 2), addDims(seqLen, 3));
  it.each<[string, Dim, Dim, Dim]>([
    ['numbers', 12, 4, 3],
    ['a product by a factor', multiplyDims(batch, 512), batch, 512],
    ['a product by its number', multiplyDims(batch, 512), 64, multiplyDims(batch, 8)],
    ['a product of sums by one of them', product, addDims(seqLen, 3), addDims(batch, 2)],
    ['zero by anything', 0, batch, 0],
  ])('divides %s exactly', (_, dividend, divisor, quotient) => {
    expect(formatDim(divideDims(dividend, divisor))).toBe(formatDim(quotient));
  });

  it.each<[string, Dim, Dim]>([
    ['numbers that leave a rest', 7, 2],
    ['another symbol', batch, seqLen],
    ['a sum by one of its terms', addDims(batch, 1), batch],
    ['a coefficient that does not divide', multiplyDims(batch, 3), 2],
    ['anything by zero', batch, 0],
  ])('refuses %s and shows both sizes', (_, dividend, divisor) => {
    const attempt = (): Dim => divideDims(dividend, divisor);
    expect(attempt).toThrow(ShapeError);
    expect(attempt).toThrow(`${formatDim(divisor)} does not provably divide ${formatDim(dividend)}`);
  });
});

describe('evaluateDim', () => {
  it('is the value of the polynomial', () => {
    const dim = subtractDims(multiplyDims(batch, addDims(past, 1)), 4);
    expect(evaluateDim(dim, { batch: 3, past: 7 })).toBe(20);
    expect(evaluateDim(9, {})).toBe(9);
  });

  it('names a symbol without a value, also one that objects inherit', () => {
    expect(() => evaluateDim(addDims(batch, past), { batch: 2 })).toThrow("symbol 'past' of 'batch + past'");
    expect(() => evaluateDim(symbol('constructor'), {})).toThrow("symbol 'constructor'");
  });
});

it('dimSymbols lists each symbol once', () => {
  expect(dimSymbols(multiplyDims(batch, addDims(batch, seqLen)))).toEqual(['batch', 'seqLen']);
  expect(dimSymbols(3)).toEqual([]);
});

it('symbol refuses what is no identifier', () => {
  expect(() => symbol('batch size')).toThrow(ShapeError);
  expect(() => symbol('')).toThrow("'' is not an identifier");
});
