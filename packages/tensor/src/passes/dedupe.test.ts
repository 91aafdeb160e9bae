import { describe, expect, it } from 'vitest';
import type { Tensor } from '../graph/graph.js';
import { verifyGraph } from '../graph/verify.js';
import { add, exp, mul } from '../ops/elementwise.js';
import { randomBits } from '../ops/random.js';
import { reduceSum, topK } from '../ops/reduce.js';
import { constant, scalar } from '../ops/source.js';
import { foldIn, rngFrom } from '../rng.js';
import { hostTensor, spec } from '../spec.js';
import { trace } from '../trace.js';
import { dedupeGraph } from './dedupe.js';

interface Inputs {
  readonly x: Tensor;
  readonly key: Tensor;
}

function counts(fn: (inputs: Inputs) => unknown): readonly [before: number, after: number] {
  const { graph } = trace(fn, { x: spec('f32', [3]), key: spec('i32', [2]) });
  const after = dedupeGraph(graph);
  verifyGraph(after);
  return [graph.nodes.length, after.nodes.length];
}

describe('dedupe makes one of', () => {
  it.each<[string, (inputs: Inputs) => unknown, readonly [number, number]]>([
    ['equal nodes, and then of equal readers', ({ x }) => add(mul(exp(x), 2), mul(exp(x), 2)), [7, 4]],
    ['equal scalars', () => [scalar('f32', 1), scalar('f32', 1)], [2, 1]],
    ['all outputs of equal nodes', ({ x }) => [topK(x, { k: 2 }).values, topK(x, { k: 2 }).indices], [2, 1]],
    ['equal draws of one stream', ({ key }) => [draw(key, 'a'), draw(key, 'a')], [2, 1]],
  ])('%s', (_, fn, expected) => {
    expect(counts(fn)).toEqual(expected);
  });
});

const draw = (key: Tensor, label: string): Tensor =>
  randomBits(foldIn(rngFrom(key), label), { shape: [4], bitWidth: 32 });

describe('dedupe keeps apart', () => {
  const big = (last: number): Tensor =>
    constant(hostTensor('f32', [20], [...new Array<number>(19).fill(0), last]));
  const shared = hostTensor('f32', [20], new Array<number>(20).fill(0));
  it.each<[string, (inputs: Inputs) => unknown]>([
    ['other parameters', ({ x }) => [reduceSum(x, { keepDims: true }), reduceSum(x)]],
    ['other inputs', ({ x }) => [add(x, 1), add(1, x)].map((y) => reduceSum(y, { keepDims: true }))],
    ['scalars of other dtypes', () => [scalar('f32', 1), scalar('f64', 1)]],
    ['streams of one key', ({ key }) => [draw(key, 'a'), draw(key, 'b')]],
    ['large constants that may differ', () => [big(1), big(2)]],
  ])('%s', (_, fn) => {
    const [before, after] = counts(fn);
    expect(after).toBeGreaterThan(before - 2);
    expect(after).toBeGreaterThan(1);
  });

  it('but not two uses of one large constant', () => {
    expect(counts(() => [constant(shared), constant(shared)])).toEqual([2, 1]);
  });
});
