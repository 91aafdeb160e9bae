import { describe, expect, it } from 'vitest';
import { createSegmenter, forEachPiece, segment } from '../src/training/unigram/best-segmentation.js';
import { chooseAlphabet } from '../src/training/unigram/alphabet.js';
import { digamma } from '../src/training/unigram/digamma.js';
import { expectedCounts } from '../src/training/unigram/expected-counts.js';
import { cutIntoFragments, type Fragments } from '../src/training/unigram/fragments.js';
import { createLattice, keepPieces, type PieceLattice } from '../src/training/unigram/piece-lattice.js';
import { createPieceRules } from '../src/training/unigram/piece-rules.js';
import { scriptClasses } from '../src/training/unigram/script-classes.js';
import { findSeedPieces } from '../src/training/unigram/seed-pieces.js';
import { suffixOrder } from '../src/training/unigram/suffix-order.js';
import { seededRandom } from './random-text.js';

const ruleDefaults = {
  maxPieceLength: 16,
  splitByUnicodeScript: true,
  splitByNumber: true,
  splitDigits: false,
  splitByWhitespace: true,
  allowWhitespaceOnlyPieces: false,
  treatWhitespaceAsSuffix: false,
};
const alphabetDefaults = { characterCoverage: 1, limitAlphabet: Infinity, requiredChars: '' };

const signal = undefined;

async function prepared(words: ReadonlyMap<string, number>, changed: Partial<typeof ruleDefaults> = {}) {
  const alphabet = chooseAlphabet(words, alphabetDefaults);
  const rules = createPieceRules(alphabet.codePoints, { ...ruleDefaults, ...changed });
  const fragments = await cutIntoFragments(words, { alphabet, rules, signal });
  const spell = (place: number, length: number) =>
    Array.from(fragments.symbols.subarray(place, place + length), (symbol) =>
      symbol === 0 ? '|' : String.fromCodePoint(alphabet.codePoints[symbol]!),
    ).join('');
  const maxPieceLength = changed.maxPieceLength ?? 16;
  const seeds = async (seedSize = 1e6) =>
    findSeedPieces(fragments, { rules, maxPieceLength, seedSize, signal });
  return { alphabet, rules, fragments, spell, seeds };
}

async function latticeOf(words: ReadonlyMap<string, number>) {
  const { alphabet, fragments, spell, seeds } = await prepared(words);
  return { lattice: createLattice(fragments, await seeds(), alphabet.counts), spell };
}

/** Random words over few letters: many repeats. */
function randomWords(seed: number, { count = 40, letters = 'ab', longest = 9 } = {}): Map<string, number> {
  const random = seededRandom(seed);
  const words = new Map<string, number>();
  for (let i = 0; i < count; i++) {
    const length = 1 + Math.floor(random() * longest);
    const letter = () => letters[Math.floor(random() * letters.length)]!;
    words.set(`▁${Array.from({ length }, letter).join('')}`, 1 + Math.floor(random() * 4));
  }
  return words;
}

describe('suffixOrder', () => {
  it('sorts as comparing symbol by symbol does, to the depth asked for', async () => {
    const random = seededRandom(1);
    for (const [length, letters] of [
      [1, 1],
      [2, 2],
      [50, 1],
      [300, 2],
      [300, 30],
    ] as const) {
      const symbols = Int32Array.from({ length }, () => Math.floor(random() * letters) + 1);
      const text = String.fromCharCode(...symbols);
      const order = await suffixOrder(symbols, { depth: 17, signal });
      expect([...order].sort((a, b) => a - b)).toEqual([...symbols.keys()]);
      for (let k = 1; k < length; k++)
        expect(text.slice(order[k - 1], order[k - 1]! + 17) <= text.slice(order[k], order[k]! + 17)).toBe(
          true,
        );
    }
  });
});

/** Seeds by their definition, one substring at a time. */
function seedsByDefinition({
  words,
  maxPieceLength,
}: {
  words: ReadonlyMap<string, number>;
  maxPieceLength: number;
}) {
  const counts = new Map<string, number>();
  const followers = new Map<string, Map<string, number>>();
  for (const [word, count] of words) {
    for (let start = 0; start < word.length; start++) {
      for (let end = start + 2; end <= word.length; end++) {
        const piece = word.slice(start, end);
        counts.set(piece, (counts.get(piece) ?? 0) + count);
        const behind = followers.get(piece) ?? new Map<string, number>();
        // an end of a word is like no other
        if (end < word.length) behind.set(word[end]!, (behind.get(word[end]!) ?? 0) + count);
        followers.set(piece, behind);
      }
    }
  }
  const isSeed = ([piece, count]: readonly [string, number]) =>
    count >= 2 &&
    piece.length <= maxPieceLength &&
    [...followers.get(piece)!.values()].every((behind) => behind < count);
  return new Map([...counts].filter(isSeed).map(([piece, count]) => [piece, count * piece.length]));
}

