import type { HostArray } from '@tesserae/tensor';

/** One matrix inside an array: where it begins and how it steps along rows and columns. */
export interface Matrix {
  readonly data: HostArray;
  readonly offset: number;
  readonly rowStep: number;
  readonly columnStep: number;
}

/** Sizes of a product [m, k] × [k, n]. */
export interface ProductSizes {
  readonly m: number;
  readonly k: number;
  readonly n: number;
}

/** Multiply-adds between two yields, some ten milliseconds. */
export const YIELD_EVERY = 4_000_000;
