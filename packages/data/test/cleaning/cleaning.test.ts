import { describe, expect, it } from 'vitest';
import { createHashTable } from '../../src/cleaning/hash-table.js';
import { exactHash } from '../../src/cleaning/text-hash.js';
import { createWordHasher } from '../../src/cleaning/words.js';
import {
  applyC4Rules,
  cleanDocuments,
  createCleaner,
  indexEvaluation,
  placeOf,
  readText,
  textFile,
} from '../../src/index.js';
import { createRandom } from '../../src/random/random.js';
import { sampleTexts } from '../shards/sample-texts.js';

describe('the hash table', () => {
  it('behaves as a Map of 64-bit keys', () => {
    const random = createRandom(1);
    const table = createHashTable();
    const map = new Map<string, number>();
    for (let step = 0; step < 20_000; step++) {
      const [high, low] = [random.below(40), random.below(200) - 100]; // few keys: replaced often, slots in runs
      table.set(high, low, step);
      map.set(`${high | 0},${low | 0}`, step);
    }
    for (let step = 0; step < 5000; step++) {
      const [high, low] = [random.word(), random.word()];
      table.set(high, low, step);
      map.set(`${high | 0},${low | 0}`, step);
    }
    const copy = createHashTable(structuredClone(table.data));
    for (const each of [table, copy]) {
      expect(each.size).toBe(map.size);
      for (const [key, value] of map) {
        const [high, low] = key.split(',').map(Number) as [number, number];
        expect(each.get(high, low)).toBe(value);
      }
      expect(each.get(1000, 1000)).toBe(-1);
    }
  });
});

describe('exact duplicates', () => {
  it('are texts that are the same but for white space and the form of accents', () => {
    const hash = (text: string) => Object.values(exactHash(text)).join();
    expect(hash(' Das\tCafé \n ist zu.\u00a0')).toBe(hash('Das Cafe\u0301 ist zu.'));
    for (const other of ['das Café ist zu.', 'Das Café ist zu', 'Das Caféist zu.', 'Das  Café ist zu. .']) {
      expect(hash(other)).not.toBe(hash('Das Café ist zu.'));
    }
  });

  it('do not collide among many texts', () => {
    const texts = new Set(sampleTexts(20_000, { seed: 3, words: [1, 4] }));
    expect(new Set([...texts].map((text) => Object.values(exactHash(text)).join())).size).toBe(texts.size);
    expect(new Set([...texts].map((text) => exactHash(text).low)).size).toBeGreaterThan(texts.size - 3);
  });
});

describe('words', () => {
  const hashWords = createWordHasher();
  const wordsOf = (text: string) => {
    const { count, starts, ends } = hashWords(text);
    return Array.from({ length: count }, (_, word) => text.slice(starts[word], ends[word]));
  };
  const hashes = (text: string) => {
    const { count, high, low } = hashWords(text);
    return Array.from({ length: count }, (_, word) => `${high[word]},${low[word]}`);
  };

  it('are runs of letters, digits and marks; in scripts without spaces each character', () => {
    expect(wordsOf("It's 42 °C, naïve-ly: 日本語です。東京 TOKYO")).toEqual([
      ...['It', 's', '42', 'C', 'naïve', 'ly', '日', '本', '語', 'で', 'す', '東', '京', 'TOKYO'],
    ]);
    expect(wordsOf('')).toEqual([]);
    expect(wordsOf('…!')).toEqual([]);
    expect(wordsOf('abc東京def')).toEqual(['abc', '東', '京', 'def']);
  });

  it('are the same in upper and lower case, in full width, with composed or decomposed accents', () => {
    expect(hashes('CAFÉ ＡＢＣ ﬁnd Straße')).toEqual(hashes('cafe\u0301 abc find straße'));
    expect(hashes('cafe')).not.toEqual(hashes('café'));
  });
});

