import type { DType, HostArray } from './dtype.js';
import { DTYPES, encodeElement } from './dtype.js';
import type { Dim, DimBindings, SymbolicDim } from './dim.js';
import { dimSymbols, equalDims, evaluateDim, formatDim, productOfDims } from './dim.js';
import { ShapeError, inScope } from './errors.js';

/** Sizes of the axes, outermost first. */
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

/** Text form of a shape: `[batch,512]`. */
export function formatShape(shape: Shape): string {
  return `[${shape.map(formatDim).join(',')}]`;
}

/** Text form used by errors and graph dumps: `f32[batch,seqLen,512]`. */
export function formatSpec({ dtype, shape }: TensorSpec): string {
  return `${dtype}${formatShape(shape)}`;
}

/** True when two shapes are equal for every value of their symbols. */
export function equalShapes(a: Shape, b: Shape): boolean {
  return a.length === b.length && a.every((dim, axis) => equalDims(dim, b[axis]!));
}

/** True when dtypes and shapes are equal. */
export function equalSpecs(a: TensorSpec, b: TensorSpec): boolean {
  return a.dtype === b.dtype && equalShapes(a.shape, b.shape);
}

/**
 * The sizes a shape stands for under `bindings`.
 * @throws ShapeError when a symbol has no value
 */
export function evaluateShape(shape: Shape, bindings: DimBindings): readonly number[] {
  return shape.map((dim) => evaluateDim(dim, bindings));
}

/** Number of elements of a concrete shape. */
export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}

/** Bytes of the elements of a concrete spec. */
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
 * Wraps host data as a tensor.
 * @param data  the dtype's own typed array, which is not copied and holds bits for f16 and bf16; or plain numbers,
 * which are encoded (rounded to f16 and bf16, 0 or 1 for bool)
 * @throws ShapeError when the length is not the product of the shape, or the array type is not the dtype's
 */
export function hostTensor(
  dtype: DType,
  shape: readonly number[],
  data: HostArray | ArrayLike<number>,
): HostTensor {
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
  for (let index = 0; index < count; index++) array[index] = encodeElement(dtype, data[index]!);
  return { dtype, shape, data: array };
}

/** Number of elements, symbolic when an axis is. */
export const elementCount = (shape: Shape): Dim => productOfDims(shape);

/**
 * Values of the symbols, read off the shapes that arrive at run time: from axes that are one symbol alone.
 * Axes with more terms (`past + 1`) are then checked against them.
 * @throws ShapeError naming the input, when ranks, dtypes or known sizes differ, one symbol gets two values or none
 */
export function bindDims(
  specs: readonly { readonly name: string; readonly spec: TensorSpec }[],
  actual: readonly TensorSpec[],
): DimBindings {
  const bindings = new Map<string, number>();
  specs.forEach(({ name, spec: expected }, index) => {
    const got = actual[index]!;
    if (got.dtype !== expected.dtype || got.shape.length !== expected.shape.length)
      misfit(name, expected, got);
    expected.shape.forEach((dim, axis) => {
      if (typeof dim !== 'number' && isLoneSymbol(dim) && !bindings.has(dim.key)) {
        bindings.set(dim.key, got.shape[axis] as number);
      }
    });
  });
  const values: DimBindings = Object.fromEntries(bindings);
  specs.forEach(({ name, spec: expected }, index) => {
    const got = actual[index]!;
    const wanted = inScope(`input '${name}'`, () => evaluateShape(expected.shape, values));
    if (wanted.some((size, axis) => size !== got.shape[axis])) misfit(name, expected, got, values);
  });
  return values;
}

const isLoneSymbol = ({ terms }: SymbolicDim): boolean =>
  terms.length === 1 && terms[0]!.coefficient === 1 && terms[0]!.symbols.length === 1;

function misfit(name: string, expected: TensorSpec, got: TensorSpec, bindings: DimBindings = {}): never {
  const used = Object.entries(bindings).filter(([key]) =>
    expected.shape.some((dim) => dimSymbols(dim).includes(key)),
  );
  const values = used.map(([key, value]) => `${key} = ${value}`).join(', ');
  throw new ShapeError({
    op: 'run',
    problem: `input '${name}' is ${formatSpec(got)}, the graph was compiled for ${formatSpec(expected)}`,
    likely:
      values === ''
        ? 'Another size, dtype or rank than was traced.'
        : `The inputs before it say ${values}; one symbol stands for one size.`,
    page: 'input-spec',
    got,
    needed: expected,
  });
}
