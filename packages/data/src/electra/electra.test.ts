import { createBertTokenizer } from '@tesserae/tokenizer';
import { describe, expect, it } from 'vitest';
import { chiSquare, collect } from '../../test/collect.js';
import { createRandom } from '../random/random.js';
import {
  classificationFeatures,
  doubleUnordered,
  ELECTRA_TASKS,
  electraTaskExample,
} from './classification.js';
import { encoderIds, joinSegments, plainEncoder, truncatePair } from './encoder-ids.js';
import { BERT_MASKING, maskTokens, maxPredictions, type MaskTokensOptions } from './masking.js';
import { multipleChoiceFeatures } from './multiple-choice.js';
import { electraExamples, type ElectraExampleOptions } from './pretraining-text.js';
import { questionWindows } from './question-answering.js';
import { taggingFeatures } from './tagging.js';

const pieces =
  '[PAD] [UNK] [CLS] [SEP] [MASK] the cat sat on mat ##s ran ( ) . 18 ##95 - who ? a b c d e f g'.split(' ');
const tokenizer = createBertTokenizer({ vocab: pieces });
const ids = encoderIds(tokenizer);
const encode = plainEncoder(tokenizer);
const words = (tokens: ArrayLike<number>): string => Array.from(tokens, (id) => pieces[id]).join(' ');
const range = (length: number, first = 10): Int32Array => Int32Array.from({ length }, (_, at) => first + at);
const masking = (seed: number, facts: Partial<MaskTokensOptions> = {}): MaskTokensOptions => ({
  ids,
  random: createRandom(seed),
  ...facts,
});

