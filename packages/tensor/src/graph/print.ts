import { readElement } from '../host.js';
import type { HostTensor } from '../spec.js';
import { formatSpec } from '../spec.js';
import type { Graph, Node, Tensor } from './graph.js';
import { formatParams } from './params.js';

/** Elements of a constant that are written out. */
const SHOWN_ELEMENTS = 4;

/**
 * The text form of a graph; the grammar is in README.md beside this file.
 * Equal graphs print equally, so dumps can be compared and snapshot-tested.
 */
export function printGraph(graph: Graph): string {
  const names = valueNames(graph);
  const name = (tensor: Tensor): string => names.get(tensor)!;
  const inputs = graph.inputs.map((tensor) => `${name(tensor)}: ${formatSpec(tensor.spec)}`);
  const outputs = graph.outputs.map((tensor, index) => `${graph.outputNames[index]!} = ${name(tensor)}`);
  const aliases = graph.aliases.map(
    ({ output, input }) => `  alias ${graph.outputNames[output]!} <- ${graph.inputNames[input]!}`,
  );
  return [
    `graph ${graph.name}(${inputs.join(', ')}) {`,
    ...graph.nodes.map((node) => `  ${printNode(node, name)}`),
    ...aliases,
    `  return ${outputs.join(', ')}`,
    '}',
  ].join('\n');
}

function printNode(node: Node, name: (tensor: Tensor) => string): string {
  const results = node.outputs.map((output) => `${name(output)}: ${formatSpec(output.spec)}`).join(', ');
  const params = formatParams(node.params, formatConstant);
  return `${results} = ${node.op}(${node.inputs.map(name).join(', ')})${params === '' ? '' : ` ${params}`}`;
}

function formatConstant(value: HostTensor): string {
  const shown = Array.from({ length: Math.min(value.data.length, SHOWN_ELEMENTS) }, (_, index) =>
    readElement(value, index),
  );
  return `${formatSpec(value)}(${shown.join(',')}${value.data.length > SHOWN_ELEMENTS ? ',…' : ''})`;
}

/** Inputs by their paths, other values numbered in order: %0, %1, … */
function valueNames(graph: Graph): ReadonlyMap<Tensor, string> {
  const names = new Map<Tensor, string>(
    graph.inputs.map((tensor, index) => [tensor, graph.inputNames[index]!]),
  );
  let count = 0;
  for (const node of graph.nodes) for (const output of node.outputs) names.set(output, `%${count++}`);
  return names;
}

/** The graph in Graphviz' DOT language, for pictures. */
export function toDot(graph: Graph): string {
  const names = valueNames(graph);
  const quote = (text: string): string => `"${text.replaceAll('"', '\\"')}"`;
  const idOf = (node: Node): string => quote(names.get(node.outputs[0]!)!);
  const lines = graph.inputs.map(
    (tensor, index) =>
      `  ${idOf(tensor.node)} [shape=box, label=${quote(`${graph.inputNames[index]!}\\n${formatSpec(tensor.spec)}`)}];`,
  );
  for (const node of graph.nodes) {
    lines.push(`  ${idOf(node)} [label=${quote(`${node.op}\\n${formatSpec(node.outputs[0]!.spec)}`)}];`);
    for (const input of node.inputs) lines.push(`  ${idOf(input.node)} -> ${idOf(node)};`);
  }
  graph.outputs.forEach((tensor, index) => {
    lines.push(
      `  ${quote(`out ${graph.outputNames[index]!}`)} [shape=box];`,
      `  ${idOf(tensor.node)} -> ${quote(`out ${graph.outputNames[index]!}`)};`,
    );
  });
  return [`digraph ${quote(graph.name)} {`, ...lines, '}'].join('\n');
}
