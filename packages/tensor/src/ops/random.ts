import { FLOAT_DTYPES } from '../dtype.js';
import type { DType } from '../dtype.js';
import type { Tensor } from '../graph/graph.js';
import type { BitWidth, Rng } from '../rng.js';
import type { Shape } from '../spec.js';
import { formatSpec } from '../spec.js';
import { apply, defineComposite, definePrimitive, notDifferentiable } from './define.js';
import { add, cast, less, log, mul, neg } from './elementwise.js';
import { requireDtype, requireShape } from './infer.js';

export interface RandomBitsParams extends Record<string, unknown> {
  readonly shape: Shape;
  /** 32-bit stream number, see `foldIn`. */
  readonly stream: number;
  readonly bitWidth: BitWidth;
}

export const randomBitsOp = definePrimitive<'randomBits', RandomBitsParams>({
  name: 'randomBits',
  summary: 'Random integers (i32) from a key i32[2] by Threefry-2x32-20; 16 and 24 bits are non-negative.',
  dtypes: ['i32'],
  infer: ([key], { shape }) => {
    requireDtype('randomBits', key!, ['i32']);
    const isKey = key!.shape.length === 1 && key!.shape[0] === 2;
    requireShape(isKey, 'randomBits', `key is ${formatSpec(key!)}, needed i32[2]`, 'Make it with rngKey.', 'rng-key');
    return [{ dtype: 'i32', shape }];
  },
  vjp: notDifferentiable('random bits do not depend smoothly on their key'),
  samples: [
    { inputs: [{ dtype: 'i32', shape: [2], values: [42, -7] }], params: { shape: [3, 5], stream: 0, bitWidth: 32 } },
    { inputs: [{ dtype: 'i32', shape: [2], values: [1, 2] }], params: { shape: [7], stream: -9, bitWidth: 24 } },
    { inputs: [{ dtype: 'i32', shape: [2], values: [0, 0] }], params: { shape: [9], stream: 3, bitWidth: 16 } },
  ],
});

/** Random integers (i32) of `bitWidth` bits. */
export function randomBits(rng: Rng, { shape, bitWidth }: { readonly shape: Shape; readonly bitWidth: BitWidth }): Tensor {
  return apply(randomBitsOp, [rng.key], { shape, stream: rng.stream, bitWidth });
}

/** Uniform numbers in [0, 1) with 24 bits of resolution. */
export function randomUniform(rng: Rng, { shape, dtype = 'f32' }: { readonly shape: Shape; readonly dtype?: DType }): Tensor {
  requireDtype('randomUniform', { dtype, shape }, FLOAT_DTYPES);
  return cast(mul(cast(randomBits(rng, { shape, bitWidth: 24 }), 'f32'), 2 ** -24), dtype);
}

/** Gumbel noise -log(-log(u)), f32; u is kept off 0 by a quarter of the resolution, which cannot round up to 1. */
export function randomGumbel(rng: Rng, { shape }: { readonly shape: Shape }): Tensor {
  const uniform = add(mul(cast(randomBits(rng, { shape, bitWidth: 24 }), 'f32'), 2 ** -24), 2 ** -26);
  return neg(log(neg(log(uniform))));
}

export interface BernoulliParams extends Record<string, unknown> {
  readonly shape: Shape;
  readonly stream: number;
  /** True where a 16-bit draw is below this. */
  readonly threshold: number;
}

export const bernoulliOp = defineComposite<'bernoulli', BernoulliParams>({
  name: 'bernoulli',
  summary: 'A random mask (bool) from a key i32[2]: true where a 16-bit draw is below the threshold.',
  dtypes: ['i32'],
  infer: ([key], { shape }) => [{ dtype: 'bool', shape: (requireDtype('bernoulli', key!, ['i32']), shape) }],
  vjp: notDifferentiable('a random mask does not depend smoothly on its key'),
  samples: [
    { inputs: [{ dtype: 'i32', shape: [2], values: [3, 4] }], params: { shape: [5, 3], stream: 7, threshold: 30000 } },
  ],
  decompose: ([key], { shape, stream, threshold }) => [less(randomBits({ key: key!, stream }, { shape, bitWidth: 16 }), threshold)],
});

/**
 * True with probability `probability`, to a resolution of 2^-16 (the nearest multiple is used).
 * @returns bool[shape]
 */
export function randomBernoulli(
  rng: Rng,
  { shape, probability }: { readonly shape: Shape; readonly probability: number },
): Tensor {
  return apply(bernoulliOp, [rng.key], { shape, stream: rng.stream, threshold: bernoulliThreshold(probability) });
}

/** The 16-bit threshold of a probability. */
export function bernoulliThreshold(probability: number): number {
  return Math.round(probability * 2 ** 16);
}
