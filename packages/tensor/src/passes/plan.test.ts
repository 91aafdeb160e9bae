import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { symbol } from '../dim.js';
import { buildGraph } from '../graph/builder.js';
import type { Graph, Tensor } from '../graph/graph.js';
import { add, exp, neg } from '../ops/elementwise.js';
import { broadcastTo } from '../ops/movement.js';
import { reduceSum, topK } from '../ops/reduce.js';
import { spec } from '../spec.js';
import { trace } from '../trace.js';
import type { MemoryPlan } from './plan.js';
import { planMemory } from './plan.js';

/** First and last step at which a value must be in memory. */
function lifetimes(graph: Graph): ReadonlyMap<Tensor, readonly [number, number]> {
  const lives = new Map<Tensor, [number, number]>();
  graph.nodes.forEach((node, step) => {
    for (const output of node.outputs) lives.set(output, [step, step]);
    for (const input of node.inputs) if (lives.has(input)) lives.get(input)![1] = step;
  });
  return lives;
}

/** Pairs of values that live at the same time in the same bytes; there must be none. */
function collisions(graph: Graph, plan: MemoryPlan): readonly (readonly [Tensor, Tensor])[] {
  const lives = lifetimes(graph);
  const entries = [...plan.buffers];
  return entries.flatMap(([a, placeA], index) =>
    entries.slice(index + 1).flatMap(([b, placeB]) => {
      const [[bornA, diesA], [bornB, diesB]] = [lives.get(a)!, lives.get(b)!];
      const meet = bornA <= diesB && bornB <= diesA;
      const overlap =
        placeA.offset < placeB.offset + placeB.sizeBytes && placeB.offset < placeA.offset + placeA.sizeBytes;
      return meet && overlap ? [[a, b] as const] : [];
    }),
  );
}

/** A random graph whose values have 1 to 4 rows of 100 numbers: each step reads any two earlier values. */
function randomGraph(steps: readonly (readonly [number, number, number])[], outputs: number): Graph {
  const x = spec('f32', [1, 100]);
  return trace(
    ({ start }: { start: Tensor }) => {
      const values = [start];
      for (const [first, second, rows] of steps) {
        const [a, b] = [values[first % values.length]!, values[second % values.length]!];
        const [flatA, flatB] = [a, b].map((value) => reduceSum(value, { axes: [0], keepDims: true }));
        const sum = add(flatA!, flatB!); // [1, 100]
        if (rows === 0)
          values.push(topK(sum, { k: 100 }).values); // its indices are never read
        else values.push(exp(broadcastTo(sum, [rows, 100])));
      }
      return values.slice(-outputs);
    },
    { start: x },
  ).graph;
}

const steps = fc.array(fc.tuple(fc.nat(50), fc.nat(50), fc.nat(4)), { minLength: 1, maxLength: 40 });

describe('planMemory', () => {
  it('never gives two living values the same bytes', () => {
    fc.assert(
      fc.property(steps, fc.integer({ min: 1, max: 3 }), (program, outputs) => {
        const graph = randomGraph(program, outputs);
        const plan = planMemory(graph, {});
        expect(collisions(graph, plan)).toEqual([]);
        for (const { offset, sizeBytes } of plan.buffers.values()) {
          expect(offset % 256).toBe(0);
          expect(offset + sizeBytes).toBeLessThanOrEqual(plan.arenaBytes);
        }
      }),
      { seed: 7, numRuns: 100 },
    );
  });

  it('frees each value after its last use, and only then', () => {
    fc.assert(
      fc.property(steps, (program) => {
        const graph = randomGraph(program, 1);
        const { expiring, buffers } = planMemory(graph, {});
        const lives = lifetimes(graph);
        const freed = expiring.flatMap((tensors, step) => tensors.map((tensor) => [tensor, step] as const));
        expect(freed.length).toBe(buffers.size);
        for (const [tensor, step] of freed) expect(lives.get(tensor)![1]).toBe(step);
      }),
      { seed: 7, numRuns: 50 },
    );
  });

  const chain = (length: number, shape = spec('f32', [1024])): Graph =>
    trace(
      ({ x }: { x: Tensor }) => {
        let y = x;
        for (let step = 0; step < length; step++) y = neg(y);
        return { y };
      },
      { x: shape },
    ).graph;

  it('runs a chain of any length in two buffers', () => {
    const plan = planMemory(chain(10), {});
    expect(plan.totalBytes).toBe(9 * 4096); // the last value is the output, which is not in the arena
    expect(plan.arenaBytes).toBe(2 * 4096);
  });

  it('takes the sizes of symbols from the bindings', () => {
    const graph = chain(3, spec('f32', [symbol('batch'), 256]));
    expect(planMemory(graph, { batch: 2 }).arenaBytes).toBe(2 * 2048);
    expect(() => planMemory(graph, {})).toThrow("symbol 'batch'");
  });

  it('says after which node a donated input is free', () => {
    const { graph } = trace(
      ({ a, b }: { a: Tensor; b: Tensor }) => {
        const first = neg(a);
        return { a: add(first, a), b: exp(b) };
      },
      { a: spec('f32', [4]), b: spec('f32', [4]) },
    );
    const donating = buildGraph({ ...graph, aliases: [{ output: 0, input: 0 }] });
    const ops = donating.nodes.map((node) => node.op);
    const freeAfter = planMemory(donating, {}).donatedAfter.map((tensors) => tensors.length);
    expect(freeAfter).toEqual(ops.map((op) => (op === 'add' ? 1 : 0)));
  });

  it('never frees a donated input that is an output as well', () => {
    const { graph } = trace(({ a }: { a: Tensor }) => ({ a: neg(a), before: a }), { a: spec('f32', [4]) });
    const donating = buildGraph({ ...graph, aliases: [{ output: 0, input: 0 }] });
    expect(planMemory(donating, {}).donatedAfter).toEqual([[]]);
  });
});
