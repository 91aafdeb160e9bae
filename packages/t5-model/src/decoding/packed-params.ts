import type { HostTensor } from '@tesserae/tensor';
import { DTYPES } from '@tesserae/tensor';
import type { Tensor } from '@tesserae/tensor';
import type { T5DecoderBlockParams, T5FeedForwardParams, T5Params } from '../params.js';

// Projections of the same input as one matrix: one product instead of three, which reads the input once.

/** Feed-forward with its two gated projections as one matrix, the activated one first. */
export interface PackedFeedForward<Leaf = Tensor> {
  readonly norm: Leaf;
  /** [dFf, dModel], or [2 * dFf, dModel] when gated */
  readonly wi: Leaf;
  readonly wo: Leaf;
}

/** A decoder block as its steps read it. */
export interface PackedDecoderBlock<Leaf = Tensor> {
  readonly selfAttention: {
    readonly norm: Leaf;
    /** [3 * numHeads * headDim, dModel]: query, key, value */
    readonly queryKeyValue: Leaf;
    readonly output: Leaf;
    readonly positionBias?: Leaf;
  };
  /** Keys and values of the source are projected where it is encoded. */
  readonly crossAttention: { readonly norm: Leaf; readonly query: Leaf; readonly output: Leaf };
  readonly feedForward: PackedFeedForward<Leaf>;
}

/** What a step of the decoder needs besides the embedding table. */
export interface PackedDecoder<Leaf = Tensor> {
  readonly blocks: readonly PackedDecoderBlock<Leaf>[];
  readonly finalNorm: Leaf;
}

/** Packs the decoder; what is not joined is shared with `params`. */
export function packDecoder({ decoder }: T5Params<HostTensor>): PackedDecoder<HostTensor> {
  return { blocks: decoder.blocks.map(packBlock), finalNorm: decoder.finalNorm };
}

function packBlock(block: T5DecoderBlockParams<HostTensor>): PackedDecoderBlock<HostTensor> {
  const { norm, query, key, value, output, positionBias } = block.selfAttention;
  const cross = block.crossAttention;
  return {
    selfAttention: {
      norm,
      queryKeyValue: stackRows([query, key, value]),
      output,
      ...(positionBias === undefined ? {} : { positionBias }),
    },
    crossAttention: { norm: cross.norm, query: cross.query, output: cross.output },
    feedForward: packFeedForward(block.feedForward),
  };
}

function packFeedForward({
  norm,
  wi,
  wi0,
  wi1,
  wo,
}: T5FeedForwardParams<HostTensor>): PackedFeedForward<HostTensor> {
  return { norm, wi: wi ?? stackRows([wi0!, wi1!]), wo };
}

/** The keys and values that each decoder block reads of the source: [2 * numHeads * headDim, dModel]. */
export function packCrossKeyValues({ decoder }: T5Params<HostTensor>): readonly HostTensor[] {
  return decoder.blocks.map(({ crossAttention: { key, value } }) => stackRows([key, value]));
}

/** Matrices with equally long rows, one below the other. */
function stackRows(matrices: readonly HostTensor[]): HostTensor {
  const [{ dtype, shape }] = matrices as readonly [HostTensor];
  const data = DTYPES[dtype].create(matrices.reduce((sum, matrix) => sum + matrix.data.length, 0));
  let at = 0;
  for (const matrix of matrices) {
    data.set(matrix.data as never, at);
    at += matrix.data.length;
  }
  return { dtype, shape: [data.length / shape[1]!, shape[1]!], data };
}
