import type { PrimitiveName, PrimitiveParams } from '@tesserae/tensor';
import { elementwise } from './elementwise.js';
import { indexing } from './indexing.js';
import type { Lower } from './lowering.js';
import { lowerMatmul } from './matmul.js';
import { movement } from './movement.js';
import { lowerRandomBits } from './random.js';
import { reduce } from './reduce.js';
import { source } from './source.js';

/** A lowering for every primitive; one that is missing does not compile. */
export const LOWERINGS: { readonly [N in PrimitiveName]: Lower<PrimitiveParams<N>> } = {
  ...source,
  ...elementwise,
  ...movement,
  ...reduce,
  ...indexing,
  matmul: lowerMatmul,
  randomBits: lowerRandomBits,
};
