import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  convertTags,
  readConll,
  readConllu,
  spanTags,
  tagSpans,
  textFile,
  type TagScheme,
} from '../../src/index.js';
import { collect } from './collect.js';

const words = (text: string) => text.split(' ');

describe('convertTags', () => {
  const same: Readonly<Record<TagScheme, string>> = {
    iob1: 'O I-PER I-PER B-PER O I-LOC I-ORG I-ORG I-ORG',
    iob2: 'O B-PER I-PER B-PER O B-LOC B-ORG I-ORG I-ORG',
    iobes: 'O B-PER E-PER S-PER O S-LOC B-ORG I-ORG E-ORG',
    bilou: 'O B-PER L-PER U-PER O U-LOC B-ORG I-ORG L-ORG',
  };
  const schemes = Object.keys(same) as TagScheme[];

  it.each(schemes.flatMap((from) => schemes.map((to) => [from, to] as const)))('%s to %s', (from, to) => {
    expect(convertTags(words(same[from]), { from, to })).toEqual(words(same[to]));
  });

  it('keeps any spans through any scheme', () => {
    const parts = fc.array(
      fc.record({
        gap: fc.nat(2),
        length: fc.integer({ min: 1, max: 3 }),
        type: fc.constantFrom('A', 'B-C'),
      }),
    );
    fc.assert(
      fc.property(parts, fc.constantFrom(...schemes), fc.constantFrom(...schemes), (list, from, to) => {
        let at = 0;
        const spans = list.map(({ gap, length, type }) => {
          const start = at + gap;
          at = start + length;
          return { type, start, end: at };
        });
        const tags = spanTags(spans, { scheme: from, length: at + 1 });
        expect(tagSpans(tags, { scheme: from })).toEqual(spans);
        expect(tagSpans(convertTags(tags, { from, to }), { scheme: to })).toEqual(spans);
      }),
      { seed: 1 },
    );
  });

  it.each([
    ['iob2', 'O I-PER', /"I-PER" \(token 1\) cannot stand after "O"/],
    ['iob2', 'I-PER', /at the beginning of the sentence/],
    ['iob2', 'B-PER I-LOC', /"I-LOC"/],
    ['iob1', 'O B-PER', /"B-PER" \(token 1\)/],
    ['iobes', 'B-PER O', /"O" \(token 1\) cannot stand after "B-PER"/],
    ['iobes', 'B-PER', /"the end of the sentence"/],
    ['iobes', 'S-PER E-PER', /"E-PER"/],
    ['iob2', 'S-PER', /tags of iob2 are O, B-TYPE, I-TYPE/],
    ['iob2', 'PER', /tag 0 is "PER"/],
    ['iob2', 'B-', /tag 0 is "B-"/],
  ] as const)('%s refuses %s', (from, tags, message) => {
    expect(() => convertTags(words(tags), { from, to: 'iob2' })).toThrow(message);
  });

  it('repairs as conlleval reads', () => {
    const repaired = convertTags(words('O I-PER I-LOC B-LOC O'), {
      from: 'iob2',
      to: 'iob2',
      invalidTags: 'repair',
    });
    expect(repaired).toEqual(words('O B-PER B-LOC B-LOC O'));
    expect(
      convertTags(words('B-A I-A O E-B'), { from: 'iobes', to: 'iobes', invalidTags: 'repair' }),
    ).toEqual(words('B-A E-A O S-B'));
  });

  it('spans must not overlap or leave the sentence', () => {
    const tag = (start: number, end: number) => ({ type: 'A', start, end });
    for (const spans of [[tag(0, 2), tag(1, 3)], [tag(2, 2)], [tag(2, 5)], [tag(-1, 1)]]) {
      expect(() => spanTags(spans, { scheme: 'iob2', length: 4 })).toThrow(/overlaps another/);
    }
  });
});

