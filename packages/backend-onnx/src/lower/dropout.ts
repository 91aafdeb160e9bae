import type { CompositeParams } from '@tesserae/tensor';
import { bernoulliThreshold } from '@tesserae/tensor';
import type { Call, Lower, NativeComposite } from './lowering.js';
import { castTo, dtypeOfInput } from './lowering.js';
import { randomWords } from './random.js';

type Mask = CompositeParams<'bernoulli'>;

/** bool[shape] drawn inside the graph. */
function maskInGraph(call: Call<unknown>, key: string, { shape, stream, threshold }: Mask): string {
  const draws = randomWords(call, key, { shape, stream, bitWidth: 16 });
  return call.builder.node('Less', [draws, call.builder.scalar('i32', threshold)]);
}

const lowerBernoulli: Lower<Mask> = (call) => {
  const { node, inputs, params } = call;
  const { shape, stream, threshold } = params;
  const draw = { kind: 'mask', threshold, dtype: 'bool' } as const;
  const fromHost = call.hostRandom({ key: node.inputs[0]!, shape, stream, draw });
  return [fromHost ?? maskInGraph(call, inputs[0]!, params)];
};

/**
 * x times the mask over 1 - rate. With the mask as bytes, DequantizeLinear makes the factors in one pass,
 * which beats Where by a factor of two (16 MB, 2 threads).
 */
const lowerDropout: Lower<CompositeParams<'dropout'>> = (call) => {
  const { builder, node, inputs, params } = call;
  const { rate, stream } = params;
  const { shape } = node.inputs[0]!.spec;
  const threshold = bernoulliThreshold(1 - rate);
  const draw = { kind: 'mask', threshold, dtype: 'u8' } as const;
  const dtype = dtypeOfInput(node);
  const scale = builder.scalar(dtype, 1 / (1 - rate));
  const bytes = call.hostRandom({ key: node.inputs[1]!, shape, stream, draw });
  if (bytes === undefined || dtype === 'f64') {
    const mask = bytes ?? maskInGraph(call, inputs[1]!, { shape, stream, threshold });
    return [builder.node('Mul', [builder.node('Mul', [inputs[0]!, scale]), castTo(builder, mask, dtype)])];
  }
  const factors = builder.node('DequantizeLinear', [bytes, scale, ...zeroPoint(call, bytes)]);
  return [builder.node('Mul', [inputs[0]!, factors])];
};

/**
 * The zero point 0 may be written or left out. Forward and backward pass differ in it on purpose: written alike,
 * ONNX Runtime would merge the two and keep every f32 mask alive from one pass to the other.
 */
function zeroPoint({ builder, isFirstUse }: Call<unknown>, mask: string): readonly string[] {
  return isFirstUse(mask) ? [builder.scalar('u8', 0)] : [];
}

const TARGETS = ['portable', 'cpu', 'wasm', 'accelerator'] as const;

/** Random masks. */
export const dropouts: Readonly<Record<'bernoulli' | 'dropout', NativeComposite>> = {
  bernoulli: { dtypes: ['i32'], targets: TARGETS, lower: lowerBernoulli },
  dropout: { dtypes: ['f32', 'f16', 'f64'], targets: TARGETS, lower: lowerDropout },
};