describe('maskTokens', () => {
  const input = Int32Array.of(ids.cls, ...range(60), ids.sep, ...range(38), ids.sep, ...new Int32Array(27));

  it('allows 19 predictions in 128, 79 in 512, 130 in 512 at a quarter', () => {
    expect([maxPredictions(128), maxPredictions(512), maxPredictions(512, 0.25)]).toEqual([19, 79, 130]);
  });

  it('chooses round(0.15 · 101) positions that are neither special nor padding', () => {
    const { inputIds, labels, positions } = maskTokens(input, masking(1));
    expect(positions).toHaveLength(15);
    expect([...positions]).toEqual([...new Set(positions)].sort((a, b) => a - b));
    for (let at = 0; at < input.length; at++) {
      if (positions.includes(at)) {
        expect(input[at]).toBeGreaterThanOrEqual(10);
        expect(labels[at]).toBe(input[at]);
        expect([ids.mask, input[at]]).toContain(inputIds[at]); // never a random token
      } else expect([inputIds[at], labels[at]]).toEqual([input[at], -100]);
    }
  });

  it('rounds halves to even: 10 tokens give 2 positions, 30 give 4', () => {
    const text = (length: number) => Int32Array.of(ids.cls, ...range(length - 2), ids.sep);
    expect(maskTokens(text(10), masking(2, { maxPredictions: 9 })).positions).toHaveLength(2); // 1.5
    expect(maskTokens(text(30), masking(2, { maxPredictions: 9 })).positions).toHaveLength(4); // 4.5
    expect(
      maskTokens(Int32Array.of(ids.cls, 10, ids.sep), masking(2, { maxPredictions: 9 })).positions,
    ).toEqual(Int32Array.of(1));
    expect(maskTokens(Int32Array.of(ids.cls, ids.sep), masking(2)).positions).toHaveLength(0);
  });

  it('chooses candidates alike (chi-square, seed 3, 7 degrees, p > 0.001)', () => {
    const random = createRandom(3);
    const counts = new Array<number>(8).fill(0);
    const text = Int32Array.of(ids.cls, ...range(8), ids.sep);
    for (let draw = 0; draw < 4000; draw++) {
      for (const at of maskTokens(text, { ids, random, maskProbability: 0.3, maxPredictions: 9 }).positions) {
        counts[at - 1]!++;
      }
    }
    expect(chiSquare(counts)).toBeLessThan(24.3);
  });

  it.each([
    ['ELECTRA', undefined, [0.85, 0.15, 0]],
    ['BERT', BERT_MASKING, [0.8, 0.1, 0.1]],
  ] as const)('%s masks, keeps and replaces in its shares (5 standard errors)', (_, shares, expected) => {
    const text = Int32Array.of(ids.cls, ...range(9000), ids.sep);
    const options = masking(4, { shares, vocabSize: 2 ** 20, maskProbability: 1, maxPredictions: 9000 });
    const { inputIds } = maskTokens(text, options);
    const masked = inputIds.filter((id) => id === ids.mask).length;
    const kept = inputIds.filter((id, at) => id === text[at]).length - 2;
    [masked, kept, 9000 - masked - kept].forEach((count, at) => {
      const share = expected[at]!;
      expect(Math.abs(count - 9000 * share)).toBeLessThanOrEqual(5 * Math.sqrt(9000 * share * (1 - share)));
    });
  });

  it('draws with replacement when asked: fewer positions, never twice', () => {
    const lengths = Array.from({ length: 50 }, (_, seed) => {
      const text = Int32Array.of(ids.cls, ...range(20), ids.sep);
      const options = masking(seed, { maskProbability: 0.5, maxPredictions: 20, withReplacement: true });
      const { positions } = maskTokens(text, options);
      expect(new Set(positions).size).toBe(positions.length);
      return positions.length;
    });
    const mean = lengths.reduce((sum, length) => sum + length, 0) / 50;
    expect(mean).toBeCloseTo(20 * (1 - 0.95 ** 11), 0); // 11 draws of 20
  });

  it('takes whole words within the number, and never what is excluded', () => {
    const text = Int32Array.of(ids.cls, ...range(12), ids.sep);
    const wordIds = Int32Array.of(-1, 0, 0, 0, 1, 2, 2, 3, 4, 4, 4, 5, 5, -1);
    for (let seed = 0; seed < 40; seed++) {
      const { positions } = maskTokens(
        text,
        masking(seed, { wordIds, maskProbability: 0.4, maxPredictions: 6 }),
      );
      expect(positions.length).toBeLessThanOrEqual(6);
      expect(positions.length).toBeGreaterThanOrEqual(4);
      for (const at of positions) {
        wordIds.forEach((word, other) => word === wordIds[at] && expect(positions).toContain(other));
      }
      const sparing = maskTokens(text, masking(seed, { neverMaskIds: [10, 11, 12], maxPredictions: 9 }));
      expect([1, 2, 3].some((at) => sparing.positions.includes(at))).toBe(false);
    }
  });

  it('refuses options that contradict each other', () => {
    const text = range(5);
    expect(() => maskTokens(text, masking(1, { shares: BERT_MASKING }))).toThrow(/vocabSize is needed/);
    expect(() => maskTokens(text, masking(1, { wordIds: Int32Array.of(0) }))).toThrow(
      /wordIds has 1 entries/,
    );
    const both = { wordIds: new Int32Array(5), withReplacement: true };
    expect(() => maskTokens(text, masking(1, both))).toThrow(/without replacement/);
    expect(() => maskTokens(text, masking(1, { maskProb: 0.2 } as never))).toThrow(
      /unknown option "maskProb"/,
    );
  });
});

