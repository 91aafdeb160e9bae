import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { createOnnxNodeBackend } from '@tesserae/backend-onnx/node';
import type { Backend, HostTensor, Tensor } from '@tesserae/tensor';
import { BackendError, OptionError, compile, hostTensor, matmul, mul, reduceSum } from '@tesserae/tensor';
import { afterEach, describe, expect, it } from 'vitest';

const SIZE = 768;
const square = (value: number): HostTensor =>
  hostTensor('f32', [SIZE, SIZE], new Float32Array(SIZE * SIZE).fill(value));

/** About a third of a second of work on one thread. */
function longWork({ x }: { readonly x: Tensor }): { readonly sum: Tensor } {
  let product = x;
  for (let step = 0; step < 24; step++) product = mul(matmul(product, x), 1 / SIZE);
  return { sum: reduceSum(product) };
}

describe('the worker of backend-onnx', () => {
  const open: Backend[] = [];
  const create = async (): Promise<Backend> => {
    const backend = await createOnnxNodeBackend({ threads: 1 });
    open.push(backend);
    return backend;
  };
  afterEach(() => Promise.all(open.splice(0).map((backend) => backend.close())));

  it('leaves the event loop free while a graph runs', async () => {
    const backend = await create();
    const run = await compile(longWork, backend);
    await run({ x: square(1) }); // compiled and warm
    let ticks = 0;
    const timer = setInterval(() => ticks++, 5);
    const started = performance.now();
    const { sum } = await run({ x: square(1) });
    const elapsedMs = performance.now() - started;
    clearInterval(timer);
    expect((await backend.download(sum)).data[0]).toBeCloseTo(SIZE * SIZE, -1);
    expect(elapsedMs).toBeGreaterThan(50);
    expect(ticks).toBeGreaterThan(elapsedMs / 5 / 5); // a fifth of the ticks that fit, for a busy machine
  });

  it('leaves uploaded and downloaded arrays with their owners', async () => {
    const backend = await create();
    const own = hostTensor('f32', [2], [1, 2]);
    const tensor = backend.upload(own);
    const first = await backend.download(tensor);
    (first.data as Float32Array)[0] = 9;
    expect([...own.data]).toEqual([1, 2]);
    expect([...(await backend.download(tensor)).data]).toEqual([1, 2]);
  });

  it('rejects what is under way when it is closed', async () => {
    const backend = await create();
    const run = await compile(longWork, backend);
    await run({ x: square(1) });
    const pending = run({ x: square(1) });
    await Promise.all([expect(pending).rejects.toBeInstanceOf(BackendError), backend.close()]);
    await expect(async () => backend.upload(square(1))).rejects.toThrow(/closed/);
  });

  it('does not keep the process alive', async () => {
    const code = `
      import { createOnnxNodeBackend } from '@tesserae/backend-onnx/node';
      import { hostTensor } from '@tesserae/tensor';
      const backend = await createOnnxNodeBackend({ threads: 1 });
      const value = await backend.download(backend.upload(hostTensor('f32', [1], [42])));
      process.stdout.write(String(value.data[0]));`;
    const args = ['--conditions=@tesserae/source', '--import', 'tsx', '--input-type=module', '-e', code];
    const { stdout } = await promisify(execFile)(process.execPath, args, {
      cwd: import.meta.dirname,
      timeout: 30_000,
    });
    expect(stdout).toBe('42');
  });

  it('refuses options it does not know', async () => {
    await expect(createOnnxNodeBackend({ thread: 1 } as never)).rejects.toThrow(OptionError);
    await expect(createOnnxNodeBackend({ threads: 0 })).rejects.toThrow(/threads is 0/);
  });
});
