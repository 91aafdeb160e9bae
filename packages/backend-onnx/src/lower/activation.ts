import type { DType } from '@tesserae/tensor';
import type { Lower, NativeComposite } from './lowering.js';
import { dtypeOfInput, operator } from './lowering.js';
import type { Target } from './target.js';

const EVERYWHERE: readonly Target[] = ['portable', 'cpu', 'wasm', 'accelerator'];
const FLOATS: readonly DType[] = ['f32', 'f16', 'f64'];
const NARROW_FLOATS: readonly DType[] = ['f32', 'f16'];

/** x·sigmoid(x). Written out in f64: ONNX Runtime fuses a product with Sigmoid into QuickGelu, which has no f64. */
const lowerSilu: Lower<unknown> = (call) => {
  const { builder, node, inputs } = call;
  if (dtypeOfInput(node) !== 'f64') return quickGelu(call);
  const power = builder.node('Exp', [builder.node('Neg', inputs)]);
  return [builder.node('Div', [inputs[0]!, builder.node('Add', [power, builder.scalar('f64', 1)])])];
};

/** x·sigmoid(alpha·x). */
const quickGelu = operator('QuickGelu', { attributes: { alpha: { float: 1 } }, isContrib: true });

/** Activations that are one operator. */
export const activations: Readonly<
  Record<'relu' | 'sigmoid' | 'silu' | 'gelu' | 'geluTanh', NativeComposite>
> = {
  relu: { dtypes: FLOATS, targets: EVERYWHERE, lower: operator('Relu') },
  sigmoid: { dtypes: FLOATS, targets: EVERYWHERE, lower: operator('Sigmoid') },
  silu: { dtypes: FLOATS, targets: ['cpu', 'wasm', 'accelerator'], lower: lowerSilu },
  gelu: { dtypes: NARROW_FLOATS, targets: EVERYWHERE, lower: operator('Gelu') },
  geluTanh: {
    dtypes: NARROW_FLOATS,
    targets: EVERYWHERE,
    lower: operator('Gelu', { attributes: { approximate: { text: 'tanh' } } }),
  },
};
