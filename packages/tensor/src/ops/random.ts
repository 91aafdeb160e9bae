import { FLOAT_DTYPES } from '../dtype.js';
import type { DType } from '../dtype.js';
import { OptionError } from '../errors.js';
import type { Tensor } from '../graph/graph.js';
import type { BitWidth, Rng } from '../rng.js';
import type { Shape, TensorSpec } from '../spec.js';
import { formatSpec } from '../spec.js';
import { apply, defineComposite, definePrimitive, notDifferentiable } from './define.js';
import { less } from './compare.js';
import { add, cast, floor, log, mul, neg } from './elementwise.js';
import { requireDtype, requireShape, requireSizes } from './infer.js';

/**
 * The key of a random op is i32[2].
 * @throws ShapeError naming what was given
 */
export function requireKey(op: string, key: TensorSpec): void {
  const isKey = key.dtype === 'i32' && key.shape.length === 1 && key.shape[0] === 2;
  requireShape(isKey, {
    op,
    problem: `key is ${formatSpec(key)}, needed i32[2]`,
    likely: 'Make it with rngKey and pass it as an input.',
    page: 'rng-key',
    got: key,
  });
}

/** Parameters of randomBits. */
type RandomBitsParams = {
  readonly shape: Shape;
  /** 32-bit stream number, see `foldIn`. */
  readonly stream: number;
  readonly bitWidth: BitWidth;
};

export const randomBitsOp = definePrimitive<'randomBits', RandomBitsParams>({
  name: 'randomBits',
  summary: 'Random integers (i32) from a key i32[2] by Threefry-2x32-20; 16 and 24 bits are non-negative.',
  dtypes: ['i32'],
  infer: ([key], { shape }) => {
    requireKey('randomBits', key!);
    return [{ dtype: 'i32', shape: requireSizes('randomBits', shape) }];
  },
  vjp: notDifferentiable('random bits do not depend smoothly on their key'),
  samples: [
    {
      inputs: [{ dtype: 'i32', shape: [2], values: [42, -7] }],
      params: { shape: [3, 5], stream: 0, bitWidth: 32 },
    },
    {
      inputs: [{ dtype: 'i32', shape: [2], values: [1, 2] }],
      params: { shape: [7], stream: -9, bitWidth: 24 },
    },
    {
      inputs: [{ dtype: 'i32', shape: [2], values: [0, 0] }],
      params: { shape: [9], stream: 3, bitWidth: 16 },
    },
  ],
});

/** Random integers (i32) of `bitWidth` bits. */
export function randomBits(
  rng: Rng,
  { shape, bitWidth }: { readonly shape: Shape; readonly bitWidth: BitWidth },
): Tensor {
  return apply(randomBitsOp, [rng.key], { shape, stream: rng.stream, bitWidth });
}

/** Random bits a uniform number keeps, so that no draw rounds up to 1. */
const UNIFORM_BITS: Readonly<Partial<Record<DType, number>>> = { f32: 24, f64: 24, f16: 11, bf16: 8 };

/** Uniform numbers in [0, 1), multiples of 2^-24 (f16: 2^-11, bf16: 2^-8). */
export function randomUniform(
  rng: Rng,
  { shape, dtype = 'f32' }: { readonly shape: Shape; readonly dtype?: DType },
): Tensor {
  requireDtype('randomUniform', { dtype, shape }, FLOAT_DTYPES);
  const bits = UNIFORM_BITS[dtype]!;
  const draws = cast(randomBits(rng, { shape, bitWidth: 24 }), 'f32');
  const kept = bits === 24 ? draws : floor(mul(draws, 2 ** (bits - 24)));
  return cast(mul(kept, 2 ** -bits), dtype);
}

/** Gumbel noise -log(-log(u)), f32; u is kept off 0 by a quarter of the resolution, which cannot round up to 1. */
export function randomGumbel(rng: Rng, { shape }: { readonly shape: Shape }): Tensor {
  const uniform = add(mul(cast(randomBits(rng, { shape, bitWidth: 24 }), 'f32'), 2 ** -24), 2 ** -26);
  return neg(log(neg(log(uniform))));
}

/** Parameters of bernoulli. */
type BernoulliParams = {
  readonly shape: Shape;
  readonly stream: number;
  /** True where a 16-bit draw is below this. */
  readonly threshold: number;
};

export const bernoulliOp = defineComposite<'bernoulli', BernoulliParams>({
  name: 'bernoulli',
  summary: 'A random mask (bool) from a key i32[2]: true where a 16-bit draw is below the threshold.',
  dtypes: ['i32'],
  infer: ([key], { shape }) => [
    { dtype: 'bool', shape: (requireKey('bernoulli', key!), requireSizes('bernoulli', shape)) },
  ],
  vjp: notDifferentiable('a random mask does not depend smoothly on its key'),
  samples: [
    {
      inputs: [{ dtype: 'i32', shape: [2], values: [3, 4] }],
      params: { shape: [5, 3], stream: 7, threshold: 30000 },
    },
  ],
  decompose: ([key], { shape, stream, threshold }) => [
    less(randomBits({ key: key!, stream }, { shape, bitWidth: 16 }), threshold),
  ],
});

/**
 * True with probability `probability`, to a resolution of 2^-16 (the nearest multiple is used).
 * @returns bool[shape]
 */
export function randomBernoulli(
  rng: Rng,
  { shape, probability }: { readonly shape: Shape; readonly probability: number },
): Tensor {
  return apply(bernoulliOp, [rng.key], {
    shape,
    stream: rng.stream,
    threshold: bernoulliThreshold(probability),
  });
}

/**
 * The 16-bit threshold of a probability.
 * @throws OptionError when it is not in [0, 1]
 */
export function bernoulliThreshold(probability: number): number {
  if (!(probability >= 0 && probability <= 1)) {
    throw new OptionError({
      op: 'randomBernoulli',
      problem: `probability ${probability} is not in [0, 1]`,
      likely: 'A percentage was given, or a rate was subtracted from the wrong number.',
      page: 'probability',
      got: probability,
    });
  }
  return Math.round(probability * 2 ** 16);
}
