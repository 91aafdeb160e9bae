/** Every data set of the workspace is read as docs/data-sets.md says, with the counts of its table and of ORIGIN.txt. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import {
  type DataFile,
  type DataSource,
  readDocuments,
  readJsonLines,
  readSquadLines,
  readText,
  type Schema,
  tagSpans,
} from '../../src/index.js';
import { findFiles } from '../../src/node.js';

const shared = fileURLToPath(new URL('../../../../../shared/data/', import.meta.url));
const pageUrl = new URL('../../../../docs/data-sets.md', import.meta.url);

type Read = (source: DataSource) => AsyncIterable<object>;
const jsonLines =
  (schema: Schema): Read =>
  (source) =>
    readJsonLines(source, { schema });
const binary = { type: 'integer', labels: [0, 1] } as const;
const tagged: Read = async function* (source) {
  for await (const record of readJsonLines(source, { schema: { tokens: 'texts', tags: 'texts' } })) {
    tagSpans(record.tags, { scheme: 'iob2' });
    if (record.tokens.length !== record.tags.length) throw new Error('tokens and tags differ in number');
    yield record;
  }
};
const coarse = ['ABBR', 'DESC', 'ENTY', 'HUM', 'LOC', 'NUM'];
const upos = 'ADJ ADP ADV AUX CCONJ DET INTJ NOUN NUM PART PRON PROPN PUNCT SCONJ SYM VERB X'.split(' ');
const emotions = () => readFileSync(`${shared}goemotions/labels.txt`, 'utf8').trim().split('\n');

/** Files read of each data set. */
const MOST_FILES = 4;

/** The reader of each data set. */
const READERS: Readonly<Record<string, Read>> = {
  'ag-news-10k': jsonLines({
    text: 'text',
    label: { type: 'text', labels: ['World', 'Sports', 'Business', 'Sci/Tech'] },
  }),
  banking77: jsonLines({ text: 'text', label: 'text' }),
  clinc150: jsonLines({ text: 'text', label: 'text' }),
  'commongen-2020': jsonLines({ concepts: 'texts', target: 'text' }),
  'disfl-qa': jsonLines({ id: 'text', source: 'text', target: 'text' }),
  'glue-cola': jsonLines({ sentence: { type: 'text', from: 'text' }, label: binary }),
  'glue-rte': jsonLines({ premise: 'text', hypothesis: 'text', label: binary }),
  'glue-sst2': jsonLines({ sentence: { type: 'text', from: 'text' }, label: binary }),
  goemotions: (source) => jsonLines({ text: 'text', labels: { type: 'texts', labels: emotions() } })(source),
  'imdb-11k': jsonLines({ text: 'text', label: binary, stars: 'integer' }),
  jfleg: jsonLines({ source: 'text', references: 'texts' }),
  'ko-question-pair': jsonLines({ text1: 'text', text2: 'text', label: binary }),
  'movie-reviews-polarity2': jsonLines({ text: 'text', label: binary, file: 'text' }),
  'multi30k-en-de': jsonLines({ en: 'text', de: 'text' }),
  'ner-uner-ewt': tagged,
  'ner-wnut17': tagged,
  'pos-ud-ewt': jsonLines({
    text: 'text',
    tokens: 'texts',
    upos: { type: 'texts', labels: upos },
    xpos: 'texts',
  }),
  'query-wellformedness': jsonLines({ text: 'text', score: 'number' }),
  'squad11-devset': (source) => readSquadLines(source),
  'stsb-open': jsonLines({ text1: 'text', text2: 'text', score: 'number', genre: 'text', file: 'text' }),
  'text-enwiki2015': (source) => readDocuments(source, { hasTitle: true }),
  'text-kowiki': (source) => readDocuments(source, { hasTitle: true }),
  'text-wikitext2-eval': (source) => readText(source),
  'trec-qc': jsonLines({ text: 'text', coarse: { type: 'text', labels: coarse }, fine: 'text' }),
  'wiki-split': jsonLines({ source: 'text', target: 'text' }),
};

/** Rows of the page's table: name, rows for training, rows for development. */
function documented(): ReadonlyMap<string, readonly number[]> {
  const rows = [
    ...readFileSync(pageUrl, 'utf8').matchAll(/^\| `([^`]+)` +\|.*\| +([\d,–]+) +\| +([\d,–]+) +\|$/gm),
  ];
  return new Map(
    rows.map(([, name, ...counts]) => [
      name!,
      counts.map((count) => (count === '–' ? 0 : Number(count.replaceAll(',', '')))),
    ]),
  );
}

async function count(records: AsyncIterable<object>): Promise<number> {
  let rows = 0;
  for await (const _ of records) rows++;
  return rows;
}

/** Rows of each file as ORIGIN.txt states them. */
function stated(name: string): ReadonlyMap<string, number> {
  const origin = readFileSync(`${shared}${name}/ORIGIN.txt`, 'utf8');
  return new Map(
    [...origin.matchAll(/^ {2}(\S+) {2}\d+ \/ \d+ \/ (\d+) /gm)].map(([, file, rows]) => [
      file!,
      Number(rows),
    ]),
  );
}

it('the page lists the data sets that have a reader here', () => {
  expect([...documented().keys()].sort()).toEqual(Object.keys(READERS).sort());
});

describe.skipIf(!existsSync(shared))('data sets (skipped where the shared data are absent)', () => {
  it('all folders of data sets are listed', () => {
    const others = /^(golden|sentencepiece|tokenizer|vocab|weights)-/;
    const folders = readdirSync(shared).filter((name) => !others.test(name));
    expect(folders.filter((name) => READERS[name] === undefined)).toEqual([]);
  });

  it.each(Object.entries(READERS))('%s', async (name, read) => {
    const rows = stated(name);
    const files = await findFiles(`${shared}${name}`, { extensions: ['.jsonl', '.txt.gz', '.jsonl.gz'] });
    const shortName = (file: DataFile) => file.name.slice(shared.length + name.length + 1);
    const counts = { train: 0, dev: 0 };
    for (const file of files) {
      counts[shortName(file).startsWith('train') ? 'train' : 'dev'] += rows.get(shortName(file))!;
    }
    expect([counts.train, counts.dev]).toEqual(documented().get(name));
    // the 20 files of text-enwiki2015 are alike and take seconds
    for (const file of [...files.slice(0, MOST_FILES - 1), ...files.slice(MOST_FILES - 1).slice(-1)]) {
      expect(await count(read(file)), file.name).toBe(rows.get(shortName(file)));
    }
  });
});
