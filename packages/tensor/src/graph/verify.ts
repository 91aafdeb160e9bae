import { GraphError } from '../errors.js';
import { equalSpecs, formatSpec } from '../spec.js';
import type { Graph, Node, Tensor } from './graph.js';

/**
 * Checks every invariant of a graph (see README.md), shapes by the very rules that tracing uses.
 * @throws GraphError naming the node; always a defect of the pass that built the graph
 */
export function verifyGraph(graph: Graph): void {
  const known = new Set<Tensor>(graph.inputs);
  verifyInputs(graph);
  for (const node of graph.nodes) {
    if (node.op === 'input') fail(graph, node, 'is listed among the nodes');
    if (node.outputs.some((output) => known.has(output))) fail(graph, node, 'is listed twice');
    for (const input of node.inputs) {
      if (!known.has(input)) fail(graph, node, `reads a value made later or elsewhere (${input.node.op})`);
    }
    verifyNode(graph, node);
    for (const output of node.outputs) known.add(output);
  }
  verifyOutputs(graph, known);
  verifyAliases(graph);
}

function verifyInputs(graph: Graph): void {
  const stray = graph.inputs.find(({ node }) => node.op !== 'input');
  if (stray !== undefined) fail(graph, stray.node, 'is an input of the graph, but no placeholder');
  if (!haveNames(graph.inputs, graph.inputNames)) fail(graph, undefined, 'input names repeat or are missing');
}

function verifyOutputs(graph: Graph, known: ReadonlySet<Tensor>): void {
  graph.outputs.forEach((output, index) => {
    if (known.has(output)) return;
    fail(graph, output.node, `makes output '${graph.outputNames[index] ?? index}', but is not in the graph`);
  });
  if (!haveNames(graph.outputs, graph.outputNames))
    fail(graph, undefined, 'output names repeat or are missing');
}

const haveNames = (tensors: readonly Tensor[], names: readonly string[]): boolean =>
  names.length === tensors.length && new Set(names).size === tensors.length;

function verifyNode(graph: Graph, node: Node): void {
  const inferred = node.record.infer(
    node.inputs.map((input) => input.spec),
    node.params,
  );
  if (inferred.length !== node.outputs.length) {
    fail(graph, node, `has ${node.outputs.length} outputs, its rule gives ${inferred.length}`);
  }
  node.outputs.forEach((output, index) => {
    const expected = inferred[index]!;
    if (output.node !== node || output.output !== index)
      fail(graph, node, `output ${index} points to another node`);
    if (equalSpecs(expected, output.spec)) return;
    fail(
      graph,
      node,
      `output ${index} says ${formatSpec(output.spec)}, its rule gives ${formatSpec(expected)}`,
    );
  });
}

function verifyAliases(graph: Graph): void {
  const [donated, given] = [new Set<number>(), new Set<number>()];
  for (const { output, input } of graph.aliases) {
    const [from, to] = [graph.inputs[input], graph.outputs[output]];
    if (from === undefined || to === undefined)
      fail(graph, undefined, `alias ${output} <- ${input} names no value`);
    if (!equalSpecs(from.spec, to.spec)) {
      fail(graph, undefined, `alias of ${formatSpec(from.spec)} to ${formatSpec(to.spec)}`);
    }
    if (donated.has(input)) fail(graph, undefined, `input '${graph.inputNames[input]}' is donated twice`);
    if (given.has(output))
      fail(graph, undefined, `output '${graph.outputNames[output]}' is given two memories`);
    donated.add(input);
    given.add(output);
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
