import { DtypeError, OptionError, toNumbers } from '@tesserae/tensor';
import { describe, expect, it } from 'vitest';
import { initParams } from './init.js';
import type { Initializer } from './param-spec.js';
import { paramSpec } from './param-spec.js';

const COUNT = 40_000;
const draw = (init: Initializer): number[] =>
  toNumbers(initParams({ w: paramSpec([COUNT], { init }) }, { seed: 7 }).w);
const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;
const deviation = (values: readonly number[]): number =>
  Math.sqrt(mean(values.map((value) => value ** 2)) - mean(values) ** 2);

// Five standard errors of a mean and of a deviation over COUNT draws: chance exceeds them for a seed in a million.
const meanError = (std: number): number => (5 * std) / Math.sqrt(COUNT);
const stdError = (std: number): number => (5 * std) / Math.sqrt(2 * COUNT);

describe('initParams', () => {
  it('draws a normal with the deviation asked for', () => {
    const values = draw({ kind: 'normal', std: 0.5 });
    expect(Math.abs(mean(values))).toBeLessThan(meanError(0.5));
    expect(Math.abs(deviation(values) - 0.5)).toBeLessThan(stdError(0.5));
    expect(values.filter((value) => Math.abs(value) > 1).length / COUNT).toBeCloseTo(0.0455, 2);
  });

  it('cuts a truncated normal at two deviations, which leaves 0.8796 of the deviation', () => {
    const values = draw({ kind: 'truncatedNormal', std: 0.02 });
    expect(Math.max(...values.map(Math.abs))).toBeLessThanOrEqual(0.04);
    expect(Math.abs(deviation(values) - 0.02 * 0.8796)).toBeLessThan(stdError(0.02));
  });

  it('draws uniform and Glorot-uniform within their limits', () => {
    const uniform = draw({ kind: 'uniform', low: 1, high: 3 });
    expect(Math.min(...uniform)).toBeGreaterThanOrEqual(1);
    expect(Math.max(...uniform)).toBeLessThanOrEqual(3);
    expect(Math.abs(mean(uniform) - 2)).toBeLessThan(meanError(2 / Math.sqrt(12)));
    const limit = Math.sqrt(6 / 300);
    const glorot = draw({ kind: 'glorotUniform', fanIn: 100, fanOut: 200 });
    expect(Math.max(...glorot.map(Math.abs))).toBeLessThanOrEqual(Math.fround(limit));
    expect(Math.abs(deviation(glorot) - limit / Math.sqrt(3))).toBeLessThan(stdError(limit));
  });

  it('is the same for the same seed and path, whatever else the tree holds', () => {
    const spec = paramSpec([5], { init: { kind: 'normal', std: 1 } });
    const small = initParams({ head: { weight: spec } }, { seed: 3 });
    const large = initParams({ other: [spec, spec], head: { bias: spec, weight: spec } }, { seed: 3 });
    expect(large.head.weight).toEqual(small.head.weight);
    expect(large.head.bias.data).not.toEqual(small.head.weight.data);
    expect(large.other[0]!.data).not.toEqual(large.other[1]!.data);
    expect(initParams({ head: { weight: spec } }, { seed: 4 }).head.weight.data).not.toEqual(
      small.head.weight.data,
    );
  });

  it('fills zeros, ones and the padding row, in the dtype of the spec', () => {
    const params = initParams(
      {
        zeros: paramSpec([2], { init: { kind: 'zeros' }, dtype: 'i32' }),
        ones: paramSpec([2], { init: { kind: 'ones' }, dtype: 'bf16' }),
        table: paramSpec([3, 2], { init: { kind: 'normal', std: 1, zeroRow: 1 } }),
      },
      { seed: 1 },
    );
    expect(params.zeros.data).toEqual(Int32Array.of(0, 0));
    expect(params.ones.data).toEqual(Uint16Array.of(0x3f80, 0x3f80));
    expect([...params.table.data].map((value) => value === 0)).toEqual([
      false,
      false,
      true,
      true,
      false,
      false,
    ]);
  });

  it('refuses negative deviations, unknown kinds and random integers', () => {
    expect(() => draw({ kind: 'normal', std: -1 })).toThrow(OptionError);
    expect(() => draw({ kind: 'orthogonal' } as never)).toThrow(OptionError);
    const ids = paramSpec([1], { init: { kind: 'normal', std: 1 }, dtype: 'i32' });
    expect(() => initParams({ ids }, { seed: 1 })).toThrow(DtypeError);
  });
});
