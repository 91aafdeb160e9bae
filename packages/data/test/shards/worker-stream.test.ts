import { describe, expect, it } from 'vitest';
import { workerStream } from '../../src/node.js';

const module = new URL('./stream-module.ts', import.meta.url);

interface Item {
  readonly at: number;
  readonly square: Int32Array;
}

const collect = async (data: object, workers: number): Promise<Item[]> => {
  const items: Item[] = [];
  for await (const item of workerStream<Item>(module, { workers, data, ahead: 2 })) items.push(item);
  return items;
};

describe('workerStream', () => {
  it.each([1, 2, 3])('gives the items of %i workers in one order', async (workers) => {
    const items = await collect({ length: 50 }, workers);
    expect(items.map(({ at }) => at)).toEqual([...Array(50).keys()]);
    expect(items[49]).toEqual({ at: 49, square: Int32Array.of(49 * 49) });
  });

  it('delivers what comes before an error, and the error as it is', async () => {
    const seen: number[] = [];
    const reading = async (kind: string) => {
      const data = { length: 50, failAt: 11, kind };
      for await (const { at } of workerStream<Item>(module, { workers: 2, data })) seen.push(at);
    };
    await expect(reading('data')).rejects.toMatchObject({ code: 'data-record', line: 11 });
    expect(seen).toEqual([...Array(11).keys()]);
    await expect(reading('other')).rejects.toThrow(/RangeError: out of luck/);
    await expect(reading('exit')).rejects.toThrow(/exited with code 3/);
  });

  it('stops when its signal says so, and when its loop is left', async () => {
    const controller = new AbortController();
    const { signal } = controller;
    const reading = async () => {
      const data = { length: 1_000_000 };
      for await (const { at } of workerStream<Item>(module, { workers: 1, data, signal })) {
        if (at === 20) controller.abort(new Error('enough'));
      }
    };
    await expect(reading()).rejects.toThrow('enough');
    for await (const { at } of workerStream<Item>(module, { workers: 2, data: { length: 1_000_000 } })) {
      if (at === 5) break;
    }
  });

  it('checks its options', async () => {
    await expect(workerStream(module, { workers: 0 }).next()).rejects.toMatchObject({ code: 'option-value' });
    const missing = workerStream(new URL('./no-such-module.ts', import.meta.url), { workers: 1 });
    await expect(missing.next()).rejects.toMatchObject({ code: 'data-worker' });
  });
});
