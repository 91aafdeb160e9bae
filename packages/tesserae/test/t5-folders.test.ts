import { readdirSync } from 'node:fs';
import type { HostTensor } from '@tesserae/tensor';
import { OptionError, hostTensor } from '@tesserae/tensor';
import { createCpuBackend } from '@tesserae/backend-cpu';
import type { T5Config } from '@tesserae/t5-model';
import { joinChunks, memoryFolder, openWeights, writeSafetensors } from '@tesserae/weights';
import { describe, expect, it } from 'vitest';
import { runForward } from '../src/forward.js';
import type { LoadPretrainedOptions } from '../src/pretrained.js';
import { loadPretrained, modelFiles } from '../src/pretrained.js';
import { committed, loadGolden, openGolden, tensorsUnder } from './golden-fixture.js';

const T5_MODELS = readdirSync(new URL('.', committed('x')))
  .filter((name) => /^(u?m?t5)-.*\.safetensors$|^mt5\.safetensors$/.test(name))
  .filter((name) => !/adamw|greedy|generate|beams-of/.test(name))
  .map((name) => name.replace('.safetensors', ''));

type Weights = Readonly<Record<string, HostTensor>>;

/** A folder of a fixture's config and weights, some of them changed. */
async function folderOf(name: string, change: (weights: Weights) => Weights = (weights) => weights) {
  const file = await openGolden(committed(name));
  const weights = change(await tensorsUnder(file, 'weight/'));
  return memoryFolder(name, {
    'config.json': file.metadata['config']!,
    'model.safetensors': joinChunks(writeSafetensors(Object.entries(weights))),
  });
}

const load = async (...[name, change, options]: [...Parameters<typeof folderOf>, LoadPretrainedOptions?]) =>
  loadPretrained(await folderOf(name, change), options);

describe('T5 folders', () => {
  it.each(T5_MODELS)('%s: loaded and saved, every tensor has its name and its bytes', async (name) => {
    const file = await openGolden(committed(name));
    const model = await loadGolden(file);
    const files = Object.fromEntries(
      [...modelFiles(model)].map(([path, content]) => [
        path,
        typeof content === 'string' ? content : joinChunks([...content]),
      ]),
    );
    const saved = await openWeights(memoryFolder('saved', files));
    const weights = await tensorsUnder(file, 'weight/');
    expect([...saved.names].sort()).toEqual(Object.keys(weights).sort());
    for (const [tensor, needed] of Object.entries(weights)) {
      expect((await saved.read(tensor)).data, tensor).toEqual(needed.data);
    }
    const again = await loadPretrained(memoryFolder('saved', files));
    // whether the head is tied, the weights say
    const { tiesEmbeddings } = again.config as T5Config;
    expect(again.config).toEqual({ ...(model.config as T5Config), tiesEmbeddings });
    const { architectures } = JSON.parse(files['config.json'] as string) as { architectures: string[] };
    expect(architectures).toEqual([model.architecture.name]);
  });

  it('copies of the embeddings under their other names are read as such, and must be equal', async () => {
    const aliases = ['encoder.embed_tokens.weight', 'decoder.embed_tokens.weight'];
    const repeated = await load('t5-model', (weights) => ({
      ...weights,
      ...Object.fromEntries(aliases.map((alias) => [alias, weights['shared.weight']!])),
    }));
    const plain = await load('t5-model');
    expect(repeated.params).toEqual(plain.params);

    const moved = await load('t5-encoder', ({ 'shared.weight': table, ...weights }) => ({
      ...weights,
      'encoder.embed_tokens.weight': table!,
    }));
    expect(moved.params).toEqual((await load('t5-encoder')).params);

    const other = (weights: Weights): Weights => ({
      ...weights,
      'encoder.embed_tokens.weight': {
        ...weights['shared.weight']!,
        data: weights['shared.weight']!.data.map((value: number) => -value) as Float32Array<ArrayBuffer>,
      },
    });
    await expect(load('t5-model', other)).rejects.toThrow(/encoder\.embed_tokens\.weight/);
  });

  it('the bias table of cross-attention in old files is left out; any other surplus is refused by name', async () => {
    const table = 'decoder.block.0.layer.1.EncDecAttention.relative_attention_bias.weight';
    const extra = (name: string) => (weights: Weights) => ({
      ...weights,
      [name]: hostTensor('f32', [32, 4], new Float32Array(128)),
    });
    const { unused } = await load('t5-1.0', extra(table));
    expect(unused).toEqual([]);
    await expect(load('t5-1.0', extra('encoder.adapter.weight'))).rejects.toThrow(/encoder\.adapter\.weight/);
  });

  it('a translator becomes a classifier: its encoder and decoder are kept, its head is named as unused', async () => {
    const model = await load('mt5', undefined, {
      className: 'MT5ForSequenceClassification',
      newHeadSeed: 1,
      config: { id2label: { 0: 'no', 1: 'yes', 2: 'maybe' } },
    });
    expect(model.unused).toEqual(['lm_head.weight']);
    expect(model.initialized).toEqual([
      'classification_head.dense.weight',
      'classification_head.dense.bias',
      'classification_head.out_proj.weight',
      'classification_head.out_proj.bias',
    ]);
    expect((model.config as T5Config).labels).toEqual(['no', 'yes', 'maybe']);
  });

  it('an encoder is read out of a whole model', async () => {
    const { params, unused } = await load('umt5-tied', undefined, { className: 'UMT5EncoderModel' });
    const whole = (await load('umt5-tied')).params as { shared: unknown; encoder: unknown };
    expect(params).toEqual({ shared: whole.shared, encoder: whole.encoder });
    expect(unused).toEqual([]);
  });
});

describe('T5ForSequenceClassification', () => {
  const run = async (rows: readonly (readonly number[])[]) =>
    runForward(
      await load('t5-sequence-classification'),
      { input_ids: hostTensor('i32', [rows.length, rows[0]!.length], rows.flat()) },
      { backend: createCpuBackend() },
    );

  it.each([
    [
      'a row without an end',
      [
        [5, 6, 1],
        [5, 6, 7],
      ],
    ],
    [
      'rows with unequal numbers of ends',
      [
        [5, 1, 0],
        [1, 6, 1],
      ],
    ],
    [
      'no ends at all',
      [
        [5, 6],
        [7, 8],
      ],
    ],
  ])('refuses %s', async (_, rows) => {
    await expect(run(rows)).rejects.toThrow(OptionError);
    await expect(run(rows)).rejects.toThrow(/end tokens/);
  });

  it('padding after the end does not change the decision', async () => {
    const mask = hostTensor('i32', [1, 5], [1, 1, 1, 0, 0]);
    const model = await load('t5-sequence-classification');
    const backend = createCpuBackend();
    const padded = await runForward(
      model,
      { input_ids: hostTensor('i32', [1, 5], [5, 6, 1, 0, 0]), attention_mask: mask },
      { backend },
    );
    const bare = await run([[5, 6, 1]]);
    expect(padded.outputs['logits']!.data).toEqual(bare.outputs['logits']!.data);
  });
});
