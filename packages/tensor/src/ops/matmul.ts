import { equalDims, formatDim, productOfDims } from '../dim.js';
import { FLOAT_DTYPES } from '../dtype.js';
import type { Tensor } from '../graph/graph.js';
import { formatSpec } from '../spec.js';
import { apply, definePrimitive } from './define.js';
import { broadcastShapes, requireShape, sameDtype } from './infer.js';
import { reshape } from './movement.js';

/** Which operands are read transposed. */
type MatmulParams = {
  /** Reads the last two axes of the first operand swapped. */
  readonly transposeA: boolean;
  readonly transposeB: boolean;
};

const plain = { transposeA: false, transposeB: false };

export const matmulOp = definePrimitive<'matmul', MatmulParams>({
  name: 'matmul',
  summary: 'Matrix product over the last two axes; leading axes broadcast.',
  dtypes: FLOAT_DTYPES,
  infer: ([a, b], { transposeA, transposeB }) => {
    const dtype = sameDtype('matmul', [a!, b!], FLOAT_DTYPES);
    requireShape(a!.shape.length >= 2 && b!.shape.length >= 2, {
      op: 'matmul',
      problem: `operands need two axes or more: ${formatSpec(a!)} × ${formatSpec(b!)}`,
      likely: 'Reshape a vector to one row or one column.',
      page: 'matmul-rank',
    });
    const [rows, innerA] = matrixAxes(a!.shape, transposeA);
    const [innerB, columns] = matrixAxes(b!.shape, transposeB);
    requireShape(equalDims(innerA, innerB), {
      op: 'matmul',
      problem:
        `inner sizes differ: ${formatSpec(a!)}${transposeA ? 'ᵀ' : ''} × ${formatSpec(b!)}${transposeB ? 'ᵀ' : ''} ` +
        `(${formatDim(innerA)} ≠ ${formatDim(innerB)})`,
      likely:
        'Weights of another model size, or a missing transpose. Check the config against the checkpoint.',
      page: 'matmul-inner-size',
    });
    const leading = broadcastShapes('matmul', [a!.shape.slice(0, -2), b!.shape.slice(0, -2)]);
    return [{ dtype, shape: [...leading, rows, columns] }];
  },
  vjp: ({ inputs: [a, b], cotangent: g, params: { transposeA, transposeB } }) => [
    transposeA
      ? matmul(b!, g, { transposeA: transposeB, transposeB: true })
      : matmul(g, b!, { transposeB: !transposeB }),
    gradientOfSecond(a!, { cotangent: g, isShared: b!.spec.shape.length === 2, transposeA, transposeB }),
  ],
  samples: [
    { inputs: [{ shape: [2, 3] }, { shape: [3, 4] }], params: plain },
    { inputs: [{ shape: [3, 2] }, { shape: [4, 3] }], params: { transposeA: true, transposeB: true } },
    { inputs: [{ shape: [2, 2, 3] }, { shape: [3, 4] }], params: plain },
    {
      inputs: [{ shape: [2, 3, 2, 4] }, { shape: [2, 3, 5, 4] }],
      params: { transposeA: false, transposeB: true },
    },
    {
      inputs: [{ shape: [2, 1, 3, 2] }, { shape: [4, 3, 2] }],
      params: { transposeA: true, transposeB: false },
    },
    { inputs: [{ shape: [1, 5] }, { shape: [5, 1] }], params: plain },
  ],
});

interface SecondGradient extends MatmulParams {
  readonly cotangent: Tensor;
  /** One matrix serves all leading axes, as weights do. */
  readonly isShared: boolean;
}

function gradientOfSecond(first: Tensor, options: SecondGradient): Tensor {
  const { cotangent, isShared, transposeA, transposeB } = options;
  // joining the leading axes makes one product of the sum over them, where broadcasting would make one each
  const isJoined = isShared && !transposeA;
  const a = isJoined ? joinLeading(first) : first;
  const g = isJoined ? joinLeading(cotangent) : cotangent;
  return transposeB
    ? matmul(g, a, { transposeA: true, transposeB: transposeA })
    : matmul(a, g, { transposeA: !transposeA });
}

/** [..., rows, columns] -> [... * rows, columns]. */
function joinLeading(x: Tensor): Tensor {
  const { shape } = x.spec;
  return reshape(x, [productOfDims(shape.slice(0, -1)), shape.at(-1)!]);
}

function matrixAxes<T>(shape: readonly T[], transposed: boolean): readonly [T, T] {
  const [rows, columns] = [shape.at(-2)!, shape.at(-1)!];
  return transposed ? [columns, rows] : [rows, columns];
}

/**
 * Matrix product over the last two axes: [..., m, k] × [..., k, n] -> [..., m, n]; leading axes broadcast.
 * The flags read an operand with its last two axes swapped, without moving it.
 * @throws ShapeError when the inner sizes cannot be proven equal
 */
export function matmul(
  a: Tensor,
  b: Tensor,
  {
    transposeA = false,
    transposeB = false,
  }: { readonly transposeA?: boolean; readonly transposeB?: boolean } = {},
): Tensor {
  return apply(matmulOp, [a, b], { transposeA, transposeB });
}
