import { OptionError, erfOfNumber } from '@tesserae/tensor';
import { describe, expect, it } from 'vitest';
import { tensorOf, valuesOf } from '../test/values-of.js';
import { ACTIVATION_NAMES, activation } from './activations.js';

const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));
const exactGelu = (x: number): number => 0.5 * x * (1 + erfOfNumber(x / Math.SQRT2));
const tanhGelu = (x: number): number =>
  0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3)));

/** What Hugging Face computes under each name. */
const FORMULAS: Readonly<Record<string, (x: number) => number>> = {
  gelu: exactGelu,
  gelu_python: exactGelu,
  gelu_new: tanhGelu,
  gelu_pytorch_tanh: tanhGelu,
  gelu_fast: tanhGelu,
  gelu_accurate: tanhGelu,
  quick_gelu: (x) => x * sigmoid(1.702 * x),
  relu: (x) => Math.max(x, 0),
  silu: (x) => x * sigmoid(x),
  swish: (x) => x * sigmoid(x),
  tanh: Math.tanh,
  sigmoid,
  linear: (x) => x,
};

const points = [-3, -1.5, -0.5, 0, 0.25, 1, 2.5];

describe('activation', () => {
  it('has a formula here for every name', () => {
    expect([...ACTIVATION_NAMES].sort()).toEqual(Object.keys(FORMULAS).sort());
  });

  for (const [name, formula] of Object.entries(FORMULAS)) {
    it(`${name} follows its formula`, async () => {
      const values = await valuesOf(activation(name)(tensorOf(points)));
      // 2e-6: erf and tanh in f32.
      points.forEach((x, index) => expect(Math.abs(values[index]! - formula(x))).toBeLessThan(2e-6));
    });
  }

  it.each(['gleu', 'constructor', '__proto__', ''])('refuses %j and names the known ones', (name) => {
    expect(() => activation(name)).toThrow(OptionError);
    expect(() => activation(name)).toThrow(/gelu_new/);
  });
});
