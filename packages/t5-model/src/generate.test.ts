import { createCpuBackend } from '@tesserae/backend-cpu';
import type { Backend, DeviceTensor } from '@tesserae/tensor';
import { OptionError, OwnershipError, ShapeError, hostTensor } from '@tesserae/tensor';
import { describe, expect, it } from 'vitest';
import { TINY, randomIds, tinyParams } from '../test/tiny-model.js';
import type { T5Config } from './config.js';
import type { GreedyOptions } from './generate.js';
import { createT5Generator } from './generate.js';

const batch = {
  inputIds: randomIds([2, 6], 3),
  attentionMask: hostTensor('i32', [2, 6], [1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0]),
};
/** No piece has this id, so nothing ends early. */
const endless: T5Config = { ...TINY, eosTokenId: TINY.vocabSize };
const maxNewTokens = 8;

/** A backend that remembers every tensor it hands out. */
function remembering(): { readonly backend: Backend; readonly tensors: DeviceTensor[] } {
  const cpu = createCpuBackend();
  const tensors: DeviceTensor[] = [];
  const backend: Backend = {
    ...cpu,
    upload: (value) => {
      const tensor = cpu.upload(value);
      tensors.push(tensor);
      return tensor;
    },
    compile: async (graph, options) => {
      const executable = await cpu.compile(graph, options);
      const run: typeof executable.run = async (inputs) => {
        const outputs = await executable.run(inputs);
        tensors.push(...outputs);
        return outputs;
      };
      return { run, release: () => executable.release() };
    },
  };
  return { backend, tensors };
}

const generatorOf = (config: T5Config, backend: Backend = createCpuBackend()) =>
  createT5Generator(tinyParams(config), config, backend);

describe('greedy', () => {
  it('writes maxNewTokens ids when nothing ends, 20 by default', async () => {
    const generator = await generatorOf(endless);
    expect((await generator.greedy(batch, { maxNewTokens })).map((row) => row.length)).toEqual([8, 8]);
    expect((await generator.greedy(batch)).map((row) => row.length)).toEqual([20, 20]);
  });

  it('keeps the end token, writes nothing after it, and reports padding for rows that ended', async () => {
    const free = await (await generatorOf(endless)).greedy(batch, { maxNewTokens });
    const [first, second] = free.map((row) => Array.from(row)) as [number[], number[]];
    const at = first.findIndex((id, index) => !second.slice(0, index + 2).includes(id));
    const config = { ...TINY, eosTokenId: first[at]!, padTokenId: 39 };
    const steps: number[][] = [];
    const rows = await (
      await generatorOf(config)
    ).greedy(batch, { maxNewTokens, onStep: (ids, step) => void (steps[step] = Array.from(ids)) });
    expect(Array.from(rows[0]!)).toEqual(first.slice(0, first.indexOf(first[at]!) + 1));
    expect(rows[1]!.length).toBeGreaterThan(rows[0]!.length);
    expect(steps[rows[0]!.length]![0]).toBe(39);
    expect(steps).toHaveLength(Math.max(...rows.map((row) => row.length)));
  });

  it('does not begin when the signal is aborted', async () => {
    const generator = await generatorOf(endless);
    await expect(generator.greedy(batch, { signal: AbortSignal.abort() })).rejects.toThrow(/abort/i);
  });

  it('stops between two steps when the signal is aborted, and frees what it held', async () => {
    const { backend, tensors } = remembering();
    const generator = await generatorOf(endless, backend);
    const controller = new AbortController();
    const steps: number[] = [];
    const onStep: GreedyOptions['onStep'] = (_, step) => {
      steps.push(step);
      if (step === 2) controller.abort();
    };
    await expect(
      generator.greedy(batch, { maxNewTokens, signal: controller.signal, onStep }),
    ).rejects.toThrow(/abort/i);
    expect(steps).toEqual([0, 1, 2]);
    for (const tensor of tensors) await expect(backend.download(tensor)).rejects.toThrow(OwnershipError);
  });

  it('frees what it held at the end, and when the source does not fit', async () => {
    const { backend, tensors } = remembering();
    const generator = await generatorOf(endless, backend);
    await generator.greedy(batch, { maxNewTokens });
    const attentionMask = hostTensor('i32', [2, 5], new Int32Array(10).fill(1));
    await expect(generator.greedy({ ...batch, attentionMask })).rejects.toThrow(ShapeError);
    expect(tensors.length).toBeGreaterThan(20);
    for (const tensor of tensors) await expect(backend.download(tensor)).rejects.toThrow(OwnershipError);
  });

  it.each([0, -1, 1.5, NaN])('refuses maxNewTokens %d', async (count) => {
    const generator = await generatorOf(endless);
    await expect(generator.greedy(batch, { maxNewTokens: count })).rejects.toThrow(OptionError);
  });

  it('refuses an option it does not know', async () => {
    const generator = await generatorOf(endless);
    const options = { maxTokens: 3 } as GreedyOptions;
    await expect(generator.greedy(batch, options)).rejects.toThrow(
      /unknown option 'maxTokens'.*maxNewTokens/s,
    );
  });
});
