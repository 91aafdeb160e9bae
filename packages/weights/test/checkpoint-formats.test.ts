import { readFileSync } from 'node:fs';
import type { HostTensor } from '@tesserae/tensor';
import { toNumbers } from '@tesserae/tensor';
import { describe, expect, it } from 'vitest';
import { bytesSource } from '../src/byte-source.js';
import type { ModelFolder } from '../src/folder.js';
import { memoryFolder } from '../src/folder.js';
import { guessConfig } from '../src/guess-config.js';
import type { OpenWeightsOptions } from '../src/open-weights.js';
import { openCheckpoint, openWeights } from '../src/open-weights.js';
import { openSafetensors } from '../src/safetensors/reader.js';
import { joinChunks, writeSafetensors } from '../src/safetensors/writer.js';
import type { TensorFile } from '../src/tensor-file.js';
import { fixtureBytes, fixtureFolder } from './fixture-file.js';

const GOLDEN = new URL('../../../tools/golden/fixtures/', import.meta.url);

/** The weights that a golden fixture holds, under Hugging Face's names. */
async function golden(name: string): Promise<Map<string, HostTensor>> {
  const bytes = new Uint8Array(readFileSync(new URL(`${name}.safetensors`, GOLDEN)));
  const file = await openSafetensors(bytesSource(name, bytes));
  const names = file.names.filter((tensor) => tensor.startsWith('weight/'));
  const read = names.map(
    async (tensor) => [tensor.slice('weight/'.length), await file.read(tensor)] as const,
  );
  return new Map(await Promise.all(read));
}

/** Every tensor of the file is the golden one bit for bit, and no other is there. */
async function expectSame(file: TensorFile, needed: ReadonlyMap<string, HostTensor>): Promise<void> {
  expect([...file.names].sort()).toEqual([...needed.keys()].sort());
  for (const [name, tensor] of needed) expect(await file.read(name), name).toEqual(tensor);
}

const open = (path: string, options?: OpenWeightsOptions): Promise<TensorFile> =>
  openWeights(fixtureFolder(path), options);

