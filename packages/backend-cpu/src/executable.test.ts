import type { DeviceTensor, Graph, HostTensor, Tensor } from '@tesserae/tensor';
import {
  BackendError,
  OptionError,
  OwnershipError,
  ShapeError,
  add,
  buildGraph,
  exp,
  gather,
  hostTensor,
  matmul,
  mul,
  reshape,
  softmax,
  spec,
  symbol,
  tanh,
  toNumbers,
  trace,
  updateSlice,
} from '@tesserae/tensor';
import { randomTensor } from '@tesserae/backend-testkit';
import { describe, expect, it } from 'vitest';
import type { CpuBackendOptions } from './backend.js';
import { createCpuBackend } from './backend.js';

const NO_OPTIONS = { constants: new Map<number, HostTensor>(), debug: 0 } as const;
const x3 = hostTensor('f32', [3], [1, 2, 3]);

const oneInput = (fn: (x: Tensor) => unknown, size: Parameters<typeof spec>[1] = [3]): Graph =>
  trace(({ x }: { readonly x: Tensor }) => fn(x), { x: spec('f32', size) }, { name: 'test' }).graph;

async function run(
  graph: Graph,
  inputs: readonly HostTensor[],
  options: CpuBackendOptions = {},
): Promise<readonly HostTensor[]> {
  const backend = createCpuBackend(options);
  const executable = await backend.compile(graph, NO_OPTIONS);
  const outputs = await executable.run(inputs.map((input) => backend.upload(input)));
  return Promise.all(outputs.map((output) => backend.download(output)));
}

describe('memory of a run', () => {
  it('is not reused while somebody still reads it', async () => {
    const graph = oneInput((x) => {
      const y = add(x, 1);
      const z = mul(y, 2); // may not take over y, which is read again
      return [add(z, y), mul(reshape(y, [3, 1]), reshape(z, [1, 3]))];
    });
    const [sum, outer] = await run(graph, [x3]);
    expect(toNumbers(sum!)).toEqual([6, 9, 12]);
    expect(toNumbers(outer!)).toEqual([8, 12, 16, 12, 18, 24, 16, 24, 32]);
  });

  it('keeps an output that later steps read', async () => {
    const graph = oneInput((x) => {
      const y = add(x, 1);
      return { y, z: mul(mul(y, y), 0.5) };
    });
    const [y, z] = await run(graph, [x3]);
    expect(toNumbers(y!)).toEqual([2, 3, 4]);
    expect(toNumbers(z!)).toEqual([2, 4.5, 8]);
  });

  it('is right when the update of a cache is a part of the cache itself', async () => {
    const fn = ({ cache, at }: { readonly cache: Tensor; readonly at: Tensor }) =>
      updateSlice(cache, cache, at);
    const { graph } = trace(fn, { cache: spec('f32', [3]), at: spec('i32', [1]) });
    const aliased = buildGraph({ ...graph, aliases: [{ output: 0, input: 0 }] });
    const [result] = await run(aliased, [x3, hostTensor('i32', [1], [0])]);
    expect(toNumbers(result!)).toEqual([1, 2, 3]);
  });

  it('stays right over many sizes of one executable', async () => {
    const backend = createCpuBackend();
    const graph = oneInput((x) => exp(mul(tanh(x), 2)), [symbol('batch'), 4]);
    const executable = await backend.compile(graph, NO_OPTIONS);
    for (const batch of [3, 1, 2, 3, 20, 1, ...Array.from({ length: 20 }, (_, index) => index + 1)]) {
      const input = randomTensor({ dtype: 'f32', shape: [batch, 4] }, { seed: batch });
      const [output] = await executable.run([backend.upload(input)]);
      const expected = Array.from(input.data, (value) =>
        Math.fround(Math.exp(Math.fround(Math.fround(Math.tanh(value)) * 2))),
      );
      expect(toNumbers(await backend.download(output!))).toEqual(expected);
    }
  });
});

