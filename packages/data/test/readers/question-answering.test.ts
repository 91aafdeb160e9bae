import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import {
  bytesFile,
  type DataError,
  readMrqa,
  readSquad,
  readSquadLines,
  squadFromRow,
  textFile,
} from '../../src/index.js';
import { collect } from './collect.js';

const context = '😀 Beyoncé sang in 2016 – Beyoncé!';
/** As Python counts: the smiley is one. */
const codePoints = (text: string, from = 0) => [...context.slice(0, context.indexOf(text, from))].length;

const squad = (qas: readonly object[], more = {}) =>
  textFile(
    'dev.json',
    JSON.stringify({
      version: 'v2.0',
      data: [{ title: 'Singers', paragraphs: [{ context, qas, ...more }] }],
    }),
  );
const answer = (text: string, start = codePoints(text)) => ({ text, answer_start: start });
const question = { id: 'q1', question: 'Who?' };

describe('readSquad', () => {
  it('converts positions from code points and checks them', async () => {
    const qas = [
      {
        ...question,
        answers: [answer('Beyoncé'), answer('2016'), answer('Beyoncé', codePoints('Beyoncé', 5))],
      },
      { id: 'q2', question: 'Where?', is_impossible: true, answers: [], plausible_answers: [answer('2016')] },
    ];
    const [first, second] = await collect(readSquad(squad(qas)));
    expect(first).toMatchObject({
      id: 'q1',
      title: 'Singers',
      question: 'Who?',
      context,
      isImpossible: false,
    });
    expect(first!.answers).toHaveLength(3);
    for (const { text, start } of first!.answers)
      expect(context.slice(start, start + text.length)).toBe(text);
    expect(first!.answers[2]!.start).toBe(context.lastIndexOf('Beyoncé'));
    expect(second).toMatchObject({ id: 'q2', answers: [], isImpossible: true });
  });

  it('test sets have no answers, which does not make them impossible', async () => {
    expect(await collect(readSquad(squad([question])))).toMatchObject([{ answers: [], isImpossible: false }]);
  });

  it('an answer that stands elsewhere is an error, or moved to the nearest place', async () => {
    const file = squad([{ ...question, answers: [answer('Beyoncé', 20)] }]);
    const reading = collect(readSquad(file));
    await expect(reading).rejects.toMatchObject({
      code: 'data-answer',
      file: 'dev.json',
      place: "question 'q1'",
    });
    await expect(reading).rejects.toThrow(
      /"Beyoncé" is not at 20 of the context, where .* stands; it stands at/,
    );
    const [moved] = await collect(readSquad(file, { misplacedAnswers: 'nearest' }));
    expect(moved!.answers[0]!.start).toBe(context.lastIndexOf('Beyoncé'));
  });

  it('an answer that stands nowhere cannot be moved, but left out', async () => {
    const file = squad([
      { ...question, answers: [answer('Adele', 0)] },
      { ...question, id: 'q2', answers: [answer('2016')] },
    ]);
    await expect(collect(readSquad(file, { misplacedAnswers: 'nearest' }))).rejects.toThrow(
      /it stands nowhere/,
    );
    const errors: DataError[] = [];
    const rest = await collect(readSquad(file, { onInvalid: (error) => errors.push(error) }));
    expect(rest.map(({ id }) => id)).toEqual(['q2']);
    expect(errors).toMatchObject([{ code: 'data-answer' }]);
  });

  it.each([
    [{ data: [{ paragraphs: [{ qas: [] }] }] }, 'data-field-missing', 'data[0].paragraphs[0].context'],
    [{ data: {} }, 'data-field-type', 'data'],
    [[], 'data-field-type', undefined],
  ])('%j names the path of what is wrong', async (document, code, field) => {
    const reading = collect(readSquad(textFile('dev.json', JSON.stringify(document))));
    await expect(reading).rejects.toMatchObject({
      code,
      file: 'dev.json',
      ...(field === undefined ? {} : { field }),
    });
  });

  it('a document that is cut off, empty, or JSON lines', async () => {
    await expect(collect(readSquad(textFile('dev.json', '{"data": [')))).rejects.toMatchObject({
      code: 'data-json',
    });
    await expect(collect(readSquad(textFile('dev.json', '{}\n{}')))).rejects.toThrow(/JSON lines/);
    await expect(collect(readSquad(textFile('dev.json', '{"data": []}')))).rejects.toMatchObject({
      code: 'data-empty',
    });
  });

  it('an impossible question with answers contradicts itself', async () => {
    const file = squad([{ ...question, is_impossible: true, answers: [answer('2016')] }]);
    await expect(collect(readSquad(file))).rejects.toThrow(/marked as impossible, yet has answers/);
  });
});

describe('readSquadLines', () => {
  it('reads both layouts of answers', async () => {
    const start = codePoints('2016');
    const rows = [
      { ...question, context, answers: [{ text: '2016', answer_start: start, occurrences: 1 }] },
      { ...question, context, answers: { text: ['2016'], answer_start: [start] } },
      { ...question, context, answers: { text: [], answer_start: [] } },
    ];
    const read = await collect(
      readSquadLines(textFile('x', rows.map((row) => JSON.stringify(row)).join('\n'))),
    );
    expect(read[0]).toEqual(read[1]);
    expect(read[0]!.answers).toEqual([{ text: '2016', start: context.indexOf('2016') }]);
    expect(read[2]).toMatchObject({ answers: [], isImpossible: true });
    expect(squadFromRow(rows[1]!)).toEqual(read[1]);
  });
});

describe('readMrqa', () => {
  const span = (text: string): [number, number] => [
    codePoints(text),
    codePoints(text) + [...text].length - 1,
  ];
  const file = (...rows: readonly object[]) =>
    bytesFile(
      'mrqa.jsonl.gz',
      gzipSync(
        [{ header: { dataset: 'X', split: 'dev' } }, ...rows].map((row) => JSON.stringify(row)).join('\n'),
      ),
    );

  it('passes over the header and gives a record for each question', async () => {
    const qas = [
      {
        qid: 'a',
        question: 'Who?',
        answers: ['Beyonce', 'Beyoncé'],
        detected_answers: [{ text: 'beyoncé', char_spans: [span('Beyoncé')], token_spans: [[1, 1]] }],
      },
      { qid: 'b', question: 'When?', detected_answers: [{ text: '2016', char_spans: [span('2016')] }] },
    ];
    const read = await collect(readMrqa(file({ context, qas })));
    expect(read.map(({ id }) => id)).toEqual(['a', 'b']);
    expect(read[0]).toMatchObject({
      answers: [{ text: 'Beyoncé', start: 3 }],
      acceptedAnswers: ['Beyonce', 'Beyoncé'],
    });
    expect(read[1]).toMatchObject({ acceptedAnswers: ['2016'], isImpossible: false, context });
  });

  it.each([[[0, 400]], [[5, 3]], [['a', 3]], [3]])('refuses the span %j', async (bad) => {
    const qas = [{ qid: 'a', question: 'Who?', detected_answers: [{ text: 'x', char_spans: [bad] }] }];
    await expect(collect(readMrqa(file({ context, qas })))).rejects.toMatchObject({
      code: 'data-answer',
      line: 2,
      field: 'char_spans',
    });
  });
});
