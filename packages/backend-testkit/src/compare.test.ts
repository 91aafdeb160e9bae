import { castHost, hostTensor } from '@tesserae/tensor';
import { describe, expect, it } from 'vitest';
import { compareTensors } from './compare.js';

const f32 = (...values: number[]) => hostTensor('f32', [values.length], values);
const tolerance = { rtol: 1e-3, atol: 1e-3 };

describe('compareTensors', () => {
  it('finds the worst element and says where it is', () => {
    const got = hostTensor('f32', [2, 2], [1, 2, 3, 5]);
    const comparison = compareTensors(got, hostTensor('f32', [2, 2], [1, 2, 3, 4]), tolerance);
    expect(comparison).toMatchObject({ isClose: false, maxAbs: 1, maxRel: 0.25, worstAt: [1, 1] });
    expect(comparison.report).toContain('1 of 4 elements');
    expect(comparison.report).toContain('worst at [1,1]: got 5, needed 4');
  });

  it('allows atol beside rtol', () => {
    expect(compareTensors(f32(0.0005), f32(0), tolerance).isClose).toBe(true);
    expect(compareTensors(f32(1000.9), f32(1000), tolerance).isClose).toBe(true);
    expect(compareTensors(f32(1002), f32(1000), tolerance).isClose).toBe(false);
  });

  it('takes NaN for NaN and an infinity for itself, and for nothing else', () => {
    expect(compareTensors(f32(NaN, Infinity), f32(NaN, Infinity), tolerance).isClose).toBe(true);
    expect(compareTensors(f32(NaN), f32(1), tolerance).isClose).toBe(false);
    expect(compareTensors(f32(1), f32(NaN), tolerance).isClose).toBe(false);
    expect(compareTensors(f32(-Infinity), f32(Infinity), tolerance).isClose).toBe(false);
    expect(compareTensors(f32(1e30), f32(Infinity), tolerance).isClose).toBe(false);
  });

  it('demands equal values where both tolerances are 0', () => {
    const none = { rtol: 0, atol: 0 };
    expect(compareTensors(f32(1, 0), f32(1, -0), none).isClose).toBe(true);
    expect(compareTensors(f32(1 + 2 ** -23), f32(1), none).isClose).toBe(false);
  });

  it('compares 16-bit floats by value, not by bits', () => {
    const half = (value: number) => castHost(f32(value), 'f16');
    expect(compareTensors(half(1), half(1.0005), tolerance).isClose).toBe(true);
  });

  it('reports specs that differ', () => {
    const comparison = compareTensors(f32(1), hostTensor('i32', [1], [1]), tolerance);
    expect(comparison).toMatchObject({ isClose: false, report: 'got f32[1], needed i32[1]' });
  });
});
