import type { Tensor } from '@tesserae/tensor';
import { gather, productOfDims, reshape } from '@tesserae/tensor';
import type { KeyValue } from '../layers.js';
import type { EncodedSource } from './encode-graph.js';

// What happens to a session's memory between steps, when sources leave, rows multiply or the cache grows: rare, and
// the only times that cached keys and values are copied.

/** A cache and where each slot of the new one comes from. */
export interface RelayoutInputs<Leaf = Tensor> {
  readonly cache: readonly KeyValue<Leaf>[];
  /** i32[newSources, numHeads, newSlots]: an index into the old cache's vectors of headDim */
  readonly slots: Leaf;
}

/** The cache with its vectors in other places. */
export function relayoutCache({ cache, slots }: RelayoutInputs): { readonly cache: readonly KeyValue[] } {
  const pick = (x: Tensor): Tensor => {
    const [numSources, numHeads, numSlots, headDim] = x.spec.shape;
    const vectors = productOfDims([numSources!, numHeads!, numSlots!]);
    return gather(reshape(x, [vectors, headDim!]), slots, { axis: 0 });
  };
  return { cache: cache.map(({ key, value }) => ({ key: pick(key), value: pick(value) })) };
}

/** Encoded sources and which of them stay. */
export interface KeepSourcesInputs<Leaf = Tensor> {
  readonly encoded: EncodedSource<Leaf>;
  /** i32[newSources] */
  readonly sources: Leaf;
}

/** The encoded sources that stay. */
export function keepSources({ encoded, sources }: KeepSourcesInputs): EncodedSource {
  const pick = (x: Tensor): Tensor => gather(x, sources, { axis: 0 });
  return {
    cross: encoded.cross.map(({ key, value }) => ({ key: pick(key), value: pick(value) })),
    crossBias: pick(encoded.crossBias),
  };
}
