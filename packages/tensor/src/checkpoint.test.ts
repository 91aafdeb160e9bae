import { describe, expect, it } from 'vitest';
import { valueAndGrad } from './autodiff.js';
import { checkpoint } from './checkpoint.js';
import type { Tensor } from './graph/graph.js';
import { gelu } from './ops/activation.js';
import { dropout } from './ops/dropout.js';
import { matmul } from './ops/matmul.js';
import { mean } from './ops/reduce.js';
import { lowerGraph } from './passes/lower.js';
import type { MemoryPlan } from './passes/plan.js';
import { planMemory } from './passes/plan.js';
import { foldIn, rngFrom } from './rng.js';
import { spec } from './spec.js';
import { trace } from './trace.js';

const LAYERS = 8;
const capabilities = { dtypes: ['f32' as const], symbolicDims: true, nativeComposites: new Set<string>() };

interface Args {
  readonly weights: readonly (readonly [Tensor, Tensor])[];
  readonly x: Tensor;
  readonly key: Tensor;
}

/** Memory plan of the gradients of a deep net of wide layers, with or without marked layers. */
function planOf(wrap: (fn: (x: Tensor) => Tensor) => (x: Tensor) => Tensor): MemoryPlan {
  const loss = ({ weights, x, key }: Args): Tensor =>
    mean(
      weights.reduce((hidden, [up, down], index) => {
        const rng = foldIn(rngFrom(key), index);
        return wrap((y) => matmul(dropout(gelu(matmul(y, up)), { rate: 0.1, rng }), down))(hidden);
      }, x),
    );
  const weights = Array.from({ length: LAYERS }, () => [spec('f32', [8, 64]), spec('f32', [64, 8])] as const);
  const { graph } = trace(
    ({ weights: tree, x, key }: Args) =>
      valueAndGrad((params: Args['weights']) => loss({ weights: params, x, key }))(tree).grads,
    { weights, x: spec('f32', [256, 8]), key: spec('i32', [2]) },
  );
  return planMemory(lowerGraph(graph, { capabilities }), {});
}

describe('checkpoint', () => {
  it('needs the inner values of one region at a time, masks of dropout included', () => {
    const [kept, again] = [planOf((fn) => fn), planOf(checkpoint)];
    // inner values are 8 times as wide as those between regions, and there are 8 regions
    expect(again.arenaBytes).toBeLessThan(kept.arenaBytes / 3);
    expect(again.totalBytes).toBeGreaterThan(kept.totalBytes); // more is computed
  });

  it('leaves no mark in the graph a backend gets', () => {
    const { graph } = trace(({ x }: { readonly x: Tensor }) => checkpoint((y: Tensor) => gelu(y))(x), {
      x: spec('f32', [3]),
    });
    const ops = lowerGraph(graph, { capabilities }).nodes.map(({ op }) => op);
    expect(ops).not.toContain('checkpoint');
    expect(ops).not.toContain('barrier');
  });
});
