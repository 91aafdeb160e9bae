import { describe, expect, it } from 'vitest';
import { GraphError } from '../errors.js';
import { add, exp, mul, neg } from '../ops/elementwise.js';
import { input, scalar } from '../ops/source.js';
import { spec } from '../spec.js';
import { buildGraph, renewNode, rewriteGraph, topologicalOrder } from './builder.js';
import type { Graph, Tensor } from './graph.js';

const x = input('x', spec('f32', [2]));
const graphOf = (...outputs: readonly Tensor[]): Graph =>
  buildGraph({
    name: 'test',
    inputs: [x],
    inputNames: ['x'],
    outputs,
    outputNames: outputs.map((_, index) => `y${index}`),
  });

describe('topologicalOrder', () => {
  it('lists each node once, after what it reads', () => {
    const shared = exp(x);
    const order = topologicalOrder([mul(shared, neg(shared)), shared]);
    expect(order.map((node) => node.op)).toEqual(['input', 'exp', 'neg', 'mul']);
  });

  it('follows a chain of 100,000 nodes without recursion', () => {
    let tip = x;
    for (let step = 0; step < 100_000; step++) tip = neg(tip);
    const order = topologicalOrder([tip]);
    expect(order.length).toBe(100_001);
    expect(order.at(-1)).toBe(tip.node);
  });
});

describe('buildGraph', () => {
  it('keeps only what the outputs need', () => {
    exp(x);
    expect(graphOf(neg(x)).nodes.map((node) => node.op)).toEqual(['neg']);
  });

  it('refuses a result that depends on the placeholder of another trace, and names it', () => {
    const foreign = input('mask', spec('f32', [2]));
    expect(() => graphOf(add(x, foreign))).toThrow(GraphError);
    expect(() => graphOf(add(x, foreign))).toThrow("depends on 'mask'");
  });

  it('takes constants from anywhere: they need no input', () => {
    expect(graphOf(add(x, scalar('f32', 1))).nodes.length).toBe(2);
  });
});

describe('rewriteGraph', () => {
  it('copies nothing when nothing changes', () => {
    const graph = graphOf(neg(exp(x)));
    expect(rewriteGraph(graph, () => undefined).outputs).toEqual(graph.outputs);
  });

  it('builds the readers of a replaced node anew and keeps inputs, names and aliases', () => {
    const graph = graphOf(mul(neg(x), x));
    const aliased = buildGraph({ ...graph, aliases: [{ output: 0, input: 0 }] });
    const rewritten = rewriteGraph(aliased, (node, inputs) =>
      node.op === 'neg' ? [exp(inputs[0]!)] : undefined,
    );
    expect(rewritten.nodes.map((node) => node.op)).toEqual(['exp', 'mul']);
    expect(rewritten.inputs[0]).toBe(x);
    expect(rewritten.outputNames).toEqual(['y0']);
    expect(rewritten.aliases).toEqual([{ output: 0, input: 0 }]);
  });
});

it('renewNode gives the same outputs for the same inputs, and infers again for others', () => {
  const node = neg(x).node;
  expect(renewNode(node, [x])).toBe(node.outputs);
  expect(renewNode(node, [input('z', spec('f32', [3]))])[0]!.spec.shape).toEqual([3]);
});
