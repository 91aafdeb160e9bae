import type { HostArray } from '@tesserae/tensor';
import { blockedProduct } from './blocked-matmul.js';
import type { CpuKernel, KernelArray } from './kernel.js';
import type { Matrix, ProductSizes } from './matrix.js';
import { YIELD_EVERY } from './matrix.js';
import { broadcastStrides, planWalk, walkRuns } from './walk.js';

/** Batched matrix product, as the backend’s option says; yields between rows of long ones. */
export const matmulKernel: CpuKernel<'matmul'> = function* ({ inputs, outputs, params, options }) {
  const [a, b] = inputs as readonly [KernelArray, KernelArray];
  const out = outputs[0]!;
  const [m, n] = out.shape.slice(-2) as [number, number];
  const k = a.shape.at(params.transposeA ? -2 : -1)!;
  const product = options.matmul === 'blocked' ? blockedProduct : plainProduct;
  const [stepsA, stepsB] = [matrixSteps(a, params.transposeA), matrixSteps(b, params.transposeB)];
  let offset = 0;
  let work = 0;
  for (const [offsetA, offsetB] of batchOffsets(a, b, out)) {
    const target = { data: out.data, offset, rowStep: n, columnStep: 1 };
    const left = { data: a.data, offset: offsetA, ...stepsA };
    const right = { data: b.data, offset: offsetB, ...stepsB };
    yield* product({ m, k, n }, [left, right, target]);
    offset += m * n;
    work += m * k * n;
    if (work < YIELD_EVERY) continue;
    work = 0;
    yield;
  }
};

function matrixSteps({ shape }: KernelArray, transposed: boolean): Pick<Matrix, 'rowStep' | 'columnStep'> {
  const columns = shape.at(-1)!;
  return transposed ? { rowStep: 1, columnStep: columns } : { rowStep: columns, columnStep: 1 };
}

/** Offsets of the two matrices of each product, in the order of the leading axes of the result. */
function batchOffsets(
  a: KernelArray,
  b: KernelArray,
  out: KernelArray,
): readonly (readonly [number, number])[] {
  const leading = out.shape.slice(0, -2);
  const strides = [a, b].map(({ shape }) => {
    const matrix = shape.at(-2)! * shape.at(-1)!;
    return broadcastStrides(shape.slice(0, -2), leading).map((stride) => stride * matrix);
  });
  const walk = planWalk(leading, strides);
  const offsets: (readonly [number, number])[] = [];
  walkRuns(walk, ([startA, startB]) => {
    for (let index = 0; index < walk.length; index++) {
      offsets.push([startA! + index * walk.steps[0]!, startB! + index * walk.steps[1]!]);
    }
  });
  return offsets;
}

/**
 * The definition: every element is a sum of products, accumulated in double in the order of k.
 * A row of sums grows together, so that the second matrix is read along its rows.
 */
function* plainProduct(
  { m, k, n }: ProductSizes,
  [a, b, out]: readonly [Matrix, Matrix, Matrix],
): Generator<void> {
  const sums = new Float64Array(n);
  let budget = YIELD_EVERY;
  for (let row = 0; row < m; row++) {
    sums.fill(0);
    for (let index = 0; index < k; index++) {
      const factor = a.data[a.offset + row * a.rowStep + index * a.columnStep]!;
      addScaledRow(sums, { factor, data: b.data, start: b.offset + index * b.rowStep, step: b.columnStep });
    }
    out.data.set(sums, out.offset + row * out.rowStep);
    budget -= n * k;
    if (budget > 0) continue;
    budget = YIELD_EVERY;
    yield;
  }
}

interface ScaledRow {
  readonly factor: number;
  readonly data: HostArray;
  readonly start: number;
  readonly step: number;
}

function addScaledRow(sums: Float64Array, { factor, data, start, step }: ScaledRow): void {
  for (let column = 0, at = start; column < sums.length; column++, at += step)
    sums[column]! += factor * data[at]!;
}
