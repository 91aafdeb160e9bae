import type { Graph, Node, Tensor } from '../graph/graph.js';
import { renewNode, rewriteGraph } from '../graph/builder.js';
import { formatParams } from '../graph/params.js';
import type { HostTensor } from '../spec.js';
import { formatSpec } from '../spec.js';

/** Constants of up to this many elements are compared by value; larger ones by identity. */
const COMPARED_ELEMENTS = 16;

/** Computes equal things once: nodes with the same op, parameters and inputs become one. */
export function dedupeGraph(graph: Graph): Graph {
  const ids = new Map<object, number>();
  const idOf = (value: object): number => {
    const known = ids.get(value);
    if (known !== undefined) return known;
    ids.set(value, ids.size);
    return ids.size - 1;
  };
  const hostKey = (value: HostTensor): string =>
    value.data.length <= COMPARED_ELEMENTS
      ? `${formatSpec(value)}${value.data.join(',')}`
      : `#${idOf(value)}`;
  const seen = new Map<string, readonly Tensor[]>();
  return rewriteGraph(graph, (node, inputs) => {
    const key = nodeKey(node, inputs, idOf, hostKey);
    const earlier = seen.get(key);
    if (earlier !== undefined) return earlier;
    const outputs = renewNode(node, inputs);
    seen.set(key, outputs);
    return outputs;
  });
}

function nodeKey(
  node: Node,
  inputs: readonly Tensor[],
  idOf: (value: object) => number,
  hostKey: (value: HostTensor) => string,
): string {
  return `${node.op}(${inputs.map(idOf).join(',')})${formatParams(node.params, hostKey)}`;
}
