import { mkdtemp, readdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { runCommand, type CliRun } from './run.js';

/** Runs a command with a text on standard input. */
async function withInput(text: string, ...args: readonly string[]): Promise<CliRun> {
  const stdin = vi
    .spyOn(process, 'stdin', 'get')
    .mockReturnValue(Readable.from([Buffer.from(text)]) as never);
  try {
    return await runCommand(...args);
  } finally {
    stdin.mockRestore();
  }
}

const rows = (text: string) =>
  text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, never[]>);

describe('tesserae train-tokenizer and tokenize', () => {
  let folder: string;
  const words = ['baker', 'titi', 'monu', 'keli', 'rase', 'voti', 'xuche', 'tion'];
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tesserae-tokenizers-'));
    const lines = Array.from({ length: 400 }, (_, i) =>
      Array.from({ length: 8 }, (_, k) => words[(i * 7 + k * k) % words.length]).join(' '),
    );
    await writeFile(join(folder, 'text.txt'), `${lines.slice(0, 200).join('\n')}\n\n`);
    await writeFile(join(folder, 'more.txt.gz'), gzipSync(lines.slice(200).join('\n')));
  });
  const train = (...options: readonly string[]) =>
    runCommand(
      'train-tokenizer',
      join(folder, 'text.txt'),
      join(folder, 'more.txt.gz'),
      '--json',
      ...options,
    );

  it.each([
    ['unigram', ['spiece.model', 'tokenizer.json'], ['▁baker', '▁titi', '</s>']],
    ['wordpiece', ['tokenizer.json', 'vocab.txt'], ['[CLS]', 'baker', 'titi', '[SEP]']],
  ])(
    '%s: learns from packed and plain files, writes a folder, and tokenizes with it',
    async (model, files, tokens) => {
      const out = join(folder, model);
      const size = model === 'unigram' ? ['--vocab-size', '34', '--extra-ids', '5'] : ['--vocab-size', '80'];
      const { code, stdout, stderr } = await train('--model', model, '--out', out, ...size);
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      expect(rows(stdout)[0]).toMatchObject({ out, model });
      expect(await readdir(out)).toEqual(expect.arrayContaining(files));
      const got = rows((await withInput('baker titi\n', 'tokenize', out)).stdout);
      expect(got).toHaveLength(1);
      expect(got[0]!['tokens']).toEqual(tokens);
      expect(Object.keys(got[0]!)).toEqual(['ids', 'tokens', 'offsets', 'typeIds', 'wordIds']);

      const again = await train('--model', model, '--out', out, ...size);
      expect(again).toMatchObject({ code: 1, stderr: expect.stringContaining('--overwrite') });
      expect(await train('--model', model, '--out', out, '--overwrite', ...size)).toMatchObject({ code: 0 });
    },
  );

  it('reads every line as it is: empty ones, pairs, JSON, carriage returns, special tokens', async () => {
    const path = join(folder, 'wordpiece', 'vocab.txt');
    const bare = ['tokenize', path, '--no-special-tokens', '--json'];
    expect(rows((await withInput('baker\n\ntiti\r', ...bare)).stdout).map(({ tokens }) => tokens)).toEqual([
      ['baker'],
      [],
      ['titi'],
    ]);
    const pair = rows((await withInput('baker\ttiti monu\n', 'tokenize', path, '--pair')).stdout)[0]!;
    expect(pair['typeIds']).toEqual([0, 0, 0, 1, 1, 1]);
    const json = '"baker\\nti"\n["ba","ker"]\n{"text":"baker","pair":"titi"}\n';
    const read = rows((await withInput(json, ...bare, '--json-input')).stdout);
    expect(read.map(({ wordIds }) => Math.max(...wordIds!))).toEqual([1, 1, 0]);
    const special = rows((await withInput('[SEP]', ...bare, '--split-special-tokens')).stdout)[0]!;
    expect(special['tokens']).not.toContain('[SEP]');
    const cut = rows(
      (await withInput('baker titi monu keli', 'tokenize', path, '--max-length', '4')).stdout,
    )[0]!;
    expect(cut['tokens']).toEqual(['[CLS]', 'baker', 'titi', '[SEP]']);
  });

  it.each([
    [['tokenize', 'nowhere'], 'no such file'],
    [['train-tokenizer', 'nowhere.txt', '--out', 'x'], 'nowhere.txt'],
    [['train-tokenizer', '--out', 'x'], 'files'],
  ])('%j names what is missing', async (args, text) => {
    const { code, stderr } = await withInput('', ...args);
    expect(code).toBeGreaterThan(0);
    expect(stderr).toContain(text);
  });

  it('options of the other model, and lines of another form, are errors that name them', async () => {
    const out = join(folder, 'never');
    const mixed = await train('--model', 'wordpiece', '--extra-ids', '5', '--out', out);
    expect(mixed).toMatchObject({ code: 1, stderr: expect.stringContaining('--extra-ids') });
    const path = join(folder, 'wordpiece');
    expect((await withInput('no tab\n', 'tokenize', path, '--pair')).stderr).toContain('line 1');
    expect((await withInput('"ok"\n{bad\n', 'tokenize', path, '--json-input')).stderr).toContain('line 2');
    expect((await withInput('', 'tokenize', join(folder, 'text.csv'))).code).toBe(1);
    expect((await withInput('', 'tokenize', folder)).stderr).toContain('text.txt');
  });
});
