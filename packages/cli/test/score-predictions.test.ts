import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bleu } from '@tesserae/metrics';
import { describe, expect, it } from 'vitest';
import { runCommand, type CliRun } from './run.js';

interface Line {
  readonly metric: string;
  readonly scores: Record<string, number>;
  readonly unit: string;
  readonly examples: number;
  readonly signature?: string;
  readonly interval?: { readonly low: number; readonly high: number };
}

async function score(targets: string, predictions: string, ...args: readonly string[]): Promise<CliRun> {
  const folder = await mkdtemp(join(tmpdir(), 'tesserae-scores-'));
  const [wanted, given] = [join(folder, 'targets.txt'), join(folder, 'predictions.txt')];
  await writeFile(wanted, targets);
  await writeFile(given, predictions);
  return runCommand('score-predictions', '--targets', wanted, '--predictions', given, ...args);
}

async function scoreJson(
  targets: string,
  predictions: string,
  ...args: readonly string[]
): Promise<readonly Line[]> {
  const { code, stdout, stderr } = await score(targets, predictions, '--json', ...args);
  expect(stderr).toBe('');
  expect(code).toBe(0);
  return stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Line);
}

const names = (lines: readonly Line[]): string[] => lines.map(({ metric }) => metric);

const targets = ['The cat sat on the mat.', 'It rained all day.', ''];
const predictions = ['The cat sat on a mat.', 'It rained all the day.', ''];
const file = (lines: readonly string[]): string => lines.map((line) => `${line}\n`).join('');

describe('tesserae score-predictions', () => {
  it('scores lines of text with every metric of text, signatures included', async () => {
    const lines = await scoreJson(file(targets), file(predictions));
    expect(names(lines)).toEqual(
      'sequence-accuracy squad trivia-qa coqa bleu bleu-intl chrf chrf++ ter rouge rouge-t5 edit-distance word-error-rate character-error-rate'.split(
        ' ',
      ),
    );
    const { bleu: needed, signature } = bleu(targets, predictions);
    expect(lines.find(({ metric }) => metric === 'bleu')).toEqual({
      metric: 'bleu',
      scores: { bleu: needed },
      unit: 'percent',
      examples: 3,
      signature,
    });
  });

  it('prints a table without --json', async () => {
    const { stdout } = await score(file(targets), file(predictions), '--metric', 'bleu', 'ter');
    expect(stdout).toMatch(
      /^3 examples, read as texts\nbleu +bleu [\d.]+ \(percent\) {2}nrefs:1\|.*\nter +ter [\d.]+/,
    );
  });

  it('adds intervals, the same for the same seed', async () => {
    const run = () =>
      scoreJson(file(targets), file(predictions), '--metric', 'chrf', '--bootstrap', '50', '--seed', '7');
    const [line] = await run();
    expect(line!.interval!.low).toBeLessThanOrEqual(line!.scores['chrf']!);
    expect(await run()).toEqual([line]);
  });

  it('takes repeated words for labels, and numbers for numbers', async () => {
    const labels = await scoreJson(
      'spam\nham\nham\n',
      'spam\nham\nspam\n',
      '--metric',
      'accuracy',
      'macro-f1',
    );
    expect(labels.map(({ scores }) => scores['accuracy'] ?? scores['f1'])).toEqual([2 / 3, 2 / 3]);
    expect(names(await scoreJson('1.5\n2\n4\n', '1\n2\n3.5\n'))).toEqual([
      'pearson',
      'spearman',
      'mean-squared-error',
    ]);
    expect(names(await scoreJson('0\n1\n1\n', '0\n1\n0\n'))).toEqual(
      'accuracy micro-f1 macro-f1 weighted-f1 binary-f1 matthews'.split(' '),
    );
    const [ranking] = await scoreJson('0\n1\n1\n', '0.1\n0.7\n0.6\n');
    expect(ranking).toMatchObject({ metric: 'auc', scores: { rocAuc: 1, averagePrecision: 1 } });
  });

  it('says which metric is left out, when none was named, and why', async () => {
    const { code, stdout, stderr } = await score('spam\nham\nham\n', 'spam\nham\nham\n');
    expect(code).toBe(0);
    expect(stdout).toContain('matthews');
    expect(stderr).toMatch(/^binary-f1 is left out: targets\[0\]/);
  });

  it('pairs JSON lines by id, with several references', async () => {
    const [line] = await scoreJson(
      '{"id": 1, "answers": ["blue whale", "whale"]}\n{"id": 2, "answers": ["Rome"]}\n',
      '{"id": 2, "prediction": "rome"}\n{"id": 1, "prediction": "the whale"}\n',
      '--metric',
      'squad',
    );
    expect(line!.scores).toEqual({ exactMatch: 100, f1: 100 });
  });

  it('reads SQuAD files, questions without answers too', async () => {
    const qas = [
      { id: 'a', answers: [{ text: 'Rome', answer_start: 0 }] },
      { id: 'b', answers: [] },
    ];
    const squad = JSON.stringify({ version: 'v2.0', data: [{ paragraphs: [{ context: '', qas }] }] });
    const [line, ...rest] = await scoreJson(squad, JSON.stringify({ b: 'x', a: 'Rome' }));
    expect(rest).toEqual([]);
    expect(line).toMatchObject({
      metric: 'squad2',
      scores: { exact: 50, hasAnswerExact: 100, noAnswerExact: 0 },
    });
  });

  it('searches for the best threshold with no-answer scores', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'tesserae-scores-'));
    const path = join(folder, 'odds.json');
    await writeFile(path, JSON.stringify({ a: -3, b: 4 }));
    const qas = [
      { id: 'a', answers: [{ text: 'Rome' }] },
      { id: 'b', answers: [] },
    ];
    const squad = JSON.stringify({ data: [{ paragraphs: [{ qas }] }] });
    const answers = JSON.stringify({ a: 'Rome', b: 'x' });
    const [open] = await scoreJson(
      squad,
      answers,
      '--unanswerable-scores',
      path,
      '--unanswerable-threshold',
      '9',
    );
    expect(open!.scores).toMatchObject({ exact: 50, bestExact: 100, bestExactThreshold: -3 });
    const [cut] = await scoreJson(squad, answers, '--unanswerable-scores', path, '--bootstrap', '20');
    expect(cut!.scores).toMatchObject({ exact: 100, noAnswerF1: 100 });
    await writeFile(path, JSON.stringify({ a: -3 }));
    const { stderr } = await score(squad, answers, '--unanswerable-scores', path);
    expect(stderr).toContain("id 'b'");
  });

  it('reads columns of tags, strictly where a scheme is named', async () => {
    const [wanted, given] = ['Ada B-PER\nsings O\n\nRome B-LOC\n', 'Ada I-PER\nsings O\n\nRome B-LOC\n'];
    const [forgiving] = await scoreJson(wanted, given);
    expect(forgiving).toMatchObject({ metric: 'spans', scores: { f1: 1 }, examples: 2 });
    const [strict] = await scoreJson(wanted, given, '--tag-scheme', 'IOB2');
    expect(strict!.scores['recall']).toBe(0.5);
  });
});

