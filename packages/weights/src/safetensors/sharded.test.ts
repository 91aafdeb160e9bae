import { FormatError, OptionError, hostTensor } from '@tesserae/tensor';
import { describe, expect, it } from 'vitest';
import { FolderError } from '../errors.js';
import type { FileContent } from '../folder.js';
import { memoryFolder } from '../folder.js';
import { openWeights } from '../open-weights.js';
import { openSharded } from './sharded.js';
import { weightFiles } from './shard-writer.js';
import { joinChunks, writeSafetensors } from './writer.js';

const shard = (...names: readonly string[]): Uint8Array =>
  joinChunks(writeSafetensors(names.map((name) => [name, hostTensor('f32', [1], [name.length])] as const)));
const index = (weight_map: unknown): string => JSON.stringify({ metadata: { total_size: 8 }, weight_map });
const openWith = (files: Readonly<Record<string, FileContent>>) => openSharded(memoryFolder('m', files));
const INDEX = 'model.safetensors.index.json';

describe('openSharded', () => {
  it('reads each tensor from its shard', async () => {
    const file = await openWith({
      [INDEX]: index({ a: 'one.safetensors', bb: 'two.safetensors' }),
      'one.safetensors': shard('a'),
      'two.safetensors': shard('bb', 'unlisted'),
    });
    expect(file.names).toEqual(['a', 'bb', 'unlisted']);
    expect((await file.read('bb')).data[0]).toBe(2);
    await expect(file.read('c')).rejects.toBeInstanceOf(FormatError);
  });

  it('names every missing shard', async () => {
    const files = {
      [INDEX]: index({ a: 'one.safetensors', b: 'two.safetensors' }),
      'one.safetensors': shard('a'),
    };
    await expect(openWith(files)).rejects.toThrow(/1 of 2 shards are missing: 'two\.safetensors'/);
  });

  it('refuses a tensor that its shard does not hold', async () => {
    const files = { [INDEX]: index({ a: 'one.safetensors' }), 'one.safetensors': shard('b') };
    await expect(openWith(files)).rejects.toMatchObject({
      code: 'safetensors-index',
      facts: { needed: 'a' },
    });
  });

  it('refuses a tensor that two shards hold', async () => {
    const files = {
      [INDEX]: index({ a: 'one.safetensors', b: 'two.safetensors' }),
      'one.safetensors': shard('a'),
      'two.safetensors': shard('a', 'b'),
    };
    await expect(openWith(files)).rejects.toThrow(/'a' is in this file and in/);
  });

  it.each([
    '../other/model.safetensors',
    '/etc/model.safetensors',
    'sub/x.safetensors',
    'C:\\x.safetensors',
    '..safetensors',
    'x.bin',
    7,
  ])('refuses the shard name %s', async (name) => {
    await expect(openWith({ [INDEX]: index({ a: name }) })).rejects.toMatchObject({
      code: 'safetensors-index',
    });
  });

  it.each([
    'not json',
    '[]',
    '{}',
    '{"weight_map": []}',
    '{"weight_map": {"a": "x.safetensors", "a": "y.safetensors"}}',
  ])('refuses the index %s', async (text) => {
    await expect(openWith({ [INDEX]: text })).rejects.toMatchObject({ code: 'safetensors-index' });
  });
});

describe('weightFiles and openWeights', () => {
  const tensors = ['a', 'b', 'c'].map(
    (name, value) => [name, hostTensor('f32', [2], [value, value])] as const,
  );
  const folderOf = (files: ReadonlyMap<string, readonly Uint8Array[]>) =>
    memoryFolder('m', Object.fromEntries([...files].map(([name, chunks]) => [name, joinChunks(chunks)])));

  it('write and open one file below the limit', async () => {
    const files = weightFiles(tensors);
    expect([...files.keys()]).toEqual(['model.safetensors']);
    expect((await (await openWeights(folderOf(files))).read('c')).data[0]).toBe(2);
  });

  it('write and open shards above it', async () => {
    const files = weightFiles(tensors, { maxShardBytes: 16 });
    expect([...files.keys()]).toEqual([
      'model-00001-of-00002.safetensors',
      'model-00002-of-00002.safetensors',
      INDEX,
    ]);
    const file = await openWeights(folderOf(files));
    expect(file.names).toEqual(['a', 'b', 'c']);
    expect((await file.read('c')).data[0]).toBe(2);
  });

  it('give a tensor above the limit a file of its own', () => {
    expect(weightFiles(tensors, { maxShardBytes: 1 }).size).toBe(4);
    expect(() => weightFiles(tensors, { maxShardBytes: 0 })).toThrow(OptionError);
  });

  it('say how to convert a folder of a format that is not read', async () => {
    const folder = memoryFolder('old', { 'tf_model.h5': 'x', 'config.json': '{}' });
    await expect(openWeights(folder)).rejects.toThrow(/'tf_model\.h5' is of another format.*save_pretrained/);
    await expect(openWeights(folder)).rejects.toBeInstanceOf(FolderError);
  });
});
