import { describe, expect, it } from 'vitest';
import type { Capabilities } from '../backend.js';
import { valueAndGrad } from '../autodiff.js';
import type { Graph, Tensor } from '../graph/graph.js';
import { verifyGraph } from '../graph/verify.js';
import { gelu } from '../ops/activation.js';
import { attention } from '../ops/attention.js';
import { mul } from '../ops/elementwise.js';
import { layerNorm } from '../ops/normalization.js';
import { reduceSum } from '../ops/reduce.js';
import { COMPOSITES, PRIMITIVES } from '../ops/table.js';
import { spec } from '../spec.js';
import { trace } from '../trace.js';
import { decomposeGraph } from './decompose.js';

const norm = { scale: spec('f32', [8]), bias: spec('f32', [8]) };
const graph = trace(
  ({ x, params }: { x: Tensor; params: { scale: Tensor; bias: Tensor } }) =>
    attention(layerNorm(x, { ...params, epsilon: 1e-6 }), { key: gelu(x), value: x, scale: 1 }),
  { x: spec('f32', [2, 3, 4, 8]), params: norm },
).graph;

type Take = Pick<Capabilities, 'nativeComposites' | 'acceptsComposite'>;
const composites = (before: Graph, take: Take): readonly string[] => {
  const after = decomposeGraph(before, take);
  verifyGraph(after);
  return after.nodes.map((node) => node.op).filter((op) => !Object.hasOwn(PRIMITIVES, op));
};
const native = (...names: readonly string[]): Take => ({ nativeComposites: new Set(names) });

describe('decompose', () => {
  it('leaves a backend that takes no composites nothing but primitives', () => {
    expect(composites(graph, native())).toEqual([]);
  });

  it('keeps what the backend names, also inside what it does not', () => {
    expect(composites(graph, native('layerNorm', 'softmax'))).toEqual(['layerNorm', 'softmax']);
    expect(composites(graph, native(...Object.keys(COMPOSITES)))).toEqual(['layerNorm', 'gelu', 'attention']);
  });

  it('returns the graph itself when there is nothing to do', () => {
    expect(decomposeGraph(graph, native(...Object.keys(COMPOSITES)))).toBe(graph);
  });

  it('asks the backend about each node, with the outputs that are used', () => {
    const asked: (readonly boolean[])[] = [];
    const take: Take = {
      nativeComposites: new Set(['layerNorm']),
      acceptsComposite: (node, usedOutputs) => {
        if (node.op === 'layerNorm') asked.push(usedOutputs);
        return usedOutputs.slice(1).every((isUsed) => !isUsed);
      },
    };
    const training = trace(
      ({ params, x }: { params: { scale: Tensor; bias: Tensor }; x: Tensor }) =>
        valueAndGrad((own: typeof params) => {
          const y = layerNorm(x, { ...own, epsilon: 1e-6 });
          return reduceSum(mul(y, y));
        })(params).grads,
      { params: norm, x: spec('f32', [3, 8]) },
    ).graph;
    expect(composites(graph, take)).toEqual(['layerNorm']);
    expect(asked.at(-1)).toEqual([true, false, false]);
    expect(composites(training, take)).toEqual([]); // the gradient reads mean and deviation
    expect(asked.at(-1)).toEqual([true, true, true]);
  });
});
