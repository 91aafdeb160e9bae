import { mkdtempSync } from 'node:fs';
import { readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runFinetune } from '../src/commands/finetune.js';
import { runPretrain } from '../src/commands/pretrain.js';
import { CONFIG_SCHEMAS, jsonSchemaOf } from '../src/training/config-schema.js';
import { readTrainingRows } from '../src/training/training-rows.js';
import { readConfig } from '../src/training/read-config.js';
import { runCommand } from './run.js';

const words = ['red', 'green', 'blue', 'cat', 'dog', 'horse', 'sees', 'likes', 'the', 'a'] as const;

/** A sentence that a number stands for. */
const sentence = (index: number): string =>
  Array.from(
    { length: 6 },
    (_, place) => words[(index * 7 + place * (index % 3 ? 5 : 3)) % words.length],
  ).join(' ');

const folder = mkdtempSync(join(tmpdir(), 'tesserae-training-'));
const at = (name: string): string => join(folder, name);

async function writeLines(name: string, rows: readonly object[]): Promise<void> {
  await writeFile(at(name), rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
}

beforeAll(async () => {
  const rows = Array.from({ length: 48 }, (_, index) => ({
    text: sentence(index),
    label: sentence(index).startsWith('red') || sentence(index).startsWith('cat') ? 'yes' : 'no',
  }));
  await writeLines('rows.jsonl', rows);
  await writeLines(
    'pairs.jsonl',
    rows.map(({ text }) => ({ inputs: text, targets: text.split(' ')[0] })),
  );
  await writeFile(
    at('text.txt'),
    Array.from({ length: 200 }, (_, i) => sentence(i) + (i % 9 ? '.\n' : '.\n\n')).join(''),
  );
  await writeLines('electra.json', []);
  const electra = {
    architecture: 'electra',
    numLayers: 1,
    hiddenSize: 16,
    embeddingSize: 16,
    numHeads: 2,
    intermediateSize: 32,
    maxPositions: 32,
  };
  const t5 = { architecture: 't5', dModel: 16, numHeads: 2, headDim: 8, dFf: 32, numLayers: 1 };
  const shared = { checkpoints: { every: 2, keep: 10 } };
  const write = (name: string, config: object): Promise<void> => writeFile(at(name), JSON.stringify(config));
  await write('finetune.json', {
    ...shared,
    task: 'text-classification',
    model: electra,
    tokenizer: { type: 'wordpiece', vocabSize: 60 },
    data: { train: 'rows.jsonl', dev: 'rows.jsonl' },
    training: { steps: 6, batchSize: 8, learningRate: 0.01 },
  });
  await write('pretrain-electra.json', {
    ...shared,
    model: electra,
    tokenizer: { type: 'wordpiece', vocabSize: 60 },
    data: { train: 'text.txt', heldOut: 'text.txt' },
    training: { steps: 6, batchSize: 4, seqLen: 16, learningRate: 0.01, warmup: 2 },
    evaluation: { batches: 2 },
  });
  await write('pretrain-t5.json', {
    ...shared,
    model: t5,
    tokenizer: { type: 'unigram', vocabSize: 60, extraIds: 20 },
    data: { train: 'text.txt', heldOut: 'text.txt' },
    training: { steps: 6, batchSize: 4, seqLen: 24, learningRate: 1, warmup: 100 },
    evaluation: { batches: 2 },
  });
  await write('text-to-text.json', {
    task: 'text-to-text',
    model: t5,
    tokenizer: { type: 'unigram', vocabSize: 60, extraIds: 0 },
    data: { train: 'pairs.jsonl' },
    training: { steps: 2, batchSize: 8 },
  });
});

afterAll(() => rm(folder, { recursive: true, force: true }));

const train = (command: string, config: string, ...flags: readonly string[]) =>
  runCommand(command, '--config', at(config), '--data-dir', folder, ...flags, '--json');

const events = (stdout: string): readonly Record<string, unknown>[] =>
  stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);

