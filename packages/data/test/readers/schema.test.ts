import fc from 'fast-check';
import { describe, expect, expectTypeOf, it } from 'vitest';
import { bytesFile, type DataError, readCsv, readJsonLines, readTsv, textFile } from '../../src/index.js';
import { collect } from './collect.js';

const lines = (...rows: readonly unknown[]) =>
  textFile('train.jsonl', rows.map((row) => JSON.stringify(row)).join('\n'));

describe('readJsonLines', () => {
  it('gives objects as they are; blank lines are passed over', async () => {
    const file = textFile('a.jsonl', '{"text":"a","n":[1]}\n\n  \n{"text":"b"}\n');
    expect(await collect(readJsonLines(file))).toEqual([{ text: 'a', n: [1] }, { text: 'b' }]);
  });

  it.each([
    ['{"a": 1', /no JSON/],
    ['[1]', /no JSON object/],
    ['"text"', /no JSON object/],
    ["{'a': 1}", /json\.dumps/],
    ['{"a": NaN}', /NaN and Infinity/],
    ['{', /one JSON document over several lines/],
  ])('%s is an error with its line', async (line, message) => {
    const reading = collect(readJsonLines(textFile('a.jsonl', `{}\n${line}\n`)));
    await expect(reading).rejects.toMatchObject({ code: 'data-json', file: 'a.jsonl', line: 2 });
    await expect(reading).rejects.toThrow(message);
  });
});

describe('schema', () => {
  const schema = {
    text: { type: 'text', from: 'sentence' },
    label: { type: 'integer', labels: { negative: 0, positive: 1 } },
    score: { type: 'number', isOptional: true },
  } as const;

  it('renames, maps, checks, and leaves other fields out', async () => {
    const records = await collect(
      readJsonLines(lines({ sentence: 'a', label: 'positive', more: 1 }), { schema }),
    );
    expect(records).toEqual([{ text: 'a', label: 1 }]);
    expectTypeOf(records[0]!).toEqualTypeOf<
      { readonly text: string; readonly label: 0 | 1 } & { readonly score?: number }
    >();
  });

  it('maps labels that are numbers or booleans, and those in lists', async () => {
    const numbers = { label: { type: 'any', labels: { 0: 'no', 1: 'yes', true: 'yes' } } } as const;
    expect(await collect(readJsonLines(lines({ label: 0 }, { label: true }), { schema: numbers }))).toEqual([
      { label: 'no' },
      { label: 'yes' },
    ]);
    const lists = { labels: { type: 'texts', labels: ['joy', 'anger'] } } as const;
    expect(
      await collect(readJsonLines(lines({ labels: ['joy'] }, { labels: [] }), { schema: lists })),
    ).toEqual([{ labels: ['joy'] }, { labels: [] }]);
  });

  it.each([
    [
      { label: 'positive' },
      'data-field-missing',
      'sentence',
      /there is no 'sentence'; the fields are "label"/,
    ],
    [
      { sentence: 3, label: 'positive' },
      'data-field-type',
      'sentence',
      /the value is 3 \(number\), must be of type text/,
    ],
    [
      { sentence: 'a', label: 'postive' },
      'data-label',
      'label',
      /"postive", not one of "negative", "positive"/,
    ],
    [{ sentence: 'a', label: 'toString' }, 'data-label', 'label', /not one of/],
    [{ sentence: 'a', label: ['positive'] }, 'data-label', 'label', /an array of 1/],
    [{ sentence: 'a', label: 'positive', score: '1' }, 'data-field-type', 'score', /must be of type number/],
    [{ sentence: null, label: 'positive' }, 'data-field-missing', 'sentence', /no 'sentence'/],
  ])('%j is refused with file, line and field', async (row, code, field, message) => {
    const reading = collect(readJsonLines(lines({ sentence: 'a', label: 'negative' }, row), { schema }));
    await expect(reading).rejects.toMatchObject({ code, field, file: 'train.jsonl', line: 2 });
    await expect(reading).rejects.toThrow(message);
  });

  it('onInvalid takes bad records and reading goes on', async () => {
    const errors: DataError[] = [];
    const file = lines(
      { sentence: 'a', label: 'negative' },
      { label: 'x' },
      { sentence: 'b', label: 'positive' },
    );
    const records = await collect(readJsonLines(file, { schema, onInvalid: (error) => errors.push(error) }));
    expect(records.map(({ text }) => text)).toEqual(['a', 'b']);
    expect(errors.map(({ code, line }) => ({ code, line }))).toEqual([
      { code: 'data-field-missing', line: 2 },
    ]);
  });

  it('a wrong schema throws at the call', () => {
    const read = (wrong: object) => () => readJsonLines(lines({}), { schema: wrong as never });
    expect(read({ text: 'string' })).toThrow(/must be one of text, number/);
    expect(read({ text: { type: 'text', form: 'x' } })).toThrow(/unknown option "form"/);
    expect(read({ text: { type: 'text', labels: [] } })).toThrow(/labels is empty/);
  });
});

