import { describe, expect, it } from 'vitest';
import { collect } from '../../test/collect.js';
import { createRandom } from '../random/random.js';
import {
  concatenateAndSplit,
  concatTokens,
  logUniformInteger,
  selectRandomChunk,
  splitTokens,
  trimTokensAtFront,
  truncateAroundAnswer,
} from './chunks.js';
import { neighboringPairs, nextSentencePrediction } from './sentence-pairs.js';
import {
  fillInTheBlank,
  fillInTheBlankSized,
  padNonspacedLanguages,
  randomSplitText,
} from './text-objectives.js';

const range = (length: number): Int32Array => Int32Array.from({ length }, (_, at) => at + 1);
const text = 'The fat cat sat on the mat.';

describe('chunks', () => {
  it('selectRandomChunk takes one of the chunks, or all of a short text', () => {
    const random = createRandom(1);
    const lengths = new Set(
      Array.from({ length: 100 }, () => {
        const chunk = selectRandomChunk(range(10), { random, maxLength: 4 });
        expect([1, 5, 9]).toContain(chunk[0]);
        return chunk.length;
      }),
    );
    expect(lengths).toEqual(new Set([4, 2]));
    expect(selectRandomChunk(range(3), { random, maxLength: 4 })).toEqual(range(3));
  });

  it('selectRandomChunk with any start covers every token alike (seed 2, 5 standard errors)', () => {
    const random = createRandom(2);
    const seen = new Array<number>(10).fill(0);
    for (let draw = 0; draw < 13000; draw++) {
      for (const id of selectRandomChunk(range(10), { random, maxLength: 4, uniformStart: true }))
        seen[id - 1]!++;
    }
    for (const count of seen)
      expect(Math.abs(count - 4000)).toBeLessThan(5 * Math.sqrt(13000 * (4 / 13) * (9 / 13)));
  });

  it('concatTokens leaves out padding; splitTokens leaves nothing out', () => {
    const joined = concatTokens([Int32Array.of(5, 0, 6), Int32Array.of(), Int32Array.of(7, 0)]);
    expect(joined).toEqual(Int32Array.of(5, 6, 7));
    expect(splitTokens(range(7), { maxLength: 3 })).toEqual([
      Int32Array.of(1, 2, 3),
      Int32Array.of(4, 5, 6),
      Int32Array.of(7),
    ]);
  });

  it('draws lengths log-uniformly: half below the geometric mean (seed 3, 4 standard errors)', () => {
    const random = createRandom(3);
    const lengths = Array.from({ length: 4000 }, () => logUniformInteger([8, 512], random));
    const below = lengths.filter((length) => length < 64).length;
    expect(Math.abs(below - 2000)).toBeLessThan(4 * Math.sqrt(1000));
    expect([Math.min(...lengths), Math.max(...lengths) < 512]).toEqual([8, true]);
    const parts = splitTokens(range(100), { maxLength: 20, minLength: 8, random });
    expect(concatTokens(parts)).toEqual(range(100));
    expect(new Set(parts.slice(0, -1).map((part) => part.length)).size).toBe(1);
  });

  it('concatenateAndSplit joins across texts', async () => {
    const parts = await collect(concatenateAndSplit([range(3), range(2)], { length: 2 }));
    expect(parts).toEqual([Int32Array.of(1, 2), Int32Array.of(3, 1), Int32Array.of(2)]);
  });

  it('trims at the front and around an answer', () => {
    expect(trimTokensAtFront(range(6), { maxLength: 4 })).toEqual(Int32Array.of(4, 5, 6));
    const random = createRandom(4);
    const answer = Int32Array.of(3, 4, 5);
    const starts = new Set<number>();
    for (let draw = 0; draw < 60; draw++) {
      const window = truncateAroundAnswer(range(9), { answer, maxLength: 4, random })!;
      expect(window).toHaveLength(4);
      starts.add(window[0]!);
    }
    expect(starts).toEqual(new Set([2, 3]));
    expect(
      truncateAroundAnswer(range(9), { answer: Int32Array.of(5, 4), maxLength: 4, random }),
    ).toBeUndefined();
    expect(truncateAroundAnswer(range(3), { answer: Int32Array.of(9), maxLength: 4, random })).toEqual(
      range(3),
    );
  });
});

