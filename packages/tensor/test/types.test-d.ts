/** Public types, checked by tsc alone: nothing here runs. */
import { expectTypeOf } from 'vitest';
import type {
  Backend,
  CompositeParams,
  DType,
  DeviceTensor,
  Dim,
  HostTensor,
  MapTree,
  PrimitiveName,
  PrimitiveParams,
  Shape,
  Tensor,
  TensorSpec,
} from '@tesserae/tensor';
import { add, compile, spec, symbol, trace, valueAndGrad } from '@tesserae/tensor';

interface Params {
  readonly layers: readonly { readonly weight: Tensor; readonly bias?: Tensor }[];
  readonly scale: Tensor | undefined;
}
interface Args {
  readonly params: Params;
  readonly x: Tensor;
}
interface Out {
  readonly params: Params;
  readonly metrics: { readonly loss: Tensor };
}
declare const backend: Backend;
declare const args: Args;
declare const tensor: Tensor;
declare const host: HostTensor;
declare const step: (args: Args) => Out;

// MapTree keeps the form of a tree: arrays, optional and absent members.
type HostParams = MapTree<Params, Tensor, HostTensor>;
expectTypeOf<HostParams['layers'][number]['weight']>().toEqualTypeOf<HostTensor>();
expectTypeOf<HostParams['layers'][number]['bias']>().toEqualTypeOf<HostTensor | undefined>();
expectTypeOf<HostParams['scale']>().toEqualTypeOf<HostTensor | undefined>();
expectTypeOf<MapTree<Tensor, Tensor, DeviceTensor>>().toEqualTypeOf<DeviceTensor>();

// trace wants the specs of the whole argument, symbolic sizes included.
const f32 = spec('f32', [symbol('batch'), 4]);
const specs: MapTree<Args, Tensor, TensorSpec> = {
  params: { layers: [{ weight: f32 }], scale: undefined },
  x: f32,
};
expectTypeOf(trace(step, specs).result).toEqualTypeOf<Out>();
// @ts-expect-error x is missing
trace(step, { params: specs.params });

// compile takes device or host tensors, gives device tensors, and knows the members of the argument.
const compiled = await compile(step, backend, { donate: ['params'], specs: { x: f32 } });
const result = await compiled({ x: host });
expectTypeOf(result.metrics.loss).toEqualTypeOf<DeviceTensor>();
expectTypeOf(result.params.layers).items.toHaveProperty('weight').toEqualTypeOf<DeviceTensor>();
// @ts-expect-error not a member of the argument
await compile(step, backend, { donate: ['grads'] });
// @ts-expect-error a symbolic tensor is no argument of a call
await compiled({ x: tensor });
// @ts-expect-error 0, 1, 2, 3 and 4 are the levels
await compile(step, backend, { debug: 5 });

// Gradients have the tree of the first argument.
const gradients = valueAndGrad((params: Params, x: Tensor) => ({ loss: x, logits: x, params }))(
  args.params,
  tensor,
);
expectTypeOf(gradients.grads.layers[0]!.weight).toEqualTypeOf<Tensor>();
expectTypeOf(gradients.grads.scale).toEqualTypeOf<Tensor | undefined>();
expectTypeOf(gradients.result.logits).toEqualTypeOf<Tensor>();
// @ts-expect-error no loss in the result
valueAndGrad((params: Params) => ({ logits: params.layers[0]!.weight }));

// Parameters are known by the name of the op.
expectTypeOf<PrimitiveParams<'cast'>>().toEqualTypeOf<{ readonly dtype: DType }>();
expectTypeOf<PrimitiveParams<'reshape'>['shape']>().toEqualTypeOf<Shape>();
expectTypeOf<PrimitiveParams<'scatterAdd'>['size']>().toEqualTypeOf<Dim>();
expectTypeOf<PrimitiveParams<'add'>>().toEqualTypeOf<Record<string, never>>();
expectTypeOf<CompositeParams<'layerNorm'>['epsilon']>().toEqualTypeOf<number>();
expectTypeOf<'matmul'>().toExtend<PrimitiveName>();
expectTypeOf<'softmax'>().not.toExtend<PrimitiveName>();

// A number may stand beside a tensor, two numbers may not.
expectTypeOf(add(1, tensor)).toEqualTypeOf<Tensor>();
// @ts-expect-error no tensor gives the dtype
add(1, 2);
