import * as activation from './activation.js';
import * as attention from './attention.js';
import type { CompositeRecord, OpRecord, ParamsOf, PrimitiveRecord } from './define.js';
import * as blocks from './blocks.js';
import * as compare from './compare.js';
import * as dropout from './dropout.js';
import * as elementwise from './elementwise.js';
import * as embedding from './embedding.js';
import * as identity from './identity.js';
import * as indexing from './indexing.js';
import * as loss from './loss.js';
import * as matmul from './matmul.js';
import * as movement from './movement.js';
import * as normalization from './normalization.js';
import * as quantized from './quantized.js';
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
  not: compare.notOp,
  add: elementwise.addOp,
  sub: elementwise.subOp,
  mul: elementwise.mulOp,
  div: elementwise.divOp,
  pow: elementwise.powOp,
  maximum: elementwise.maximumOp,
  minimum: elementwise.minimumOp,
  remainder: elementwise.remainderOp,
  equal: compare.equalOp,
  less: compare.lessOp,
  lessEqual: compare.lessEqualOp,
  and: compare.andOp,
  or: compare.orOp,
  where: compare.whereOp,
  cast: elementwise.castOp,
  reshape: movement.reshapeOp,
  transpose: movement.transposeOp,
  broadcastTo: movement.broadcastToOp,
  slice: blocks.sliceOp,
  pad: blocks.padOp,
  concat: blocks.concatOp,
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
  dropout: dropout.dropoutOp,
  attention: attention.attentionOp,
  embedding: embedding.embeddingOp,
  takeAlong: loss.takeAlongOp,
  crossEntropy: loss.crossEntropyOp,
  quantizedMatmul: quantized.quantizedMatmulOp,
} as const;

/** Name of a primitive. */
export type PrimitiveName = keyof typeof PRIMITIVES;
/** Name of a composite. */
export type CompositeName = keyof typeof COMPOSITES;
/** Parameters of a primitive, by its name. */
export type PrimitiveParams<N extends PrimitiveName> = ParamsOf<(typeof PRIMITIVES)[N]>;
/** Parameters of a composite, by its name. */
export type CompositeParams<N extends CompositeName> = ParamsOf<(typeof COMPOSITES)[N]>;

/** Every op, erased to the general record type, in table order. */
export const OPS: readonly OpRecord[] = [
  ...(Object.values(PRIMITIVES) as unknown as PrimitiveRecord[]),
  ...(Object.values(COMPOSITES) as unknown as CompositeRecord[]),
];
