import type { HostTensor } from '@tesserae/tensor';
import { TesseraeError, flattenTree, isFloat, readElement } from '@tesserae/tensor';

/** A loss or gradient that is not a number: training cannot go on. */
export class DivergenceError extends TesseraeError {}

/** The first value of a step that is NaN or infinite. */
export interface NonFinite {
  readonly what: 'loss' | 'gradient' | 'parameter';
  /** Path of the parameter; absent for the loss. */
  readonly path?: string;
  /** How many gradients or parameters are not finite. */
  readonly count: number;
}

/** `the gradient of encoder.blocks.0.selfAttention.query (and 11 more)`. */
export function describeNonFinite({ what, path, count }: NonFinite): string {
  const others = count > 1 ? ` (and ${count - 1} more)` : '';
  if (what === 'loss') return count > 0 ? `the loss, and ${count} gradients with it` : 'the loss';
  return what === 'gradient' ? `the gradient of ${path}${others}` : `parameter ${path}${others}`;
}

/**
 * What was not finite in a step: the loss, which comes before all gradients, else the first gradient in the tree's order.
 * @param squares  sums of squares of the gradients, in the order of `paths`
 */
export function findNonFinite(
  { loss, squares }: { readonly loss: number; readonly squares: ArrayLike<number> },
  paths: readonly string[],
): NonFinite {
  const bad = paths.filter((_, index) => !Number.isFinite(squares[index]));
  if (!Number.isFinite(loss)) return { what: 'loss', count: bad.length };
  // each gradient may be finite while the sum of their squares is not
  const largest = Array.from(squares).reduce(
    (best, value, index, all) => (value > all[best]! ? index : best),
    0,
  );
  return { what: 'gradient', path: bad[0] ?? paths[largest]!, count: Math.max(1, bad.length) };
}

/** The first parameter with a value that is not finite; undefined when all are. */
export function nonFiniteParameter(params: unknown): NonFinite | undefined {
  const bad = flattenTree<HostTensor>(params).filter(({ leaf }) => isFloat(leaf.dtype) && !isAllFinite(leaf));
  return bad.length === 0 ? undefined : { what: 'parameter', path: bad[0]!.path, count: bad.length };
}

function isAllFinite(tensor: HostTensor): boolean {
  const { data, dtype } = tensor;
  const isDirect = dtype === 'f32' || dtype === 'f64';
  for (let index = 0; index < data.length; index++) {
    const value = isDirect ? data[index]! : readElement(tensor, index);
    if (!Number.isFinite(value)) return false;
  }
  return true;
}

/**
 * Parameters that training starts from must be finite.
 * @throws DivergenceError naming the first that is not
 */
export function requireFiniteParams(params: unknown, op: string): void {
  const found = nonFiniteParameter(params);
  if (found === undefined) return;
  throw new DivergenceError({
    op,
    problem: `${describeNonFinite(found)} holds values that are not finite`,
    likely: 'The weights come from a run that diverged, or from a damaged file. Start from others.',
    page: 'training-parameters',
    got: found,
  });
}
