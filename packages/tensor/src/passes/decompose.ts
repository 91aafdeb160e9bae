import type { Capabilities } from '../backend.js';
import { rewriteGraph } from '../graph/builder.js';
import type { Graph, Node, Tensor } from '../graph/graph.js';

/** Replaces composites that the backend does not take by their meaning in other ops, until none is left. */
export function decomposeGraph(
  graph: Graph,
  capabilities: Pick<Capabilities, 'nativeComposites' | 'acceptsComposite'>,
): Graph {
  let current = graph;
  for (;;) {
    const used = usedTensors(current);
    const isForeign = (node: Node): boolean =>
      node.record.decompose !== undefined && !isNative(node, used, capabilities);
    if (!current.nodes.some(isForeign)) return current;
    current = rewriteGraph(current, (node, inputs) =>
      isForeign(node) ? node.record.decompose!(inputs, node.params) : undefined,
    );
  }
}

function isNative(
  node: Node,
  used: ReadonlySet<Tensor>,
  { nativeComposites, acceptsComposite }: Pick<Capabilities, 'nativeComposites' | 'acceptsComposite'>,
): boolean {
  if (!nativeComposites.has(node.op)) return false;
  return (
    acceptsComposite?.(
      node,
      node.outputs.map((output) => used.has(output)),
    ) ?? true
  );
}

/** Tensors that a node or the caller reads. */
function usedTensors(graph: Graph): ReadonlySet<Tensor> {
  return new Set([...graph.outputs, ...graph.nodes.flatMap((node) => node.inputs)]);
}