describe('a TensorFlow checkpoint', () => {
  it('of T5 1.0 is that model; the newest save is taken', async () =>
    expectSame(await open('tensorflow/mesh-t5-1.0'), await golden('t5-1.0')));

  it('of T5 1.1 is that model', async () =>
    expectSame(await open('tensorflow/mesh-t5-1.1'), await golden('t5-1.1')));

  it.each(['electra-shared', 'electra-untied'])('of ELECTRA (%s) holds the discriminator', async (name) => {
    const opened = await openCheckpoint(fixtureFolder(`tensorflow/${name}`));
    expect(opened.format).toBe('tensorflow');
    expect(opened.ignored).toContain('global_step');
    expect(opened.ignored).toContain('generator_predictions/output_bias');
    await expectSame(opened.file, await golden('electra-pre-training'));
  });

  it('of ELECTRA holds the generator with its own embeddings', async () =>
    expectSame(
      await open('tensorflow/electra-untied', { half: 'generator' }),
      await golden('electra-masked-lm'),
    ));

  it('of ELECTRA holds the generator with the embeddings of the discriminator', async () => {
    const discriminator = await golden('electra-pre-training');
    const needed = await golden('electra-masked-lm');
    for (const name of needed.keys())
      if (name.startsWith('electra.embeddings.')) needed.set(name, discriminator.get(name)!);
    await expectSame(await open('tensorflow/electra-shared', { half: 'generator' }), needed);
  });

  it('that was fine-tuned has no generator, and says so', async () => {
    const folder = fixtureFolder('tensorflow/mesh-t5-1.0');
    await expect(openWeights(folder, { half: 'generator' })).resolves.toBeDefined(); // T5 has no halves
    const { translateElectra } = await import('../src/names/electra-tensorflow.js');
    const { storedFile } = await import('../src/stored/stored-file.js');
    const bytes = bytesSource('x', new Uint8Array(4));
    const tensors = new Map([
      ['electra/embeddings/word_embeddings', { stored: 'F32', shape: [1, 1], bytes } as const],
    ]);
    const file = storedFile({ name: 'x', op: 'x', tensors });
    expect(() => translateElectra(file, 'generator')).toThrow(/no generator.*electra/);
  });

  it('that was fine-tuned has the layers of its task, turned to [outputs, inputs]', async () => {
    const { translateElectra } = await import('../src/names/electra-tensorflow.js');
    const { storedFile } = await import('../src/stored/stored-file.js');
    const values = (...numbers: number[]) =>
      bytesSource('x', new Uint8Array(Float32Array.from(numbers).buffer));
    const tensors = new Map([
      ['task_specific/squad/dense_1/kernel', { stored: 'F32', shape: [2, 1], bytes: values(3, 4) } as const],
      ['task_specific/squad/dense_1/bias', { stored: 'F32', shape: [1], bytes: values(5) } as const],
      ['task_specific/squad/dense_1/bias/adam_m', { stored: 'F32', shape: [1], bytes: values(6) } as const],
    ]);
    const { file, ignored } = translateElectra(storedFile({ name: 'x', op: 'x', tensors }), 'discriminator');
    expect(ignored).toEqual(['task_specific/squad/dense_1/bias/adam_m']);
    expect(await file.read('task_specific.squad.dense_1.weight')).toEqual({
      dtype: 'f32',
      shape: [1, 2],
      data: Float32Array.of(3, 4),
    });
    expect(file.names).toContain('task_specific.squad.dense_1.bias');
  });

  it('of every element type gives its values; texts are left out', async () => {
    const file = await open('tensorflow/kinds');
    expect(file.names).not.toContain('note');
    const floats = ['float32', 'float64', 'float16', 'bfloat16'];
    for (const name of floats) expect(toNumbers(await file.read(name)), name).toEqual([0, 1, 2, 3, 4, 5]);
    for (const name of 'int64 int32 int16 int8 uint8 uint16 uint32 uint64'.split(' '))
      expect([...(await file.readIntegers(name)).data], name).toEqual([0, 1, 2, 3, 4, 5]);
    expect([...(await file.read('bool')).data]).toEqual([0, 1, 0, 1, 0, 1]);
    expect(await file.read('scalar')).toMatchObject({ shape: [], data: Float32Array.of(2.5) });
    expect((await file.read('empty')).shape).toEqual([0, 4]);
  });

  it('says of a variable in parts that it cannot be read', async () => {
    const file = await open('tensorflow/kinds');
    expect(file.spec('parts').shape).toEqual([4, 2]);
    await expect(file.read('parts')).rejects.toMatchObject({ code: 'tensorflow-slices' });
  });

  const folder = (changes: Record<string, Uint8Array | string | undefined>): ModelFolder =>
    fixtureFolder('tensorflow/mesh-t5-1.0', changes);
  const DATA = 'model.ckpt-1000.data-00000-of-00001';

  it('takes the save that TensorFlow noted, wherever it was trained', async () => {
    const noted = folder({ checkpoint: 'model_checkpoint_path: "gs://bucket/model.ckpt-999"\n' });
    expect((await openWeights(noted)).names).toEqual(['shared.weight']);
    const elsewhere = folder({ checkpoint: 'model_checkpoint_path: "../../etc/passwd"\n' });
    expect((await openWeights(elsewhere)).names.length).toBeGreaterThan(40);
  });

  it('names a missing data file', async () => {
    const error = expect(openWeights(folder({ [DATA]: undefined }))).rejects;
    await error.toMatchObject({ code: 'tensorflow-shard', facts: { got: [DATA] } });
  });

  it('names the tensor that a short data file cuts', async () => {
    const cut = fixtureBytes(`tensorflow/mesh-t5-1.0/${DATA}`).subarray(0, 30_000);
    await expect(openWeights(folder({ [DATA]: cut }))).rejects.toMatchObject({ code: 'file-truncated' });
  });

  it('notices a changed byte of a tensor', async () => {
    const changed = fixtureBytes(`tensorflow/mesh-t5-1.0/${DATA}`);
    changed[100]! ^= 1;
    const file = await openWeights(folder({ [DATA]: changed }));
    const reads = await Promise.allSettled(file.names.map((name) => file.read(name)));
    const failures = reads.filter(({ status }) => status === 'rejected');
    expect(failures).toHaveLength(1);
    expect(failures[0]).toMatchObject({ reason: { code: 'tensorflow-crc' } });
  });

  it('of version 1 is refused with the remedy', async () => {
    const old = memoryFolder('old', { 'model.ckpt-7': 'x', 'model.ckpt-7.meta': 'x' });
    await expect(openWeights(old)).rejects.toMatchObject({ code: 'tensorflow-version-1' });
  });
});

