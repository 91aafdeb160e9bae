import { describe, expect, it } from 'vitest';
import { GraphError } from '../errors.js';
import { exp, neg } from '../ops/elementwise.js';
import { spec } from '../spec.js';
import { trace } from '../trace.js';
import type { Graph, Node, Tensor } from './graph.js';
import { verifyGraph } from './verify.js';

const sound = trace(
  ({ x, z }: { x: Tensor; z: Tensor }) => ({ y: exp(neg(x)), w: neg(z) }),
  { x: spec('f32', [2]), z: spec('f32', [2]) },
  { name: 'sound' },
).graph;
const [negNode, expNode, negZ] = sound.nodes as readonly [Node, Node, Node];

/** A node that claims outputs of its own, as a defective pass might make it. */
function forge(node: Node, specs: readonly Tensor['spec'][], owner?: Node): Node {
  const outputs: Tensor[] = [];
  const forged: Node = { ...node, outputs };
  specs.forEach((claimed, output) => outputs.push({ spec: claimed, node: owner ?? forged, output }));
  return forged;
}

function withNode(forged: Node): Partial<Graph> {
  return { nodes: [forged, negZ], outputs: [forged.outputs[0]!, negZ.outputs[0]!] };
}

describe('verifyGraph', () => {
  it('accepts a sound graph', () => {
    expect(() => verifyGraph(sound)).not.toThrow();
  });

  const wrongShape = forge(negNode, [spec('f32', [3])]);
  const twoOutputs = forge(negNode, [spec('f32', [2]), spec('f32', [2])]);
  const strangers = forge(negNode, [spec('f32', [2])], expNode);
  const alias = { output: 0, input: 0 };
  it.each<[string, Partial<Graph>, string]>([
    [
      'an order in which a node reads what comes later',
      { nodes: [expNode, negNode, negZ] },
      'made later or elsewhere',
    ],
    ['a value that nothing in the graph makes', { nodes: [expNode, negZ] }, 'made later or elsewhere (neg)'],
    ['a node listed twice', { nodes: [negNode, expNode, negNode, negZ] }, 'is listed twice'],
    [
      'a placeholder among the nodes',
      { nodes: [sound.inputs[0]!.node, ...sound.nodes] },
      'listed among the nodes',
    ],
    [
      'an input that is no placeholder',
      { inputs: [sound.inputs[0]!, negZ.outputs[0]!] },
      'but no placeholder',
    ],
    ['a shape that the op does not give', withNode(wrongShape), 'says f32[3], its rule gives f32[2]'],
    ['an output too many', withNode(twoOutputs), 'has 2 outputs, its rule gives 1'],
    ['an output that belongs to another node', withNode(strangers), 'points to another node'],
    [
      'an output of the graph that no node makes',
      { nodes: [negNode, negZ] },
      "makes output 'y', but is not in",
    ],
    ['repeated input names', { inputNames: ['x', 'x'] }, 'input names repeat'],
    ['missing input names', { inputNames: ['x'] }, 'input names repeat or are missing'],
    ['missing output names', { outputNames: ['y'] }, 'output names repeat or are missing'],
    ['repeated output names', { outputNames: ['y', 'y'] }, 'output names repeat'],
    ['an alias of nothing', { aliases: [{ output: 9, input: 0 }] }, 'alias 9 <- 0 names no value'],
    ['an input donated twice', { aliases: [alias, { output: 1, input: 0 }] }, "input 'x' is donated twice"],
    [
      'two inputs donated to one output',
      { aliases: [alias, { output: 0, input: 1 }] },
      "output 'y' is given two",
    ],
  ])('refuses %s', (_, defect, text) => {
    const attempt = (): void => verifyGraph({ ...sound, ...defect });
    expect(attempt).toThrow(GraphError);
    expect(attempt).toThrow(text);
    expect(attempt).toThrow('[sound]');
  });

  it('refuses an alias of different specs', () => {
    const { graph } = trace(({ x }: { x: Tensor }) => ({ y: neg(x) }), { x: spec('f32', [2]) });
    const other = trace(({ x }: { x: Tensor }) => ({ y: neg(x) }), { x: spec('f32', [3]) }).graph;
    const mixed = { ...graph, inputs: [...graph.inputs, ...other.inputs], inputNames: ['x', 'x2'] };
    expect(() => verifyGraph({ ...mixed, aliases: [{ output: 0, input: 1 }] })).toThrow(
      'alias of f32[3] to f32[2]',
    );
  });
});
