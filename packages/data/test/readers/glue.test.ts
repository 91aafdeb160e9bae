import { describe, expect, it } from 'vitest';
import {
  glueClasses,
  type GlueTask,
  readGlue,
  readSuperGlue,
  superGlueClasses,
  textFile,
} from '../../src/index.js';
import { collect } from './collect.js';

const tsv = (...rows: readonly string[]) =>
  textFile('train.tsv', `${rows.map((row) => row.replaceAll('|', '\t')).join('\n')}\n`);
const glue = (task: GlueTask, ...rows: readonly string[]) => collect(readGlue(tsv(...rows), { task }));

describe('readGlue, original files', () => {
  it('CoLA has no header but in the test file', async () => {
    expect(await glue('cola', "gj04|1||Our friends won't buy this.", 'bc01|0|*|Him "sang.')).toEqual([
      { sentence: "Our friends won't buy this.", label: 1 },
      { sentence: 'Him "sang.', label: 0 },
    ]);
    expect(await glue('cola', 'index|sentence', '0|Bill ran.')).toEqual([
      { sentence: 'Bill ran.', label: -1 },
    ]);
  });

  const nliHeader =
    'index|promptID|pairID|genre|sentence1_binary_parse|sentence2_binary_parse|sentence1_parse|sentence2_parse|sentence1|sentence2|label1|gold_label';
  it.each<[GlueTask, string, string, object]>([
    ['sst2', 'sentence|label', 'a smile |1', { sentence: 'a smile ', label: 1 }],
    ['sst2', 'index|sentence', '0|a "smile', { sentence: 'a "smile', label: -1 }],
    [
      'mrpc',
      '\ufeffQuality|#1 ID|#2 ID|#1 String|#2 String',
      '0|1|2|"A|B',
      { sentence1: '"A', sentence2: 'B', label: 0 },
    ],
    [
      'mrpc',
      'index|#1 ID|#2 ID|#1 String|#2 String',
      '0|1|2|A|B',
      { sentence1: 'A', sentence2: 'B', label: -1 },
    ],
    [
      'qqp',
      'id|qid1|qid2|question1|question2|is_duplicate',
      '7|1|2|A?|B?|1',
      { question1: 'A?', question2: 'B?', label: 1 },
    ],
    [
      'stsb',
      'index|genre|filename|year|old_index|source1|source2|sentence1|sentence2|score',
      '0|g|f|2012|1|none|none|A|B|3.800',
      { sentence1: 'A', sentence2: 'B', label: 3.8 },
    ],
    [
      'mnli',
      nliHeader,
      '0|1|1n|fiction|(|(|(|(|P|H|neutral|contradiction',
      { premise: 'P', hypothesis: 'H', label: 2 },
    ],
    [
      'qnli',
      'index|question|sentence|label',
      '0|Q?|S.|not_entailment',
      { question: 'Q?', sentence: 'S.', label: 1 },
    ],
    [
      'rte',
      'index|sentence1|sentence2|label',
      '0|A|B|entailment',
      { sentence1: 'A', sentence2: 'B', label: 0 },
    ],
    ['wnli', 'index|sentence1|sentence2|label', '0|A|B|1', { sentence1: 'A', sentence2: 'B', label: 1 }],
    ['ax', 'index|sentence1|sentence2', '0|A|B', { premise: 'A', hypothesis: 'B', label: -1 }],
  ])('%s: %s', async (task, header, row, record) => {
    expect(await glue(task, header, row)).toEqual([record]);
  });

  it('a broken row is an error, or left out', async () => {
    const rows = ['id|qid1|qid2|question1|question2|is_duplicate', '1|1|2|A?', '2|3|4|A?|B?|0'];
    await expect(glue('qqp', ...rows)).rejects.toMatchObject({
      code: 'data-columns',
      line: 2,
      file: 'train.tsv',
    });
    const kept = await collect(readGlue(tsv(...rows), { task: 'qqp', onInvalid: () => undefined }));
    expect(kept).toHaveLength(1);
  });

  it.each<[GlueTask, string, string, string]>([
    ['rte', 'index|sentence1|sentence2|label', '0|A|B|neutral', 'data-label'],
    ['mnli', nliHeader, '0|1|1n|fiction|(|(|(|(|P|H|neutral|-', 'data-label'],
    [
      'stsb',
      'index|genre|filename|year|old_index|source1|source2|sentence1|sentence2|score',
      '0|g|f|2012|1|n|n|A|B|7',
      'data-label',
    ],
    ['rte', 'index|question|sentence|label', '0|A|B|entailment', 'data-columns'],
    ['cola', 'a|b', 'c|d', 'data-columns'],
  ])('%s refuses %s / %s', async (task, header, row, code) => {
    await expect(glue(task, header, row)).rejects.toMatchObject({ code });
  });
});

describe('readGlue, JSON lines', () => {
  it('takes numbers and names of classes, and test sets', async () => {
    const rows = [{ label: 1 }, { label: 'entailment' }, { label: -1 }, {}].map((label) => ({
      sentence1: 'A',
      sentence2: 'B',
      idx: 0,
      ...label,
    }));
    const file = textFile('rte.jsonl', rows.map((row) => JSON.stringify(row)).join('\n'));
    expect((await collect(readGlue(file, { task: 'rte' }))).map(({ label }) => label)).toEqual([
      1, 0, -1, -1,
    ]);
  });

  it('knows the classes', () => {
    expect(glueClasses('mnli')).toEqual(['entailment', 'neutral', 'contradiction']);
    expect(glueClasses('stsb')).toBeUndefined();
    expect(() => readGlue(textFile('x', 'x'), { task: 'sst' as GlueTask })).toThrow(
      /must be one of cola, sst2/,
    );
  });
});

