import type { Tensor } from '@tesserae/tensor';
import { reshape, sliceAxis, transpose } from '@tesserae/tensor';
import { maskBias, paddingMask, project } from '@tesserae/nn';
import type { T5Config } from '../config.js';
import type { KeyValue } from '../layers.js';
import { encode } from '../network.js';
import type { T5EncoderModelParams } from '../params.js';

/** What encoding reads. */
export interface EncodeInputs<Leaf = Tensor> {
  readonly params: Pick<T5EncoderModelParams<Leaf>, 'encoder'>;
  /** For each decoder block, [2 * numHeads * headDim, dModel]: key, value */
  readonly crossKeyValues: readonly Leaf[];
  /** float[vocabSize, dModel] */
  readonly embeddings: Leaf;
  /** i32[numSources, srcLen] */
  readonly inputIds: Leaf;
  /** i32[numSources, srcLen], 0 at padding */
  readonly attentionMask: Leaf;
}

/** What every step reads of the sources. */
export interface EncodedSource<Leaf = Tensor> {
  /** For each decoder block, float[numSources, numHeads, srcLen, headDim]. */
  readonly cross: readonly KeyValue<Leaf>[];
  /** float[numSources, 1, 1, srcLen] */
  readonly crossBias: Leaf;
}

/** Encodes sources and projects the keys and values that every step of the decoder reads. */
export function encodeSource(inputs: EncodeInputs, config: T5Config): EncodedSource {
  const { params, crossKeyValues, embeddings, inputIds, attentionMask } = inputs;
  const encoded = encode({ shared: embeddings, encoder: params.encoder }, inputIds, {
    config,
    rng: undefined,
    attentionMask,
  });
  return {
    cross: crossKeyValues.map((weight) => keyValueHeads(project(encoded, weight), config)),
    crossBias: maskBias(paddingMask(attentionMask), { dtype: encoded.spec.dtype }),
  };
}

/** [numSources, srcLen, 2 * numHeads * headDim] -> twice [numSources, numHeads, srcLen, headDim] */
function keyValueHeads(projected: Tensor, { numHeads, headDim }: T5Config): KeyValue {
  const [numSources, srcLen] = projected.spec.shape;
  const heads = transpose(reshape(projected, [numSources!, srcLen!, 2 * numHeads, headDim]), [0, 2, 1, 3]);
  return {
    key: sliceAxis(heads, { axis: 1, start: 0, limit: numHeads }),
    value: sliceAxis(heads, { axis: 1, start: numHeads, limit: 2 * numHeads }),
  };
}
