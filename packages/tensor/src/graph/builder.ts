import { GraphError } from '../errors.js';
import { applyAll } from '../ops/define.js';
import type { Alias, Graph, Node, Tensor } from './graph.js';

interface GraphParts {
  readonly name: string;
  readonly inputs: readonly Tensor[];
  readonly inputNames: readonly string[];
  readonly outputs: readonly Tensor[];
  readonly outputNames: readonly string[];
  readonly aliases?: readonly Alias[];
}

/**
 * Orders the nodes the outputs depend on, inputs first: what nobody reads is gone by construction.
 * @throws GraphError when an output depends on a placeholder that is not among the inputs
 */
export function buildGraph(parts: GraphParts): Graph {
  const inputs = new Set(parts.inputs.map((tensor) => tensor.node));
  const nodes = topologicalOrder(parts.outputs).filter((node) => {
    if (node.op !== 'input') return true;
    if (!inputs.has(node)) throw strayInput(parts.name, node);
    return false;
  });
  return Object.freeze({ ...parts, nodes, aliases: parts.aliases ?? [] });
}

function strayInput(name: string, node: Node): GraphError {
  return new GraphError({
    op: name,
    problem: `a result depends on '${String(node.params['name'])}', which is no input of this graph`,
    likely: 'A tensor of another trace was kept and used here; pass it as an argument instead.',
    page: 'stray-tensor',
  });
}

/** Nodes reachable from `roots`, each after the nodes it reads; depth first, without recursion. */
export function topologicalOrder(roots: readonly Tensor[]): Node[] {
  const order: Node[] = [];
  const state = new Map<Node, 'open' | 'done'>();
  const stack: Node[] = roots.map((root) => root.node).reverse();
  while (stack.length > 0) {
    const node = stack[stack.length - 1]!;
    const seen = state.get(node);
    if (seen !== undefined) {
      stack.pop();
      if (seen === 'open') {
        state.set(node, 'done');
        order.push(node);
      }
      continue;
    }
    state.set(node, 'open');
    for (let index = node.inputs.length - 1; index >= 0; index--) {
      const producer = node.inputs[index]!.node;
      if (!state.has(producer)) stack.push(producer);
    }
  }
  return order;
}

/** How a pass treats one node: give its outputs in terms of the new inputs, or undefined to copy it. */
type Visitor = (node: Node, inputs: readonly Tensor[]) => readonly Tensor[] | undefined;

/** Builds a graph anew, node by node; inputs keep their identity, and what nobody reads any more is gone. */
export function rewriteGraph(graph: Graph, visitor: Visitor): Graph {
  const renewed = new Map<Tensor, Tensor>(graph.inputs.map((tensor) => [tensor, tensor]));
  for (const node of graph.nodes) {
    const inputs = node.inputs.map((input) => renewed.get(input)!);
    const outputs = visitor(node, inputs) ?? renewNode(node, inputs);
    node.outputs.forEach((output, index) => renewed.set(output, outputs[index]!));
  }
  return buildGraph({ ...graph, outputs: graph.outputs.map((output) => renewed.get(output)!) });
}

/** The node applied to other inputs; the node itself when they are the same. */
export function renewNode(node: Node, inputs: readonly Tensor[]): readonly Tensor[] {
  const isSame = node.inputs.every((input, index) => input === inputs[index]);
  return isSame ? node.outputs : applyAll(node.record, inputs, node.params);
}