describe('electraExamples', () => {
  /** Line n has n % 7 tokens with the id 10 + n; empty ones end documents. */
  const corpus = Array.from({ length: 400 }, (_, line) => (line % 7 === 0 ? '' : `${line}`));
  const open = (from: number) => corpus.slice(from);
  const options: ElectraExampleOptions = {
    encode: (text) => new Int32Array(Number(text) % 7).fill(10 + Number(text)),
    ids,
    maxLength: 24,
    seed: 1,
    blanksSeparateDocuments: false,
  };

  it('goes on from any cursor', async () => {
    for (const blanksSeparateDocuments of [true, false]) {
      const all = await collect(electraExamples(open, { ...options, blanksSeparateDocuments }));
      expect(all.length).toBeGreaterThan(30);
      for (let at = 0; at < all.length; at += 5) {
        const from = JSON.parse(JSON.stringify(all[at]!.cursor)) as (typeof all)[number]['cursor'];
        const rest = await collect(electraExamples(open, { ...options, blanksSeparateDocuments, from }));
        expect(rest).toEqual(all.slice(at + 1));
      }
    }
  });

  it('lays out [CLS] A [SEP] B [SEP] with lines whole and in order, cut at the end only', async () => {
    const all = await collect(electraExamples(open, options));
    let lastLine = 0;
    for (const { inputIds, typeIds } of all) {
      expect(inputIds.length).toBeLessThanOrEqual(24);
      expect([inputIds[0], inputIds.at(-1)]).toEqual([ids.cls, ids.sep]);
      const separators = [...inputIds.keys()].filter((at) => inputIds[at] === ids.sep);
      expect(separators.length).toBeLessThanOrEqual(2);
      expect([...typeIds]).toEqual([...inputIds.keys()].map((at) => (at > separators[0]! ? 1 : 0)));
      const lines = [...new Set(inputIds)].filter((id) => id >= 10);
      expect(Math.min(...lines)).toBeGreaterThan(lastLine);
      lastLine = Math.max(...lines);
    }
  });

  it('aims at other lengths in a twentieth, and makes one segment in a tenth (seed 1, 4 standard errors)', async () => {
    const lines = Array.from({ length: 40000 }, () => 'a b');
    const settings = { ...options, encode: () => Int32Array.of(20, 21) };
    const all = await collect(electraExamples((from) => lines.slice(from), settings));
    const short = all.filter(({ cursor }) => cursor.targetLength < 24).length;
    // A random length of 5 … 24 is 24 itself in one of twenty.
    const shortShare = 0.05 * (19 / 20);
    expect(Math.abs(short - all.length * shortShare)).toBeLessThan(4 * Math.sqrt(all.length * shortShare));
    const full = all.filter(({ inputIds }) => inputIds.length >= 24);
    const single = full.filter(({ typeIds }) => !typeIds.includes(1)).length;
    expect(Math.abs(single - full.length * 0.1)).toBeLessThan(4 * Math.sqrt(full.length * 0.09));
  });

  it('refuses what is no cursor', async () => {
    const from = { line: 1, example: 0.5, targetLength: 3 };
    await expect(collect(electraExamples(open, { ...options, from }))).rejects.toThrow(/is no cursor/);
  });
});

describe('features for fine-tuning', () => {
  it('cuts the longer text of a pair token by token', () => {
    expect(truncatePair([range(5), range(3)], 6).map(({ length }) => length)).toEqual([3, 3]);
    expect(truncatePair([range(4), range(4)], 7).map(({ length }) => length)).toEqual([4, 3]);
    const features = classificationFeatures(
      { text: 'the cat sat', pair: 'a mat', label: 1 },
      { encode, ids, maxLength: 7 },
    );
    expect(words(features.inputIds)).toBe('[CLS] the cat [SEP] a mat [SEP]');
    expect([...features.typeIds]).toEqual([0, 0, 0, 0, 1, 1, 1]);
    expect(features.label).toBe(1);
    const single = classificationFeatures({ text: 'the cat sat' }, { encode, ids, maxLength: 4 });
    expect(words(single.inputIds)).toBe('[CLS] the cat [SEP]');
    expect(words(joinSegments([[5], []], ids).inputIds)).toBe('[CLS] the [SEP]');
  });

  it('reads the tasks of GLUE, STS-B in fifths of its scale and pairs in both orders', () => {
    const record = { sentence1: 'A.', sentence2: 'B.', label: 2.5 };
    const example = electraTaskExample(record, ELECTRA_TASKS.stsb!);
    expect(example).toEqual({ text: 'A.', pair: 'B.', label: 0.5 });
    expect(doubleUnordered([example])).toEqual([example, { text: 'B.', pair: 'A.', label: 0.5 }]);
    expect(electraTaskExample({ sentence: 'S', label: -1 }, ELECTRA_TASKS.cola!)).toEqual({ text: 'S' });
    expect(() => electraTaskExample({ sentence: 'S', label: 0 }, ELECTRA_TASKS.mnli!)).toThrow(
      /no field "premise"/,
    );
  });

  it('labels first sub-words, and words that fit', () => {
    const options = { encode, ids, unknownId: 1, classes: ['O', 'B-X'], maxLength: 8 };
    const features = taggingFeatures(
      { words: ['the', 'mats', '\u200b', '1895', 'ran'], tags: ['O', 'B-X', 'O', 'B-X', 'O'] },
      options,
    );
    expect(words(features.inputIds)).toBe('[CLS] the mat ##s [UNK] 18 ##95 [SEP]');
    expect([...features.labels]).toEqual([-100, 0, 1, -100, 0, 1, -100, -100]);
    expect([...features.wordPositions]).toEqual([1, 2, 4, 5, -1]);
    const test = taggingFeatures({ words: ['the'] }, { ...options, typeId: 1 });
    expect([...test.labels, ...test.typeIds]).toEqual([-100, -100, -100, 1, 1, 1]);
    expect(() => taggingFeatures({ words: ['a'], tags: ['B-Y'] }, options)).toThrow(
      /"B-Y" of word 0 is none of O, B-X/,
    );
    expect(() => taggingFeatures({ words: ['a'], tags: [] }, options)).toThrow(/1 words and 0 tags/);
  });

  it('makes an input of each choice', () => {
    const { choices, label } = multipleChoiceFeatures(
      { prompt: 'the cat', choices: ['sat', 'ran'], label: 1 },
      { encode, ids },
    );
    expect(choices.map(({ inputIds }) => words(inputIds))).toEqual([
      '[CLS] the cat [SEP] sat [SEP]',
      '[CLS] the cat [SEP] ran [SEP]',
    ]);
    expect(label).toBe(1);
    expect(() => multipleChoiceFeatures({ prompt: 'a', choices: ['b'], label: 1 }, { encode, ids })).toThrow(
      /label is 1/,
    );
  });

  it('names a tokenizer without the special tokens', () => {
    expect(() => encoderIds({ specialTokens: {} })).toThrow(/has no cls token/);
  });
});

