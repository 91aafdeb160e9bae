import { equalDims } from '../dim.js';
import { FLOAT_DTYPES } from '../dtype.js';
import type { Tensor } from '../graph/graph.js';
import { formatSpec } from '../spec.js';
import { apply, defineComposite } from './define.js';
import { cast, mul } from './elementwise.js';
import { requireDtype, requireShape, sameDtype } from './infer.js';
import { matmul } from './matmul.js';
import { reduceSum } from './reduce.js';

export const quantizedMatmulOp = defineComposite<'quantizedMatmul', Record<string, never>>({
  name: 'quantizedMatmul',
  summary: 'x [..., k] times i8 weights [n, k] with one scale per output row [n]: x·(weight·scale)ᵀ.',
  dtypes: ['f32', 'f16', 'bf16', 'f64'],
  infer: ([x, weight, scales]) => {
    requireDtype('quantizedMatmul', weight!, ['i8']);
    const dtype = sameDtype('quantizedMatmul', [x!, scales!], FLOAT_DTYPES);
    const fits =
      x!.shape.length >= 2 &&
      weight!.shape.length === 2 &&
      equalDims(weight!.shape[1]!, x!.shape.at(-1) ?? 0);
    requireShape(fits && scales!.shape.length === 1 && equalDims(scales!.shape[0]!, weight!.shape[0]!), {
      op: 'quantizedMatmul',
      problem: `${formatSpec(x!)} × ${formatSpec(weight!)} with scales ${formatSpec(scales!)}`,
      likely: 'Weights are [outputs, inputs], scales [outputs].',
      page: 'quantized-shapes',
    });
    return [{ dtype, shape: [...x!.shape.slice(0, -1), weight!.shape[0]!] }];
  },
  vjp: ({ inputs: [x, weight, scales], cotangent }) => [
    matmul(mul(cotangent, scales!), cast(weight!, x!.spec.dtype)),
    null,
    reduceSum(mul(cotangent, matmul(x!, cast(weight!, x!.spec.dtype), { transposeB: true })), {
      axes: cotangent.spec.shape.slice(0, -1).map((_, axis) => axis),
    }),
  ],
  samples: [
    {
      inputs: [
        { shape: [2, 3, 4] },
        { dtype: 'i8', shape: [5, 4], below: 90 },
        { shape: [5], range: [0.01, 0.02] },
      ],
      params: {},
    },
  ],
  decompose: ([x, weight, scales]) => [
    mul(matmul(x!, cast(weight!, x!.spec.dtype), { transposeB: true }), scales!),
  ],
});

/** x·(weight·scale)ᵀ with i8 `weight` [outputs, inputs] and one scale per output. */
export function quantizedMatmul(
  x: Tensor,
  { weight, scales }: { readonly weight: Tensor; readonly scales: Tensor },
): Tensor {
  return apply(quantizedMatmulOp, [x, weight, scales], {});
}