describe('text objectives', () => {
  it('randomSplitText parts a text into equal numbers of words', () => {
    const words = Array.from({ length: 200 }, (_, at) => `w${at}`).join(' ');
    const parts = randomSplitText(words, { random: createRandom(1), maxWordsPerSegment: 64 });
    expect(parts.join(' ')).toBe(words);
    const counts = parts.slice(0, -1).map((part) => part.split(' ').length);
    expect(new Set(counts).size).toBe(1);
    expect(counts[0]).toBeGreaterThanOrEqual(16);
    const total = randomSplitText(words, { random: createRandom(2), maxWordsTotal: 50 });
    expect(total.join(' ').split(' ')).toHaveLength(50);
  });

  it('fillInTheBlank makes two examples that fill each other', () => {
    for (let seed = 0; seed < 20; seed++) {
      const [one, other] = fillInTheBlank(text, { random: createRandom(seed) });
      expect([one!.inputs, other!.inputs]).toEqual([`fill: ${other!.targets}`, `fill: ${one!.targets}`]);
      const sides = [one!.targets.split(/(?:^| )X(?: |$)/), other!.targets.split(/(?:^| )X(?: |$)/)];
      const [first, second] = one!.targets.startsWith('X') ? sides.reverse() : sides;
      const joined = first!.flatMap((part, at) => [part, second!.slice(1)[at] ?? '']);
      expect(joined.filter((part) => part !== '').join(' ')).toBe(text);
    }
    expect(fillInTheBlank('One', { random: createRandom(1) })).toEqual([]);
  });

  it('fillInTheBlankSized tells the nearest size of its blank', () => {
    for (let seed = 0; seed < 30; seed++) {
      const { inputs, targets } = fillInTheBlankSized(text, { random: createRandom(seed) })!;
      const [, size] = /_(\d+)_/.exec(inputs)!;
      expect(inputs.replace(/^fill: /, '').replace(/_\d+_/, targets)).toBe(text);
      const nearest = { 1: 1, 2: 2, 3: 2, 4: 4, 5: 4, 6: 4 }[targets.split(' ').length];
      expect(Number(size)).toBe(nearest);
    }
    expect(fillInTheBlankSized('One', { random: createRandom(1) })).toBeUndefined();
  });

  it('padNonspacedLanguages parts Han and kana but not Hangul', () => {
    expect(padNonspacedLanguages('東京 is ok, 한글')).toBe(' 東 京 is ok, 한글');
  });

  it('neighboringPairs keeps within lines and knows runs of marks', () => {
    const lines = 'A b. C d?! E.\nF only.\n\nG! H.';
    expect(neighboringPairs(lines)).toEqual([
      { first: 'A b.', second: 'C d?!' },
      { first: 'C d?!', second: 'E.' },
      { first: 'G!', second: 'H.' },
    ]);
    expect(neighboringPairs('A. B. C. D.', { reuseSentences: false })).toEqual([
      { first: 'A.', second: 'B.' },
      { first: 'C.', second: 'D.' },
    ]);
  });

  it('nextSentencePrediction swaps seconds in about half of the pairs and labels them', async () => {
    const texts = Array.from({ length: 600 }, (_, at) => `a${at}. b${at}.`);
    const options = { random: createRandom(3), bufferSize: 50, labelSentences: true };
    const examples = await collect(nextSentencePrediction(texts, options));
    expect(examples).toHaveLength(600);
    for (const { inputs, targets } of examples) {
      const [, first, second] = /^nsp: sentence1: a(\d+)\. sentence2: b(\d+)\.$/.exec(inputs)!;
      expect(targets).toBe(first === second ? 'next' : 'not_next');
    }
    const share = examples.filter(({ targets }) => targets === 'next').length / 600;
    expect(Math.abs(share - 0.5)).toBeLessThan(4 * Math.sqrt(0.25 / 300)); // 300 draws, seed 3
  });
});