describe('questionWindows', () => {
  const context = 'the cat (1895-1895) sat on the mat. a b c d e f g';

  it('finds the tokens of an answer by its characters', () => {
    const [window] = questionWindows(
      { question: 'who ran?', context, answers: [{ text: '1895', start: context.indexOf('1895') }] },
      { tokenizer },
    );
    const { inputIds, startPosition, endPosition, offsets } = window!;
    expect(words(inputIds.slice(startPosition, endPosition + 1))).toBe('18 ##95');
    expect(context.slice(offsets[2 * startPosition], offsets[2 * endPosition + 1])).toBe('1895');
    expect([...offsets.slice(0, 10)]).toEqual(new Array(10).fill(-1)); // [CLS] who ran ? [SEP]
    expect(window!.isImpossible).toBe(false);
  });

  it('slides over a long context; an answer that is not whole in a window points to [CLS]', () => {
    const answers = [{ text: 'on the mat', start: context.indexOf('on the mat') }];
    const options = { tokenizer, maxLength: 14, docStride: 4, maxQuestionLength: 2 };
    const windows = questionWindows({ question: 'who ran?', context, answers }, options);
    expect(windows.map(({ inputIds }) => words(inputIds).replace('[CLS] who ran [SEP] ', ''))).toEqual([
      'the cat ( 18 ##95 - 18 ##95 ) [SEP]',
      '##95 - 18 ##95 ) sat on the mat [SEP]',
      ') sat on the mat . a b c [SEP]',
      'mat . a b c d e f g [SEP]',
    ]);
    expect(windows.map(({ startPosition, endPosition }) => [startPosition, endPosition])).toEqual([
      [0, 0],
      [10, 12],
      [6, 8],
      [0, 0],
    ]);
    // Every token of the context has its most context in exactly one window.
    const most = windows.flatMap(({ offsets, isMaxContext }) =>
      [...isMaxContext.keys()].filter((at) => isMaxContext[at] === 1).map((at) => offsets[2 * at]!),
    );
    expect(most.sort((a, b) => a - b)).toEqual(
      [...tokenizer.encode(context, { addSpecialTokens: false }).offsets].filter((_, at) => at % 2 === 0),
    );
  });

  it('knows questions without an answer, and answers that are not there', () => {
    const impossible = questionWindows({ question: 'a', context, isImpossible: true }, { tokenizer });
    expect(impossible[0]).toMatchObject({ startPosition: 0, endPosition: 0, isImpossible: true });
    expect(questionWindows({ question: 'a', context: '' }, { tokenizer })).toHaveLength(1);
    const answers = [{ text: 'dog', start: 4 }];
    expect(() => questionWindows({ question: 'a', context, answers }, { tokenizer })).toThrow(
      /has "cat" at 4, not "dog"[^]*data-answer/,
    );
  });
});