/** Runs a command that is interrupted in its third step. */
async function interrupted(command: 'finetune' | 'pretrain', file: string, out: string): Promise<void> {
  const controller = new AbortController();
  const output = {
    isJson: true,
    result: (value: object) => {
      const { event, step } = value as { readonly event?: string; readonly step?: number };
      if (event === 'step' && step === 3) controller.abort(new Error('enough'));
    },
    drain: async () => undefined,
    note: () => undefined,
    warn: () => undefined,
  };
  const context = { output, signal: controller.signal };
  const source = {
    file: at(file),
    overrides: [
      ['data.dir', folder],
      ['out', out],
    ] as const,
  };
  const flags = { overwrite: false, resumes: false };
  if (command === 'finetune')
    await runFinetune({ config: await readConfig(source, CONFIG_SCHEMAS.finetune), ...flags }, context);
  else await runPretrain({ config: await readConfig(source, CONFIG_SCHEMAS.pretrain), ...flags }, context);
}

describe.each([
  ['finetune', 'finetune.json', 'runs/seed-1'],
  ['pretrain', 'pretrain-electra.json', 'run'],
  ['pretrain', 'pretrain-t5.json', 'run'],
] as const)('%s of %s', (command, config, run) => {
  it('goes on from a checkpoint to the same weights, bit for bit', { timeout: 60_000 }, async () => {
    const out = at(`out-${config}`);
    const whole = await train(command, config, '--out', out);
    expect(whole.stderr).not.toContain('Error');
    expect(whole.code).toBe(0);
    const weights = await readFile(join(out, 'model.safetensors'));
    const checkpoints = join(out, run, 'checkpoints');
    const steps = (await readdir(checkpoints)).filter((name) => name.startsWith('step-')).sort();
    expect(steps).toHaveLength(3);
    for (const name of await readdir(checkpoints)) if (name !== steps[0]) await rm(join(checkpoints, name));
    const resumed = await train(command, config, '--out', out, '--resume', '--overwrite');
    expect(resumed.code).toBe(0);
    expect(events(resumed.stdout).find(({ event }) => event === 'start')).toMatchObject({ step: 2 });
    expect(Buffer.compare(await readFile(join(out, 'model.safetensors')), weights)).toBe(0);
  });

  it('saves when it is interrupted, and goes on to the same weights', { timeout: 60_000 }, async () => {
    const out = at(`stopped-${config}`);
    await expect(interrupted(command, config, out)).rejects.toThrow('enough');
    expect(await readdir(join(out, run, 'checkpoints'))).toContain('step-00000003.safetensors');
    expect(await readdir(out)).not.toContain('model.safetensors');
    expect((await train(command, config, '--out', out, '--resume')).code).toBe(0);
    const [weights, resumed] = await Promise.all(
      [at(`out-${config}`), out].map((path) => readFile(join(path, 'model.safetensors'))),
    );
    expect(Buffer.compare(resumed!, weights!)).toBe(0);
  });

  it('writes the config with every number beside checkpoints and model; it may be run again', async () => {
    const out = at(`out-${config}`);
    for (const file of [join(out, run, `${command}.json`), join(out, `${command}.json`)]) {
      const read = await readConfig({ file, overrides: [] }, CONFIG_SCHEMAS[command]);
      expect(read.training).toMatchObject({ steps: 6, schedule: expect.any(String) as unknown });
      expect(read.training).toHaveProperty('optimizer.name');
    }
  });

  it('does not replace a model without being told to', async () => {
    const { code, stderr } = await train(command, config, '--out', at(`out-${config}`));
    expect(code).not.toBe(0);
    expect(stderr).toContain('is there already');
    expect(stderr).toContain('--overwrite');
  });

  it('names a misspelt key and the nearest', async () => {
    const { code, stderr } = await train(command, config, '--set', 'training.learningrate=1');
    expect(code).not.toBe(0);
    expect(stderr).toContain("unknown key 'training.learningrate'");
    expect(stderr).toContain("Did you mean 'learningRate'?");
  });

  it('names a file that is not there', async () => {
    const { code, stderr } = await train(command, config, '--train', 'missing.txt');
    expect(code).not.toBe(0);
    expect(stderr).toContain('missing.txt');
  });
});