describe('findSeedPieces', () => {
  it.each([1, 2, 3, 4])('finds what the definition says (seed %d)', async (seed) => {
    const words = randomWords(seed, { letters: seed < 3 ? 'ab' : 'abcde' });
    const { spell, seeds } = await prepared(words, { maxPieceLength: 6 });
    const { order, firsts, lasts, lengths, weights } = await seeds();
    const found = new Map(Array.from(firsts, (k, i) => [spell(order[k]!, lengths[i]!), weights[i]!]));
    expect(found.size).toBe(firsts.length);
    expect(found).toEqual(new Map(seedsByDefinition({ words, maxPieceLength: 6 })));
    firsts.forEach((first, i) => {
      for (let k = first; k <= lasts[i]!; k++)
        expect(spell(order[k]!, lengths[i]!)).toBe(spell(order[first]!, lengths[i]!));
    });
  });

  it('keeps the heaviest, exactly as many as asked for', async () => {
    const words = randomWords(5);
    const { seeds } = await prepared(words);
    const all = [...(await seeds()).weights].sort((a, b) => b - a);
    for (const size of [1, 5, 17, all.length]) {
      const some = [...(await seeds(size)).weights].sort((a, b) => b - a);
      expect(some).toEqual(all.slice(0, size));
    }
  });
});

/** Every segmentation of a stretch: its pieces, and the log probability. */
function* segmentations(
  { edgeStarts, edges, pieces }: PieceLattice,
  start: number,
  end: number,
): Generator<{ readonly path: readonly number[]; readonly score: number }> {
  if (start === end) yield { path: [], score: 0 };
  if (start >= end) return;
  for (let edge = edgeStarts[start]!; edge < edgeStarts[start + 1]!; edge++) {
    const piece = edges[edge]!;
    for (const { path, score } of segmentations(
      { edgeStarts, edges, pieces } as PieceLattice,
      start + pieces.lengths[piece]!,
      end,
    ))
      yield { path: [piece, ...path], score: score + pieces.scores[piece]! };
  }
}

function stretches({ starts, counts }: Fragments) {
  return Array.from(counts, (count, f) => ({ count, start: starts[f]!, end: starts[f + 1]! - 1 }));
}

describe('the lattice', () => {
  it('expected counts and likelihood are those of all segmentations one by one', async () => {
    const { lattice } = await latticeOf(randomWords(6));
    const expected = new Float64Array(lattice.pieces.lengths.length);
    let logLikelihood = 0;
    let total = 0;
    for (const { count, start, end } of stretches(lattice.fragments)) {
      const all = [...segmentations(lattice, start, end)];
      const likelihood = all.reduce((sum, { score }) => sum + Math.exp(score), 0);
      for (const { path, score } of all)
        for (const piece of path) expected[piece]! += (count * Math.exp(score)) / likelihood;
      logLikelihood += count * Math.log(likelihood);
      total += count;
    }
    const { counts, objective } = await expectedCounts(lattice, { unknownScore: -50, signal });
    expect(objective).toBeCloseTo(-logLikelihood / total, 10);
    counts.forEach((count, piece) => expect(count).toBeCloseTo(expected[piece]!, 8));
  });

  it('very long fragments neither vanish nor overflow', async () => {
    const long = `▁${'abcab'.repeat(1000)}`;
    const { lattice } = await latticeOf(
      new Map([
        [long, 2],
        ['▁abc', 3],
      ]),
    );
    for (const shift of [-30, 0, 3]) {
      const scores = lattice.pieces.scores.map((score) => score + shift);
      const moved = { ...lattice, pieces: { ...lattice.pieces, scores } };
      const { counts, objective } = await expectedCounts(moved, { unknownScore: -60, signal });
      const covered = counts.reduce((sum, count, piece) => sum + count * lattice.pieces.lengths[piece]!, 0);
      expect(covered / (2 * long.length + 3 * 4)).toBeCloseTo(1, 9);
      expect(Number.isFinite(objective)).toBe(true);
    }
  });

  it('a character without a piece is crossed as unknown', async () => {
    const { lattice, spell } = await latticeOf(
      new Map([
        ['▁xab', 3],
        ['▁ab', 2],
      ]),
    );
    const { places, lengths } = lattice.pieces;
    const kept = [...places.keys()].filter((piece) => !spell(places[piece]!, lengths[piece]!).includes('x'));
    const smaller = keepPieces(lattice, kept, new Float64Array(kept.length).fill(-1));
    const { counts, objective } = await expectedCounts(smaller, { unknownScore: -7, signal });
    const names = kept.map((_, piece) =>
      spell(smaller.pieces.places[piece]!, smaller.pieces.lengths[piece]!),
    );
    expect(names.sort()).toEqual(['a', 'ab', 'b', '▁', '▁ab'].sort());
    expect(counts.every((count) => count > 0)).toBe(true);
    // ▁ x ab, ▁ x a b; ▁ab, ▁ ab, ▁ a b
    const first = Math.log(Math.exp(-9) + Math.exp(-10));
    const second = Math.log(Math.exp(-1) + Math.exp(-2) + Math.exp(-3));
    expect(objective).toBeCloseTo(-(3 * first + 2 * second) / 5, 10);
  });

  it('the best segmentation is the best of all, with and without the piece itself', async () => {
    const { lattice } = await latticeOf(randomWords(7, { longest: 7 }));
    const segmenter = createSegmenter(lattice, -50);
    const { places, lengths, scores } = lattice.pieces;
    const best = (start: number, end: number, without: number) =>
      Math.max(
        ...Array.from(segmentations(lattice, start, end))
          .filter(({ path }) => !path.includes(without))
          .map(({ score }) => score),
      );
    for (const { start, end } of stretches(lattice.fragments)) {
      expect(segment(segmenter, { start, length: end - start })).toBeCloseTo(best(start, end, -1), 10);
      let score = 0;
      let length = 0;
      forEachPiece(segmenter, {
        length: end - start,
        visit(piece) {
          score += scores[piece]!;
          length += lengths[piece]!;
        },
      });
      expect([score, length]).toEqual([expect.closeTo(best(start, end, -1), 10), end - start]);
    }
    places.forEach((start, piece) => {
      const length = lengths[piece]!;
      if (length === 1) return;
      expect(segment(segmenter, { start, length, without: piece })).toBeCloseTo(
        best(start, start + length, piece),
        10,
      );
    });
  });
});

