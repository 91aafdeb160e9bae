import type { DType, PrimitiveParams } from '@tesserae/tensor';
import { readElement } from '@tesserae/tensor';
import type { Call, Lower, PrimitiveLowerings } from './lowering.js';
import { castTo } from './lowering.js';

/** Element types that `Range` counts in. */
const COUNTABLE: readonly DType[] = ['f32', 'f64', 'i32'];

const lowerConstant: Lower<PrimitiveParams<'constant'>> = ({ builder, params: { value } }) => [
  value.shape.length === 0 ? builder.scalar(value.dtype, readElement(value, 0)) : builder.constant(value),
];

const lowerIota = (call: Call<PrimitiveParams<'iota'>>): readonly string[] => {
  const { builder, sizes, params } = call;
  const { dtype, shape, axis } = params;
  const counted = COUNTABLE.includes(dtype) ? dtype : 'i32';
  const limit = castTo(builder, sizes.scalar(shape[axis]!), counted);
  const range = builder.node('Range', [builder.scalar(counted, 0), limit, builder.scalar(counted, 1)]);
  const counts = counted === dtype ? range : castTo(builder, range, dtype);
  if (shape.length === 1) return [counts];
  const column = sizes.reshape(
    counts,
    shape.map((dim, at) => (at === axis ? dim : 1)),
  );
  return [builder.node('Expand', [column, sizes.vector(shape)])];
};

const lowerDimSize: Lower<PrimitiveParams<'dimSize'>> = ({ builder, sizes, params }) => [
  castTo(builder, sizes.scalar(params.dim), params.dtype),
];

/** Primitives without inputs. */
export const source: PrimitiveLowerings<'constant' | 'iota' | 'dimSize'> = {
  constant: lowerConstant,
  iota: lowerIota,
  dimSize: lowerDimSize,
};
