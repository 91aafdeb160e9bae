import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createCpuBackend } from '@tesserae/backend-cpu';
import { T5_DEFAULTS } from '@tesserae/t5-model';
import { createByt5Tokenizer } from '@tesserae/tokenizer';
import { T5ForConditionalGeneration } from 'tesserae';
import { describe, expect, it } from 'vitest';
import { goldenFolder } from './golden-folder.js';
import { runCommand } from './run.js';

interface Scored {
  readonly logProb: number;
  readonly perplexity: number;
  readonly tokenLogProbs: readonly number[];
}

const lines = (text: string): Record<string, unknown>[] =>
  text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);

describe('tesserae', () => {
  it('--help lists the commands and ends with 0', async () => {
    const { code, stdout } = await runCommand('--help');
    expect(code).toBe(0);
    for (const name of ['quickstart', 'forward', 'generate', 'score-predictions', 'inspect', 'doctor'])
      expect(stdout).toContain(name);
  });

  it('an unknown command is a usage error', async () => {
    expect(await runCommand('dance')).toMatchObject({ code: 2, stderr: expect.stringContaining('dance') });
  });
});

describe('tesserae doctor', () => {
  it('says of each backend whether it runs', async () => {
    const { code, stdout } = await runCommand('doctor', '--json');
    expect(code).toBe(0);
    const found = lines(stdout);
    expect(found.map(({ backend }) => backend)).toEqual(['onnx', 'cpu']);
    expect(found[1]).toMatchObject({ isUsable: true });
  });
});

describe('tesserae generate', () => {
  it.each(['cpu', 'onnx'])(
    'prints the ids Hugging Face generates, one JSON line a row (%s)',
    async (backend) => {
      const { path, fixture } = await goldenFolder('t5-1.1-greedy');
      const rows = async (name: string): Promise<number[][]> => {
        const { data, shape } = await fixture.readIntegers(name);
        const width = shape[1]!;
        return Array.from({ length: shape[0]! }, (_, row) =>
          Array.from(data.subarray(row * width, (row + 1) * width)),
        );
      };
      const ids = join(dirname(path), 'ids.json');
      await writeFile(
        ids,
        JSON.stringify({
          input_ids: await rows('input/input_ids'),
          attention_mask: await rows('input/attention_mask'),
        }),
      );
      const { code, stdout, stderr } = await runCommand(
        'generate',
        path,
        '--ids',
        ids,
        '--max-new-tokens',
        '24',
        '--backend',
        backend,
        '--json',
      );
      expect(stderr).toBe('');
      expect(code).toBe(0);
      const sequences = await rows('output/sequences');
      lines(stdout).forEach(({ row, ids: generated }, index) => {
        expect(row).toBe(index);
        const needed = sequences[index]!.slice(1); // Hugging Face begins with the start token and pads at the end
        const end = needed.indexOf(1);
        expect(generated).toEqual(end < 0 ? needed : needed.slice(0, end + 1));
      });
    },
  );

  it('prints every returned sequence with its score, as the options say', async () => {
    const { path, fixture } = await goldenFolder('t5-1.1-generate');
    const [rows, width] = (await fixture.readIntegers('input/input_ids')).shape as [number, number];
    const rowsOf = async (name: string): Promise<number[][]> => {
      const { data } = await fixture.readIntegers(name);
      return Array.from({ length: rows }, (_, row) => Array.from(data.slice(row * width, (row + 1) * width)));
    };
    const ids = join(dirname(path), 'beam-ids.json');
    const input = {
      input_ids: await rowsOf('input/input_ids'),
      attention_mask: await rowsOf('input/attention_mask'),
    };
    await writeFile(ids, JSON.stringify(input));
    const options = '{"num_beams": 4, "num_return_sequences": 3, "maxNewTokens": 6}';
    const run = ['generate', path, '--ids', ids, '--backend', 'cpu', '--json', '--options'];
    const { code, stdout } = await runCommand(...run, options);
    expect(code).toBe(0);
    const results = lines(stdout);
    expect(results.map(({ row }) => row)).toEqual(
      Array.from({ length: 3 * rows }, (_, at) => Math.floor(at / 3)),
    );
    for (const { ids: generated, tokenScores, score } of results) {
      expect(tokenScores).toHaveLength((generated as number[]).length);
      expect(score).toBeLessThan(0);
    }
    const refused = await runCommand(...run, '{"numBeams": 1, "num_return_sequences": 3}');
    expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining('option-conflict') });
    const idle = await runCommand(...run, options, '--task', 'summarization');
    expect(idle).toMatchObject({ code: 1, stderr: expect.stringContaining('option-conflict') });
  });

  it('names the file when its ids are ragged', async () => {
    const { path } = await goldenFolder('t5-1.1-greedy');
    const ids = join(dirname(path), 'ragged.json');
    await writeFile(ids, '{"input_ids": [[1, 2], [3]]}');
    const run = await runCommand('generate', path, '--ids', ids, '--backend', 'cpu');
    expect(run).toMatchObject({ code: 1, stderr: expect.stringContaining('ragged.json') });
  });
});