describe('readSuperGlue', () => {
  const json = (...rows: readonly object[]) =>
    textFile('val.jsonl', rows.map((row) => JSON.stringify(row)).join('\n'));

  it('boolq, cb, copa, rte, axb, axg', async () => {
    expect(
      await collect(
        readSuperGlue(json({ question: 'is it', passage: 'P', idx: 4, label: true }), { task: 'boolq' }),
      ),
    ).toEqual([{ question: 'is it', passage: 'P', idx: 4, label: 1 }]);
    const pair = { premise: 'P', hypothesis: 'H', idx: 0 };
    expect(
      await collect(readSuperGlue(json({ ...pair, label: 'contradiction' }), { task: 'cb' })),
    ).toMatchObject([{ label: 1 }]);
    expect(
      await collect(readSuperGlue(json({ ...pair, label: 'not_entailment' }), { task: 'axg' })),
    ).toMatchObject([{ label: 1 }]);
    expect(await collect(readSuperGlue(json(pair), { task: 'rte' }))).toEqual([{ ...pair, label: -1 }]);
    const copa = { premise: 'P', choice1: 'A', choice2: 'B', question: 'effect', idx: 9, label: 1 };
    expect(await collect(readSuperGlue(json(copa), { task: 'copa' }))).toEqual([copa]);
  });

  it('multirc gives a record for each answer', async () => {
    const row = {
      idx: 3,
      passage: {
        text: 'T',
        questions: [
          {
            question: 'Q0',
            idx: 5,
            answers: [
              { text: 'a', idx: 1, label: 1 },
              { text: 'b', idx: 2, label: 0 },
            ],
          },
          { question: 'Q1', idx: 6, answers: [{ text: 'c', idx: 3 }] },
        ],
      },
    };
    expect(await collect(readSuperGlue(json(row), { task: 'multirc' }))).toEqual([
      {
        paragraph: 'T',
        question: 'Q0',
        answer: 'a',
        label: 1,
        idx: { paragraph: 3, question: 5, answer: 1 },
      },
      {
        paragraph: 'T',
        question: 'Q0',
        answer: 'b',
        label: 0,
        idx: { paragraph: 3, question: 5, answer: 2 },
      },
      {
        paragraph: 'T',
        question: 'Q1',
        answer: 'c',
        label: -1,
        idx: { paragraph: 3, question: 6, answer: 3 },
      },
    ]);
  });

  it('record cuts entities out of the passage, in code points, ends included', async () => {
    const row = {
      source: 'Daily mail',
      idx: 1,
      passage: {
        text: '😀 Tracy met Bob and Tracy\n@highlight\nX',
        entities: [
          { start: 2, end: 6 },
          { start: 12, end: 14 },
          { start: 20, end: 24 },
        ],
      },
      qas: [
        {
          query: 'When @placeholder',
          answers: [
            { start: 2, end: 6, text: 'Tracy' },
            { start: 20, end: 24, text: 'Tracy' },
          ],
          idx: 8,
        },
        { query: 'And', idx: 9 },
      ],
    };
    expect(await collect(readSuperGlue(json(row), { task: 'record' }))).toEqual([
      {
        passage: row.passage.text,
        query: 'When @placeholder',
        entities: ['Bob', 'Tracy'],
        answers: ['Tracy'],
        idx: { passage: 1, query: 8 },
      },
      {
        passage: row.passage.text,
        query: 'And',
        entities: ['Bob', 'Tracy'],
        answers: [],
        idx: { passage: 1, query: 9 },
      },
    ]);
  });

  it('wic and wsc', async () => {
    const wic = {
      word: 'place',
      sentence1: '😀 a place',
      sentence2: 'place it',
      idx: 0,
      label: false,
      start1: 4,
      start2: 0,
      end1: 9,
      end2: 5,
      version: 1.1,
    };
    expect(await collect(readSuperGlue(json(wic), { task: 'wic' }))).toEqual([
      {
        word: 'place',
        sentence1: '😀 a place',
        sentence2: 'place it',
        start1: 5,
        end1: 10,
        start2: 0,
        end2: 5,
        label: 0,
        idx: 0,
      },
    ]);
    const wsc = (span1: string) => ({
      text: 'Mark told Pete many lies. He was glad.',
      target: { span1_index: 0, span1_text: span1, span2_index: 5, span2_text: 'He' },
      idx: 2,
      label: true,
    });
    const spans = await collect(
      readSuperGlue(json(wsc('Mark'), wsc('mark.'), wsc('Nobody')), { task: 'wsc' }),
    );
    expect(spans.map(({ span1Text }) => span1Text)).toEqual(['Mark', 'Mark', 'Nobody']);
    expect(spans[0]).toMatchObject({ span1Index: 0, span2Index: 5, span2Text: 'He', label: 1 });
  });

  it('a file of another task is refused', async () => {
    const row = json({ premise: 'P', hypothesis: 'H', idx: 0, label: 'neutral' });
    await expect(collect(readSuperGlue(row, { task: 'rte' }))).rejects.toMatchObject({
      code: 'data-label',
      line: 1,
    });
    await expect(collect(readSuperGlue(row, { task: 'copa' }))).rejects.toMatchObject({
      code: 'data-field-missing',
    });
    expect(superGlueClasses('cb')).toEqual(['entailment', 'contradiction', 'neutral']);
  });
});
