import type { HostTensor, Tensor } from '@tesserae/tensor';
import { hostRandom, hostTensor, mean, mul, sub } from '@tesserae/tensor';
import { linear } from '@tesserae/nn';
import type { TrainingBatch } from '../src/loop/loop.js';

/** Parameters of y = x·Wᵀ + b. */
export interface Line<Leaf = HostTensor> {
  readonly weight: Leaf;
  readonly bias: Leaf;
}

/** Inputs float[batch, 2], targets float[batch, 1]. */
export interface Points<Leaf = HostTensor> {
  readonly x: Leaf;
  readonly y: Leaf;
}

/** Where training begins. */
export const start: Line = {
  weight: hostTensor('f32', [1, 2], [0, 0]),
  bias: hostTensor('f32', [1], [0]),
};

/** Mean squared error of the line on the points. */
export function squaredError(line: Line<Tensor>, { x, y }: Points<Tensor>): Tensor {
  const difference = sub(linear(x, line), y);
  return mean(mul(difference, difference));
}

/** Points of y = 3·x₀ - 2·x₁ + 1. */
export function pointsOf(seed: number, batch = 8): Points {
  const random = hostRandom(seed);
  const x = Array.from({ length: batch * 2 }, () => random.normal());
  const y = Array.from({ length: batch }, (_, row) => 3 * x[row * 2]! - 2 * x[row * 2 + 1]! + 1);
  return { x: hostTensor('f32', [batch, 2], x), y: hostTensor('f32', [batch, 1], y) };
}

/** Batches of points; tells whether its consumer closed it. */
export function batchesOf(count: number): {
  readonly batches: Generator<TrainingBatch>;
  readonly isClosed: () => boolean;
} {
  let isClosed = false;
  function* generate(): Generator<TrainingBatch> {
    try {
      for (let seed = 0; seed < count; seed++)
        yield { inputs: pointsOf(seed), numExamples: 8, numTokens: 16 };
    } finally {
      isClosed = true;
    }
  }
  return { batches: generate(), isClosed: () => isClosed };
}
