import { describe, expect, it } from 'vitest';
import { valueAndGrad } from '../autodiff.js';
import { ALL_DTYPES } from '../dtype.js';
import type { Graph, Tensor } from '../graph/graph.js';
import { printGraph } from '../graph/print.js';
import { gelu } from '../ops/activation.js';
import { add, mul, sub } from '../ops/elementwise.js';
import { layerNorm } from '../ops/normalization.js';
import { matmul } from '../ops/matmul.js';
import { mean } from '../ops/reduce.js';
import { spec } from '../spec.js';
import { trace } from '../trace.js';
import { lowerGraph } from './lower.js';
import { planMemory } from './plan.js';

const backend = {
  capabilities: { dtypes: ALL_DTYPES, symbolicDims: true, nativeComposites: new Set<string>() },
};

interface Block {
  readonly weight: Tensor;
  readonly scale: Tensor;
  readonly bias: Tensor;
}

/** A training step of a deep residual network: parameters in, parameters out. */
function trainingStep(depth: number): Graph {
  const block = { weight: spec('f32', [8, 8]), scale: spec('f32', [8]), bias: spec('f32', [8]) };
  const loss = (blocks: readonly Block[], x: Tensor): Tensor =>
    mean(
      blocks.reduce<Tensor>((hidden, { weight, scale, bias }) => {
        const normed = layerNorm(hidden, { scale, bias, epsilon: 1e-6 });
        return add(hidden, gelu(matmul(normed, weight)));
      }, x),
    );
  return trace(
    ({ blocks, x }: { blocks: readonly Block[]; x: Tensor }) => {
      const { value, grads } = valueAndGrad(loss)(blocks, x);
      const step = (before: Tensor, gradient: Tensor): Tensor => sub(before, mul(gradient, 0.1));
      const next = blocks.map((own, index) => ({
        weight: step(own.weight, grads[index]!.weight),
        scale: step(own.scale, grads[index]!.scale),
        bias: step(own.bias, grads[index]!.bias),
      }));
      return { blocks: next, loss: value };
    },
    { blocks: Array.from({ length: depth }, () => block), x: spec('f32', [4, 8]) },
  ).graph;
}

describe('lowerGraph', () => {
  it('leaves nothing for a second time to do', () => {
    const once = lowerGraph(trainingStep(2), backend);
    expect(printGraph(lowerGraph(once, backend))).toBe(printGraph(once));
  });

  it('keeps the names, inputs and outputs of the graph', () => {
    const before = trainingStep(1);
    const after = lowerGraph(before, backend);
    expect(after.inputs).toEqual(before.inputs);
    expect(after.outputNames).toEqual(before.outputNames);
    expect(after.outputs.map((output) => output.spec)).toEqual(before.outputs.map((output) => output.spec));
  });
});

// Bounds against quadratic behaviour, several times what an idle core needs (0.2 s and 0.05 s), since CI is not idle.
describe('a graph of more than 10,000 nodes', () => {
  const graph = trainingStep(220);
  let lowered: Graph;

  it('is lowered in seconds', () => {
    const started = performance.now();
    lowered = lowerGraph(graph, backend, false);
    expect(performance.now() - started).toBeLessThan(3000);
    expect(lowered.nodes.length).toBeGreaterThan(10_000);
  });

  it('has its memory planned within a second', () => {
    const started = performance.now();
    const { arenaBytes, totalBytes } = planMemory(lowered, {});
    expect(performance.now() - started).toBeLessThan(1000);
    expect(arenaBytes).toBeLessThan(totalBytes);
  });
});
