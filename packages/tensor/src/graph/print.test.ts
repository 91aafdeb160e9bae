import { describe, expect, it } from 'vitest';
import { valueAndGrad } from '../autodiff.js';
import { symbol } from '../dim.js';
import { mul, sub } from '../ops/elementwise.js';
import { crossEntropy } from '../ops/loss.js';
import { matmul } from '../ops/matmul.js';
import { softmax } from '../ops/normalization.js';
import { mean, topK } from '../ops/reduce.js';
import { constant, iota } from '../ops/source.js';
import { hostTensor, spec } from '../spec.js';
import { trace } from '../trace.js';
import { buildGraph } from './builder.js';
import type { Graph, Tensor } from './graph.js';
import { printGraph, toDot } from './print.js';

interface StepArgs {
  readonly params: { readonly weight: Tensor };
  readonly x: Tensor;
  readonly labels: Tensor;
}

/** One step of gradient descent on a linear classifier, its parameters donated. */
function trainingStep(): Graph {
  const batch = symbol('batch');
  const loss = (params: StepArgs['params'], { x, labels }: StepArgs): Tensor =>
    mean(crossEntropy(matmul(x, params.weight), labels));
  const step = (args: StepArgs) => {
    const { value, grads } = valueAndGrad(loss)(args.params, args);
    return { params: { weight: sub(args.params.weight, mul(grads.weight, 0.1)) }, loss: value };
  };
  const { graph } = trace(
    step,
    {
      params: { weight: spec('f32', [4, 3]) },
      x: spec('f32', [batch, 4]),
      labels: spec('i32', [batch]),
    },
    { name: 'step' },
  );
  return buildGraph({ ...graph, aliases: [{ output: 0, input: 0 }] });
}

describe('printGraph', () => {
  it('writes a training step with symbolic sizes, parameters and aliases', () => {
    expect(printGraph(trainingStep())).toMatchInlineSnapshot(`
      "graph step(params.weight: f32[4,3], x: f32[batch,4], labels: i32[batch]) {
        %0: f32[batch,3] = matmul(x, params.weight) {transposeA: false, transposeB: false}
        %1: f32[batch], %2: f32[batch,1] = crossEntropy(%0, labels) {ignoreIndex: -100}
        %3: f32[batch,3] = sub(%0, %2)
        %4: f32[batch,3] = exp(%3)
        %5: i32[3] = iota() {dtype: i32, shape: [3], axis: 0}
        %6: i32[batch,1] = reshape(labels) {shape: [batch,1]}
        %7: bool[batch,3] = equal(%5, %6)
        %8: f32[batch,3] = cast(%7) {dtype: f32}
        %9: f32[batch,3] = sub(%4, %8)
        %10: i32[] = constant() {value: i32[](-100)}
        %11: bool[batch] = equal(labels, %10)
        %12: f32[] = constant() {value: f32[](0)}
        %13: f32[] = constant() {value: f32[](1)}
        %14: f32[] = dimSize() {dim: batch, dtype: f32}
        %15: f32[] = div(%13, %14)
        %16: f32[1] = reshape(%15) {shape: [1]}
        %17: f32[batch] = broadcastTo(%16) {shape: [batch]}
        %18: f32[batch] = where(%11, %12, %17)
        %19: f32[batch,1] = reshape(%18) {shape: [batch,1]}
        %20: f32[batch,3] = mul(%9, %19)
        %21: f32[4,3] = matmul(x, %20) {transposeA: true, transposeB: false}
        %22: f32[] = constant() {value: f32[](0.10000000149011612)}
        %23: f32[4,3] = mul(%21, %22)
        %24: f32[4,3] = sub(params.weight, %23)
        %25: f32[] = reduceSum(%1) {axes: [0], keepDims: false}
        %26: f32[] = div(%25, %14)
        alias params.weight <- params.weight
        return params.weight = %24, loss = %26
      }"
    `);
  });

  it('writes constants by their first elements, several outputs, and parameters of every kind', () => {
    const { graph } = trace(
      ({ x }: { x: Tensor }) => {
        const { values, indices } = topK(softmax(x), { k: 2 });
        const long = constant(hostTensor('bf16', [5], [1, 2, 0.5, -1, 3]));
        return { values, indices, long, count: iota('i32', [symbol('n'), 2], { axis: 0 }) };
      },
      { x: spec('f32', [3, 5]) },
    );
    expect(printGraph(graph)).toMatchInlineSnapshot(`
      "graph graph(x: f32[3,5]) {
        %0: f32[3,5] = softmax(x) {axis: 1}
        %1: f32[3,2], %2: i32[3,2] = topK(%0) {k: 2}
        %3: bf16[5] = constant() {value: bf16[5](1,2,0.5,-1,…)}
        %4: i32[n,2] = iota() {dtype: i32, shape: [n,2], axis: 0}
        return values = %1, indices = %2, long = %3, count = %4
      }"
    `);
  });

  it('writes equal graphs equally', () => {
    expect(printGraph(trainingStep())).toBe(printGraph(trainingStep()));
  });
});

it('toDot draws inputs and outputs as boxes, nodes by op and spec, and an edge per operand', () => {
  const { graph } = trace(
    ({ x }: { x: Tensor }) => mul(x, x),
    { x: spec('f32', [symbol('n')]) },
    { name: 'square "it"' },
  );
  expect(toDot(graph)).toMatchInlineSnapshot(`
    "digraph "square \\"it\\"" {
      "x" [shape=box, label="x\\nf32[n]"];
      "%0" [label="mul\\nf32[n]"];
      "x" -> "%0";
      "x" -> "%0";
      "out result" [shape=box];
      "%0" -> "out result";
    }"
  `);
});
