import type { Capabilities } from '../backend.js';
import type { Graph } from '../graph/graph.js';
import { verifyGraph } from '../graph/verify.js';
import { decomposeGraph } from './decompose.js';
import { dedupeGraph } from './dedupe.js';
import { foldGraph } from './fold.js';

/**
 * The passes every graph goes through on its way to a backend: dedupe, decompose, fold, dedupe.
 * @param check  verifies the graph after each pass; default true
 */
export function lowerGraph(
  graph: Graph,
  backend: { readonly capabilities: Capabilities },
  check = true,
): Graph {
  const passes: readonly ((graph: Graph) => Graph)[] = [
    dedupeGraph, // first, so that a value used twice is decomposed once
    (before) => decomposeGraph(before, backend.capabilities),
    foldGraph,
    dedupeGraph,
  ];
  return passes.reduce((current, pass) => {
    const next = pass(current);
    if (check) verifyGraph(next);
    return next;
  }, graph);
}