describe('a T5X checkpoint', () => {
  it('with layers one by one, one array in parts, is that model', async () => {
    const opened = await openCheckpoint(fixtureFolder('t5x/t5-1.1'));
    expect(opened.format).toBe('t5x');
    await expectSame(opened.file, await golden('t5-1.1'));
  });

  it('with stacked layers and heads apart is that model', async () =>
    expectSame(await open('t5x/umt5'), await golden('t5-trap-bias-table-per-layer-umt5')));

  it('with arrays in Zarr directories is that model', async () =>
    expectSame(await open('t5x/t5-1.0-zarr'), await golden('t5-1.0')));

  it.each([
    ['a missing chunk', { 'target.token_embedder.embedding/0.0': undefined }],
    ['a damaged chunk', { 'target.token_embedder.embedding/0.0': new Uint8Array(20) }],
    ['no description', { 'target.token_embedder.embedding/.zarray': undefined }],
    [
      'another compressor',
      { 'target.token_embedder.embedding/.zarray': zarray({ compressor: { id: 'blosc' } }) },
    ],
    [
      'a chunk larger than the array',
      { 'target.token_embedder.embedding/.zarray': zarray({ chunks: [100, 5] }) },
    ],
    [
      'a trillion chunks',
      { 'target.token_embedder.embedding/.zarray': zarray({ shape: [1e9, 1e4], chunks: [1, 1] }) },
    ],
    [
      'a terabyte in one chunk',
      { 'target.token_embedder.embedding/.zarray': zarray({ shape: [1e6, 1e6], chunks: [1e6, 1e6] }) },
    ],
  ])('is refused for %s of a Zarr array', async (_, changes) => {
    const read = async (): Promise<unknown> =>
      (await openWeights(fixtureFolder('t5x/t5-1.0-zarr', changes))).read('shared.weight');
    await expect(read()).rejects.toMatchObject({ name: 'FormatError', code: 'zarr-format' });
  });

  it('does not follow a directory that leads out', async () => {
    const text = new TextEncoder();
    const pack = (value: string): number[] => [0xd9, value.length, ...text.encode(value)];
    const file = (path: string): Uint8Array =>
      Uint8Array.from([0x81, ...pack('target'), 0x81, ...pack('w'), ...pack(`PLACEHOLDER://${path}`)]);
    const folder = memoryFolder('m', { checkpoint: file('../../secret') });
    await expect(openWeights(folder)).rejects.toMatchObject({ code: 'file-name' });
  });
});

function zarray(changes: object): string {
  const sound = {
    chunks: [7, 5],
    compressor: { id: 'gzip' },
    dtype: '<f4',
    filters: null,
    order: 'C',
    shape: [48, 12],
  };
  return JSON.stringify({ ...sound, ...changes });
}