describe('readConll', () => {
  const conll2003 =
    '-DOCSTART- -X- -X- O\n\nEU NNP I-NP I-ORG\nrejects VBZ I-VP O\n\n\nPeter NNP I-NP I-PER\nBlackburn NNP I-NP I-PER\n';

  it('reads sentences and converts tags', async () => {
    expect(
      await collect(readConll(textFile('train', conll2003), { scheme: 'iob1', convertTo: 'iobes' })),
    ).toEqual([
      { tokens: ['EU', 'rejects'], tags: ['S-ORG', 'O'] },
      { tokens: ['Peter', 'Blackburn'], tags: ['B-PER', 'E-PER'] },
    ]);
  });

  it('gives the columns asked for', async () => {
    const columns = { tokens: 0, pos: 1, chunks: -2 };
    const [first] = await collect(readConll(textFile('train', conll2003), { columns }));
    expect(first).toEqual({ tokens: ['EU', 'rejects'], pos: ['NNP', 'VBZ'], chunks: ['I-NP', 'I-VP'] });
  });

  it('keeps odd tokens: a no-break space, a hash, quotes', async () => {
    const file = textFile('wnut', '\u00a0\tO\n#\tO\n"\tO\n\t\n@x\tB-person\n');
    expect((await collect(readConll(file))).map(({ tokens }) => tokens)).toEqual([
      ['\u00a0', '#', '"'],
      ['@x'],
    ]);
  });

  it('passes over comments where they are announced', async () => {
    const file = textFile('x.iob2', '# sent_id = 1\n1\tHi\tO\t-\n\n');
    expect(await collect(readConll(file, { columns: { tokens: 1, tags: 2 }, comment: '# ' }))).toEqual([
      { tokens: ['Hi'], tags: ['O'] },
    ]);
  });

  it.each([
    ['a O\nb\n', {}, { code: 'data-columns', line: 2 }],
    ['a O\nb x O\n', {}, { code: 'data-columns', line: 2 }],
    ['a\tO\n\tO\n', {}, { code: 'data-columns', line: 2 }],
    ['a O\n\nb O\nc I-X\n', { scheme: 'iob2' as const }, { code: 'data-tags', line: 3, field: 'tags' }],
  ])('%j is refused', async (text, options, error) => {
    await expect(collect(readConll(textFile('train.conll', text), options))).rejects.toMatchObject({
      ...error,
      file: 'train.conll',
    });
  });

  it('onInvalid drops whole sentences', async () => {
    const file = textFile('x', 'a O\nb\nc O\n\nd O\n');
    const errors: unknown[] = [];
    const read = await collect(readConll(file, { onInvalid: (error) => errors.push(error) }));
    expect(read).toEqual([{ tokens: ['d'], tags: ['O'] }]);
    expect(errors).toHaveLength(1);
  });

  it('conversion needs to know the scheme of the file', () => {
    expect(() => readConll(textFile('x', 'a O'), { convertTo: 'iobes' })).toThrow(/needs `scheme`/);
  });
});

describe('readConllu', () => {
  const row = (...cells: readonly (string | number)[]) =>
    [...cells, ...Array<string>(10 - cells.length).fill('_')].join('\t');
  const sentence = [
    '# newdoc id = d1',
    '# sent_id = s1',
    "# text = They don't know.",
    row(1, 'They', 'they', 'PRON', 'PRP', 'Case=Nom|Number=Plur', 4, 'nsubj', '4:nsubj'),
    row('2-3', "don't"),
    row(2, 'do', 'do', 'AUX', 'VBP', '_', 4, 'aux'),
    row(3, "n't", 'not', 'PART', 'RB', '_', 4, 'advmod'),
    row(4, 'know', 'know', 'VERB', 'VB', '_', 0, 'root', '_', 'SpaceAfter=No'),
    row('4.1', 'it', 'it', 'PRON', '_', '_', '_', '_', '4:obj'),
    row(5, '_', '_', 'PUNCT', '.', '_', 4, 'punct'),
  ];

  it('gives words, with multiword tokens and empty nodes beside them', async () => {
    const [read] = await collect(readConllu(textFile('a.conllu', `${sentence.join('\n')}\n\n`)));
    expect(read).toEqual({
      sentId: 's1',
      text: "They don't know.",
      comments: ['newdoc id = d1'],
      tokens: ['They', 'do', "n't", 'know', '_'],
      lemmas: ['they', 'do', 'not', 'know', '_'],
      upos: ['PRON', 'AUX', 'PART', 'VERB', 'PUNCT'],
      xpos: ['PRP', 'VBP', 'RB', 'VB', '.'],
      feats: [{ Case: 'Nom', Number: 'Plur' }, {}, {}, {}, {}],
      heads: [3, 3, 3, -1, 3],
      deprels: ['nsubj', 'aux', 'advmod', 'root', 'punct'],
      deps: ['4:nsubj', null, null, null, null],
      misc: [null, null, null, 'SpaceAfter=No', null],
      multiwordTokens: [{ start: 1, end: 3, form: "don't", misc: null }],
      emptyNodes: [{ id: '4.1', form: 'it', lemma: 'it', upos: 'PRON', deps: '4:obj' }],
    });
  });

  it.each([
    [row(1, 'a').replaceAll('\t', ' '), /1 columns, 10 are needed/],
    [`${row(1, 'a')}\n${row(3, 'b')}`, /the id "3" cannot follow word 1/],
    [row(1, 'a', 'a', 'X', '_', '_', 2), /the head is "2", must be 0 to 1/],
    [row(1, 'a', 'a', 'X', '_', 'Case'), /the feature "Case" is not Name=Value/],
    [row('1-2', 'a'), /the id "1-2"/],
  ])('%j is refused', async (text, message) => {
    const reading = collect(readConllu(textFile('a.conllu', `# c\n${text}\n`)));
    await expect(reading).rejects.toMatchObject({ code: 'data-conllu', file: 'a.conllu' });
    await expect(reading).rejects.toThrow(message);
  });
});
