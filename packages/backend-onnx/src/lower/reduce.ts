import type { PrimitiveParams } from '@tesserae/tensor';
import type { Lower, PrimitiveLowerings } from './lowering.js';
import { castTo } from './lowering.js';
import { summedMatmul } from './matmul.js';

const reduction =
  (op: string): Lower<PrimitiveParams<'reduceSum'>> =>
  ({ builder, inputs, params: { axes, keepDims } }) => [
    builder.node(op, [inputs[0]!, builder.integers(axes)], {
      attributes: { keepdims: { int: keepDims ? 1 : 0 } },
    }),
  ];

const lowerReduceSum: Lower<PrimitiveParams<'reduceSum'>> = (call) =>
  summedMatmul(call) ?? reduction('ReduceSum')(call);

const lowerArgMax: Lower<PrimitiveParams<'argMax'>> = ({ builder, inputs, params: { axis } }) => {
  const attributes = { axis: { int: axis }, keepdims: { int: 0 } };
  return [castTo(builder, builder.node('ArgMax', inputs, { attributes }), 'i32')];
};

const lowerCumSum: Lower<PrimitiveParams<'cumSum'>> = ({ builder, inputs, params }) => {
  const { axis, exclusive, reverse } = params;
  const attributes = { exclusive: { int: exclusive ? 1 : 0 }, reverse: { int: reverse ? 1 : 0 } };
  return [builder.node('CumSum', [inputs[0]!, builder.integer(axis)], { attributes })];
};

const lowerTopK: Lower<PrimitiveParams<'topK'>> = ({ builder, inputs, params: { k } }) => {
  const [values, indices] = builder.nodeOutputs('TopK', [inputs[0]!, builder.integers([k])], { outputs: 2 });
  return [values!, castTo(builder, indices!, 'i32')];
};

/** Primitives that fold an axis, or run along one. */
export const reduce: PrimitiveLowerings<'reduceSum' | 'reduceMax' | 'argMax' | 'cumSum' | 'topK'> = {
  reduceSum: lowerReduceSum,
  reduceMax: reduction('ReduceMax'),
  argMax: lowerArgMax,
  cumSum: lowerCumSum,
  topK: lowerTopK,
};
