import { readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { bytesSource, openSafetensors } from '@tesserae/weights';
import type { TensorFile } from '@tesserae/weights';
import { describe, expect, it } from 'vitest';
import { goldenFolder } from './golden-folder.js';
import { runCommand } from './run.js';

async function open(path: string): Promise<TensorFile> {
  return openSafetensors(bytesSource(path, new Uint8Array(await readFile(path))));
}

/** Largest difference, and the largest element of what was needed. */
async function difference(got: TensorFile, name: string, needed: TensorFile, neededName: string) {
  const [a, b] = [await got.read(name), await needed.read(neededName)];
  expect(a.data.length).toBe(b.data.length);
  let most = 0;
  let scale = 0;
  b.data.forEach((value, index) => {
    most = Math.max(most, Math.abs(value - a.data[index]!));
    scale = Math.max(scale, Math.abs(value));
  });
  return { most, scale };
}

describe('tesserae forward', () => {
  it.each(['cpu', 'onnx'])('writes the outputs and gradients that PyTorch gives (%s)', async (backend) => {
    const { path, inputs, fixture } = await goldenFolder('t5-1.1');
    const out = join(dirname(path), `${backend}.safetensors`);
    const run = await runCommand(
      'forward',
      path,
      '--inputs',
      inputs,
      '--out',
      out,
      '--grads',
      '--backend',
      backend,
      '--json',
    );
    expect(run.stderr).toBe('');
    expect(run.code).toBe(0);
    expect(JSON.parse(run.stdout)).toMatchObject({ class: 'T5ForConditionalGeneration', backend });
    const result = await open(out);
    for (const name of ['logits', 'loss', 'encoder_last_hidden_state']) {
      expect((await difference(result, name, fixture, `output/${name}`)).most).toBeLessThan(1e-4);
    }
    const grads = fixture.names.filter((name) => name.startsWith('grad/'));
    expect(grads.length).toBeGreaterThan(40);
    for (const name of grads) {
      const { most, scale } = await difference(result, `grad.${name.slice(5)}`, fixture, name);
      expect(most / scale).toBeLessThan(1e-3);
    }
  });

  it('takes the class from --class when config.json names none', async () => {
    const { path, inputs } = await goldenFolder('electra-token-classification');
    await editConfig(path, (json) => delete json['architectures']);
    const out = join(dirname(path), 'out.safetensors');
    const args = ['forward', path, '--inputs', inputs, '--out', out, '--backend', 'cpu'];
    const without = await runCommand(...args);
    expect(without).toMatchObject({ code: 1, stderr: expect.stringContaining('unknown-architecture') });
    expect(await runCommand(...args, '--class', 'ElectraForTokenClassification')).toMatchObject({ code: 0 });
  });

  it('does not replace an output file unless told to', async () => {
    const { path, inputs } = await goldenFolder('electra-model');
    const args = ['forward', path, '--inputs', inputs, '--out', inputs, '--backend', 'cpu'];
    const run = await runCommand(...args);
    expect(run).toMatchObject({ code: 1, stderr: expect.stringContaining('inputs.safetensors') });
    expect((await open(inputs)).has('input_ids')).toBe(true);
  });
});

async function editConfig(path: string, edit: (json: Record<string, unknown>) => void): Promise<void> {
  const file = join(path, 'config.json');
  const json = JSON.parse(await readFile(file, 'utf8')) as Record<string, unknown>;
  edit(json);
  await writeFile(file, JSON.stringify(json));
}

/** Rewrites the header of a safetensors file, its data untouched. */
async function editHeader(
  file: string,
  edit: (header: Record<string, { shape: number[]; data_offsets: number[] }>) => void,
): Promise<void> {
  const bytes = await readFile(file);
  const length = Number(bytes.readBigUInt64LE(0));
  const header = JSON.parse(bytes.subarray(8, 8 + length).toString()) as Record<
    string,
    { shape: number[]; data_offsets: number[] }
  >;
  edit(header);
  const text = Buffer.from(JSON.stringify(header));
  const prefix = Buffer.alloc(8);
  prefix.writeBigUInt64LE(BigInt(text.length));
  await writeFile(file, Buffer.concat([prefix, text, bytes.subarray(8 + length)]));
}

const EMBEDDINGS = 'electra.embeddings.word_embeddings.weight';

describe('bad input is refused with the file and the remedy', () => {
  const weightsOf = (path: string): string => join(path, 'model.safetensors');
  const cases: readonly (readonly [string, (path: string) => Promise<unknown>, RegExp])[] = [
    [
      'a truncated safetensors',
      async (path) => writeFile(weightsOf(path), (await readFile(weightsOf(path))).subarray(0, -100)),
      /model\.safetensors/,
    ],
    ['a file of nothing', (path) => writeFile(weightsOf(path), ''), /model\.safetensors/],
    [
      'a header longer than the file',
      async (path) => writeFile(weightsOf(path), Buffer.from('ffffffff00000000', 'hex')),
      /model\.safetensors/,
    ],
    [
      'a negative dimension',
      (path) => editHeader(weightsOf(path), (header) => (header[EMBEDDINGS]!.shape[0] = -3)),
      /word_embeddings/,
    ],
    [
      'an offset beyond the file',
      (path) => editHeader(weightsOf(path), (header) => (header[EMBEDDINGS]!.data_offsets[1]! += 4096)),
      /word_embeddings|model\.safetensors/,
    ],
    ['a wrong shape', (path) => editConfig(path, (json) => (json['vocab_size'] = 31)), /word_embeddings/],
    [
      'a missing tensor',
      (path) => editConfig(path, (json) => (json['num_hidden_layers'] = 3)),
      /encoder\.layer\.2/,
    ],
    ['a corrupt config', (path) => writeFile(join(path, 'config.json'), '{"model_type": '), /config\.json/],
    [
      'a config of another kind',
      (path) => editConfig(path, (json) => (json['hidden_size'] = 'large')),
      /hidden_size/,
    ],
    [
      'an unknown architecture',
      (path) => editConfig(path, (json) => (json['architectures'] = ['GptForEverything'])),
      /GptForEverything/,
    ],
  ];
  it.each(cases)('%s', async (_, damage, names) => {
    const { path, inputs } = await goldenFolder('electra-sequence-classification');
    await damage(path);
    const run = await runCommand(
      'forward',
      path,
      '--inputs',
      inputs,
      '--out',
      join(dirname(path), 'x.safetensors'),
      '--backend',
      'cpu',
    );
    expect(run.code).toBe(1);
    expect(run.stdout).toBe('');
    expect(run.stderr).toMatch(names);
    expect(run.stderr).toMatch(/Likely: /);
    expect(run.stderr).toMatch(/docs\/errors\.md#/);
    expect(run.stderr).not.toMatch(/\n\s+at .*\.ts:\d+/); // a message, not a stack
  });

  it('a class of another model', async () => {
    const { path, inputs } = await goldenFolder('electra-model');
    await editConfig(path, (json) => (json['architectures'] = ['T5EncoderModel']));
    const run = await runCommand(
      'forward',
      path,
      '--inputs',
      inputs,
      '--out',
      join(dirname(path), 'x.safetensors'),
      '--backend',
      'cpu',
      '--json',
    );
    expect(run.code).toBe(1);
    expect(JSON.parse(run.stderr)).toMatchObject({ error: 'ConfigError', code: 'config-field' });
  });

  it('an unknown option is a usage error', async () => {
    const run = await runCommand('doctor', '--inptus', 'x');
    expect(run).toMatchObject({ code: 2, stderr: expect.stringContaining('--inptus') });
  });

  it('an unknown backend is a usage error that lists the known', async () => {
    const run = await runCommand('generate', 'somewhere', '--backend', 'gpu');
    expect(run).toMatchObject({ code: 2, stderr: expect.stringMatching(/auto, onnx, cpu/) });
  });
});