describe('rules', () => {
  it('words are cut where no piece may reach across, and what is equal then is counted together', async () => {
    const words = new Map([
      ['▁word', 3],
      ['▁word,', 2],
      ['▁(word)', 1],
      ['▁東京word', 1],
      ['▁x1', 4],
    ]);
    const { fragments, spell } = await prepared(words);
    const found = stretches(fragments).map(({ start, end, count }) => [spell(start, end - start), count]);
    expect(new Map(found as [string, number][])).toEqual(
      new Map([
        ['▁word', 5],
        [',', 2],
        ['▁(', 1],
        ['word', 2],
        [')', 1],
        ['▁東京', 1],
        ['▁x', 4],
        ['1', 4],
      ]),
    );
  });

  const allowed: readonly (readonly [string, boolean, Partial<typeof ruleDefaults>?])[] = [
    ['▁the', true],
    ['the▁', false],
    ['a▁b', false],
    ['▁', true],
    ['▁▁', false],
    ['▁▁', true, { allowWhitespaceOnlyPieces: true }],
    ['▁▁a', false, { allowWhitespaceOnlyPieces: true }],
    ['a▁b', true, { splitByWhitespace: false }],
    ['a▁', false, { splitByWhitespace: false }],
    ['the▁', true, { treatWhitespaceAsSuffix: true }],
    ['▁the', false, { treatWhitespaceAsSuffix: true }],
    ['a▁b', true, { treatWhitespaceAsSuffix: true, splitByWhitespace: false }],
    ['▁a', false, { treatWhitespaceAsSuffix: true, splitByWhitespace: false }],
    ['aж', false],
    ['aж', true, { splitByUnicodeScript: false }],
    ['e\u0301a', true],
    ['\u0301ж', true],
    ['漢かカー', true],
    ['a1', false],
    ['a1', true, { splitByNumber: false }],
    ['12', true],
    ['12', false, { splitDigits: true }],
    ['1', true, { splitDigits: true }],
    ['abcd', false, { maxPieceLength: 3 }],
  ];
  it.each(allowed.map(([piece, isAllowed, changed = {}]) => ({ piece, isAllowed, changed })))(
    '$piece: $isAllowed with $changed',
    ({ piece, isAllowed, changed }) => {
      const codePoints = [0, ...Array.from(new Set(piece), (char) => char.codePointAt(0)!)];
      const symbols = Int32Array.from(piece, (char) => codePoints.indexOf(char.codePointAt(0)!));
      const rules = createPieceRules(codePoints, { ...ruleDefaults, ...changed });
      expect(rules.allows(symbols, 0, symbols.length)).toBe(isAllowed);
      if (!isAllowed) return;
      for (let i = 1; i < symbols.length; i++)
        expect(rules.cutsBetween(symbols[i - 1]!, symbols[i]!)).toBe(false);
    },
  );

  it('scripts: Japanese is one, unassigned is Common', () => {
    const scriptOf = scriptClasses();
    const of = (char: string) => scriptOf(char.codePointAt(0)!);
    expect(new Set(['漢', 'か', 'カ', 'ー'].map(of)).size).toBe(1);
    expect(of('\u{e0fff}')).toBe(of(','));
    expect(new Set(['a', 'ж', 'λ', 'ع', '漢', '한', ','].map(of)).size).toBe(7);
  });
});

describe('digamma', () => {
  it.each([
    [1, -0.5772156649015329],
    [0.5, -1.9635100260214235],
    [0.01, -100.56088545786867],
    [12.25, 2.4641546551853692],
    [1e6, 13.81551005796419],
  ])('of %d', (x, value) => expect(digamma(x)).toBeCloseTo(value, 11));
});
