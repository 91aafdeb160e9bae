import { ConfigError, FormatError, OptionError, ShapeError, hostTensor } from '@tesserae/tensor';
import type { HostTensor } from '@tesserae/tensor';
import { describe, expect, it } from 'vitest';
import { bytesSource } from './byte-source.js';
import { castTensor } from './cast.js';
import { initParams } from './init.js';
import type { LoadOptions } from './load.js';
import { loadParams, sameTensor } from './load.js';
import { nameMap } from './name-map.js';
import { paramSpec } from './param-spec.js';
import { openSafetensors } from './safetensors/reader.js';
import { joinChunks, writeSafetensors } from './safetensors/writer.js';
import { saveParams } from './save.js';
import type { TensorFile } from './tensor-file.js';

const normal = { kind: 'normal', std: 1 } as const;
const specs = {
  shared: paramSpec([4, 2], { init: normal }),
  blocks: [{ query: paramSpec([2, 2], { init: normal }) }, { query: paramSpec([2, 2], { init: normal }) }],
};
const map = nameMap(
  { shared: 'base.shared.weight', 'blocks.{n}.query': 'base.block.{n}.q.weight' },
  { aliases: { 'base.embed.weight': 'base.shared.weight' }, ignored: [/position_ids$/] },
);
const params = initParams(specs, { seed: 5 });
const entries = saveParams(specs, params, { nameMap: map });

const fileOf = (
  tensors: Iterable<readonly [string, HostTensor]>,
  name = 'model.safetensors',
): Promise<TensorFile> => openSafetensors(bytesSource(name, joinChunks(writeSafetensors(tensors))));
const renamed = (change: (name: string) => string) =>
  entries.map(([name, tensor]) => [change(name), tensor] as const);
const load = async (tensors: Iterable<readonly [string, HostTensor]>, options: LoadOptions = {}) =>
  loadParams(specs, await fileOf(tensors), { nameMap: map, ...options });
const f32 = (...values: readonly number[]): HostTensor => hostTensor('f32', [values.length], values);

