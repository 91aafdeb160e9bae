import type { Rng, Tensor } from '@tesserae/tensor';
import { dropout, foldIn } from '@tesserae/tensor';

// Layers draw from an rng folded with their own name, so adding a layer leaves the masks of the others alone.
// Outside training the rng is undefined and dropout is left out.

/** Dropout when training, the value itself otherwise. */
export function maybeDropout(
  x: Tensor,
  { rate, rng }: { readonly rate: number; readonly rng: Rng | undefined },
): Tensor {
  return rng === undefined || rate === 0 ? x : dropout(x, { rate, rng });
}

/** An independent rng for a named part; undefined stays undefined. */
export function subRng(rng: Rng | undefined, label: string | number): Rng | undefined {
  return rng === undefined ? undefined : foldIn(rng, label);
}
