import type { Dim, Tensor } from '@tesserae/tensor';
import {
  add,
  addDims,
  and,
  broadcastTo,
  concat,
  dimSize,
  embedding,
  equal,
  inScope,
  iota,
  less,
  lessEqual,
  matmul,
  mul,
  multiplyDims,
  reshape,
  scalar,
  sliceAxis,
  softmax,
  transpose,
  updateSlice,
  where,
} from '@tesserae/tensor';
import { MASKED_SCORE, activation, project } from '@tesserae/nn';
import type { T5Config } from '../config.js';
import type { KeyValue } from '../layers.js';
import { norm } from '../layers.js';
import { sharedBias } from '../network.js';
import { positionBias } from '../position-bias.js';
import type { PackedDecoder, PackedDecoderBlock } from './packed-params.js';

// One step of the decoder over a cache that is read as it was before the step. New keys and values are attended to
// beside it and written into it afterwards, so that a backend may write them where they belong and copy nothing.
// Rows of one source are the queries of one attention: they share the source's keys and values, and they share one
// cache, in which `ancestry` says whose key each row sees at each position.

/** What a step reads. */
export interface StepInputs<Leaf = Tensor> {
  /** float[vocabSize, dModel] */
  readonly embeddings: Leaf;
  /** i32[numSources, count, rowsPerSource] */
  readonly ids: Leaf;
  /** i32[1]: tokens in the cache */
  readonly position: Leaf;
  /** i32[numSources, rowsPerSource, capacity]: which row of its source wrote what a row sees at a position */
  readonly ancestry: Leaf;
  /** For each block, float[numSources, numHeads, capacity * rowsPerSource, headDim]; position by position. */
  readonly cache: readonly KeyValue<Leaf>[];
  /** For each block, float[numSources, numHeads, srcLen, headDim]. */
  readonly cross: readonly KeyValue<Leaf>[];
  /** float[numSources, 1, 1, srcLen]: 0, or the masked score at padding */
  readonly crossBias: Leaf;
}

/** What a step gives. */
export interface StepOutputs<Leaf = Tensor> {
  /** float[numSources * count * rowsPerSource, dModel]: what the head reads */
  readonly hidden: Leaf;
  readonly cache: readonly KeyValue<Leaf>[];
}

/** Sizes of a step; a query is a new token of a row: `count * rowsPerSource` a source, token by token. */
interface StepSizes {
  readonly config: T5Config;
  readonly numSources: Dim;
  readonly count: Dim;
  readonly rowsPerSource: Dim;
  readonly capacity: Dim;
  readonly numQueries: Dim;
  readonly numSlots: Dim;
}

/** The decoder's step as a graph. */
export function decoderStep(params: PackedDecoder, inputs: StepInputs, config: T5Config): StepOutputs {
  const sizes = sizesOf(inputs, config);
  const { numSources, numQueries } = sizes;
  const biasOf = sharedBias((table) => selfBias(table, inputs, sizes));
  const starts = blockStarts(inputs.position, sizes);
  let hidden = reshape(embedding(inputs.embeddings, inputs.ids), [numSources, numQueries, config.dModel]);
  const cache: KeyValue[] = [];
  params.blocks.forEach((block, index) => {
    hidden = inScope(`decoder.blocks.${index}`, () => {
      const old = inputs.cache[index]!;
      const bias = biasOf(block.selfAttention);
      const { output, key, value } = selfAttention(block, hidden, { sizes, bias, old });
      cache.push({ key: updateSlice(old.key, key, starts), value: updateSlice(old.value, value, starts) });
      const attended = add(hidden, output);
      const source = inputs.cross[index]!;
      const crossed = add(
        attended,
        crossAttention(block, attended, { sizes, source, bias: inputs.crossBias }),
      );
      return add(crossed, feedForward(block, crossed, config));
    });
  });
  const last = reshape(norm(hidden, params.finalNorm, config), [
    multiplyDims(numSources, numQueries),
    config.dModel,
  ]);
  return { hidden: config.scalesDecoderOutputs ? mul(last, config.dModel ** -0.5) : last, cache };
}

function sizesOf({ ids, ancestry }: StepInputs, config: T5Config): StepSizes {
  const [numSources, count, rowsPerSource] = ids.spec.shape as [Dim, Dim, Dim];
  const capacity = ancestry.spec.shape[2]!;
  return {
    config,
    numSources,
    count,
    rowsPerSource,
    capacity,
    numQueries: multiplyDims(count, rowsPerSource),
    numSlots: multiplyDims(capacity, rowsPerSource),
  };
}

/** Where the new keys and values begin: [0, 0, position * rowsPerSource, 0]. */
function blockStarts(position: Tensor, { rowsPerSource }: StepSizes): Tensor {
  const zero = reshape(scalar('i32', 0), [1]);
  return concat([zero, zero, mul(position, dimSize(rowsPerSource, 'i32')), zero], { axis: 0 });
}

/**
 * Position bias and masks over the cache and the new tokens:
 * float[numSources, numHeads, numQueries, numSlots + numQueries].
 */
function selfBias(table: Tensor, inputs: StepInputs, sizes: StepSizes): Tensor {
  const { numSources, numQueries, config } = sizes;
  const fresh = freshBias(table, sizes);
  const all = broadcastTo(fresh, [numSources, config.numHeads, numQueries, numQueries]);
  return concat([cachedBias(table, inputs, sizes), all], { axis: 3 });
}

