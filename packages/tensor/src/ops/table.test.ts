import { describe, expect, it } from 'vitest';
import { decomposeGraph } from '../passes/decompose.js';
import { buildGraph } from '../graph/builder.js';
import { verifyGraph } from '../graph/verify.js';
import type { Graph, Tensor } from '../graph/graph.js';
import type { OpRecord, Sample } from './define.js';
import { applyAll } from './define.js';
import { input } from './source.js';
import { COMPOSITES, OPS, PRIMITIVES } from './table.js';

/** A sample of an op as a graph: its inputs as placeholders, all its outputs as outputs. */
function graphOf(record: OpRecord, sample: Sample): Graph {
  const inputs = sample.inputs.map(({ dtype = record.dtypes[0]!, shape }, index) =>
    input(`x${index}`, { dtype, shape }),
  );
  const outputs = applyAll(record, inputs, sample.params);
  const names = (tensors: readonly Tensor[], letter: string): string[] =>
    tensors.map((_, index) => `${letter}${index}`);
  return buildGraph({
    name: record.name,
    inputs,
    inputNames: names(inputs, 'x'),
    outputs,
    outputNames: names(outputs, 'y'),
  });
}

describe('the table of ops', () => {
  it('names every op once, by its key', () => {
    const all = { ...PRIMITIVES, ...COMPOSITES };
    expect(Object.entries(all).filter(([key, record]) => key !== record.name)).toEqual([]);
    expect(new Set(OPS.map((record) => record.name)).size).toBe(OPS.length);
  });

  it('tells primitives from composites by their decomposition', () => {
    expect(Object.values(PRIMITIVES).filter((record) => record.decompose !== undefined)).toEqual([]);
    expect(Object.values(COMPOSITES).filter((record) => record.decompose === undefined)).toEqual([]);
  });
});

describe.each(OPS.map((record) => [record.name, record] as const))('%s', (_, record) => {
  it('says what it is, ends with a full stop, and has samples and dtypes', () => {
    expect(record.summary).toMatch(/^.{10,}\.$/);
    expect(record.samples.length).toBeGreaterThan(0);
    expect(record.dtypes.length).toBeGreaterThan(0);
  });

  it('has samples that its own shape rule accepts', () => {
    for (const sample of record.samples) expect(() => verifyGraph(graphOf(record, sample))).not.toThrow();
  });

  it('decomposes into known ops, and in the end into primitives with the same specs', () => {
    if (record.decompose === undefined) return void expect(PRIMITIVES).toHaveProperty(record.name);
    for (const sample of record.samples) {
      const graph = graphOf(record, sample);
      const lowered = decomposeGraph(graph, { nativeComposites: new Set() });
      verifyGraph(lowered);
      expect(lowered.nodes.filter((node) => !Object.hasOwn(PRIMITIVES, node.op))).toEqual([]);
      expect(lowered.outputs.map(({ spec }) => spec)).toEqual(graph.outputs.map(({ spec }) => spec));
    }
  });
});

const withoutGradient = OPS.flatMap(({ name, vjp }) =>
  typeof vjp === 'function' ? [] : [[name, vjp] as const],
);

it.each(withoutGradient)('%s says why it has no gradient', (_, { notDifferentiable }) => {
  expect(notDifferentiable.split(' ').length).toBeGreaterThan(2);
});
