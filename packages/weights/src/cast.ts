import { DTYPES, castHost } from '@tesserae/tensor';
import type { DType, HostTensor } from '@tesserae/tensor';

/**
 * A tensor in another dtype; the same object when it has that dtype already. Rounds to nearest, ties to even.
 * Pairs of f32 with f16 and bf16 take loops on bits (a checkpoint of 10⁸ values casts in well under a
 * second).
 */
export function castTensor(tensor: HostTensor, dtype: DType): HostTensor {
  if (tensor.dtype === dtype) return tensor;
  const loop = FAST_CASTS[`${tensor.dtype}->${dtype}`];
  if (loop === undefined) return castHost(tensor, dtype);
  const data = DTYPES[dtype].create(tensor.data.length);
  loop(bitsOf(tensor.data), bitsOf(data));
  return { dtype, shape: tensor.shape, data };
}

type Bits = Uint32Array | Uint16Array;

const FAST_CASTS: Readonly<Record<string, (from: Bits, to: Bits) => void>> = {
  'f16->f32': widenF16,
  'bf16->f32': (from, to) => {
    for (let index = 0; index < from.length; index++) to[index] = from[index]! << 16;
  },
  'f32->f16': narrowToF16,
  'f32->bf16': (from, to) => {
    for (let index = 0; index < from.length; index++) {
      const bits = from[index]!;
      const isNaN = (bits & 0x7fffffff) > 0x7f800000;
      to[index] = isNaN ? 0x7fc0 : (bits + 0x7fff + ((bits >>> 16) & 1)) >>> 16;
    }
  },
};

function bitsOf(data: HostTensor['data']): Bits {
  if (data instanceof Uint16Array) return data;
  return new Uint32Array(data.buffer, data.byteOffset, data.length);
}

function widenF16(from: Bits, to: Bits): void {
  const subnormal = new Float32Array(1);
  const subnormalBits = new Uint32Array(subnormal.buffer);
  for (let index = 0; index < from.length; index++) {
    const half = from[index]!;
    const sign = (half & 0x8000) << 16;
    const rest = half & 0x7fff;
    if (rest >= 0x7c00) to[index] = sign | (rest === 0x7c00 ? 0x7f800000 : 0x7fc00000);
    else if (rest >= 0x0400)
      to[index] = sign | ((rest << 13) + 0x38000000); // 112 = 127 - 15 exponents up
    else {
      subnormal[0] = rest * 2 ** -24;
      to[index] = sign | subnormalBits[0]!;
    }
  }
}

function narrowToF16(from: Bits, to: Bits): void {
  for (let index = 0; index < from.length; index++) {
    const bits = from[index]!;
    const sign = (bits >>> 16) & 0x8000;
    const rest = bits & 0x7fffffff;
    if (rest > 0x7f800000) to[index] = 0x7e00;
    else if (rest >= 0x477ff000)
      to[index] = sign | 0x7c00; // from 65520 on, halfway to 2^16, infinity is nearest
    else if (rest >= 0x38800000)
      to[index] = sign | ((rest - 0x38000000 + 0x0fff + ((rest >>> 13) & 1)) >>> 13);
    else to[index] = sign | subnormalHalf(rest);
  }
}

/** Magnitude below 2^-14 as a multiple of 2^-24, ties to even. */
function subnormalHalf(rest: number): number {
  const exponent = rest >>> 23;
  if (exponent < 102) return 0; // below 2^-25: less than half of the smallest half-float
  const mantissa = (rest & 0x7fffff) | 0x800000;
  const shift = 126 - exponent; // 14 .. 24
  const kept = mantissa >>> shift;
  const lost = mantissa & ((1 << shift) - 1);
  const half = 1 << (shift - 1);
  return kept + (lost > half || (lost === half && (kept & 1) === 1) ? 1 : 0);
}