describe('PyTorch files in a folder', () => {
  it('are read through their index', async () => {
    const file = await open('pytorch/sharded');
    expect((await file.read('b')).data).toEqual(Float32Array.of(4, 5, 6));
  });

  it.each(['../secret.bin', '/etc/passwd.bin', 'a/b.bin', '.hidden.bin', 'model.safetensors'])(
    'are refused when the index names %s',
    async (name) => {
      const index = JSON.stringify({ weight_map: { a: name } });
      const folder = fixtureFolder('pytorch/sharded', { 'pytorch_model.bin.index.json': index });
      await expect(openWeights(folder)).rejects.toMatchObject({ code: 'safetensors-index' });
    },
  );

  it('are refused when a shard is missing', async () => {
    const folder = fixtureFolder('pytorch/sharded', { 'pytorch_model-00002-of-00002.bin': undefined });
    await expect(openWeights(folder)).rejects.toThrow('1 of 2 shards are missing');
  });

  it('have the norms of early releases under their later names', async () => {
    const { hostTensor } = await import('@tesserae/tensor');
    const tensor = hostTensor('f32', [1], [1]);
    const names = ['electra.embeddings.LayerNorm.gamma', 'electra.embeddings.LayerNorm.beta'];
    const bytes = joinChunks(writeSafetensors(names.map((name) => [name, tensor] as const)));
    const file = await openWeights(memoryFolder('old', { 'model.safetensors': bytes }));
    const renamed = ['electra.embeddings.LayerNorm.weight', 'electra.embeddings.LayerNorm.bias'];
    expect([...file.names].sort()).toEqual(renamed.sort());
  });
});

describe('the form of the weights', () => {
  const both = (): ModelFolder => {
    const bytes = joinChunks(
      writeSafetensors([['x', { dtype: 'f32', shape: [], data: Float32Array.of(1) }]]),
    );
    return fixtureFolder('tensorflow/mesh-t5-1.0', { 'model.safetensors': bytes });
  };

  it('is safetensors where there are several, or the one asked for', async () => {
    expect((await openWeights(both())).names).toEqual(['x']);
    expect((await openWeights(both(), { format: 'tensorflow' })).has('shared.weight')).toBe(true);
  });

  it('is an error when it is unknown, or not there', async () => {
    await expect(openWeights(both(), { format: 'h5' as never })).rejects.toMatchObject({
      name: 'OptionError',
    });
    await expect(openWeights(both(), { format: 'pytorch' })).rejects.toMatchObject({
      code: 'weights-missing',
    });
  });
});

describe('guessConfig', () => {
  const guess = async (path: string, options?: OpenWeightsOptions) => guessConfig(await open(path, options));

  it.each([
    [
      'tensorflow/mesh-t5-1.0',
      'T5ForConditionalGeneration',
      { feed_forward_proj: 'relu', tie_word_embeddings: true },
    ],
    [
      'tensorflow/mesh-t5-1.1',
      'T5ForConditionalGeneration',
      { feed_forward_proj: 'gated-gelu', num_decoder_layers: 3 },
    ],
    ['t5x/umt5', 'T5ForConditionalGeneration', { model_type: 'umt5' }],
  ])('finds the sizes of %s', async (path, className, facts) => {
    const { config } = await guess(path);
    expect(config).toMatchObject({
      architectures: [className],
      vocab_size: 48,
      d_model: 12,
      d_kv: 5,
      num_heads: 4,
      ...facts,
    });
  });

  it('finds the sizes of both halves of ELECTRA, heads by the rule of 64 features', async () => {
    const sizes = {
      vocab_size: 40,
      embedding_size: 8,
      hidden_size: 16,
      num_hidden_layers: 2,
      num_attention_heads: 1,
    };
    const discriminator = await guess('tensorflow/electra-shared');
    expect(discriminator.config).toMatchObject({ architectures: ['ElectraForPreTraining'], ...sizes });
    expect(discriminator.reasons).toContain(
      "num_attention_heads 1: Google's rule: hidden_size / 64, 1 at least",
    );
    const { config } = await guess('tensorflow/electra-shared', { half: 'generator' });
    expect(config).toMatchObject({ architectures: ['ElectraForMaskedLM'], ...sizes });
  });

  it('says what it needs when the file is of something else', async () => {
    await expect(guess('tensorflow/kinds')).rejects.toMatchObject({ code: 'config-guess' });
  });
});
