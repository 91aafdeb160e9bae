import { GraphError } from '../errors.js';
import { equalSpecs, formatSpec } from '../spec.js';
import type { Graph, Node, Tensor } from './graph.js';

/**
 * Checks every invariant of a graph, shapes by the very rules that tracing uses.
 * @throws GraphError naming the node; always a defect of the pass that built the graph
 */
export function verifyGraph(graph: Graph): void {
  const known = new Set<Tensor>(graph.inputs);
  for (const node of graph.nodes) {
    for (const input of node.inputs) if (!known.has(input)) fail(graph, node, `reads a value made later or elsewhere (${input.node.op})`);
    verifyNode(graph, node);
    for (const output of node.outputs) known.add(output);
  }
  graph.outputs.forEach((output, index) => {
    if (!known.has(output)) fail(graph, output.node, `output '${graph.outputNames[index] ?? index}' is made by no node of the graph`);
  });
  if (new Set(graph.inputNames).size !== graph.inputs.length) fail(graph, undefined, 'input names repeat or are missing');
  if (graph.outputNames.length !== graph.outputs.length) fail(graph, undefined, 'output names are missing');
  verifyAliases(graph);
}

function verifyNode(graph: Graph, node: Node): void {
  const inferred = node.record.infer(
    node.inputs.map((input) => input.spec),
    node.params,
  );
  node.outputs.forEach((output, index) => {
    const expected = inferred[index];
    if (output.node !== node || output.output !== index) fail(graph, node, `output ${index} points to another node`);
    if (expected === undefined || !equalSpecs(expected, output.spec)) {
      fail(graph, node, `output ${index} says ${formatSpec(output.spec)}, its rule gives ${expected === undefined ? 'nothing' : formatSpec(expected)}`);
    }
  });
}

function verifyAliases(graph: Graph): void {
  const taken = new Set<number>();
  for (const { output, input } of graph.aliases) {
    const [from, to] = [graph.inputs[input], graph.outputs[output]];
    if (from === undefined || to === undefined) fail(graph, undefined, `alias ${output} <- ${input} names no value`);
    else if (!equalSpecs(from.spec, to.spec)) fail(graph, undefined, `alias of ${formatSpec(from.spec)} to ${formatSpec(to.spec)}`);
    if (taken.has(input)) fail(graph, undefined, `input '${graph.inputNames[input]}' is donated twice`);
    taken.add(input);
  }
}

function fail(graph: Graph, node: Node | undefined, problem: string): never {
  throw new GraphError({
    op: graph.name,
    problem: node === undefined ? problem : `node '${node.op}' ${problem}`,
    likely: 'A defect of the last pass; compare the dumps of debug level 2.',
    page: 'graph-invariant',
  });
}