describe('tesserae score-predictions refuses', () => {
  it.each([
    [
      'fewer predictions, naming the first without a partner',
      'a b\nc d\ne f\n',
      'a b\n',
      [],
      /predictions-count/,
      /targets\.txt:2/,
    ],
    [
      'a sentence of another length',
      'O\nO\n\nO\n',
      'O\nO\n\nO\nO\n',
      [],
      /predictions-count/,
      /predictions\.txt:4/,
    ],
    [
      'an id without a prediction',
      '{"id": 1, "target": "a"}\n{"id": 2, "target": "b"}',
      '{"id": 1, "prediction": "a"}\n{"id": 3, "prediction": "b"}',
      [],
      /predictions-count/,
      /id '2'/,
    ],
    [
      'an id that is there twice',
      '{"id": 1, "target": "a"}\n',
      '{"id": 1, "prediction": "a"}\n{"id": 1, "prediction": "b"}',
      [],
      /predictions-count/,
      /predictions\.txt:2/,
    ],
    [
      'a line without a field that counts',
      '{"target": "a"}\n{"text": "b"}\n',
      '{"prediction": "a"}\n{"prediction": "b"}\n',
      [],
      /predictions-file/,
      /targets\.txt:2/,
    ],
    [
      'broken JSON',
      '{"target": "a"}\n',
      '{"prediction": "a"\n',
      ['--format', 'jsonl'],
      /predictions-file/,
      /predictions\.txt:1/,
    ],
    [
      'a word that is no tag',
      'O\nperson\n',
      'O\nO\n',
      ['--format', 'conll'],
      /predictions-file/,
      /targets\.txt:2/,
    ],
    ['a metric that does not fit', 'a b\n', 'a c\n', ['--metric', 'pearson'], /metric-unfit/, /example 1/],
    [
      'an undefined metric that was named',
      '1\n1\n',
      '1\n2\n',
      ['--metric', 'pearson'],
      /metric-constant/,
      /equal/,
    ],
    ['a seed without a bootstrap', 'a b\n', 'a c\n', ['--seed', '3'], /option-value/, /--bootstrap/],
    ['a tag scheme for texts', 'a b\n', 'a c\n', ['--tag-scheme', 'IOB2'], /option-value/, /texts/],
    [
      'a threshold without scores',
      'a b\n',
      'a c\n',
      ['--unanswerable-threshold', '3'],
      /option-value/,
      /scores/,
    ],
    ['empty files', '', '', [], /metric-empty/, /no examples/],
  ] as const)('%s', async (_, wanted, given, args, page, place) => {
    const { code, stderr } = await score(wanted, given, ...args);
    expect(stderr).toMatch(page);
    expect(stderr).toMatch(place);
    expect(code).toBe(1);
  });

  it('a file that is not there, and a metric that does not exist', async () => {
    const missing = await runCommand(
      'score-predictions',
      '--targets',
      'no-such-file',
      '--predictions',
      'neither',
    );
    expect(missing).toMatchObject({ code: 1, stderr: expect.stringContaining('file-missing') });
    expect(await score('a\n', 'a\n', '--metric', 'blue')).toMatchObject({ code: 2 });
  });

  it('with a code in JSON', async () => {
    const { stderr } = await score('1\n1\n', '1\n2\n', '--metric', 'spearman', '--json');
    expect(JSON.parse(stderr)).toMatchObject({ error: 'MetricError', code: 'metric-constant' });
  });
});
