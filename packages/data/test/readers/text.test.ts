import { describe, expect, it } from 'vitest';
import { readDocuments, readParallel, readText, textFile } from '../../src/index.js';
import { collect } from './collect.js';

describe('readText', () => {
  it('keeps blank lines unless told otherwise', async () => {
    const file = textFile('a.txt', 'a\n\n b \n');
    expect(await collect(readText(file))).toEqual([{ text: 'a' }, { text: '' }, { text: ' b ' }]);
    expect(await collect(readText(file, { blankLines: 'skip' }))).toHaveLength(2);
  });
});

describe('readParallel', () => {
  const file = (name: string, ...lines: readonly string[]) => textFile(name, lines.join('\n'));

  it('pairs line with line, of any number of files, blank lines included', async () => {
    const sources = {
      source: file('src', 'a', '', 'c'),
      first: file('ref0', '1', '', '3'),
      second: file('ref1', 'x', 'y', 'z'),
    };
    expect(await collect(readParallel(sources))).toEqual([
      { source: 'a', first: '1', second: 'x' },
      { source: '', first: '', second: 'y' },
      { source: 'c', first: '3', second: 'z' },
    ]);
  });

  it.each([
    [['a', 'b'], ['1'], 'de'],
    [['a'], ['1', '2'], 'en'],
  ])('%j beside %j: the side that ends first is named', async (en, de, ended) => {
    const reading = collect(readParallel({ en: file('train.en', ...en), de: file('train.de', ...de) }));
    await expect(reading).rejects.toMatchObject({
      code: 'data-parallel',
      field: ended,
      line: 2,
      file: `train.${ended}`,
    });
  });
});

describe('readDocuments', () => {
  it('parts documents at blank lines, any number of them', async () => {
    const file = textFile('a.txt', '\nTitle\nOne.\nTwo.\n\n \nOther\nThree.');
    expect(await collect(readDocuments(file))).toEqual([
      { paragraphs: ['Title', 'One.', 'Two.'] },
      { paragraphs: ['Other', 'Three.'] },
    ]);
    expect(await collect(readDocuments(file, { hasTitle: true }))).toEqual([
      { title: 'Title', paragraphs: ['One.', 'Two.'] },
      { title: 'Other', paragraphs: ['Three.'] },
    ]);
  });

  it('takes each line, or each file, for a document', async () => {
    const files = [textFile('a', 'a\n\nb'), textFile('b', 'c')];
    expect(await collect(readDocuments(files, { layout: 'line' }))).toHaveLength(3);
    expect(await collect(readDocuments(files, { layout: 'file' }))).toEqual([
      { paragraphs: ['a', 'b'] },
      { paragraphs: ['c'] },
    ]);
  });

  it('a document ends with its file', async () => {
    expect(await collect(readDocuments([textFile('a', 'a'), textFile('b', 'b')]))).toHaveLength(2);
  });

  it('finds titles in WikiText; sections stay in their document', async () => {
    const text = ' \n = First = \n \n One . \n = = Section = = \n Two = 2 . \n \n = Second = \n Three . \n';
    expect(await collect(readDocuments(textFile('wiki', text), { layout: 'wikitext' }))).toEqual([
      { title: 'First', paragraphs: ['One .', '= = Section = =', 'Two = 2 .'] },
      { title: 'Second', paragraphs: ['Three .'] },
    ]);
  });

  it('refuses a title where the layout has none', () => {
    expect(() => readDocuments(textFile('a', 'a'), { layout: 'line', hasTitle: true })).toThrow(/hasTitle/);
  });
});
