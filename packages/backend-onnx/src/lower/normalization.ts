import type { CompositeParams, DType } from '@tesserae/tensor';
import type { Lower, NativeComposite } from './lowering.js';
import { castTo, dtypeOfInput } from './lowering.js';
import type { Target } from './target.js';

const EVERYWHERE: readonly Target[] = ['portable', 'cpu', 'wasm', 'accelerator'];
const FLOATS: readonly DType[] = ['f32', 'f16', 'f64'];
const NARROW_FLOATS: readonly DType[] = ['f32', 'f16'];

const along =
  (op: string): Lower<CompositeParams<'softmax'>> =>
  ({ builder, inputs, params: { axis } }) => [
    builder.node(op, inputs, { attributes: { axis: { int: axis } } }),
  ];

/** A norm over the last axis, whose statistics come in f32 whatever the dtype of the values. */
const norm =
  (op: string, outputs: number): Lower<CompositeParams<'layerNorm'>> =>
  ({ builder, node, inputs, params: { epsilon } }) => {
    const attributes = { axis: { int: -1 }, epsilon: { float: epsilon } };
    const [y, ...statistics] = builder.nodeOutputs(op, inputs, { attributes, outputs });
    const dtype = dtypeOfInput(node);
    return [y!, ...statistics.map((name) => (dtype === 'f32' ? name : castTo(builder, name, dtype)))];
  };

/** Softmax and the norms. */
export const normalizations: Readonly<
  Record<'softmax' | 'logSoftmax' | 'layerNorm' | 'rmsNorm', NativeComposite>
> = {
  softmax: { dtypes: FLOATS, targets: EVERYWHERE, lower: along('Softmax') },
  logSoftmax: { dtypes: FLOATS, targets: ['portable', 'cpu', 'wasm'], lower: along('LogSoftmax') },
  layerNorm: {
    dtypes: NARROW_FLOATS,
    targets: EVERYWHERE,
    accepts: (_, [, isMeanUsed, isInvStdUsed], target) =>
      target !== 'accelerator' || !(isMeanUsed || isInvStdUsed),
    lower: norm('LayerNormalization', 3),
  },
  rmsNorm: {
    dtypes: NARROW_FLOATS,
    targets: ['cpu', 'wasm', 'accelerator'],
    accepts: (_, [, isInvRmsUsed], target) => target !== 'accelerator' || !isInvRmsUsed,
    lower: norm('SimplifiedLayerNormalization', 2),
  },
};
