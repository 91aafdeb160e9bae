import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { openShardFolder } from '@tesserae/data/node';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runCommand } from './run.js';

const folder = { path: '' };
const path = (...parts: readonly string[]): string => join(folder.path, ...parts);

const sentences = [
  'The mill stood beside the river for two hundred years before the flood of that winter.',
  'Nobody in the village remembers who planted the row of poplars along the northern road.',
  'She kept the letters in a tin box under the stairs and read them once in every autumn.',
  'A good map shows less than the land does and more than a hurried traveller can see.',
];
const document = (at: number): string =>
  [0, 1, 2].map((line) => `${at}. ${sentences[(at + line) % 4]!} ${at * at}`).join('\n');

beforeEach(async () => {
  folder.path = await mkdtemp(join(tmpdir(), 'tesserae-data-'));
  const documents = [...Array.from({ length: 40 }, (_, at) => document(at)), document(3)];
  await writeFile(path('corpus.txt'), documents.join('\n\n'));
  const records = documents.map((content, id) => JSON.stringify({ id, content }));
  await writeFile(path('corpus.jsonl.gz'), gzipSync(records.join('\n')));
  await writeFile(path('exam.jsonl'), `${JSON.stringify({ question: sentences[2], answer: 'a tin box' })}\n`);
  await mkdir(path('byt5'));
  await writeFile(path('byt5', 'tokenizer_config.json'), '{"tokenizer_class": "ByT5Tokenizer"}');
  const words = [
    ...new Set(
      documents
        .join(' ')
        .toLowerCase()
        .match(/[a-z]+|[0-9]|\./g),
    ),
  ];
  const vocab = [
    '[PAD]',
    '[UNK]',
    '[CLS]',
    '[SEP]',
    '[MASK]',
    ...words,
    ...'0123456789'.split('').map((one) => `##${one}`),
  ];
  await writeFile(path('vocab.txt'), `${[...new Set(vocab)].join('\n')}\n`);
});

afterEach(() => rm(folder.path, { recursive: true, force: true }));

const prepare = (...args: readonly string[]) =>
  runCommand('prepare', '--tokenizer', path('byt5'), '--workers', '0', ...args);

describe('tesserae prepare', () => {
  it('makes shards of documents, in parallel the same bytes', async () => {
    const shardTokens = ['--shard-tokens', '2000'];
    const alone = await prepare(path('corpus.txt'), '--out', path('a'), '--json', ...shardTokens);
    expect(alone).toMatchObject({ code: 0, stderr: '' });
    expect(JSON.parse(alone.stdout)).toMatchObject({ numDocuments: 41, report: { documents: 41, kept: 41 } });
    const set = await openShardFolder(path('a'));
    expect(Buffer.from((await set.document(7)).subarray(0, -1).map((id) => id - 3)).toString()).toBe(
      document(7),
    );
    expect(set.manifest.shards.length).toBeGreaterThan(3);
    await set.close();
    const args = [
      path('corpus.txt'),
      '--out',
      path('b'),
      '--tokenizer',
      path('byt5'),
      '--workers',
      '2',
      ...shardTokens,
    ];
    const parallel = await runCommand('prepare', ...args);
    expect(parallel).toMatchObject({ code: 0, stdout: expect.stringContaining('41 documents') });
    for (const name of await readdir(path('a'))) {
      expect(await readFile(path('b', name)), name).toEqual(await readFile(path('a', name)));
    }
  });

  it('removes duplicates and what evaluation files hold, and writes a report', async () => {
    const options = [
      '--field',
      'content',
      '--dedupe',
      'exact',
      '--decontaminate',
      path('exam.jsonl'),
      '--ngram',
      '10',
    ];
    const { code, stdout, stderr } = await prepare(path('corpus.jsonl.gz'), '--out', path('out'), ...options);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/contaminated, dropped +30\n/);
    expect(stdout).toContain('1 of 1 examples are repeated, in 30 documents');
    const report = JSON.parse(await readFile(path('out', 'report.json'), 'utf8')) as object;
    expect(report).toMatchObject({
      documents: 41,
      kept: 10,
      exactDuplicates: 1,
      dropped: { contaminated: 30 },
    });
    const again = await prepare(path('corpus.jsonl.gz'), '--out', path('out'), ...options);
    expect(again).toMatchObject({ code: 1, stderr: expect.stringContaining('data-output-exists') });
    const resumed = await prepare(path('corpus.jsonl.gz'), '--out', path('out'), ...options, '--resume');
    expect(resumed).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('41 documents were done before'),
    });
    const other = await prepare(
      path('corpus.jsonl.gz'),
      '--out',
      path('out'),
      '--field',
      'content',
      '--resume',
    );
    expect(other).toMatchObject({ code: 1, stderr: expect.stringContaining('data-resume') });
    await writeFile(path('corpus.jsonl.gz'), gzipSync('{"content": "another corpus"}'));
    const changed = await prepare(path('corpus.jsonl.gz'), '--out', path('out'), ...options, '--resume');
    expect(changed).toMatchObject({ code: 1, stderr: expect.stringContaining('sizeBytes') });
    const overwritten = await prepare(path('corpus.txt'), '--out', path('out'), '--overwrite', '--json');
    expect(JSON.parse(overwritten.stdout)).toMatchObject({ numDocuments: 41 });
  });

  it('makes inputs and targets of a task', async () => {
    const records = [
      { sentence: 'The cat sat.', label: 1 },
      { sentence: 'Cat the sat.', label: 0 },
    ];
    await writeFile(path('cola.jsonl'), records.map((record) => JSON.stringify(record)).join('\n'));
    const { code, stdout } = await prepare(
      path('cola.jsonl'),
      '--task',
      'glue_cola_v002',
      '--out',
      path('out'),
      '--json',
    );
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ numDocuments: 2 });
    const shown = await runCommand(
      'data',
      'show',
      path('out'),
      '--tokenizer',
      path('byt5'),
      '--count',
      '8',
      '--json',
    );
    expect(shown.stdout).toContain('"text":"cola sentence: Cat the sat.</s>"');
    expect(shown.stdout).toContain('"text":"unacceptable</s>"');
  });

  it('says which field there is, which format it needs, and what is wrong with its usage', async () => {
    const wrongField = await prepare(path('corpus.jsonl.gz'), '--out', path('out'));
    expect(wrongField).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/no field "text"; it has id, content/),
    });
    await writeFile(path('corpus.dat'), 'text');
    const unclear = await prepare(path('corpus.dat'), '--out', path('out'));
    expect(unclear).toMatchObject({ code: 1, stderr: expect.stringContaining('--format') });
    expect(await prepare(path('corpus.txt'))).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('--out'),
    });
    const threshold = await prepare(path('corpus.txt'), '--out', path('out'), '--threshold', '2');
    expect(threshold.code).toBe(2);
  });
});

