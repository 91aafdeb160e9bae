import { describe, expect, it } from 'vitest';
import { castHost, hostScalar, readElement, toNumbers } from './host.js';
import { hostTensor } from './spec.js';

describe('castHost', () => {
  const numbers = hostTensor('f32', [2, 2], [1.75, -1.75, 0, 300]);

  it('truncates floats toward zero', () => {
    expect([...castHost(numbers, 'i32').data]).toEqual([1, -1, 0, 300]);
  });

  it('makes anything but 0 true', () => {
    expect([...castHost(numbers, 'bool').data]).toEqual([1, 1, 0, 1]);
  });

  it('rounds to 16-bit floats and reads them back as numbers', () => {
    expect(toNumbers(castHost(numbers, 'f16'))).toEqual([1.75, -1.75, 0, 300]);
    expect(toNumbers(castHost(hostTensor('f64', [1], [1 + 2 ** -12]), 'bf16'))).toEqual([1]);
  });

  it('keeps the shape', () => {
    expect(castHost(numbers, 'f64').shape).toEqual([2, 2]);
  });
});

it('a scalar has no axes and one element', () => {
  const scalar = hostScalar('bf16', -0.5);
  expect(scalar.shape).toEqual([]);
  expect(readElement(scalar, 0)).toBe(-0.5);
});
