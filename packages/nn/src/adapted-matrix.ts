import type { Rng, Tensor } from '@tesserae/tensor';
import { FLOAT_DTYPES, add, apply, cast, defineComposite, dropout, matmul, mul } from '@tesserae/tensor';

/** How a low-rank adapter joins its matrix. */
export interface AdaptedMatrixOptions {
  /** [rank, inputs] */
  readonly a: Tensor;
  /** [outputs, rank] */
  readonly b: Tensor;
  /** Factor of the adapter: alpha / rank. */
  readonly scale: number;
  /** Dropout of what the adapter reads; undefined outside training. */
  readonly dropout?: { readonly rate: number; readonly rng: Rng };
}

interface AdaptedParams extends Record<string, unknown> {
  readonly scale: number;
  readonly rate: number;
  readonly stream: number;
}

/**
 * A mark: wherever a matrix is read as a whole it means W + scale·B·A; `project` sees it and keeps the two apart, which saves
 * the gradient of the whole matrix and lets dropout act on the adapter's input. No backend sees it.
 */
const adaptedMatrixOp = defineComposite<'adaptedMatrix', AdaptedParams>({
  name: 'adaptedMatrix',
  summary: 'A matrix with a low-rank adapter: W + scale·B·A.',
  dtypes: FLOAT_DTYPES,
  infer: ([weight]) => [weight!],
  vjp: ({ inputs: [, a, b, ...key], cotangent, params: { scale } }) => [
    cotangent,
    mul(matmul(b!, cotangent, { transposeA: true }), scale),
    mul(matmul(cotangent, a!, { transposeB: true }), scale),
    ...key.map(() => null),
  ],
  samples: [],
  decompose: ([weight, a, b], { scale }) => [add(weight!, mul(matmul(b!, a!), scale))],
});

/**
 * The matrix with its adapter, to be used in the matrix's place.
 * @param weight  [outputs, inputs]
 * @see Hu et al. 2021, "LoRA"
 */
export function adaptedMatrix(weight: Tensor, options: AdaptedMatrixOptions): Tensor {
  const { a, b, scale, dropout: drop } = options;
  const key = drop === undefined ? [] : [drop.rng.key];
  return apply(adaptedMatrixOp, [weight, a, b, ...key], {
    scale,
    rate: drop?.rate ?? 0,
    stream: drop?.rng.stream ?? 0,
  });
}

/** x·Wᵀ + scale·(dropout(x)·Aᵀ)·Bᵀ for a marked matrix; undefined for any other. */
export function projectAdapted(x: Tensor, matrix: Tensor): Tensor | undefined {
  if (matrix.node.op !== adaptedMatrixOp.name) return undefined;
  const [weight, a, b, key] = matrix.node.inputs;
  const { scale, rate, stream } = matrix.node.params as AdaptedParams;
  const read = key === undefined ? x : dropout(x, { rate, rng: { key, stream } });
  const low = matmul(cast(read, a!.spec.dtype), a!, { transposeB: true }); // [..., rank]
  const delta = mul(matmul(low, b!, { transposeB: true }), scale); // [..., outputs]
  const whole = matmul(x, weight!, { transposeB: true });
  return add(whole, cast(delta, whole.spec.dtype));
}