describe('decontamination', () => {
  const [exam, other, ...training] = sampleTexts(12, { seed: 40, words: [60, 60] }) as [
    string,
    string,
    ...string[],
  ];
  const words = exam.split(' ');

  it('drops a text that repeats a run of words, whatever case and punctuation, and says which example', async () => {
    const evaluation = await indexEvaluation([
      { name: 'a', texts: [other] },
      { name: 'b', texts: ['too short', exam] },
    ]);
    const cleaner = createCleaner({ evaluation });
    const run = words.slice(20, 33);
    expect(cleaner.clean(`${training[0]} ${run.join(', ').toUpperCase()}! ${training[1]}`)).toEqual([]);
    expect(cleaner.clean(`${training[2]} ${run.slice(1).join(' ')} ${training[3]}`)).toHaveLength(1);
    expect(cleaner.clean(training[4]!)).toEqual([training[4]]);
    expect(cleaner.report).toMatchObject({ documents: 3, kept: 2, dropped: { contaminated: 1 } });
    expect(cleaner.report.evaluation).toMatchObject([
      { name: 'a', examples: 1, tooShort: 0, documents: 0, repeated: [], hits: [] },
      {
        name: 'b',
        examples: 2,
        tooShort: 1,
        documents: 1,
        repeated: [1],
        hits: [{ example: 1, document: 0 }],
      },
    ]);
    expect(cleaner.report.evaluation[1]!.hits[0]!.text).toContain(run[0]!.toUpperCase());
  });

  it('cuts the repeated part out, with what is around it', async () => {
    const evaluation = await indexEvaluation([{ name: 'b', texts: [exam] }], { ngram: 8 });
    const cleaner = createCleaner({ evaluation, contaminated: 'cut', cutMargin: 30, minPieceLength: 50 });
    const before = `${training[0]} ${training[1]}`;
    const [left, right, ...none] = cleaner.clean(`${before} ${words.slice(0, 20).join(' ')} ${training[2]}`);
    expect(none).toEqual([]);
    expect(before.startsWith(left!)).toBe(true);
    expect(training[2]!.endsWith(right!)).toBe(true);
    const lost = before.length - left!.length;
    expect(lost).toBeGreaterThanOrEqual(30);
    expect(lost).toBeLessThan(45); // a word at most beyond the margin
    expect(before[left!.length]).toBe(' ');
    expect(cleaner.clean(`ba ${words.join(' ')} do`)).toEqual([]); // nothing long enough is left
    expect(cleaner.report).toMatchObject({ cut: 1, kept: 2, dropped: { contaminated: 1 } });
  });

  it('drops a text that would fall into too many pieces', async () => {
    const evaluation = await indexEvaluation([{ name: 'b', texts: [exam] }], { ngram: 8 });
    const text = training.map((one) => `${one} ${words.slice(0, 8).join(' ')}`).join(' ');
    const options = { evaluation, contaminated: 'cut', cutMargin: 0, minPieceLength: 10 } as const;
    expect(createCleaner(options).clean(text)).toHaveLength(10);
    expect(createCleaner({ ...options, maxPieces: 9 }).clean(text)).toEqual([]);
  });

  it('needs evaluation texts', async () => {
    await expect(indexEvaluation([])).rejects.toMatchObject({ code: 'option-value' });
    await expect(indexEvaluation([{ name: 'a', texts: [] }], { ngram: 0 })).rejects.toMatchObject({
      code: 'option-value',
    });
  });
});

describe('the rules of C4', () => {
  const good = 'This is a sentence with enough words. Here is another one, and it ends well.';

  it('keep good lines and drop the others', () => {
    const page = [
      `${good} It has been said before.[3] [edit]`,
      '',
      'Menu',
      'This line does not end as a sentence should',
      'Too short it is.',
      'Please enable JavaScript to see this page at all.',
      'By going on you accept that this site uses cookies.',
      'To be continued in the next part of it...',
      'He said that he would come back "tomorrow."',
    ].join('\n');
    const kept = [`${good} It has been said before.`, 'He said that he would come back "tomorrow."'].join(
      '\n',
    );
    expect(applyC4Rules(page)).toEqual({ text: kept, droppedLines: 6 });
  });

  it('drop pages with code, with filler text, or of too few sentences', () => {
    expect(applyC4Rules(`${good} And this is it.\nfunction () { }`)).toMatchObject({ reason: 'brace' });
    expect(applyC4Rules(`${good} And this is it.\nLorem ipsum dolor sit amet.`)).toMatchObject({
      reason: 'lorem-ipsum',
    });
    expect(applyC4Rules(good)).toEqual({ reason: 'few-sentences', droppedLines: 0 });
    const cleaner = createCleaner({ lineRules: 'c4' });
    expect(cleaner.clean(`${good}\nMenu`)).toEqual([]);
    expect(cleaner.report).toMatchObject({ dropped: { 'few-sentences': 1 }, droppedLines: 1 });
  });
});

describe('cleanDocuments', () => {
  it('keeps records and their places', async () => {
    const records = readText(textFile('a.txt', 'one\ntwo\n\none\nthree'));
    const kept: unknown[] = [];
    for await (const record of cleanDocuments(records, createCleaner({ duplicates: 'exact' }))) {
      kept.push([record.text, placeOf(record)?.line]);
    }
    expect(kept).toEqual([
      ['one', 1],
      ['two', 2],
      ['three', 5],
    ]);
  });

  it('checks its options', () => {
    expect(() => createCleaner({ threshold: 0 })).toThrow('threshold');
    expect(() => createCleaner({ treshold: 0.5 } as never)).toThrow('treshold');
    expect(() => createCleaner({ contaminated: 'keep' as never })).toThrow('contaminated');
  });
});
