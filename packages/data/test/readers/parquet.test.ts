import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import {
  type ByteRange,
  bytesFile,
  type DataFile,
  placeOf,
  readParquet,
  skip,
  streamFile,
  take,
  textFile,
} from '../../src/index.js';
import { pathFile } from '../../src/node.js';
import { collect } from './collect.js';

const path = (name: string) => fileURLToPath(new URL(`../fixtures/${name}.parquet`, import.meta.url));
const bytesOf = (name: string) => new Uint8Array(readFileSync(path(name)));

describe('readParquet', () => {
  it.each(['snappy', 'zstd', 'gzip', 'lz4_raw', 'brotli'])(
    'reads plain values packed with %s',
    async (codec) => {
      const rows = await collect(readParquet(pathFile(path(`types-${codec}`))));
      expect(rows).toHaveLength(40);
      expect(rows[29]).toEqual({
        id: 29,
        text: 'text 29 – ü😀',
        label: 2,
        score: 14.5,
        flag: false,
        big: 29_000_087,
        price: 0.29,
        stamp: '2024-02-29T12:35:25.789012Z',
        day: '2024-03-28',
        tokens: ['a29', null, ''],
        answer: { text: 'answer 29', start: 29 },
        maybe: 29,
        raw: new Uint8Array(Buffer.from('x29')),
      });
      expect(rows[35]).toMatchObject({ tokens: null, maybe: null });
    },
  );

  it('reads the columns of the schema only, and checks them', async () => {
    const file = pathFile(path('types-snappy'));
    const schema = { text: 'text', label: { type: 'integer', labels: { 0: 'a', 1: 'b', 2: 'c' } } } as const;
    const [first] = await collect(take(readParquet(file, { schema }), 1));
    expect(first).toEqual({ text: 'text 0 – ü😀', label: 'a' });
    const reading = collect(readParquet(file, { schema: { maybe: 'integer' } }));
    await expect(reading).rejects.toMatchObject({
      code: 'data-field-missing',
      place: 'row 0',
      field: 'maybe',
    });
    const optional = { absent: { type: 'text', isOptional: true }, id: 'integer' } as const;
    expect(await collect(take(readParquet(file, { schema: optional }), 1))).toEqual([{ id: 0 }]);
  });

  it('fetches one row group at a time, and only the columns asked for', async () => {
    const inner = bytesFile('groups', bytesOf('row-groups'));
    const reads: ByteRange[] = [];
    const ranges = {
      ...inner.ranges!,
      read: (range: ByteRange) => (reads.push(range), inner.ranges!.read(range)),
    };
    const counted: DataFile = { ...inner, ranges };
    const reader = readParquet(counted, { columns: ['id'] });
    expect((await reader.next()).value).toEqual({ id: 0 });
    const afterFirst = reads.length;
    let last: unknown;
    for await (const row of reader) last = row;
    expect(last).toEqual({ id: 4999 });
    expect(reads.length - afterFirst).toBe(2); // the other two groups
  });

  it('goes on behind a row without reading the groups before', async () => {
    const file = pathFile(path('row-groups'));
    const all = await collect(readParquet(file));
    const after = placeOf(all[3000]!);
    expect(await collect(readParquet(file, { after }))).toEqual(await collect(skip(readParquet(file), 3001)));
    expect(await collect(readParquet(file, { after: placeOf(all[4999]!) }))).toEqual([]);
  });

  it('refuses integers that a number cannot hold, or gives their digits', async () => {
    const file = pathFile(path('big-integers'));
    await expect(collect(readParquet(file))).rejects.toMatchObject({
      code: 'data-parquet-integer',
      field: 'hash',
      place: 'row 0',
    });
    expect(await collect(readParquet(file, { bigIntegers: 'text' }))).toEqual([
      { hash: '9007199254740993', unsigned: '18446744073709551615' },
    ]);
  });

  const whole = bytesOf('types-snappy');
  const damaged = whole.slice();
  damaged.fill(0xff, 40, 400);
  it.each([
    ['cut off', whole.subarray(0, 2000), /cut off, at 2000 bytes/],
    ['cut to its beginning', whole.subarray(0, 8), /cut off/],
    ['empty', new Uint8Array(0), /no Parquet/],
    ['another format', Buffer.from('<html>Not found</html>'), /begins with "<htm"/],
    ['damaged within', damaged, /rows 0 to 39 cannot be read/],
    [
      'damaged in the footer',
      Buffer.concat([whole.subarray(0, -9), Buffer.from([255, 255, 255, 127, 0]), whole.subarray(-4)]),
      /footer/,
    ],
  ])('%s is an error with the file', async (_, bytes, message) => {
    const reading = collect(readParquet(bytesFile('train.parquet', bytes)));
    await expect(reading).rejects.toMatchObject({ code: 'data-parquet', file: 'train.parquet' });
    await expect(reading).rejects.toThrow(message);
  });

  it('needs ranges, and columns that are there', async () => {
    const stream = streamFile('standard input', textFile('x', 'PAR1').open());
    await expect(collect(readParquet(stream))).rejects.toThrow(/cannot be read from a stream/);
    await expect(collect(readParquet(pathFile(path('row-groups')), { columns: ['texts'] }))).rejects.toThrow(
      /no column "texts"; the columns are "id", "text"/,
    );
  });
});
