import type { CompositeParams, DType, Node, Tensor } from '@tesserae/tensor';
import { equalDims, multiplyDims } from '@tesserae/tensor';
import type { Call, Lower, NativeComposite } from './lowering.js';
import { strictIndices } from './indexing.js';
import type { Target } from './target.js';

type AttentionParams = CompositeParams<'attention'>;

const EVERYWHERE: readonly Target[] = ['portable', 'cpu', 'wasm', 'accelerator'];
const NARROW_FLOATS: readonly DType[] = ['f32', 'f16'];
const FLOATS: readonly DType[] = ['f32', 'f16', 'f64'];

/** ONNX Runtime's operator gives no weights, knows no dropout, and wants the heads' sizes as numbers. */
function acceptsAttention(node: Node, [, areWeightsUsed]: readonly boolean[]): boolean {
  const [, , numHeads, headDim] = node.inputs[0]!.spec.shape;
  const { dropout } = node.params as AttentionParams;
  return !areWeightsUsed && dropout === null && typeof numHeads === 'number' && typeof headDim === 'number';
}

const lowerAttention: Lower<AttentionParams> = (call) => {
  const { builder, sizes, node, inputs, params } = call;
  const merged = [0, 1, 2].map((index) => {
    const [batch, length, numHeads, headDim] = node.inputs[index]!.spec.shape;
    return sizes.reshape(inputs[index]!, [batch!, length!, multiplyDims(numHeads!, headDim!)]);
  });
  const bias = params.hasBias ? ['', '', attentionBias(call, node.inputs[3]!, inputs[3]!)] : [];
  const attributes = {
    num_heads: { int: node.inputs[0]!.spec.shape[2] as number },
    scale: { float: params.scale },
  };
  const context = builder.node('MultiHeadAttention', [...merged, ...bias], { attributes, isContrib: true });
  return [sizes.reshape(context, node.outputs[0]!.spec.shape), ''];
};

/** The bias with its last two axes full: [batch or 1, numHeads or 1, qLen, kvLen]. */
function attentionBias({ builder, sizes, node }: Call<AttentionParams>, bias: Tensor, name: string): string {
  const weights = node.outputs[1]!.spec.shape; // [batch, numHeads, qLen, kvLen]
  const shape = [...Array.from({ length: 4 - bias.spec.shape.length }, () => 1), ...bias.spec.shape];
  const aligned = shape.length === bias.spec.shape.length ? name : sizes.reshape(name, shape);
  if (equalDims(shape[2]!, weights[2]!) && equalDims(shape[3]!, weights[3]!)) return aligned;
  return builder.node('Expand', [aligned, sizes.vector([1, 1, weights[2]!, weights[3]!])]);
}

const lowerEmbedding: Lower<unknown> = ({ builder, inputs }) => [
  builder.node('Gather', [inputs[0]!, strictIndices(builder, inputs[1]!)]),
];

const lowerTakeAlong: Lower<unknown> = ({ builder, inputs }) => {
  const [x, indices] = inputs as readonly [string, string];
  const last = builder.integers([-1]);
  const column = builder.node('Unsqueeze', [indices, last]);
  const picked = builder.node('GatherElements', [x, column], { attributes: { axis: { int: -1 } } });
  return [builder.node('Squeeze', [picked, last])];
};

/** Composites of a transformer layer that look values up. */
export const lookups: Readonly<Record<'attention' | 'embedding' | 'takeAlong', NativeComposite>> = {
  attention: {
    dtypes: NARROW_FLOATS,
    targets: ['cpu', 'wasm', 'accelerator'],
    accepts: acceptsAttention,
    lower: lowerAttention,
  },
  embedding: { dtypes: FLOATS, targets: EVERYWHERE, lower: lowerEmbedding },
  takeAlong: { dtypes: FLOATS, targets: EVERYWHERE, lower: lowerTakeAlong },
};