describe('tesserae data show', () => {
  const show = (...args: readonly string[]) => runCommand('data', 'show', ...args);
  const rows = (stdout: string) =>
    stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Shown);
  interface Shown {
    readonly [part: string]: { readonly text: string; readonly ids: number[]; readonly positions?: number[] };
  }

  it('shows span corruption with its sentinels, of shards as of text', async () => {
    await prepare(path('corpus.txt'), '--out', path('out'));
    const options = [
      '--tokenizer',
      path('byt5'),
      '--objective',
      'span-corruption',
      '--inputs-length',
      '80',
      '--json',
    ];
    for (const source of [path('out'), path('corpus.txt')]) {
      const { code, stdout, stderr } = await show(source, ...options, '--count', '3');
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      expect(rows(stdout)).toHaveLength(3);
      for (const { inputs, targets } of rows(stdout)) {
        expect(inputs!.ids).toHaveLength(80);
        expect(inputs!.text).toMatch(/<extra_id_0>.+<extra_id_1>.+<\/s>$/s);
        expect(targets!.text).toMatch(/^<extra_id_0>.+<extra_id_1>.+<\/s>$/s);
      }
      expect((await show(source, ...options, '--count', '3')).stdout).toBe(stdout);
      expect((await show(source, ...options, '--count', '3', '--seed', '2')).stdout).not.toBe(stdout);
    }
  });

  it('shows what ELECTRA masks', async () => {
    const options = [
      '--tokenizer',
      path('vocab.txt'),
      '--objective',
      'electra',
      '--inputs-length',
      '64',
      '--json',
    ];
    const [{ inputs, labels }] = rows(
      (await show(path('corpus.txt'), ...options, '--count', '1')).stdout,
    ) as [Shown];
    expect(inputs!.text).toMatch(/^\[CLS\].*\[MASK\].*\[SEP\]$/);
    expect(labels!.ids).toHaveLength(labels!.positions!.length);
    expect(labels!.ids.length).toBeGreaterThan(5);
    const readable = await show(path('corpus.txt'), ...options.slice(0, -1), '--count', '1');
    expect(readable.stdout).toMatch(/labels, tokens: \d+: \S+ \d+ /);
  });

  it('shows documents as they are, for people', async () => {
    const { stdout } = await show(path('corpus.txt'), '--tokenizer', path('byt5'), '--count', '2');
    expect(stdout).toContain(`text: ${document(0)}</s>`);
    expect(stdout).toMatch(/example 1 \(tokens: text \d+\)/);
  });

  it('refuses what does not go together', async () => {
    await prepare(path('corpus.txt'), '--out', path('out'));
    const cases = [
      [path('corpus.txt'), '--tokenizer', path('vocab.txt'), '--objective', 'span', 'sentinels'],
      [path('out'), '--tokenizer', path('vocab.txt'), 'data-tokenizer-other'],
      [path('out'), '--tokenizer', path('byt5'), '--objective', 'electra', 'no lines'],
      [path('corpus.txt'), '--tokenizer', path('byt5'), '--objective', 'dance', 'data-objective'],
      [
        path('corpus.txt'),
        '--tokenizer',
        path('byt5'),
        '--objective',
        'span',
        '--task',
        'glue_cola_v002',
        'exclude',
      ],
    ];
    for (const args of cases) {
      const message = args.at(-1)!;
      expect(await show(...args.slice(0, -1))).toMatchObject({
        code: 1,
        stderr: expect.stringContaining(message),
      });
    }
  });
});
