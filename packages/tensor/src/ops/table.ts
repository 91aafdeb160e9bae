import * as activation from './activation.js';
import * as attention from './attention.js';
import type { CompositeRecord, OpRecord, ParamsOf, PrimitiveRecord } from './define.js';
import * as elementwise from './elementwise.js';
import * as identity from './identity.js';
import * as indexing from './indexing.js';
import * as loss from './loss.js';
import * as matmul from './matmul.js';
import * as movement from './movement.js';
import * as normalization from './normalization.js';
import * as random from './random.js';
import * as reduce from './reduce.js';
import * as source from './source.js';

/** The one list of primitives: a backend has a kernel for each but `input`. */
export const PRIMITIVES = {
  constant: source.constantOp,
  iota: source.iotaOp,
  dimSize: source.dimSizeOp,
  neg: elementwise.negOp,
  abs: elementwise.absOp,
  sign: elementwise.signOp,
  floor: elementwise.floorOp,
  exp: elementwise.expOp,
  log: elementwise.logOp,
  sqrt: elementwise.sqrtOp,
  tanh: elementwise.tanhOp,
  erf: elementwise.erfOp,
  not: elementwise.notOp,
  add: elementwise.addOp,
  sub: elementwise.subOp,
  mul: elementwise.mulOp,
  div: elementwise.divOp,
  pow: elementwise.powOp,
  maximum: elementwise.maximumOp,
  minimum: elementwise.minimumOp,
  remainder: elementwise.remainderOp,
  equal: elementwise.equalOp,
  less: elementwise.lessOp,
  lessEqual: elementwise.lessEqualOp,
  and: elementwise.andOp,
  or: elementwise.orOp,
  where: elementwise.whereOp,
  cast: elementwise.castOp,
  reshape: movement.reshapeOp,
  transpose: movement.transposeOp,
  broadcastTo: movement.broadcastToOp,
  slice: movement.sliceOp,
  pad: movement.padOp,
  concat: movement.concatOp,
  reduceSum: reduce.reduceSumOp,
  reduceMax: reduce.reduceMaxOp,
  argMax: reduce.argMaxOp,
  cumSum: reduce.cumSumOp,
  topK: reduce.topKOp,
  matmul: matmul.matmulOp,
  gather: indexing.gatherOp,
  scatterAdd: indexing.scatterAddOp,
  dynamicSlice: indexing.dynamicSliceOp,
  updateSlice: indexing.updateSliceOp,
  randomBits: random.randomBitsOp,
} as const;

/** The one list of composites: ops a backend may take natively, and otherwise never sees. */
export const COMPOSITES = {
  stopGradient: identity.stopGradientOp,
  relu: activation.reluOp,
  sigmoid: activation.sigmoidOp,
  silu: activation.siluOp,
  gelu: activation.geluOp,
  geluTanh: activation.geluTanhOp,
  softmax: normalization.softmaxOp,
  logSoftmax: normalization.logSoftmaxOp,
  layerNorm: normalization.layerNormOp,
  rmsNorm: normalization.rmsNormOp,
  bernoulli: random.bernoulliOp,
  dropout: attention.dropoutOp,
  attention: attention.attentionOp,
  embedding: attention.embeddingOp,
  takeAlong: loss.takeAlongOp,
  crossEntropy: loss.crossEntropyOp,
  quantizedMatmul: attention.quantizedMatmulOp,
} as const;

export type PrimitiveName = keyof typeof PRIMITIVES;
export type CompositeName = keyof typeof COMPOSITES;
export type PrimitiveParams<N extends PrimitiveName> = ParamsOf<(typeof PRIMITIVES)[N]>;
export type CompositeParams<N extends CompositeName> = ParamsOf<(typeof COMPOSITES)[N]>;

/** Every op, erased to the general record type, in table order. */
export const OPS: readonly OpRecord[] = [
  ...(Object.values(PRIMITIVES) as unknown as PrimitiveRecord[]),
  ...(Object.values(COMPOSITES) as unknown as CompositeRecord[]),
];
