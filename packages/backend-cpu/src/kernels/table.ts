import type { PrimitiveName } from '@tesserae/tensor';
import { castKernel, elementwise, whereKernel } from './elementwise.js';
import * as indexing from './indexing.js';
import type { CpuKernel } from './kernel.js';
import { matmulKernel } from './matmul.js';
import * as movement from './movement.js';
import * as reduce from './reduce.js';
import * as source from './source.js';

/** The kernel of every primitive: an op of `tensor` that has none here does not compile. */
export const cpuKernels: { readonly [N in PrimitiveName]: CpuKernel<N> } = {
  constant: source.constantKernel,
  iota: source.iotaKernel,
  dimSize: source.dimSizeKernel,
  neg: elementwise('neg'),
  abs: elementwise('abs'),
  sign: elementwise('sign'),
  floor: elementwise('floor'),
  exp: elementwise('exp'),
  log: elementwise('log'),
  sqrt: elementwise('sqrt'),
  tanh: elementwise('tanh'),
  erf: elementwise('erf'),
  not: elementwise('not'),
  add: elementwise('add'),
  sub: elementwise('sub'),
  mul: elementwise('mul'),
  div: elementwise('div'),
  pow: elementwise('pow'),
  maximum: elementwise('maximum'),
  minimum: elementwise('minimum'),
  remainder: elementwise('remainder'),
  equal: elementwise('equal'),
  less: elementwise('less'),
  lessEqual: elementwise('lessEqual'),
  and: elementwise('and'),
  or: elementwise('or'),
  where: whereKernel,
  cast: castKernel,
  reshape: movement.reshapeKernel,
  transpose: movement.transposeKernel,
  broadcastTo: movement.broadcastToKernel,
  slice: movement.sliceKernel,
  pad: movement.padKernel,
  concat: movement.concatKernel,
  reduceSum: reduce.reduceSumKernel,
  reduceMax: reduce.reduceMaxKernel,
  argMax: reduce.argMaxKernel,
  cumSum: reduce.cumSumKernel,
  topK: reduce.topKKernel,
  matmul: matmulKernel,
  gather: indexing.gatherKernel,
  scatterAdd: indexing.scatterAddKernel,
  dynamicSlice: indexing.dynamicSliceKernel,
  updateSlice: indexing.updateSliceKernel,
  randomBits: source.randomBitsKernel,
};