describe('finetune of a mixture', () => {
  it('learns all its sets, as often as they weigh', { timeout: 60_000 }, async () => {
    const set = { train: 'rows.jsonl', dev: 'rows.jsonl', columns: { inputs: 'text', targets: 'label' } };
    const config = JSON.parse(await readFile(at('text-to-text.json'), 'utf8')) as object;
    const mixture = [
      { train: 'pairs.jsonl', prefix: 'first: ', weight: 2.5 },
      { ...set, prefix: 'class: ', devLimit: 4 },
    ];
    await writeFile(at('mixture.json'), JSON.stringify({ ...config, data: { mixture } }));
    const rows = await readTrainingRows({ dir: folder, mixture }, AbortSignal.timeout(10_000));
    expect(rows.train.filter(({ inputs }) => String(inputs).startsWith('first: '))).toHaveLength(120);
    expect(rows.train.filter(({ inputs }) => String(inputs).startsWith('class: '))).toHaveLength(48);
    expect(rows.dev).toHaveLength(4);
    const { code, stdout } = await train(
      'finetune',
      'mixture.json',
      '--set',
      'evaluation.generation.maxNewTokens=4',
    );
    expect(code).toBe(0);
    expect(stdout).toContain('sequenceAccuracy');
  });

  it('is no single set too', async () => {
    const wrong = await train('finetune', 'mixture.json', '--train', 'rows.jsonl');
    expect(wrong.code).not.toBe(0);
    expect(wrong.stderr).toContain('data');
  });
});

describe('finetune', () => {
  it('says which labels the head of a folder knows', async () => {
    await writeLines('other-labels.jsonl', [{ text: 'red', label: 'maybe' }]);
    const { code, stderr } = await runCommand(
      ...['finetune', '--task', 'text-classification', '--model', at('out-finetune.json')],
      ...['--train', at('other-labels.jsonl')],
    );
    expect(code).not.toBe(0);
    expect(stderr).toContain('"maybe"');
    expect(stderr).toContain('no, yes');
  });
});

describe('pretrain', () => {
  it('writes both halves of an ELECTRA, and goes on from them', { timeout: 60_000 }, async () => {
    const out = at('out-pretrain-electra.json');
    const main = JSON.parse(await readFile(join(out, 'config.json'), 'utf8')) as object;
    const generator = JSON.parse(await readFile(join(out, 'generator', 'config.json'), 'utf8')) as object;
    expect(main).toMatchObject({ architectures: ['ElectraForPreTraining'], hidden_size: 16 });
    expect(generator).toMatchObject({ architectures: ['ElectraForMaskedLM'], hidden_size: 4 });
    const flags = ['--steps', '2', '--batch-size', '4', '--seq-len', '16', '--train', at('text.txt')];
    const more = await runCommand(
      'pretrain',
      '--model',
      out,
      '--generator',
      join(out, 'generator'),
      ...flags,
    );
    expect(more.code).toBe(0);
    const wrong = await runCommand('pretrain', '--model', out, '--generator', out, ...flags);
    expect(wrong.code).not.toBe(0);
    expect(wrong.stderr).toContain('Error');
  });

  it('reports the scores of Google’s evaluation', { timeout: 60_000 }, async () => {
    const { stdout } = await train('pretrain', 'pretrain-electra.json', '--out', at('scored'));
    const { scores } = events(stdout).at(-1) as { readonly scores: Record<string, number> };
    expect(Object.keys(scores).sort()).toEqual(
      'discAccuracy discAuc discLoss discPrecision discRecall maskedLmAccuracy maskedLmLoss sampledMaskedLmAccuracy'.split(
        ' ',
      ),
    );
    for (const value of Object.values(scores)) expect(Number.isFinite(value)).toBe(true);
  });

  it('refuses what belongs to the other family', async () => {
    const { code, stderr } = await train(
      'pretrain',
      'pretrain-t5.json',
      '--out',
      at('wrong'),
      '--set',
      'objective.maskProb=0.2',
    );
    expect(code).not.toBe(0);
    expect(stderr).toContain('objective.maskProb has no meaning for t5');
  });

  it('refuses inputs that are longer than the positions', async () => {
    const { code, stderr } = await train(
      'pretrain',
      'pretrain-electra.json',
      '--out',
      at('long'),
      '--seq-len',
      '64',
    );
    expect(code).not.toBe(0);
    expect(stderr).toContain('reads at most 32 tokens');
  });
});

