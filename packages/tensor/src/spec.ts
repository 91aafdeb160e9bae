import type { DType, HostArray } from './dtype.js';
import { DTYPES } from './dtype.js';
import type { Dim, DimBindings } from './dim.js';
import { equalDims, evaluateDim, formatDim, productOfDims } from './dim.js';
import { ShapeError } from './errors.js';

export type Shape = readonly Dim[];

/** Element type and shape of a tensor; axes may be symbolic. */
export interface TensorSpec {
  readonly dtype: DType;
  readonly shape: Shape;
}

/** A spec whose sizes are all numbers. */
export interface ConcreteSpec {
  readonly dtype: DType;
  readonly shape: readonly number[];
}

/** A tensor in host memory, row-major. */
export interface HostTensor extends ConcreteSpec {
  readonly data: HostArray;
}

/** `spec('f32', [batch, 512])`. */
export function spec(dtype: DType, shape: Shape = []): TensorSpec {
  return { dtype, shape };
}

export function formatShape(shape: Shape): string {
  return `[${shape.map(formatDim).join(',')}]`;
}

/** Text form used by errors and graph dumps: `f32[batch,seqLen,512]`. */
export function formatSpec({ dtype, shape }: TensorSpec): string {
  return `${dtype}${formatShape(shape)}`;
}

export function equalShapes(a: Shape, b: Shape): boolean {
  return a.length === b.length && a.every((dim, axis) => equalDims(dim, b[axis]!));
}

export function equalSpecs(a: TensorSpec, b: TensorSpec): boolean {
  return a.dtype === b.dtype && equalShapes(a.shape, b.shape);
}

export function evaluateShape(shape: Shape, bindings: DimBindings): readonly number[] {
  return shape.map((dim) => evaluateDim(dim, bindings));
}

/** Number of elements of a concrete shape. */
export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}

export function sizeInBytes({ dtype, shape }: ConcreteSpec): number {
  return sizeOf(shape) * DTYPES[dtype].sizeBytes;
}

/** Row-major strides, in elements. */
export function stridesOf(shape: readonly number[]): readonly number[] {
  const strides = new Array<number>(shape.length);
  let stride = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    strides[axis] = stride;
    stride *= shape[axis]!;
  }
  return strides;
}

/**
 * Wraps host data as a tensor; the array is not copied.
 * @throws ShapeError when the length is not the product of the shape, or the array type is not the dtype's
 */
export function hostTensor(dtype: DType, shape: readonly number[], data: HostArray | ArrayLike<number>): HostTensor {
  const count = sizeOf(shape);
  const bad = shape.some((size) => !Number.isSafeInteger(size) || size < 0) || data.length !== count;
  if (bad) {
    throw new ShapeError({
      op: 'hostTensor',
      problem: `${data.length} elements do not fill ${dtype}${formatShape(shape)} (${count} elements)`,
      likely: 'The shape and the data come from different places; check the order of the axes.',
      page: 'host-tensor-length',
      got: data.length,
      needed: count,
    });
  }
  const empty = DTYPES[dtype].create(0);
  if (data.constructor === empty.constructor) return { dtype, shape, data: data as HostArray };
  if (ArrayBuffer.isView(data)) {
    throw new ShapeError({
      op: 'hostTensor',
      problem: `${dtype} is held by ${empty.constructor.name}, got ${data.constructor.name}`,
      likely: 'Convert it with castHost, or pass a plain array of numbers.',
      page: 'host-tensor-array',
      got: data.constructor.name,
      needed: empty.constructor.name,
    });
  }
  const array = DTYPES[dtype].create(count);
  array.set(data as ArrayLike<number>);
  return { dtype, shape, data: array };
}

/** Number of elements, symbolic when an axis is. */
export const elementCount = (shape: Shape): Dim => productOfDims(shape);

/**
 * Values of the symbols, read off the shapes that arrive at run time.
 * @throws ShapeError when ranks, dtypes or known sizes differ, or one symbol gets two values
 */
export function bindDims(
  specs: readonly { readonly name: string; readonly spec: TensorSpec }[],
  actual: readonly TensorSpec[],
): DimBindings {
  const bindings: Record<string, number> = {};
  specs.forEach(({ name, spec: expected }, index) => {
    const got = actual[index]!;
    if (got.dtype !== expected.dtype || got.shape.length !== expected.shape.length) misfit(name, expected, got);
    expected.shape.forEach((dim, axis) => {
      if (typeof dim === 'number' || dim.terms.length !== 1) return;
      const term = dim.terms[0]!;
      if (term.symbols.length !== 1 || term.coefficient !== 1) return;
      bindings[term.symbols[0]!] ??= got.shape[axis] as number;
    });
  });
  specs.forEach(({ name, spec: expected }, index) => {
    const got = actual[index]!;
    const fits = expected.shape.every((dim, axis) => evaluateDim(dim, bindings) === got.shape[axis]);
    if (!fits) misfit(name, expected, got, bindings);
  });
  return bindings;
}

function misfit(name: string, expected: TensorSpec, got: TensorSpec, bindings: DimBindings = {}): never {
  const values = Object.entries(bindings).map(([symbolName, value]) => `${symbolName} = ${value}`);
  throw new ShapeError({
    op: 'run',
    problem: `input '${name}' is ${formatSpec(got)}, the graph was compiled for ${formatSpec(expected)}`,
    likely: values.length > 0 ? `Other inputs say ${values.join(', ')}.` : 'Another dtype or rank than was traced.',
    page: 'input-spec',
    got,
    needed: expected,
  });
}
