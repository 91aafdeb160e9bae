import { describe, expect, it } from 'vitest';
import { createRandom } from '../../src/random/random.js';
import { bandRecall, bandsFor, createMinHasher, estimateSimilarity } from '../../src/cleaning/min-hash.js';
import { createWordHasher } from '../../src/cleaning/words.js';
import { createCleaner } from '../../src/index.js';
import { sampleTexts, wordList } from '../shards/sample-texts.js';

const shingleWords = 5;

/** The exact Jaccard similarity of the sets of word shingles. */
function jaccard(a: string, b: string): number {
  const shingles = (text: string): Set<string> => {
    const words = text.split(' ');
    return new Set(
      words.slice(0, 1 - shingleWords).map((_, at) => words.slice(at, at + shingleWords).join(' ')),
    );
  };
  const [first, second] = [shingles(a), shingles(b)];
  const common = [...first].filter((shingle) => second.has(shingle)).length;
  return common / (first.size + second.size - common);
}

/** A copy in which `edits` words are replaced, left out or put in. */
function nearCopy(text: string, edits: number, seed: number): string {
  const random = createRandom(seed, ['near-copy']);
  const words = text.split(' ');
  const list = wordList(2000);
  for (let edit = 0; edit < edits; edit++) {
    const at = random.below(words.length);
    const count = random.below(2);
    words.splice(
      at,
      random.below(2) === 0 ? 1 : count,
      ...(random.below(2) === 0 ? [list[random.below(2000)]!] : []),
    );
  }
  return words.join(' ');
}

/** Pairs of every similarity. */
const pairs = sampleTexts(600, { seed: 31, words: [150, 300] }).map((text, index) => {
  const copy = nearCopy(text, index % 30, index);
  return { text, copy, similarity: jaccard(text, copy) };
});

describe('MinHash signatures', () => {
  const hashWords = createWordHasher();

  it('estimate the exact Jaccard similarity without bias, with the deviation that theory gives', () => {
    const hash = createMinHasher({ permutations: 128, shingleWords, seed: 1 });
    const errors = pairs.map(({ text, copy, similarity }) => {
      const first = hash(hashWords(text))!;
      return { error: estimateSimilarity(first, hash(hashWords(copy))!) - similarity, similarity };
    });
    const mean = errors.reduce((sum, { error }) => sum + error, 0) / errors.length;
    expect(Math.abs(mean)).toBeLessThan(0.005); // three standard errors of 600 pairs
    const squared = errors.reduce((sum, { error }) => sum + error ** 2, 0);
    const expected = errors.reduce((sum, { similarity }) => sum + (similarity * (1 - similarity)) / 128, 0);
    expect(squared / expected).toBeGreaterThan(0.7);
    expect(squared / expected).toBeLessThan(1.4);
  });

  it('are the same for the same seed, and others for another', () => {
    const of = (seed: number) =>
      createMinHasher({ permutations: 64, shingleWords, seed })(hashWords(pairs[0]!.text));
    expect(of(1)).toEqual(of(1));
    expect(estimateSimilarity(of(1)!, of(2)!)).toBeLessThan(0.1);
  });

  it('of different texts hardly agree', () => {
    const hash = createMinHasher({ permutations: 256, shingleWords, seed: 1 });
    const signatures = pairs.slice(0, 100).map(({ text }) => hash(hashWords(text))!);
    const similar = signatures
      .slice(1)
      .map((signature, at) => estimateSimilarity(signature, signatures[at]!));
    expect(Math.max(...similar)).toBeLessThan(0.03);
  });
});

describe('bands', () => {
  it.each([0.5, 0.7, 0.8, 0.9, 0.95])(
    'compare at least 95 %% of the pairs at the threshold %d',
    (threshold) => {
      const bands = bandsFor({ permutations: 128, threshold, recall: 0.95 });
      expect(bands.rows * bands.count).toBeLessThanOrEqual(128);
      expect(bandRecall(threshold, bands)).toBeGreaterThanOrEqual(0.95);
      expect(
        bandRecall(threshold, { rows: bands.rows + 1, count: Math.floor(128 / (bands.rows + 1)) }),
      ).toBeLessThan(0.95);
    },
  );
});

describe('near-duplicate removal', () => {
  it.each([
    { permutations: 128, recall: 0.9, precision: 0.85 },
    { permutations: 512, recall: 0.95, precision: 0.92 },
  ])(
    'finds near-copies: recall and precision against the exact similarity, $permutations permutations',
    ({ permutations, ...least }) => {
      const threshold = 0.8;
      const cleaner = createCleaner({ duplicates: 'near', threshold, permutations });
      for (const { text } of pairs) expect(cleaner.clean(text)).toEqual([text]);
      const found = pairs.map(({ copy }) => cleaner.clean(copy).length === 0);
      const share = (among: (similarity: number) => boolean) => {
        const chosen = pairs
          .map(({ similarity }, at) => [similarity, found[at]!] as const)
          .filter(([s]) => among(s));
        expect(chosen.length).toBeGreaterThan(40);
        return chosen.filter(([, isFound]) => isFound).length / chosen.length;
      };
      // the estimate has a standard deviation of 0.035 at 0.8: beyond two of them decisions are nearly always right
      expect(share((similarity) => similarity >= threshold + 0.07)).toBeGreaterThan(0.97);
      expect(share((similarity) => similarity < threshold - 0.07)).toBeLessThan(0.01);
      const right = pairs.filter(({ similarity }, at) => found[at] && similarity >= threshold).length;
      expect(right / pairs.filter(({ similarity }) => similarity >= threshold).length).toBeGreaterThan(
        least.recall,
      );
      expect(right / found.filter(Boolean).length).toBeGreaterThan(least.precision);
      const { duplicateExamples } = cleaner.report;
      expect(duplicateExamples.length).toBe(20);
      for (const { document, of } of duplicateExamples) expect(document).toBe(of + pairs.length);
    },
  );

  it('keeps the first of several, and tells exact ones from near ones', () => {
    const [a, b] = sampleTexts(2, { seed: 2, words: [200, 200] }) as [string, string];
    const cleaner = createCleaner({ duplicates: 'near' });
    const kept = [a, b, a, ` ${a}\n`, `${a} ba`, a.toUpperCase(), b, '!?', '!?', '?!'].map(
      (text) => cleaner.clean(text).length,
    );
    expect(kept).toEqual([1, 1, 0, 0, 0, 0, 0, 1, 0, 1]);
    expect(cleaner.report).toMatchObject({ documents: 10, kept: 4, exactDuplicates: 4, nearDuplicates: 2 });
  });
});