/** A row sees what its ancestors wrote before this step. */
function cachedBias(table: Tensor, { ancestry, position }: StepInputs, sizes: StepSizes): Tensor {
  const { config, numSources, count, rowsPerSource, capacity, numQueries, numSlots } = sizes;
  const { numHeads } = config;
  const offset = reshape(position, []);
  const bias = positionBias(table, { ...config, isCausal: true, qLen: count, kvLen: capacity, offset });
  const writers = reshape(ancestry, [numSources, 1, 1, rowsPerSource, capacity, 1]);
  const isWriter = equal(writers, iota('i32', [1, 1, 1, 1, 1, rowsPerSource], { axis: 5 }));
  const isPast = less(iota('i32', [1, 1, 1, 1, capacity, 1], { axis: 4 }), offset);
  const byPosition = reshape(bias, [1, numHeads, count, 1, capacity, 1]);
  const masked = where(and(isWriter, isPast), byPosition, MASKED_SCORE);
  return reshape(masked, [numSources, numHeads, numQueries, numSlots]);
}

/** A new token sees itself and the new tokens of its own row before it. */
function freshBias(table: Tensor, { config, count, rowsPerSource, numQueries }: StepSizes): Tensor {
  const { numHeads } = config;
  const bias = positionBias(table, { ...config, isCausal: true, qLen: count, kvLen: count });
  const isOrdered = lessEqual(
    iota('i32', [1, 1, 1, 1, count, 1], { axis: 4 }),
    iota('i32', [1, 1, count, 1, 1, 1], { axis: 2 }),
  );
  const isOwn = equal(
    iota('i32', [1, 1, 1, rowsPerSource, 1, 1], { axis: 3 }),
    iota('i32', [1, 1, 1, 1, 1, rowsPerSource], { axis: 5 }),
  );
  const byPosition = reshape(bias, [1, numHeads, count, 1, count, 1]);
  const masked = where(and(isOrdered, isOwn), byPosition, MASKED_SCORE);
  return reshape(masked, [1, numHeads, numQueries, numQueries]);
}

function selfAttention(
  { selfAttention: params }: PackedDecoderBlock,
  x: Tensor,
  { sizes, bias, old }: { readonly sizes: StepSizes; readonly bias: Tensor; readonly old: KeyValue },
): KeyValue & { readonly output: Tensor } {
  const { config, numSlots, numQueries } = sizes;
  const { numHeads } = config;
  const projected = heads(project(norm(x, params.norm, config), params.queryKeyValue), 3 * numHeads, sizes);
  const [query, key, value] = [0, 1, 2].map((part) =>
    sliceAxis(projected, { axis: 1, start: part * numHeads, limit: (part + 1) * numHeads }),
  ) as [Tensor, Tensor, Tensor]; // [numSources, numHeads, numQueries, headDim]
  const scores = [old.key, key].map((keys) => matmul(query, keys, { transposeB: true }));
  const weights = softmax(add(concat(scores, { axis: 3 }), bias));
  const past = sliceAxis(weights, { axis: 3, start: 0, limit: numSlots });
  const own = sliceAxis(weights, { axis: 3, start: numSlots, limit: addDims(numSlots, numQueries) });
  const context = add(matmul(past, old.value), matmul(own, value));
  return { output: project(joinHeads(context, sizes), params.output), key, value };
}

function crossAttention(
  { crossAttention: params }: PackedDecoderBlock,
  x: Tensor,
  { sizes, source, bias }: { readonly sizes: StepSizes; readonly source: KeyValue; readonly bias: Tensor },
): Tensor {
  const { config } = sizes;
  const query = heads(project(norm(x, params.norm, config), params.query), config.numHeads, sizes);
  const scores = add(matmul(query, source.key, { transposeB: true }), bias);
  const context = matmul(softmax(scores), source.value); // [numSources, numHeads, numQueries, headDim]
  return project(joinHeads(context, sizes), params.output);
}

function feedForward({ feedForward: params }: PackedDecoderBlock, x: Tensor, config: T5Config): Tensor {
  const act = activation(config.activationName);
  const inner = project(norm(x, params.norm, config), params.wi);
  if (!config.isGated) return project(act(inner), params.wo);
  const { dFf } = config;
  const [gate, linear] = [0, 1].map((half) =>
    sliceAxis(inner, { axis: 2, start: half * dFf, limit: (half + 1) * dFf }),
  ) as [Tensor, Tensor];
  return project(mul(act(gate), linear), params.wo);
}

/** [numSources, numQueries, count * headDim] -> [numSources, count, numQueries, headDim] */
function heads(x: Tensor, count: number, { config, numSources, numQueries }: StepSizes): Tensor {
  return transpose(reshape(x, [numSources, numQueries, count, config.headDim]), [0, 2, 1, 3]);
}

/** [numSources, numHeads, numQueries, headDim] -> [numSources, numQueries, numHeads * headDim] */
function joinHeads(x: Tensor, { config, numSources, numQueries }: StepSizes): Tensor {
  return reshape(transpose(x, [0, 2, 1, 3]), [numSources, numQueries, config.numHeads * config.headDim]);
}

/** Shape of one cache tensor. */
export function selfCacheShape<D extends Dim>(
  config: T5Config,
  { numSources, numSlots }: { readonly numSources: D; readonly numSlots: D },
): readonly (D | number)[] {
  return [numSources, config.numHeads, numSlots, config.headDim];
}
