import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import {
  batched,
  bytesFile,
  type DataFile,
  type DataSource,
  mapRecords,
  placeOf,
  readConll,
  readCsv,
  readDocuments,
  readJsonLines,
  readMrqa,
  readSquad,
  readText,
  readTsv,
  type ReaderOptions,
  skip,
  streamFile,
  take,
  textFile,
} from '../../src/index.js';
import { collect } from './collect.js';

const json = (...values: readonly unknown[]) => values.map((value) => JSON.stringify(value)).join('\n');
const context = 'a b c';
const mrqa = json(
  { header: {} },
  ...['x', 'y'].map((id) => ({
    context,
    qas: [0, 1, 2].map((at) => ({
      qid: `${id}${at}`,
      question: 'Q',
      detected_answers: [{ text: 'a', char_spans: [[at, at]] }],
    })),
  })),
);
const squad = json({
  data: [
    { paragraphs: [{ context, qas: ['p', 'q', 'r'].map((id) => ({ id, question: 'Q', answers: [] })) }] },
  ],
});

type Read = (source: DataSource, options: ReaderOptions) => AsyncIterable<object>;
const formats: readonly (readonly [name: string, text: string, read: Read])[] = [
  ['text', 'a\r\nb\n\nc', readText],
  ['JSON lines', `${json({ a: 'ü' }, { a: 2 })}\n\n${json({ a: '😀' })}\n`, readJsonLines],
  ['CSV', 'a,b\n1,"x\ny"\n2,"z ""q"""\n3,\n', readCsv],
  ['TSV', '\ufeffa\tb\n1\tx\n2\ty\n', readTsv],
  ['documents', '\n\na\nb\n\nc\n\n\nd\ne', readDocuments],
  [
    'WikiText',
    ' = A = \n x \n = B = \n y \n = = s = = \n = C = \n',
    (source, options) => readDocuments(source, { ...options, layout: 'wikitext' }),
  ],
  ['CoNLL', 'a O\nb O\n\n\nc O\n\nd O\n', readConll],
  ['MRQA', mrqa, readMrqa],
  ['SQuAD', squad, readSquad],
];

const pack = (name: string, text: string) => bytesFile(name, gzipSync(text));
const wide = (name: string, text: string) =>
  bytesFile(name, Buffer.from(`\ufeff${text.replace('\ufeff', '')}`, 'utf16le'));

describe('after', () => {
  const cases = formats.flatMap(([name, text, read]) =>
    (
      [
        ['plain', textFile],
        ['gzip', pack],
        ['UTF-16', wide],
      ] as const
    ).map(([how, make]) => [`${name}, ${how}`, read, [make('one', text), make('two', text)]] as const),
  );
  it.each(cases)('%s: goes on behind any record', async (_, read, files) => {
    const all = await collect(read(files, {}));
    expect(all.length).toBeGreaterThanOrEqual(4);
    for (const [index, record] of all.entries()) {
      const place = JSON.parse(JSON.stringify(placeOf(record))) as never; // as a checkpoint keeps it
      const rest = await collect(read(files, { after: place }));
      expect(rest).toEqual(all.slice(index + 1));
      expect(rest.map((next) => placeOf(next))).toEqual(all.slice(index + 1).map((next) => placeOf(next)));
    }
  });

  it('seeks in a large file instead of reading up to the place', async () => {
    const inner = textFile('big.txt', `${'x'.repeat(99)}\n`.repeat(50_000));
    const starts: number[] = [];
    const file: DataFile = {
      ...inner,
      open: (options = {}) => (starts.push(options.startByte ?? 0), inner.open(options)),
    };
    const [last] = await collect(skip(take(readText(file), 40_000), 39_999));
    starts.length = 0;
    expect(await collect(readText(file, { after: placeOf(last!) }))).toHaveLength(10_000);
    expect(starts).toEqual([0, 4_000_000]);
  });

  it('refuses other files', async () => {
    const [record] = await collect(readText(textFile('a.txt', 'a')));
    const reading = collect(readText(textFile('b.txt', 'b'), { after: placeOf(record!) }));
    await expect(reading).rejects.toMatchObject({ code: 'data-place' });
    expect(() => readText(textFile('a', 'a'), { after: {} as never })).toThrow(/after is no place/);
  });
});

describe('places', () => {
  it('say file and line, and are invisible otherwise', async () => {
    const records = await collect(readJsonLines([textFile('a', '{}\n\n{}'), textFile('b', '{}')]));
    expect(records.map((record) => placeOf(record))).toMatchObject([
      { file: 'a', fileIndex: 0, line: 1 },
      { file: 'a', fileIndex: 0, line: 3 },
      { file: 'b', fileIndex: 1, line: 1 },
    ]);
    expect(JSON.stringify(records)).toBe('[{},{},{}]');
    expect(placeOf({ ...records[0] })).toBeUndefined();
  });
});

describe('streams of records', () => {
  const numbers = (count: number) =>
    readText(textFile('n', Array.from({ length: count }, (_, n) => n).join('\n')));

  it('take, skip, map and batch', async () => {
    expect(await collect(skip(take(numbers(9), 4), 2))).toEqual([{ text: '2' }, { text: '3' }]);
    expect(await collect(take(numbers(2), 0))).toEqual([]);
    const odd = mapRecords(numbers(5), ({ text }) =>
      Number(text) % 2 === 1 ? { n: Number(text) } : undefined,
    );
    const mapped = await collect(odd);
    expect(mapped).toEqual([{ n: 1 }, { n: 3 }]);
    expect(placeOf(mapped[1]!)).toMatchObject({ line: 4 });
    expect((await collect(batched(numbers(5), 2))).map((batch) => batch.length)).toEqual([2, 2, 1]);
    await expect(collect(batched(numbers(5), 0))).rejects.toMatchObject({ code: 'option-value' });
  });

  it('take closes its source', async () => {
    let isClosed = false;
    const endless = streamFile(
      's',
      (async function* () {
        try {
          for (;;) yield new TextEncoder().encode('a\n');
        } finally {
          isClosed = true;
        }
      })(),
    );
    expect(await collect(take(readText(endless), 3))).toHaveLength(3);
    expect(isClosed).toBe(true);
  });
});
