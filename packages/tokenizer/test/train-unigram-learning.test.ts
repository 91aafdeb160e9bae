import { describe, expect, it } from 'vitest';
import { TokenizerError } from '../src/index.js';
import { learnUnigram } from '../src/training/unigram/learn-unigram.js';
import type { LearnUnigramOptions, UnigramProgress } from '../src/training/unigram/unigram-options.js';
import { trainingCorpus } from './training-corpus.js';

const special = ['<pad>', '</s>', '<unk>'];

function countsOf(lines: Iterable<string>): Map<string, number> {
  const counts = new Map<string, number>();
  for (const line of lines) {
    for (const word of line.split(' ')) counts.set(`▁${word}`, (counts.get(`▁${word}`) ?? 0) + 1);
  }
  return counts;
}

const corpus = countsOf(trainingCorpus(31, 400));

const piecesOf = async (words: ReadonlyMap<string, number>, options: LearnUnigramOptions = {}) =>
  (await learnUnigram(words, options)).map(([piece]) => piece);

const reasonOf = async (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => new Error('nothing was thrown'),
    (error: unknown) => error,
  );

describe('learnUnigram', () => {
  it('special tokens, user-defined symbols and bytes come first, with score 0; then pieces, best first', async () => {
    const pieces = await learnUnigram(corpus, {
      vocabSize: 700,
      specialTokens: special,
      userDefinedSymbols: ['<sep>', '…'],
      byteFallback: true,
    });
    expect(pieces).toHaveLength(700);
    const given = [...special, '<sep>', '…'];
    expect(pieces.slice(0, 5)).toEqual(given.map((piece) => [piece, 0]));
    expect(pieces[5]).toEqual(['<0x00>', 0]);
    expect(pieces[5 + 0xaf]).toEqual(['<0xAF>', 0]);
    expect(pieces[5 + 255]).toEqual(['<0xFF>', 0]);
    const learned = pieces.slice(5 + 256);
    learned.forEach(([, score], i) => {
      expect(score).toBeLessThan(0);
      if (i > 0) expect(score).toBeLessThanOrEqual(learned[i - 1]![1]);
    });
    expect(new Set(pieces.map(([piece]) => piece)).size).toBe(700);
  });

  it('the same words give the same pieces and scores, in whatever order they come', async () => {
    const options = { vocabSize: 500, specialTokens: special };
    const once = await learnUnigram(corpus, options);
    expect(await learnUnigram(corpus, options)).toEqual(once);
    expect(await learnUnigram(new Map([...corpus].reverse()), options)).toEqual(once);
  });

  it('pieces are as long as allowed, and respect words, scripts and numbers', async () => {
    const pieces = await piecesOf(corpus, { vocabSize: 500, maxPieceLength: 6 });
    for (const piece of pieces) {
      expect(Array.from(piece).length).toBeLessThanOrEqual(6);
      expect(piece.slice(1)).not.toContain('▁');
      expect(piece).not.toMatch(/\p{L}[\d.,]|[\d.,]\p{L}/u);
    }
    expect(Math.max(...pieces.map((piece) => piece.length))).toBe(6);
  });

  it('a frequent word becomes a piece; a part it always stands in does not', async () => {
    const words = new Map([
      ['▁zebra', 50],
      ['▁bark', 30],
      ['▁ark', 30],
    ]);
    const pieces = await piecesOf(words, { vocabSize: 100, hardVocabLimit: false });
    expect(pieces).toContain('▁zebra');
    expect(pieces).not.toContain('zebr');
  });

  it('characters are kept by coverage, by limit, and when they are required', async () => {
    const words = new Map([
      ['▁aaab', 100],
      ['▁ba', 50],
      ['▁cé', 1],
    ]);
    const charsOf = async (options: LearnUnigramOptions) =>
      (await piecesOf(words, { vocabSize: 50, hardVocabLimit: false, ...options }))
        .filter((piece) => Array.from(piece).length === 1)
        .sort();
    expect(await charsOf({ characterCoverage: 1 })).toEqual(['a', 'b', 'c', 'é', '▁'].sort());
    expect(await charsOf({ characterCoverage: 0.99 })).toEqual(['a', 'b', '▁'].sort());
    expect(await charsOf({ characterCoverage: 0.99, requiredChars: 'é😀' })).toEqual(
      ['a', 'b', 'é', '▁', '😀'].sort(),
    );
    expect(await charsOf({ limitAlphabet: 2 })).toEqual(['a', '▁'].sort());
    const all = await piecesOf(words, { vocabSize: 50, hardVocabLimit: false, characterCoverage: 0.99 });
    expect(all.join('')).not.toMatch(/[cé]/);
  });

  it('required characters that pieces have swallowed come back, the more frequent ones higher', async () => {
    const words = new Map([
      ['▁qu', 1000],
      ['▁xy', 900],
      ['▁z', 10],
    ]);
    const pieces = await learnUnigram(words, { vocabSize: 20, hardVocabLimit: false, requiredChars: 'w' });
    const scores = new Map(pieces);
    for (const char of 'quxyzw▁') expect(scores.has(char)).toBe(true);
    expect(pieces.at(-1)![0]).toBe('w');
    expect(scores.get('w')).toBeLessThan(scores.get('▁qu')!);
  });

  it('no piece holds a special token or a user-defined symbol, or a part of one', async () => {
    const words = new Map([
      ['▁<sep>', 80],
      ['▁ab<sep>ab', 70],
      ['▁ab</s>', 60],
      ['▁[*]ab', 60],
      ['▁[*]+', 60],
    ]);
    const pieces = await piecesOf(words, {
      vocabSize: 50,
      hardVocabLimit: false,
      specialTokens: ['</s>'],
      userDefinedSymbols: ['<sep>', '[*]', '[*]+'],
    });
    expect(pieces.slice(0, 4)).toEqual(['</s>', '<sep>', '[*]', '[*]+']);
    expect(pieces.slice(4).join('')).not.toMatch(/[<>/sep*+[\]]/);
    expect(pieces).toContain('▁ab');
  });

  it('lone surrogates count as U+FFFD, and NUL is left out', async () => {
    const pieces = await piecesOf(new Map([['▁a\ud800b\0c', 10]]), {
      vocabSize: 20,
      hardVocabLimit: false,
      characterCoverage: 1,
    });
    expect(pieces.join('')).toContain('\ufffd');
    expect(pieces.join('')).not.toMatch(/\0/);
    expect(pieces.join('')).not.toMatch(/\p{Surrogate}/u);
  });

  it('one word alone is learned', async () => {
    expect(await piecesOf(new Map([['▁a', 1]]), { vocabSize: 3, specialTokens: ['<unk>'] })).toEqual([
      '<unk>',
      'a',
      '▁',
    ]);
  });

  it('too little text for the size: an error that says how many there are, or a smaller vocabulary', async () => {
    const words = new Map([
      ['▁hello', 3],
      ['▁help', 2],
    ]);
    const smaller = await learnUnigram(words, { vocabSize: 100, hardVocabLimit: false });
    expect(smaller.length).toBeGreaterThan(6);
    expect(smaller.length).toBeLessThan(20);
    const error = await reasonOf(learnUnigram(words, { vocabSize: 100 }));
    expect(error).toMatchObject({ code: 'bad-option', field: 'vocabSize' });
    expect(String(error)).toContain(`the texts give ${smaller.length} tokens`);
    expect(await learnUnigram(words, { vocabSize: smaller.length })).toEqual(smaller);
  });

  it('too small a size for the characters is an error that says what must fit', async () => {
    const error = await reasonOf(
      learnUnigram(new Map([['▁abc', 3]]), { vocabSize: 5, specialTokens: special }),
    );
    expect(error).toMatchObject({ code: 'bad-option', field: 'vocabSize' });
    expect(String(error)).toContain('4 characters and 3 special');
  });

  it('progress tells of seeds, EM steps and pruning', async () => {
    const events: UnigramProgress[] = [];
    await learnUnigram(corpus, { vocabSize: 300, onProgress: (event) => events.push(event) });
    expect(events[0]).toMatchObject({ phase: 'seed' });
    const steps = events.filter((event) => event.phase === 'em');
    expect(steps.map(({ step }) => step)).toEqual(steps.map((_, i) => i + 1));
    expect(steps.at(-1)!.pieces).toBeLessThanOrEqual(330);
    for (const event of events) {
      expect(event.pieces).toBeGreaterThan(0);
      if (event.phase === 'em') expect(event.objective).toBeGreaterThan(0);
      if (event.phase === 'prune') expect(event.target).toBe(330);
    }
    expect(events.some(({ phase }) => phase === 'prune')).toBe(true);
  });

  it.each(['seed', 'em', 'prune'] as const)('an abort in phase %s throws the reason', async (phase) => {
    const controller = new AbortController();
    const options = {
      vocabSize: 300,
      signal: controller.signal,
      onProgress: (event: UnigramProgress) => {
        if (event.phase === phase) controller.abort(new Error('enough'));
      },
    };
    expect(await reasonOf(learnUnigram(corpus, options))).toEqual(new Error('enough'));
  });

  it('a signal that has fired already stops it at once', async () => {
    const signal = AbortSignal.abort(new Error('before'));
    expect(await reasonOf(learnUnigram(corpus, { signal }))).toEqual(new Error('before'));
  });

  it.each([
    ['an unknown option', { vocab_size: 3 }],
    ['a size of 0', { vocabSize: 0 }],
    ['pieces too long', { maxPieceLength: 513 }],
    ['a coverage above 1', { characterCoverage: 1.5 }],
    ['a shrinking factor of 1', { shrinkingFactor: 1 }],
    ['a flag that is none', { byteFallback: 1 }],
    ['a space among the required characters', { requiredChars: 'a ' }],
    ['special tokens that are no strings', { specialTokens: [3] }],
    ['an empty symbol', { userDefinedSymbols: [''] }],
    ['a symbol twice', { specialTokens: ['<s>'], userDefinedSymbols: ['<s>'] }],
    ['a symbol that is a byte piece', { userDefinedSymbols: ['<0x0A>'], byteFallback: true }],
    ['a fraction of a step', { numSubIterations: 1.5 }],
  ])('%s is a typed error', async (_, options) => {
    const error = await reasonOf(learnUnigram(corpus, options as object));
    expect(error).toBeInstanceOf(TokenizerError);
    expect(error).toMatchObject({ code: 'bad-option' });
  });

  it.each([
    ['no words', new Map<string, number>()],
    ['a word with a space', new Map([['a b', 1]])],
    ['a count of 0', new Map([['▁a', 0]])],
    ['a word that is none', new Map([[3 as unknown as string, 1]])],
  ])('%s is a typed error', async (_, words) => {
    expect(await reasonOf(learnUnigram(words))).toMatchObject({ name: 'TokenizerError', code: 'bad-input' });
  });
});