describe('loadParams', () => {
  it('fills the tree that saveParams wrote, with the same name map', async () => {
    expect(entries.map(([name]) => name)).toEqual([
      'base.shared.weight',
      'base.block.0.q.weight',
      'base.block.1.q.weight',
    ]);
    const loaded = await load(entries);
    expect(loaded.params).toEqual(params);
    expect(loaded).toMatchObject({ missing: [], unexpected: [], mismatched: [], conflicting: [] });
  });

  it("takes the specs' own names, or their paths, without a map", async () => {
    const named = {
      a: paramSpec([1], { init: normal, name: 'x.weight' }),
      b: paramSpec([1], { init: normal }),
    };
    const loaded = await loadParams(
      named,
      await fileOf([
        ['x.weight', f32(1)],
        ['b', f32(2)],
      ]),
    );
    expect([loaded.params.a.data[0], loaded.params.b.data[0]]).toEqual([1, 2]);
  });

  it('lists missing, unexpected and wrong-shaped tensors in one error', async () => {
    const wrong = [
      ['base.shared.weight', hostTensor('f32', [2, 4], new Array(8).fill(0))],
      entries[1]!,
      ['head.weight', f32(1)],
    ] as const;
    const error = (await load(wrong).catch((caught: unknown) => caught)) as FormatError;
    expect(error).toBeInstanceOf(FormatError);
    expect(error.code).toBe('weights-mismatch');
    expect(error.message).toContain("missing: 'base.block.1.q.weight'");
    expect(error.message).toContain("unexpected: 'head.weight'");
    expect(error.message).toContain("'base.shared.weight' is F32[2,4]; shared needs f32[4,2]");
    expect(error.message).toContain('in model.safetensors');
    expect(error.facts.got).toMatchObject({
      missing: ['base.block.1.q.weight'],
      unexpected: ['head.weight'],
    });
  });

  it('reads no tensor of a file that does not fit', async () => {
    const file = await fileOf(entries.slice(1));
    const untouched: TensorFile = { ...file, read: () => Promise.reject(new Error('read')) };
    await expect(loadParams(specs, untouched, { nameMap: map })).rejects.toBeInstanceOf(FormatError);
  });

  it('initialises what may be missing from the seed, and says so', async () => {
    const allowMissing = (path: string): boolean => path.startsWith('blocks.1');
    const loaded = await load(entries.slice(0, 2), { allowMissing, seed: 5 });
    expect(loaded.params).toEqual(params); // made with seed 5 too
    expect(loaded.missing).toEqual(['base.block.1.q.weight']);
    await expect(load(entries.slice(0, 2), { allowMissing })).rejects.toMatchObject({
      code: 'seed-required',
    });
    await expect(load(entries.slice(0, 1), { allowMissing, seed: 5 })).rejects.toBeInstanceOf(FormatError);
  });

  it('leaves over what may be unexpected, and says so', async () => {
    const loaded = await load([...entries, ['head.weight', f32(1)]], {
      allowUnexpected: (name) => name.startsWith('head.'),
    });
    expect(loaded.unexpected).toEqual(['head.weight']);
  });

  it('does not mention surplus that the map knows', async () => {
    expect((await load([...entries, ['base.position_ids', f32(1)]])).unexpected).toEqual([]);
  });

  it('replaces what does not fit when it is not strict', async () => {
    const loaded = await load([['base.shared.weight', f32(1)], ...entries.slice(1)], {
      strict: false,
      seed: 5,
    });
    expect(loaded.params).toEqual(params);
    expect(loaded.mismatched).toEqual([
      { name: 'base.shared.weight', path: 'shared', got: 'F32[1]', needed: 'f32[4,2]' },
    ]);
  });

  it('accepts an alias that repeats its tensor, or stands for it', async () => {
    const shared = entries[0]![1];
    expect((await load([...entries, ['base.embed.weight', shared]])).params).toEqual(params);
    expect((await load([['base.embed.weight', shared], ...entries.slice(1)])).params).toEqual(params);
  });

  it('reports an alias that differs from its tensor', async () => {
    const other = { ...params.shared, data: Float32Array.from(params.shared.data, (value) => value + 1) };
    await expect(load([...entries, ['base.embed.weight', other]])).rejects.toMatchObject({
      code: 'weights-alias',
    });
    const loose = await load([...entries, ['base.embed.weight', other]], { strict: false });
    expect(loose.conflicting).toEqual(['base.embed.weight']);
    expect(loose.params.shared).toEqual(params.shared);
  });

  it('fills a model with a head from the file of the bare model, and the other way round', async () => {
    const bare = renamed((name) => name.slice('base.'.length));
    expect((await load(bare, { basePrefix: 'base.' })).params).toEqual(params);
    const bareMap = nameMap({ shared: 'shared.weight', 'blocks.{n}.query': 'block.{n}.q.weight' });
    const loaded = await load([...entries, ['head.weight', f32(1)]], {
      nameMap: bareMap,
      basePrefix: 'base.',
      allowUnexpected: () => true,
    });
    expect(loaded.params).toEqual(params);
    expect(loaded.unexpected).toEqual(['head.weight']);
  });

  it('casts floats on load: f16 and bf16 files into f32, and f32 into bf16', async () => {
    for (const dtype of ['f16', 'bf16'] as const) {
      const loaded = await load(saveParams(specs, params, { nameMap: map, dtype }));
      expect(loaded.params.shared).toEqual(castTensor(castTensor(params.shared, dtype), 'f32'));
    }
    expect((await load(entries, { dtype: 'bf16' })).params.shared).toEqual(castTensor(params.shared, 'bf16'));
  });

  it('reads stored I64 into i32 parameters, and refuses floats for them', async () => {
    const counter = { step: paramSpec([1], { init: { kind: 'zeros' }, dtype: 'i32' }) };
    const chunks = writeSafetensors([['step', hostTensor('i32', [1], [12])]], { asInt64: ['step'] });
    const file = await openSafetensors(bytesSource('counter', joinChunks(chunks)));
    expect((await loadParams(counter, file)).params.step.data).toEqual(Int32Array.of(12));
    await expect(loadParams(counter, await fileOf([['step', f32(12)]]))).rejects.toThrow(
      /'step' is F32\[1\]; step needs i32\[1\]/,
    );
  });

  it('joins several files, and refuses a tensor that two of them hold', async () => {
    const files = [await fileOf(entries.slice(0, 1), 'one'), await fileOf(entries.slice(1), 'two')];
    expect((await loadParams(specs, files, { nameMap: map })).params).toEqual(params);
    await expect(loadParams(specs, [...files, files[1]!], { nameMap: map })).rejects.toThrow(
      /is in two and in two/,
    );
  });

  it('counts the bytes it has read', async () => {
    const seen: number[] = [];
    await load(entries, { onProgress: ({ loadedBytes, totalBytes }) => seen.push(loadedBytes / totalBytes) });
    expect(seen).toEqual([0.5, 0.75, 1]);
  });

  it('refuses unknown options, integer dtypes, and paths without a name', async () => {
    await expect(load(entries, { stric: false } as never)).rejects.toBeInstanceOf(OptionError);
    await expect(load(entries, { dtype: 'i32' })).rejects.toBeInstanceOf(OptionError);
    await expect(load(entries, { nameMap: nameMap({}) })).rejects.toBeInstanceOf(ConfigError);
    const twins = {
      a: paramSpec([1], { init: normal, name: 'x' }),
      b: paramSpec([1], { init: normal, name: 'x' }),
    };
    await expect(loadParams(twins, await fileOf([['x', f32(1)]]))).rejects.toThrow(
      /same checkpoint name 'x'/,
    );
  });

  it('stops when the signal is aborted', async () => {
    await expect(load(entries, { signal: AbortSignal.abort() })).rejects.toMatchObject({
      name: 'AbortError',
    });
  });
});

describe('sameTensor', () => {
  it('tells a repeated tensor from another one', async () => {
    const file = await fileOf([
      ['a', f32(1, NaN)],
      ['b', f32(1, NaN)],
      ['c', f32(1, 2)],
      ['d', f32(1)],
    ]);
    expect(await sameTensor(file, ['a', 'b'])).toBe(true);
    expect(await sameTensor(file, ['a', 'c'])).toBe(false);
    expect(await sameTensor(file, ['a', 'd'])).toBe(false);
  });
});

describe('saveParams', () => {
  it('refuses parameters that are absent, of another shape, or without a spec', () => {
    expect(() => saveParams(specs, { ...params, shared: undefined } as never)).toThrow(/'shared' is absent/);
    expect(() => saveParams(specs, { ...params, shared: f32(1) })).toThrow(ShapeError);
    expect(() => saveParams(specs, { ...params, extra: f32(1) } as never)).toThrow(/'extra' have no spec/);
  });
});
