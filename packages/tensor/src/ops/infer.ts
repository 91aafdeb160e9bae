import type { DType } from '../dtype.js';
import type { Dim } from '../dim.js';
import { equalDims } from '../dim.js';
import type { ErrorFacts } from '../errors.js';
import { DtypeError, ShapeError } from '../errors.js';
import type { Shape, TensorSpec } from '../spec.js';
import { formatShape, formatSpec } from '../spec.js';

/** Shape rules shared by the op records. */

/**
 * NumPy broadcasting of several shapes, decided while tracing.
 * @throws ShapeError when two axes cannot be proven equal and neither is 1
 */
export function broadcastShapes(op: string, shapes: readonly Shape[]): Shape {
  const rank = Math.max(...shapes.map((shape) => shape.length));
  return Array.from({ length: rank }, (_, axis) => {
    let result: Dim = 1;
    for (const shape of shapes) {
      const dim = shape[axis - (rank - shape.length)] ?? 1;
      if (dim === 1 || equalDims(dim, result)) continue;
      if (result !== 1) throw broadcastError(op, shapes, axis);
      result = dim;
    }
    return result;
  });
}

function broadcastError(op: string, shapes: readonly Shape[], axis: number): ShapeError {
  const symbolic = shapes.some((shape) => shape.some((dim) => typeof dim !== 'number'));
  return new ShapeError({
    op,
    problem: `shapes do not broadcast: ${shapes.map(formatShape).join(' × ')} (axis ${axis})`,
    likely: symbolic
      ? 'Sizes are equal only if their symbols are; use one symbol for one size.'
      : 'An axis is missing (reshape to size 1) or two tensors come from different batches.',
    page: 'broadcast',
    got: shapes,
  });
}

/** Broadcast spec of element-wise inputs that must share a dtype. */
export function broadcastSpecs(
  op: string,
  inputs: readonly TensorSpec[],
  dtypes: readonly DType[],
): TensorSpec {
  const dtype = sameDtype(op, inputs, dtypes);
  return {
    dtype,
    shape: broadcastShapes(
      op,
      inputs.map((input) => input.shape),
    ),
  };
}

/**
 * The dtype that all inputs share.
 * @throws DtypeError when dtypes differ or are not among `allowed`
 */
export function sameDtype(op: string, inputs: readonly TensorSpec[], allowed: readonly DType[]): DType {
  const dtype = inputs[0]!.dtype;
  if (inputs.some((input) => input.dtype !== dtype)) {
    throw new DtypeError({
      op,
      problem: `dtypes differ: ${inputs.map(formatSpec).join(' × ')}`,
      likely: 'Convert one with cast; dtypes are never promoted silently.',
      page: 'dtype-mismatch',
      got: inputs,
    });
  }
  return requireDtype(op, inputs[0]!, allowed);
}

/**
 * The dtype of an input, which must be among `allowed`.
 * @throws DtypeError naming the input's spec
 */
export function requireDtype(op: string, input: TensorSpec, allowed: readonly DType[]): DType {
  if (!allowed.includes(input.dtype)) {
    throw new DtypeError({
      op,
      problem: `takes ${allowed.join(', ')}, got ${formatSpec(input)}`,
      likely: 'Convert the input with cast.',
      page: 'dtype-unsupported',
      got: input.dtype,
      needed: allowed,
    });
  }
  return input.dtype;
}

/**
 * A non-negative axis.
 * @throws ShapeError when it is outside [-rank, rank)
 */
export function resolveAxis(op: string, axis: number, rank: number): number {
  const resolved = axis < 0 ? axis + rank : axis;
  if (!Number.isInteger(axis) || resolved < 0 || resolved >= rank) {
    throw new ShapeError({
      op,
      problem: `axis ${axis} is outside a tensor of rank ${rank}`,
      likely: 'Axes count from 0, or from -1 at the end.',
      page: 'axis',
      got: axis,
      needed: rank,
    });
  }
  return resolved;
}

/** Throws what `facts` say unless `condition` holds. @throws ShapeError */
export function requireShape(condition: boolean, facts: ErrorFacts): void {
  if (!condition) throw new ShapeError(facts);
}

/**
 * Known sizes are whole numbers from 0 up.
 * @throws ShapeError naming the shape
 */
export function requireSizes(op: string, shape: Shape): Shape {
  const fits = shape.every((dim) => typeof dim !== 'number' || (Number.isSafeInteger(dim) && dim >= 0));
  requireShape(fits, {
    op,
    problem: `${formatShape(shape)} has a size that is no whole number from 0 up`,
    likely: 'A subtraction or division of sizes went wrong; one size of a reshape may be -1, not two.',
    page: 'shape-size',
    got: shape,
  });
  return shape;
}
