export type { ErrorFacts } from './errors.js';
export {
  BackendError,
  CompileError,
  ConfigError,
  DtypeError,
  FormatError,
  GradientError,
  GraphError,
  OptionError,
  OwnershipError,
  ShapeError,
  TesseraeError,
  checkOptions,
  inScope,
} from './errors.js';
export type { DType, HostArray } from './dtype.js';
export {
  ALL_DTYPES,
  DTYPES,
  FLOAT_DTYPES,
  NUMBER_DTYPES,
  encodeElement,
  isFloat,
  isInteger,
} from './dtype.js';
export { bf16FromNumber, f16FromNumber, numberFromBf16, numberFromF16, roundHalfEven } from './half.js';
export type { Dim, DimBindings, DimTerm, SymbolicDim } from './dim.js';
export {
  addDims,
  dimSymbols,
  divideDims,
  equalDims,
  evaluateDim,
  formatDim,
  multiplyDims,
  productOfDims,
  subtractDims,
  symbol,
} from './dim.js';
export type { ConcreteSpec, HostTensor, Shape, TensorSpec } from './spec.js';
export {
  bindDims,
  elementCount,
  equalShapes,
  equalSpecs,
  evaluateShape,
  formatShape,
  formatSpec,
  hostTensor,
  sizeInBytes,
  sizeOf,
  spec,
  stridesOf,
} from './spec.js';
export { castHost, hostScalar, readElement, toNumbers } from './host.js';
export { erf as erfOfNumber } from './special.js';
export type { MapTree, Tree, TreeEntry } from './tree.js';
export { flattenTree, mapTree, releaseTree } from './tree.js';
export type { BitWidth, Rng } from './rng.js';
export {
  THREEFRY_ROUNDS,
  foldIn,
  hostRandom,
  randomBitsInto,
  randomMaskInto,
  rngFrom,
  rngKey,
  rngKeyAt,
  threefry2x32,
} from './rng.js';
export type { Alias, Graph, Node, Tensor } from './graph/graph.js';
export { buildGraph, topologicalOrder } from './graph/builder.js';
export type {
  CompositeRecord,
  NotDifferentiable,
  OpRecord,
  Params,
  PrimitiveRecord,
  Sample,
  SampleInput,
  Vjp,
  VjpContext,
} from './ops/define.js';
export { apply, applyAll, defineComposite, definePrimitive, notDifferentiable } from './ops/define.js';
export type { CompositeName, CompositeParams, PrimitiveName, PrimitiveParams } from './ops/table.js';
export { COMPOSITES, OPS, PRIMITIVES } from './ops/table.js';
export { constant, dimSize, input, iota, scalar } from './ops/source.js';
export type { Operand } from './ops/pointwise.js';
export {
  abs,
  add,
  cast,
  div,
  erf,
  exp,
  floor,
  log,
  maximum,
  minimum,
  mul,
  neg,
  pow,
  remainder,
  sign,
  sqrt,
  sub,
  tanh,
} from './ops/elementwise.js';
export { and, equal, greater, greaterEqual, less, lessEqual, not, or, where } from './ops/compare.js';
export { broadcastTo, expandDims, full, reshape, transpose, transposeLast } from './ops/movement.js';
export { concat, pad, slice, sliceAxis } from './ops/blocks.js';
export type { ReduceOptions } from './ops/reduce.js';
export {
  argMax,
  cumSum,
  maskedMean,
  mean,
  oneHot,
  reduceMax,
  reduceMin,
  reduceSum,
  topK,
} from './ops/reduce.js';
export { matmul } from './ops/matmul.js';
export { dynamicSlice, gather, scatterAdd, updateSlice } from './ops/indexing.js';
export {
  bernoulliThreshold,
  randomBernoulli,
  randomBits,
  randomGumbel,
  randomUniform,
} from './ops/random.js';
export { gelu, geluTanh, relu, sigmoid, silu } from './ops/activation.js';
export { layerNorm, logSoftmax, logSumExp, rmsNorm, softmax } from './ops/normalization.js';
export { crossEntropy, isCounted, takeAlong } from './ops/loss.js';
export { stopGradient } from './ops/identity.js';
export { attention } from './ops/attention.js';
export { dropout } from './ops/dropout.js';
export { embedding } from './ops/embedding.js';
export { quantizedMatmul } from './ops/quantized.js';
export type { Traced } from './trace.js';
export { trace } from './trace.js';
export type { LossResult } from './autodiff.js';
export { valueAndGrad, vjp } from './autodiff.js';
export { checkpoint } from './checkpoint.js';
export type {
  Backend,
  BackendCompileOptions,
  Capabilities,
  DebugLevel,
  DeviceTensor,
  Executable,
  Log,
} from './backend.js';
export { printGraph, toDot } from './graph/print.js';
export { verifyGraph } from './graph/verify.js';
export { foldGraph } from './passes/fold.js';
export { dedupeGraph } from './passes/dedupe.js';
export { decomposeGraph } from './passes/decompose.js';
export type { MemoryPlan, PlannedBuffer } from './passes/plan.js';
export { planMemory } from './passes/plan.js';
export { lowerGraph } from './passes/lower.js';
export type { CompileOptions } from './compile-options.js';
export type { CallArgs, CompiledFunction } from './compile.js';
export { compile } from './compile.js';