describe('readCsv', () => {
  it('reads quoted fields with delimiters, line ends and doubled quotes', async () => {
    const file = textFile('a.csv', 'id,text\r\n1,"a, ""b""\r\n\r\nc"\r\n2,d\r\n');
    expect(await collect(readCsv(file))).toEqual([
      { id: '1', text: 'a, "b"\r\n\r\nc' },
      { id: '2', text: 'd' },
    ]);
  });

  it('parses by schema: numbers, booleans, lists', async () => {
    const file = textFile('a.csv', 'n,flag,tags,empty\n 1.5e1 ,TRUE,a|b,\n-2,0,,x\n');
    const schema = {
      n: 'number',
      flag: 'boolean',
      tags: { type: 'texts', split: '|' },
      empty: { type: 'text', isOptional: true },
    } as const;
    expect(await collect(readCsv(file, { schema }))).toEqual([
      { n: 15, flag: true, tags: ['a', 'b'] },
      { n: -2, flag: false, tags: [], empty: 'x' },
    ]);
  });

  it.each([
    ['1', 'data-columns', 2, /1 fields, 2 are needed \(id, text\)/],
    ['1,a,b', 'data-columns', 2, /3 fields, 2 are needed/],
    ['1,a"b', 'data-quotes', 2, /in the middle of a field|not closed/],
    ['1,"a"b', 'data-quotes', 2, /follows the closing quote/],
    ['1,"a\n2,b\n3,c', 'data-quotes', 2, /not closed before the file ends/],
  ])('%j is an error with its line', async (row, code, line, message) => {
    const reading = collect(readCsv(textFile('a.csv', `id,text\n${row}\n`)));
    await expect(reading).rejects.toMatchObject({ code, line, file: 'a.csv' });
    await expect(reading).rejects.toThrow(message);
  });

  it('a quote that is never closed does not take the whole file into memory', async () => {
    const file = textFile('a.csv', `id,text\n1,"open\n${'2,b\n'.repeat(1000)}`);
    await expect(collect(readCsv(file, { maxLineBytes: 100 }))).rejects.toMatchObject({
      code: 'data-quotes',
      line: 2,
    });
  });

  it('column names stand in the file or are given, once each', async () => {
    const rows = textFile('a.csv', '1,a\n2,b\n');
    expect(await collect(readCsv(rows, { columns: ['id', 'text'] }))).toHaveLength(2);
    await expect(collect(readCsv(textFile('a.csv', 'a,b,a\n1,2,3')))).rejects.toThrow(/"a" is there twice/);
    await expect(collect(readCsv(textFile('a.csv', 'a,b\n')))).rejects.toMatchObject({ code: 'data-empty' });
  });

  it('reads back whatever RFC 4180 writes', async () => {
    const field = fc.string({
      unit: fc.constantFrom('a', '"', ',', '\n', '\r\n', ' ', 'ü', '😀'),
      maxLength: 6,
    });
    const quoted = (text: string) => `"${text.replaceAll('"', '""')}"`;
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(field, field), { minLength: 1 }), async (rows) => {
        const text = rows.map((row) => row.map(quoted).join(',')).join('\n');
        const read = await collect(readCsv(textFile('a.csv', `x,y\n${text}\n`)));
        expect(read.map(({ x, y }) => [x, y])).toEqual(rows);
      }),
      { numRuns: 100, seed: 1 },
    );
  });

  it('takes a backslash as escape', async () => {
    const file = textFile('a.csv', 'a,b\n"x \\"y\\", z",2\n');
    expect(await collect(readCsv(file, { escape: 'backslash' }))).toEqual([{ a: 'x "y", z', b: '2' }]);
  });
});

describe('readTsv', () => {
  it('takes quotes as plain characters', async () => {
    const file = textFile('a.tsv', 'a\tb\n"x\ty" z\n');
    expect(await collect(readTsv(file))).toEqual([{ a: '"x', b: 'y" z' }]);
  });

  it('unless told otherwise', async () => {
    const file = bytesFile('a.tsv', Buffer.from('a\tb\n"x\t1"\ty\n'));
    expect(await collect(readTsv(file, { quote: '"' }))).toEqual([{ a: 'x\t1', b: 'y' }]);
  });
});
