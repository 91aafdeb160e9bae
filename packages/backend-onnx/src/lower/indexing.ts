import type { Dim, PrimitiveParams, Shape } from '@tesserae/tensor';
import { equalDims, productOfDims } from '@tesserae/tensor';
import type { ModelBuilder } from '../model/builder.js';
import type { Call, Lower, PrimitiveLowerings } from './lowering.js';
import { castTo } from './lowering.js';

/** Tables of up to this many rows take their gradient by a product with one-hot rows, larger ones by scattering. */
const ONE_HOT_ROWS = 64;

/**
 * i32 indices as i64, negative ones as huge ones: ONNX counts those from the end, here they are out of range,
 * which ONNX Runtime reports.
 */
export function strictIndices(builder: ModelBuilder, indices: string): string {
  return castTo(builder, castTo(builder, indices, 'u32'), 'i64');
}

const lowerGather: Lower<PrimitiveParams<'gather'>> = ({ builder, inputs, params: { axis } }) => [
  builder.node('Gather', [inputs[0]!, strictIndices(builder, inputs[1]!)], {
    attributes: { axis: { int: axis } },
  }),
];

/** Updates as [outer, rows, inner], indices as [rows]. */
interface Scatter {
  readonly outer: Dim;
  readonly rows: Dim;
  readonly inner: Dim;
  readonly indices: string;
  readonly updates: string;
}

const lowerScatterAdd = (call: Call<PrimitiveParams<'scatterAdd'>>): readonly string[] => {
  const { sizes, node, inputs, params } = call;
  const { shape } = node.inputs[1]!.spec;
  const rank = node.inputs[0]!.spec.shape.length;
  const outer = productOfDims(shape.slice(0, params.axis));
  const rows = productOfDims(shape.slice(params.axis, params.axis + rank));
  const inner = productOfDims(shape.slice(params.axis + rank));
  const scatter: Scatter = {
    outer,
    rows,
    inner,
    indices: sizes.reshape(strictIndices(call.builder, inputs[0]!), [rows]),
    updates: sizes.reshape(inputs[1]!, equalDims(outer, 1) ? [rows, inner] : [outer, rows, inner]),
  };
  const isSmall = typeof params.size === 'number' && params.size <= ONE_HOT_ROWS && equalDims(outer, 1);
  const sum = isSmall ? oneHotProduct(call, scatter) : scatterElements(call, scatter);
  return [sizes.reshape(sum, node.outputs[0]!.spec.shape)];
};

/** [size, rows] one-hot × [rows, inner]. A gather that adds 0 to each index has ONNX Runtime check its range. */
function oneHotProduct(
  { builder, sizes, node, params }: Call<PrimitiveParams<'scatterAdd'>>,
  { indices, updates }: Scatter,
): string {
  const zeros = builder.node('Expand', [builder.integer(0), sizes.vector([params.size])]);
  const checked = builder.node('Add', [indices, builder.node('Gather', [zeros, indices])]);
  const range = builder.node('Range', [builder.integer(0), sizes.scalar(params.size), builder.integer(1)]);
  const column = builder.node('Unsqueeze', [range, builder.integers([1])]);
  const oneHot = castTo(builder, builder.node('Equal', [column, checked]), node.outputs[0]!.spec.dtype);
  return builder.node('MatMul', [oneHot, updates]);
}

/** Not `ScatterND`: ONNX Runtime's CPU kernel adds in parallel and loses updates where indices repeat. */
function scatterElements(call: Call<PrimitiveParams<'scatterAdd'>>, scatter: Scatter): string {
  const { builder, sizes, node, params } = call;
  const isFlat = equalDims(scatter.outer, 1);
  const full = isFlat ? [params.size, scatter.inner] : [scatter.outer, params.size, scatter.inner];
  const wide: Shape = isFlat ? [scatter.rows, scatter.inner] : [scatter.outer, scatter.rows, scatter.inner];
  const { dtype } = node.outputs[0]!.spec;
  const summed = dtype === 'f16' ? 'f32' : dtype; // ScatterElements cannot add in f16
  const updates = summed === dtype ? scatter.updates : castTo(builder, scatter.updates, summed);
  const zero = builder.scalar(summed, 0);
  const zeros = builder.node('Expand', [zero, sizes.vector(full)]);
  const column = sizes.reshape(scatter.indices, isFlat ? [scatter.rows, 1] : [1, scatter.rows, 1]);
  const indices = builder.node('Expand', [column, sizes.vector(wide)]);
  const sum = builder.node('ScatterElements', [zeros, indices, updates], {
    attributes: { axis: { int: isFlat ? 0 : 1 }, reduction: { text: 'add' } },
  });
  return summed === dtype ? sum : castTo(builder, sum, dtype);
}

const lowerDynamicSlice: Lower<PrimitiveParams<'dynamicSlice'>> = ({ builder, sizes, inputs, params }) => {
  const [x, starts] = inputs as readonly [string, string];
  const ends = builder.node('Add', [starts, castTo(builder, sizes.vector(params.sizes), 'i32')]);
  return [builder.node('Slice', [x, starts, ends])];
};

/** Keeps what lies before and after the block along each axis, and replaces the block axis by axis. */
const lowerUpdateSlice = (call: Call<PrimitiveParams<'updateSlice'>>): readonly string[] => {
  const [x, update] = call.node.inputs;
  const axes = x!.spec.shape.flatMap((dim, axis) =>
    equalDims(dim, update!.spec.shape[axis]!) ? [] : [axis],
  );
  return [replaceBlock(call, call.inputs[0]!, axes)];
};

function replaceBlock(
  call: Call<PrimitiveParams<'updateSlice'>>,
  target: string,
  axes: readonly number[],
): string {
  const { builder, sizes, node, inputs } = call;
  const [axis, ...rest] = axes;
  if (axis === undefined) return inputs[1]!;
  const index = (at: number): string => builder.integers([at]);
  const start = castTo(builder, builder.node('Slice', [inputs[2]!, index(axis), index(axis + 1)]), 'i64');
  const end = builder.node('Add', [start, sizes.vectorOf(node.inputs[1]!.spec.shape[axis]!)]);
  const size = sizes.vectorOf(node.inputs[0]!.spec.shape[axis]!);
  const part = (from: string, to: string): string => builder.node('Slice', [target, from, to, index(axis)]);
  const block = replaceBlock(call, rest.length === 0 ? '' : part(start, end), rest);
  const parts = [part(index(0), start), block, part(end, size)];
  return builder.node('Concat', parts, { attributes: { axis: { int: axis } } });
}

/** Primitives that read or write at positions known only at run time. */
export const indexing: PrimitiveLowerings<'gather' | 'scatterAdd' | 'dynamicSlice' | 'updateSlice'> = {
  gather: lowerGather,
  scatterAdd: lowerScatterAdd,
  dynamicSlice: lowerDynamicSlice,
  updateSlice: lowerUpdateSlice,
};
