import { createCpuBackend } from '@tesserae/backend-cpu';
import type { Skip } from '@tesserae/backend-testkit';
import { describeBackend } from '@tesserae/backend-testkit';
import type { Backend, DeviceTensor, HostTensor } from '@tesserae/tensor';
import { OptionError, buildGraph, isFloat } from '@tesserae/tensor';
import { describe, expect, it } from 'vitest';

/** Declares the suite of a backend without running it; the cases by their full names. */
async function collectCases(
  create: () => Backend,
  skip: readonly Skip[] = [],
): Promise<ReadonlyMap<string, () => unknown>> {
  const cases = new Map<string, () => unknown>();
  const path: string[] = [];
  const describeCases = (name: string, body: () => void): void => {
    path.push(name);
    body();
    path.pop();
  };
  const add = (name: string, body: () => unknown): void =>
    void cases.set([...path.slice(1), name].join(' › '), body);
  const testApi = {
    describe: describeCases,
    it: Object.assign(add, { skip: () => undefined }),
    afterAll: () => undefined,
  };
  await describeBackend({ name: 'collected', create, reference: createCpuBackend(), testApi, skip });
  return cases;
}

/** Names of the cases under `prefix` that fail. */
async function failures(create: () => Backend, prefix: string): Promise<readonly string[]> {
  const failed: string[] = [];
  for (const [name, body] of await collectCases(create)) {
    if (!name.startsWith(prefix)) continue;
    try {
      await body();
    } catch {
      failed.push(name);
    }
  }
  return failed;
}

/** The reference backend with some of its methods changed. */
const cpuWith = (change: (cpu: Backend) => Partial<Backend>) => (): Backend => {
  const cpu = createCpuBackend();
  return { ...cpu, ...change(cpu) };
};

/** The smallest wrong number: one element off by 0.1 %. */
const offByALittle = (value: HostTensor): HostTensor => {
  if (isFloat(value.dtype) && value.dtype === 'f32' && value.data.length > 0) value.data[0]! *= 1.001;
  return value;
};

const unreleasable = (tensor: DeviceTensor): DeviceTensor =>
  new Proxy(tensor, {
    get: (target, key) => (key === 'release' ? () => undefined : Reflect.get(target, key, target)),
  });

describe('the conformance suite fails for a backend that', () => {
  it('computes numbers that are off by 0.1 %', async () => {
    const create = cpuWith((cpu) => ({ download: async (value) => offByALittle(await cpu.download(value)) }));
    expect(await failures(create, 'ops › tanh')).toContain('ops › tanh › f32 sample 0');
  });

  it('ignores donation', async () => {
    const create = cpuWith((cpu) => ({
      compile: (graph, options) => cpu.compile(buildGraph({ ...graph, aliases: [] }), options),
    }));
    expect(await failures(create, 'donation')).toEqual([
      'donation › a donated tensor › cannot be touched again',
      'donation › a donated tensor › cannot be another input too',
    ]);
  });

  it('goes on after it was closed', async () => {
    const create = cpuWith(() => ({ close: async () => undefined }));
    expect(await failures(create, 'lifetime › close')).toHaveLength(1);
  });

  it('lets released tensors be read', async () => {
    const create = cpuWith((cpu) => {
      const inner = new WeakMap<DeviceTensor, DeviceTensor>();
      return {
        upload: (value) => {
          const tensor = cpu.upload(value);
          const own = unreleasable(tensor);
          inner.set(own, tensor);
          return own;
        },
        download: (value) => cpu.download(inner.get(value) ?? value),
      };
    });
    expect(await failures(create, 'lifetime › tensors')).toContain(
      'lifetime › tensors › a released tensor cannot be downloaded',
    );
  });

  it('draws other random bits', async () => {
    const create = cpuWith((cpu) => ({
      download: async (value) => {
        const host = await cpu.download(value);
        if (host.dtype === 'i32') host.data.reverse();
        return host;
      },
    }));
    expect(await failures(create, 'contract › random numbers')).toHaveLength(1);
  });
});

describe('skips', () => {
  const create = () => createCpuBackend();

  it('need a reason', async () => {
    await expect(collectCases(create, [{ reason: ' ', cases: /topK/ }])).rejects.toThrow(OptionError);
  });

  it('take their cases out, by expression or by function', async () => {
    const all = await collectCases(create);
    const some = await collectCases(create, [
      { reason: 'for this test', cases: /^ops › topK/ },
      { reason: 'for this test', cases: (name) => name.startsWith('donation') },
    ]);
    const removed = [...all.keys()].filter((name) => !some.has(name));
    expect(removed.length).toBeGreaterThan(8);
    expect(removed.every((name) => /^(ops › topK|donation)/.test(name))).toBe(true);
  });

  it('fail when they match nothing any more', async () => {
    const cases = await collectCases(create, [{ reason: 'an op of old', cases: /^ops › convolution/ }]);
    expect(cases.get('every skip names cases that exist')).toThrow(/an op of old/);
  });
});
