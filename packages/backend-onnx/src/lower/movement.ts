import type { PrimitiveParams } from '@tesserae/tensor';
import { equalDims } from '@tesserae/tensor';
import type { Lower, PrimitiveLowerings } from './lowering.js';

const lowerReshape: Lower<PrimitiveParams<'reshape'>> = ({ sizes, inputs, params }) => [
  sizes.reshape(inputs[0]!, params.shape),
];

const lowerTranspose: Lower<PrimitiveParams<'transpose'>> = ({
  builder,
  inputs,
  params: { permutation },
}) => [builder.node('Transpose', inputs, { attributes: { perm: { ints: permutation } } })];

const lowerBroadcastTo: Lower<PrimitiveParams<'broadcastTo'>> = ({ builder, sizes, inputs, params }) => [
  builder.node('Expand', [inputs[0]!, sizes.vector(params.shape)]),
];

const lowerSlice: Lower<PrimitiveParams<'slice'>> = ({
  builder,
  sizes,
  node,
  inputs,
  params: { starts, limits },
}) => {
  const { shape } = node.inputs[0]!.spec;
  const axes = shape.flatMap((dim, axis) =>
    starts[axis] === 0 && equalDims(limits[axis]!, dim) ? [] : [axis],
  );
  const from = sizes.vector(axes.map((axis) => starts[axis]!));
  const to = sizes.vector(axes.map((axis) => limits[axis]!));
  return [builder.node('Slice', [inputs[0]!, from, to, builder.integers(axes)])];
};

const lowerPad: Lower<PrimitiveParams<'pad'>> = ({ builder, sizes, node, inputs, params }) => {
  const amounts = sizes.vector([...params.before, ...params.after]);
  const value = builder.scalar(node.outputs[0]!.spec.dtype, params.value);
  return [builder.node('Pad', [inputs[0]!, amounts, value])];
};

const lowerConcat: Lower<PrimitiveParams<'concat'>> = ({ builder, inputs, params: { axis } }) => [
  builder.node('Concat', inputs, { attributes: { axis: { int: axis } } }),
];

/** Primitives that only move elements. */
export const movement: PrimitiveLowerings<
  'reshape' | 'transpose' | 'broadcastTo' | 'slice' | 'pad' | 'concat'
> = {
  reshape: lowerReshape,
  transpose: lowerTranspose,
  broadcastTo: lowerBroadcastTo,
  slice: lowerSlice,
  pad: lowerPad,
  concat: lowerConcat,
};
