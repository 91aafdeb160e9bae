import { BackendError } from '@tesserae/tensor';

/** An index that points outside its axis: ids beyond a vocabulary, a cache that is full. */
export function outOfRange(facts: {
  readonly op: string;
  readonly index: number;
  readonly size: number;
  readonly axis: number;
}): BackendError {
  const { op, index, size, axis } = facts;
  return new BackendError({
    op,
    problem: `index ${index} is outside axis ${axis} of size ${size}`,
    likely: 'Ids of another vocabulary than the model’s, or a position past the end of a cache.',
    page: 'index-out-of-range',
    got: index,
    needed: size,
  });
}
