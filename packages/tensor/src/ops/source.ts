import type { Dim } from '../dim.js';
import type { DType } from '../dtype.js';
import { ALL_DTYPES } from '../dtype.js';
import type { Tensor } from '../graph/graph.js';
import { hostScalar } from '../host.js';
import type { HostTensor, Shape, TensorSpec } from '../spec.js';
import { hostTensor } from '../spec.js';
import { apply, definePrimitive, notDifferentiable } from './define.js';
import { requireSizes, resolveAxis } from './infer.js';

/** Ops without tensor inputs: where values come from. */

const noInput = notDifferentiable('it has no input');

/** A value handed in at run time; made by `trace`, never listed among a graph's nodes. */
const inputOp = definePrimitive<'input', { readonly name: string; readonly spec: TensorSpec }>({
  name: 'input',
  summary: 'A value handed in at run time.',
  dtypes: ALL_DTYPES,
  infer: (_, { spec }) => [(requireSizes('input', spec.shape), spec)],
  vjp: noInput,
  samples: [],
});

export const constantOp = definePrimitive<'constant', { readonly value: HostTensor }>({
  name: 'constant',
  summary: 'A value known while tracing.',
  dtypes: ['f32'],
  infer: (_, { value }) => [{ dtype: value.dtype, shape: value.shape }],
  vjp: noInput,
  samples: [{ inputs: [], params: { value: hostTensor('f32', [2, 3], [1, -2, 3.5, 0, 1e-3, 7]) } }],
});

export const iotaOp = definePrimitive<
  'iota',
  { readonly dtype: DType; readonly shape: Shape; readonly axis: number }
>({
  name: 'iota',
  summary: 'Counts 0, 1, 2, … along one axis.',
  dtypes: ['f32'],
  infer: (_, { dtype, shape, axis }) => [
    (resolveAxis('iota', axis, shape.length), { dtype, shape: requireSizes('iota', shape) }),
  ],
  vjp: noInput,
  samples: [
    { inputs: [], params: { dtype: 'i32', shape: [5], axis: 0 } },
    { inputs: [], params: { dtype: 'f32', shape: [2, 3, 4], axis: 1 } },
  ],
});

export const dimSizeOp = definePrimitive<'dimSize', { readonly dim: Dim; readonly dtype: DType }>({
  name: 'dimSize',
  summary: 'An axis size as a scalar: how a symbolic dimension enters arithmetic.',
  dtypes: ['f32'],
  infer: (_, { dtype }) => [{ dtype, shape: [] }],
  vjp: noInput,
  samples: [{ inputs: [], params: { dim: 7, dtype: 'i32' } }],
});

/** A placeholder; only `trace` and tests need it. */
export function input(name: string, spec: TensorSpec): Tensor {
  return apply(inputOp, [], { name, spec: { dtype: spec.dtype, shape: [...spec.shape] } });
}

/** A tensor holding a value known while tracing. */
export function constant(value: HostTensor): Tensor {
  return apply(constantOp, [], { value });
}

/** A scalar known while tracing. */
export function scalar(dtype: DType, value: number): Tensor {
  return constant(hostScalar(dtype, value));
}

/** Counts 0, 1, 2, … along `axis` of a tensor of the given shape. */
export function iota(dtype: DType, shape: Shape, { axis }: { readonly axis: number }): Tensor {
  return apply(iotaOp, [], { dtype, shape, axis: resolveAxis('iota', axis, shape.length) });
}

/** The size `dim` as a scalar; a plain constant when it is a number. */
export function dimSize(dim: Dim, dtype: DType): Tensor {
  return typeof dim === 'number' ? scalar(dtype, dim) : apply(dimSizeOp, [], { dim, dtype });
}