describe('tesserae score', () => {
  it('prints log-probabilities of targets, and which of several is likeliest', async () => {
    const root = await mkdtemp(join(tmpdir(), 'tesserae-score-'));
    const sizes = { dModel: 16, headDim: 8, numHeads: 2, dFf: 32, numLayers: 1, numDecoderLayers: 1 };
    const model = await T5ForConditionalGeneration.create(
      { ...T5_DEFAULTS, ...sizes, vocabSize: 384 },
      { seed: 3, tokenizer: createByt5Tokenizer(), backend: createCpuBackend() },
    );
    await model.savePretrained(join(root, 'model'));
    await model.close();
    const file = join(root, 'pairs.jsonl');
    await writeFile(file, '{"input": "a", "target": "bc"}\n{"input": "a", "targets": ["bc", "d"]}\n');
    const run = ['score', join(root, 'model'), '--backend', 'cpu', '--input'];
    const { code, stdout } = await runCommand(...run, file);
    expect(code).toBe(0);
    const [single, ranked] = lines(stdout) as unknown as [Scored, { best: number; targets: Scored[] }];
    expect(single.tokenLogProbs).toHaveLength(3); // two bytes and the end token
    expect(single.tokenLogProbs.reduce((sum, value) => sum + value, 0)).toBeCloseTo(single.logProb, 4);
    expect(single.perplexity).toBeCloseTo(Math.exp(-single.logProb / 3), 3);
    expect(ranked.targets[0]!.logProb).toBeCloseTo(single.logProb, 4);
    expect(ranked.best).toBe(ranked.targets[0]!.logProb >= ranked.targets[1]!.logProb ? 0 : 1);
    await writeFile(file, '{"input": "a"}\n');
    const refused = await runCommand(...run, file);
    expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining('line 1') });
  });
});

describe('tesserae inspect', () => {
  it('shows config, parameters, operations and memory without reading the weights', async () => {
    const { path } = await goldenFolder('t5-1.0');
    const { code, stdout } = await runCommand('inspect', path, '--json', '--batch', '2', '--length', '16');
    expect(code).toBe(0);
    const [config, params, graph, plan] = lines(stdout);
    expect(config).toMatchObject({ class: 'T5ForConditionalGeneration' });
    expect(params!['total']).toBeGreaterThan(1000);
    expect(graph!['ops']).toHaveProperty('matmul');
    expect(plan!['arenaBytes']).toBeLessThan(plan!['totalBytes'] as number);
  });

  it('prints the graph in the text form and as DOT', async () => {
    const { path } = await goldenFolder('electra-model');
    expect((await runCommand('inspect', path, '--what', 'graph')).stdout).toMatch(/^graph ElectraModel\(/);
    expect((await runCommand('inspect', path, '--what', 'dot')).stdout).toMatch(/^digraph /);
  });
});

describe('tesserae predict', () => {
  const EMOJI = 'Ada 👩‍🚀 lives in cafe\u0301s 👍 Rome.';

  it('prints positions of JavaScript, one line an input, of plain and of JSON lines', async () => {
    const { path, fixture } = await goldenFolder('electra-token-pipeline');
    await writeFile(join(path, 'vocab.txt'), (JSON.parse(fixture.metadata['vocab']!) as string[]).join('\n'));
    const input = join(dirname(path), 'texts.txt');
    await writeFile(input, `${EMOJI}\nParis!\n`);
    const args = ['predict', path, '--input', input, '--aggregation', 'first', '--backend', 'cpu'];
    const { code, stdout, stderr } = await runCommand(...args);
    expect(stderr).toBe('');
    expect(code).toBe(0);
    const rows = lines(stdout) as unknown as {
      row: number;
      entities: { word: string; start: number; end: number }[];
    }[];
    expect(rows.map(({ row }) => row)).toEqual([0, 1]);
    expect(rows[0]!.entities.length).toBeGreaterThan(0);
    for (const { word, start, end } of rows[0]!.entities) expect(EMOJI.slice(start, end)).toBe(word);
    await writeFile(input, `${JSON.stringify({ text: EMOJI })}\n{"texts": 3}\n`);
    const second = await runCommand(...args);
    expect(second.code).toBe(1);
    expect(second.stderr).toContain('line 2');
  });
});
