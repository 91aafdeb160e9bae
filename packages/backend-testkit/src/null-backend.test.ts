import type { Tensor } from '@tesserae/tensor';
import {
  OwnershipError,
  ShapeError,
  add,
  buildGraph,
  hostTensor,
  mul,
  spec,
  symbol,
  trace,
} from '@tesserae/tensor';
import { describe, expect, it } from 'vitest';
import { createNullBackend } from './null-backend.js';

const x = hostTensor('f32', [2, 3], [1, 2, 3, 4, 5, 6]);
const { graph } = trace(
  (args: { readonly x: Tensor; readonly y: Tensor }) => add(mul(args.x, 2), args.y),
  { x: spec('f32', [symbol('batch'), 3]), y: spec('f32', [3]) },
  { name: 'sum' },
);
const options = { constants: new Map([[1, hostTensor('f32', [3], [1, 1, 1])]]), debug: 0 } as const;

describe('createNullBackend', () => {
  it('gives zeros of the bound shape and records what it saw', async () => {
    const { backend, records } = createNullBackend();
    const executable = await backend.compile(graph, options);
    const [output] = await executable.run([backend.upload(x)]);
    expect(await backend.download(output!)).toEqual(hostTensor('f32', [2, 3], [0, 0, 0, 0, 0, 0]));
    expect(records.graphs[0]!.graph).toBe(graph);
    expect(records.calls[0]!.inputs.map(({ shape }) => shape)).toEqual([[2, 3], [3]]);
    expect(records.calls[0]!.plan.totalBytes).toBe(24 + 4); // x·2 and the constant 2
  });

  it('counts tensors that nobody released', async () => {
    const { backend, records } = createNullBackend();
    const donating = buildGraph({ ...graph, aliases: [{ output: 0, input: 0 }] });
    const executable = await backend.compile(donating, options);
    const input = backend.upload(x);
    const [output] = await executable.run([input]);
    expect(records.liveTensors()).toBe(1);
    output!.release();
    expect(records.liveTensors()).toBe(0);
    await expect(executable.run([input])).rejects.toThrow(OwnershipError);
  });

  it('names a missing input', async () => {
    const { backend } = createNullBackend();
    const executable = await backend.compile(graph, options);
    await expect(executable.run([])).rejects.toThrow(ShapeError);
    await expect(executable.run([])).rejects.toThrow(/'x' is missing/);
  });
});
