import type { Dim, Graph, HostTensor, Tensor } from '@tesserae/tensor';
import {
  abs,
  add,
  argMax,
  broadcastTo,
  cast,
  concat,
  cumSum,
  div,
  expandDims,
  gather,
  layerNorm,
  less,
  matmul,
  maximum,
  mul,
  neg,
  not,
  or,
  reduceMax,
  reduceSum,
  reshape,
  scalar,
  sliceAxis,
  softmax,
  spec,
  stopGradient,
  sub,
  symbol,
  tanh,
  topK,
  trace,
  transpose,
  transposeLast,
  where,
} from '@tesserae/tensor';
import { randomTensor } from '@tesserae/backend-testkit';

/** One instruction: which op, and which earlier values it reads (each taken modulo what there is). */
export type Instruction = readonly [op: number, first: number, second: number];

/** A random program over matrices f32[rows, 3], with symbolic rows or without. */
export interface RandomProgram {
  readonly instructions: readonly Instruction[];
  readonly isSymbolic: boolean;
}

type Step = (a: Tensor, b: Tensor) => Tensor;

/** Each step takes and gives f32[rows, 3], so that any sequence fits; inside it may go through any shape. */
const STEPS: readonly Step[] = [
  (a, b) => add(a, b),
  (a, b) => sub(a, b),
  (a, b) => mul(tanh(a), b),
  (a) => neg(neg(a)),
  (a) => mul(add(a, 0), 1),
  (a) => div(sub(a, scalar('f32', 0)), scalar('f32', 1)),
  (a, b) => maximum(a, b),
  (a, b) => where(less(a, b), a, b),
  (a, b) => where(not(not(or(less(a, 0), less(b, 0)))), abs(a), 0.5),
  (a) => transpose(transpose(a, [1, 0]), [1, 0]),
  (a) => transposeLast(reshape(reshape(transposeLast(a), [-1]), [3, a.spec.shape[0]!])),
  (a) => sub(a, reduceMax(a, { axes: [1], keepDims: true })),
  (a, b) => add(a, reduceSum(tanh(b), { axes: [0], keepDims: true })),
  (a) => softmax(a),
  (a) => softmax(a, { axis: 0 }),
  (a) => stopGradient(a),
  (a, b) => sliceAxis(concat([a, b], { axis: 1 }), { axis: 1, start: 2, limit: 5 }),
  (a, b) => matmul(tanh(a), tanh(matmul(b, a, { transposeA: true }))),
  (a) => layerNorm(a, { scale: scalar3(2), bias: scalar3(1), epsilon: 1e-3 }),
  (a) => cumSum(tanh(a), { axis: 1 }),
  (a) => mul(a, cast(cast(less(a, 1), 'i32'), 'f32')),
  (a) => topK(a, { k: 3 }).values,
  (a, b) =>
    gather(transposeLast(gather(a, argMax(b, { axis: 0 }), { axis: 0 })), argMax(tanh(b), { axis: 1 }), {
      axis: 0,
    }),
  (a) => broadcastTo(expandDims(reduceMax(tanh(a), { axes: [1] }), { axis: 1 }), a.spec.shape),
];

const scalar3 = (value: number): Tensor => broadcastTo(scalar('f32', value), [3]);

/** The program as a graph; every value is an output, so nothing is dead. */
export function randomGraph({ instructions, isSymbolic }: RandomProgram): Graph {
  const rows: Dim = isSymbolic ? symbol('rows') : 4;
  const fn = ({ x, y }: { readonly x: Tensor; readonly y: Tensor }): readonly Tensor[] => {
    const values = [x, y];
    for (const [op, first, second] of instructions) {
      const step = STEPS[op % STEPS.length]!;
      values.push(step(values[first % values.length]!, values[second % values.length]!));
    }
    return values.slice(2);
  };
  return trace(fn, { x: spec('f32', [rows, 3]), y: spec('f32', [rows, 3]) }, { name: 'random' }).graph;
}

/** Inputs of a random graph. */
export function randomInputs(seed: number): readonly HostTensor[] {
  return [0, 1].map((stream) => randomTensor({ dtype: 'f32', shape: [4, 3] }, { seed, stream }));
}