describe('f64 precision', () => {
  it('computes a graph of f32 in double and downloads doubles', async () => {
    const [result] = await run(
      oneInput((x) => mul(x, x)),
      [hostTensor('f64', [3], [0.1, 0.2, 0.3])],
      { precision: 'f64' },
    );
    expect(result!.dtype).toBe('f64');
    expect(toNumbers(result!)).toEqual([0.1 * 0.1, 0.2 * 0.2, 0.3 * 0.3]);
  });

  it('is not the default: f64 is refused where the graph says f32', async () => {
    await expect(
      run(
        oneInput((x) => mul(x, x)),
        [hostTensor('f64', [3], [1, 2, 3])],
      ),
    ).rejects.toThrow(ShapeError);
  });
});

describe('a long run', () => {
  it('lets timers run, even within one matrix product', async () => {
    const backend = createCpuBackend();
    const size = 600; // 216 million multiply-adds: several turns of 50 ms
    const graph = oneInput((x) => matmul(x, x), [size, size]);
    const executable = await backend.compile(graph, NO_OPTIONS);
    const input = backend.upload(randomTensor({ dtype: 'f32', shape: [size, size] }, { seed: 1 }));
    let ticks = 0;
    const timer = setInterval(() => ticks++, 1);
    await executable.run([input]);
    clearInterval(timer);
    expect(ticks).toBeGreaterThan(0);
  });
});

describe('errors', () => {
  it('name op, index and size of a position out of range', async () => {
    const fn = ({ table, ids }: { readonly table: Tensor; readonly ids: Tensor }) =>
      gather(table, ids, { axis: 0 });
    const { graph } = trace(fn, { table: spec('f32', [3]), ids: spec('i32', [2]) }, { name: 'lookup' });
    const failing = run(graph, [x3, hostTensor('i32', [2], [1, 30])]);
    await expect(failing).rejects.toThrow(BackendError);
    await expect(failing).rejects.toMatchObject({
      facts: { op: 'gather', got: 30, needed: 3 },
      scopes: ['lookup'],
    });
  });

  it('leave the backend usable', async () => {
    const backend = createCpuBackend();
    const fn = ({ table, ids }: { readonly table: Tensor; readonly ids: Tensor }) =>
      gather(table, ids, { axis: 0 });
    const { graph } = trace(fn, { table: spec('f32', [3]), ids: spec('i32', [1]) });
    const executable = await backend.compile(graph, NO_OPTIONS);
    const table = backend.upload(x3);
    await expect(executable.run([table, backend.upload(hostTensor('i32', [1], [3]))])).rejects.toThrow(
      BackendError,
    );
    const [row] = await executable.run([table, backend.upload(hostTensor('i32', [1], [2]))]);
    expect(toNumbers(await backend.download(row!))).toEqual([3]);
  });

  it('come at compile time for a composite', async () => {
    const graph = oneInput((x) => softmax(x));
    await expect(run(graph, [x3])).rejects.toMatchObject({
      facts: { op: 'softmax', page: 'op-unsupported' },
    });
  });

  it('come for tensors of another backend', async () => {
    const executable = await createCpuBackend().compile(
      oneInput((x) => exp(x)),
      NO_OPTIONS,
    );
    const stranger: DeviceTensor = createCpuBackend().upload(x3);
    await expect(executable.run([stranger])).rejects.toThrow(OwnershipError);
    await expect(createCpuBackend().download(stranger)).rejects.toThrow(/another backend/);
  });

  it('come for a constant of another shape, and for a donated one', async () => {
    const graph = oneInput((x) => exp(x));
    const compileWith = (constant: HostTensor, from = graph) =>
      createCpuBackend().compile(from, { constants: new Map([[0, constant]]), debug: 0 });
    await expect(compileWith(hostTensor('f32', [2], [1, 2]))).rejects.toThrow(/constant 'x' is f32\[2\]/);
    await expect(
      compileWith(x3, buildGraph({ ...graph, aliases: [{ output: 0, input: 0 }] })),
    ).rejects.toThrow(/donated/);
  });

  it('come for unknown options and values', () => {
    expect(() => createCpuBackend({ precison: 'f64' } as never)).toThrow(OptionError);
    expect(() => createCpuBackend({ matmul: 'fast' as never })).toThrow(/plain, blocked/);
  });
});