describe('evaluate', () => {
  it('scores a classifier as its training did, and writes predictions', { timeout: 60_000 }, async () => {
    const model = at('out-finetune.json');
    const predictions = at('predictions.jsonl');
    const { code, stdout } = await runCommand(
      ...['evaluate', model, '--data', at('rows.jsonl'), '--metrics', 'accuracy'],
      ...['--predictions', predictions, '--json'],
    );
    expect(code).toBe(0);
    const { metrics, numRows } = JSON.parse(stdout) as { metrics: Record<string, number>; numRows: number };
    expect(numRows).toBe(48);
    const results = JSON.parse(await readFile(join(model, 'results.json'), 'utf8')) as {
      readonly runs: readonly { readonly metrics: Record<string, number> }[];
    };
    expect(metrics['accuracy']).toBeCloseTo(results.runs[0]!.metrics['accuracy']!, 6);
    const lines = (await readFile(predictions, 'utf8')).trim().split('\n');
    expect(lines).toHaveLength(48);
    const again = await runCommand(
      'evaluate',
      model,
      '--data',
      at('rows.jsonl'),
      '--predictions',
      predictions,
    );
    expect(again.stderr).toContain('is there already');
  });

  it('prints the signature of sacreBLEU', { timeout: 60_000 }, async () => {
    const out = at('out-t5');
    expect((await train('finetune', 'text-to-text.json', '--out', out)).code).toBe(0);
    const { code, stdout } = await runCommand(
      ...['evaluate', out, '--data', at('pairs.jsonl'), '--metrics', 'bleu'],
      ...['--set', 'generation.maxNewTokens=4', '--json'],
    );
    expect(code).toBe(0);
    const { metrics, signatures } = JSON.parse(stdout) as Record<string, Record<string, unknown>>;
    expect(metrics).toHaveProperty('bleu');
    expect(signatures!['bleu']).toMatch(/^nrefs:1\|/);
  });

  it('says which labels a head knows', async () => {
    await writeLines('others.jsonl', [{ text: 'red', label: 'maybe' }]);
    const { code, stderr } = await runCommand(
      'evaluate',
      at('out-finetune.json'),
      '--data',
      at('others.jsonl'),
    );
    expect(code).not.toBe(0);
    expect(stderr).toContain('maybe');
    expect(stderr).toContain('yes');
  });
});

describe('memorization', () => {
  it('says what was repeated, and how exposed canaries are', { timeout: 60_000 }, async () => {
    await writeLines('written.jsonl', [
      { prediction: sentence(3) },
      { prediction: 'nothing of this was there' },
    ]);
    await writeLines('canaries.jsonl', [
      { input: 'red', canary: 'red', candidates: ['dog cat dog', 'horse a a'] },
    ]);
    const { code, stdout } = await runCommand(
      ...['memorization', '--train', at('rows.jsonl'), '--outputs', at('written.jsonl')],
      ...['--model', at('out-t5'), '--canaries', at('canaries.jsonl'), '--json'],
    );
    expect(code).toBe(0);
    const [first, second, summary] = events(stdout);
    expect(first).toMatchObject({ row: 0, kind: 'verbatim', runWords: 6, similarity: 1 });
    expect(second).toMatchObject({ row: 1, kind: 'new' });
    expect(summary).toMatchObject({ outputs: 2, trainingTexts: 48, verbatim: 1, new: 1 });
    expect((summary as { canaries: object[] }).canaries[0]).toMatchObject({ numCandidates: 2 });
  });

  it('needs the model with the canaries', async () => {
    const files = ['--train', at('rows.jsonl'), '--outputs', at('rows.jsonl'), '--field', 'text'];
    const { code, stderr } = await runCommand('memorization', ...files, '--model', at('out-t5'));
    expect(code).not.toBe(0);
    expect(stderr).toContain('--canaries');
  });
});

describe('published schemas', () => {
  it.each(Object.keys(CONFIG_SCHEMAS) as (keyof typeof CONFIG_SCHEMAS)[])(
    'docs/schemas/%s.json is what the command prints',
    async (command) => {
      const path = new URL(`../../../docs/schemas/${command}.json`, import.meta.url);
      expect(JSON.parse(await readFile(path, 'utf8'))).toEqual(
        JSON.parse(JSON.stringify(jsonSchemaOf(command))),
      );
    },
  );
});
