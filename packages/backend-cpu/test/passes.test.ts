import { createCpuBackend } from '@tesserae/backend-cpu';
import { compareTensors } from '@tesserae/backend-testkit';
import type { Graph, HostTensor } from '@tesserae/tensor';
import { decomposeGraph, dedupeGraph, foldGraph, lowerGraph, verifyGraph } from '@tesserae/tensor';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { randomGraph, randomInputs } from './random-graph.js';

const backend = createCpuBackend();
afterAll(() => backend.close());

const programs = fc.record({
  instructions: fc.array(fc.tuple(fc.nat(1000), fc.nat(20), fc.nat(20)), { minLength: 1, maxLength: 12 }),
  isSymbolic: fc.boolean(),
});
const options = { numRuns: 150, seed: 20 };

/** Runs a graph of primitives exactly as it is, without any pass. */
async function runAsIs(graph: Graph, inputs: readonly HostTensor[]): Promise<readonly HostTensor[]> {
  const executable = await backend.compile(graph, { constants: new Map(), debug: 0 });
  const outputs = await executable.run(inputs.map((input) => backend.upload(input)));
  executable.release();
  return Promise.all(outputs.map((output) => backend.download(output)));
}

/** Passes choose what is computed, not how: equal to the last bit, but for a -0 that became 0. */
const exact = { rtol: 0, atol: 0 };

const PASSES: Readonly<Record<string, (graph: Graph) => Graph>> = {
  fold: foldGraph,
  dedupe: dedupeGraph,
  'the whole lowering': (graph) => lowerGraph(graph, backend),
};

describe('on random graphs', () => {
  for (const [name, pass] of Object.entries(PASSES)) {
    it(`${name} keeps every value, and the graph stays well-formed`, async () => {
      await fc.assert(
        fc.asyncProperty(programs, fc.nat(1000), async (program, seed) => {
          const before = decomposeGraph(randomGraph(program), backend.capabilities);
          const after = pass(before);
          verifyGraph(before);
          verifyGraph(after);
          const inputs = randomInputs(seed);
          const needed = await runAsIs(before, inputs);
          (await runAsIs(after, inputs)).forEach((got, index) => {
            const comparison = compareTensors(got, needed[index]!, exact);
            expect(comparison.isClose, comparison.report).toBe(true);
          });
        }),
        options,
      );
    });
  }

  it('decomposition leaves primitives only, and the graph stays well-formed', () => {
    fc.assert(
      fc.property(programs, (program) => {
        const after = decomposeGraph(randomGraph(program), backend.capabilities);
        verifyGraph(after);
        expect(after.nodes.filter((node) => node.record.decompose !== undefined)).toEqual([]);
      }),
      options,
    );
  });
});
