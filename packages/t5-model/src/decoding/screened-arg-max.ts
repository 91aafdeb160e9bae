import type { Backend, CompiledFunction, DeviceTensor, HostTensor, Tensor } from '@tesserae/tensor';
import {
  abs,
  add,
  cast,
  compile,
  concat,
  equal,
  gather,
  greater,
  hostTensor,
  matmul,
  mul,
  quantizedMatmul,
  reduceMax,
  reduceMin,
  reduceSum,
  reshape,
  sliceAxis,
  spec,
  symbol,
  topK,
  where,
} from '@tesserae/tensor';

// The head's arg-max without reading the whole head. A copy of the head in 8 bits gives every score and how far off
// it can be; the scores of the few pieces that can be the best are computed from the f32 rows. Where the best of them
// is above what any other piece can reach, it is the arg-max of the f32 head; elsewhere the caller computes that.
// A step at batch size 1 is as fast as weights are read, and the head is 43 % of T5-small's: this reads a quarter.

/** Pieces of each token that are scored from the f32 rows. */
const CANDIDATES = 64;

/** A matrix in 8 bits: row `r` is about `weight[r] * scales[r]`. */
interface QuantizedRows<Leaf> {
  /** i8[rows, columns] */
  readonly weight: Leaf;
  /** f32[rows]; no element is off by more than half of its row's */
  readonly scales: Leaf;
}

interface ScreenArgs<Leaf = Tensor> {
  readonly quantized: QuantizedRows<Leaf>;
  /** f32[vocabSize, dModel] */
  readonly head: Leaf;
  /** f32[numTokens, dModel] */
  readonly hidden: Leaf;
}

interface ScreenResult<Leaf = Tensor> {
  /** i32[numTokens, 2]: the id, and 1 where it is proven */
  readonly choice: Leaf;
}

/** The graph and the f32 rows it picks from. */
export interface ScreenedArgMax {
  /** Ids of f32[numTokens, dModel]; undefined when one of them is not proven. */
  ids(hidden: DeviceTensor): Promise<Int32Array | undefined>;
  release(): void;
}

/** True when screening is faster than the head itself: a native 8-bit product, and pieces enough to choose among. */
export function canScreen({ dtype, shape }: HostTensor, { capabilities }: Backend): boolean {
  return (
    dtype === 'f32' && shape[0]! > 16 * CANDIDATES && capabilities.nativeComposites.has('quantizedMatmul')
  );
}

/**
 * Quantises a head and compiles its screened arg-max.
 * @param weight  f32[vocabSize, dModel]
 * @param rows  the same on the device; it stays the caller's
 */
export async function createScreenedArgMax(
  weight: HostTensor,
  { rows, backend }: { readonly rows: DeviceTensor; readonly backend: Backend },
): Promise<ScreenedArgMax> {
  const graph: CompiledFunction<ScreenArgs, ScreenResult> = await compile(screenedArgMax, backend, {
    name: 't5.screenedArgMax',
    constants: { quantized: quantizeRows(weight) },
    specs: { head: rows.spec, hidden: spec('f32', [symbol('numTokens'), weight.shape[1]!]) },
  });
  return {
    ids: async (hidden) => {
      const { choice } = await graph({ head: rows, hidden });
      const { data } = await backend.download(choice);
      choice.release();
      const isProven = data.every((value, index) => index % 2 === 0 || value === 1);
      return isProven
        ? Int32Array.from({ length: data.length / 2 }, (_, token) => data[2 * token]!)
        : undefined;
    },
    release: () => graph.release(),
  };
}

/** See the top of this file. */
function screenedArgMax({ quantized, head, hidden }: ScreenArgs): ScreenResult {
  const [numTokens, dModel] = hidden.spec.shape as [Tensor['spec']['shape'][number], number];
  const vocabSize = head.spec.shape[0] as number;
  const rough = quantizedMatmul(hidden, quantized); // [numTokens, vocabSize]
  const reach = topK(add(rough, mul(errorOf(hidden), quantized.scales)), { k: CANDIDATES });
  const rows = gather(head, reach.indices, { axis: 0 }); // [numTokens, CANDIDATES, dModel]
  const exact = matmul(reshape(hidden, [numTokens, 1, dModel]), rows, { transposeB: true });
  const scores = reshape(exact, [numTokens, CANDIDATES]);
  const best = reduceMax(scores, { axes: [1], keepDims: true }); // [numTokens, 1]
  const ids = where(equal(scores, best), reach.indices, vocabSize); // the lowest of equals
  const id = reduceMin(ids, { axes: [1], keepDims: true });
  const others = sliceAxis(reach.values, { axis: 1, start: CANDIDATES - 1, limit: CANDIDATES });
  return { choice: concat([id, cast(greater(best, others), 'i32')], { axis: 1 }) };
}

/**
 * By how many scales of its row a rough score can be off, [numTokens, 1]: half of one for each element of `hidden`
 * (weights), and what rounding in f32 adds, here and in the exact score (a thousandth is far more).
 */
function errorOf(hidden: Tensor): Tensor {
  return mul(reduceSum(abs(hidden), { axes: [1], keepDims: true }), 0.501);
}

/** Each row in 255 steps, its largest element being the 127th. */
function quantizeRows({ data, shape }: HostTensor): QuantizedRows<HostTensor> {
  const [rows, columns] = shape as [number, number];
  const weight = new Int8Array(rows * columns);
  const scales = new Float32Array(rows);
  for (let row = 0; row < rows; row++) {
    const [from, to] = [row * columns, (row + 1) * columns];
    let largest = 0;
    for (let at = from; at < to; at++) largest = Math.max(largest, Math.abs(data[at]!));
    scales[row] = largest / 127;
    const perStep = largest === 0 ? 0 : 127 / largest;
    for (let at = from; at < to; at++) {
      const steps = data[at]! * perStep;
      weight[at] = steps < 0 ? steps - 0.5 : steps + 0.5; // storing cuts off the fraction
    }
  }
  return { weight: hostTensor('i8', shape, weight), scales: hostTensor('f32', [rows], scales) };
}
