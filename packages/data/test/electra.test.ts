import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  classificationFeatures,
  doubleUnordered,
  ELECTRA_TASKS,
  electraTaskExample,
} from '../src/electra/classification.js';
import { encoderIds, joinSegments, truncatePair } from '../src/electra/encoder-ids.js';
import { BERT_MASKING, maskTokens, maxPredictions, type MaskTokensOptions } from '../src/electra/masking.js';
import { multipleChoiceFeatures } from '../src/electra/multiple-choice.js';
import {
  electraExamples,
  type ElectraExample,
  type ElectraExampleOptions,
} from '../src/electra/pretraining-text.js';
import { questionWindows, type QuestionWindow } from '../src/electra/question-answering.js';
import { taggingFeatures } from '../src/electra/tagging.js';
import { createRandom } from '../src/random/random.js';
import { collect } from './collect.js';

const ids = { cls: 101, sep: 102, mask: 103, pad: 0 };
const special = new Set([101, 102, 103, 0]);
const list = (array: ArrayLike<number>): number[] => Array.from(array);

/** `[CLS] 1000 1001 … [SEP]` of `numTokens`, then padding. */
function sequence(numTokens: number, padding = 0): Int32Array {
  const inputIds = new Int32Array(numTokens + padding);
  for (let at = 0; at < numTokens; at++) inputIds[at] = 1000 + at;
  inputIds[0] = ids.cls;
  inputIds[numTokens - 1] = ids.sep;
  return inputIds;
}

const mask = (inputIds: Int32Array, options: Partial<MaskTokensOptions> = {}) =>
  maskTokens(inputIds, { ids, random: createRandom(7), ...options });

describe('masking', () => {
  // round(0.15 · n), halves to even; n counts [CLS] and [SEP], not padding
  it.each([
    [3, 0, 1],
    [10, 0, 2], // 1.5
    [30, 0, 4], // 4.5
    [50, 0, 8], // 7.5
    [70, 58, 10], // 10.5
    [128, 0, 19], // 19.2
    [128, 384, 19],
    [512, 0, 77], // 76.8
  ])('of %d tokens and %d of padding chooses %d', (numTokens, padding, count) => {
    const { positions, labels } = mask(sequence(numTokens, padding));
    expect(positions.length).toBe(count);
    expect(labels.filter((label) => label !== -100).length).toBe(count);
  });

  it('keeps to the most predictions', () => {
    expect([maxPredictions(128), maxPredictions(512), maxPredictions(512, 0.25)]).toEqual([19, 79, 130]);
    expect(mask(sequence(512), { maxPredictions: 5 }).positions.length).toBe(5);
    expect(mask(sequence(512), { maskProbability: 0.25 }).positions.length).toBe(128);
  });

  it('changes chosen positions only, never special tokens or padding, and labels with the original', () =>
    fc.assert(
      fc.property(
        fc.integer({ min: 3, max: 60 }),
        fc.integer({ min: 0, max: 10 }),
        fc.integer({ min: 0, max: 2 ** 31 }),
        fc.boolean(),
        (numTokens, padding, seed, withReplacement) => {
          const inputIds = sequence(numTokens, padding);
          inputIds[numTokens >> 1] = ids.mask; // there before
          inputIds[1] = 1500;
          const masked = mask(inputIds, {
            random: createRandom(seed),
            neverMaskIds: [1500],
            withReplacement,
          });
          const chosen = new Set(masked.positions);
          expect(list(masked.positions)).toEqual([...chosen].sort((a, b) => a - b));
          for (const [at, id] of inputIds.entries()) {
            expect(masked.labels[at]).toBe(chosen.has(at) ? id : -100);
            if (!chosen.has(at)) expect(masked.inputIds[at]).toBe(id);
            else {
              expect(special.has(id) || id === 1500).toBe(false);
              expect([id, ids.mask]).toContain(masked.inputIds[at]);
            }
          }
        },
      ),
      { numRuns: 60, seed: 3 },
    ));

  it('leaves an input alone that has nothing to choose from', () => {
    const { positions, inputIds } = mask(Int32Array.of(101, 102, 0));
    expect([positions.length, list(inputIds)]).toEqual([0, [101, 102, 0]]);
  });

  it('masks 85 %, keeps 15 %, and chooses every position alike', () => {
    const random = createRandom(5);
    const inputIds = sequence(42);
    const counts = new Float64Array(42);
    let masks = 0;
    let total = 0;
    for (let run = 0; run < 2000; run++) {
      const masked = mask(inputIds, { random });
      for (const at of masked.positions) {
        counts[at]!++;
        total++;
        if (masked.inputIds[at] === ids.mask) masks++;
      }
    }
    expect(total).toBe(2000 * 6); // 42 · 0.15 = 6.3
    // 4 standard deviations of a share among 12000
    expect(Math.abs(masks / total - 0.85)).toBeLessThan(4 * Math.sqrt((0.85 * 0.15) / total));
    const expected = total / 40;
    const chiSquare = list(counts)
      .slice(1, 41)
      .reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
    expect(chiSquare).toBeLessThan(72.05); // 39 degrees of freedom, 0.1 %
  });

  it("as BERT's masks 80 %, replaces 10 % and keeps 10 %", () => {
    const random = createRandom(6);
    const shares = { masked: 0, kept: 0, random: 0 };
    for (let run = 0; run < 500; run++) {
      const inputIds = sequence(128);
      const masked = mask(inputIds, { random, shares: BERT_MASKING, vocabSize: 30522 });
      for (const at of masked.positions) {
        const id = masked.inputIds[at]!;
        shares[id === ids.mask ? 'masked' : id === inputIds[at] ? 'kept' : 'random']++;
      }
    }
    const total = 500 * 19;
    expect(Math.abs(shares.masked / total - 0.8)).toBeLessThan(0.02);
    expect(Math.abs(shares.kept / total - 0.1)).toBeLessThan(0.015);
    expect(Math.abs(shares.random / total - 0.1)).toBeLessThan(0.015);
  });

  it('draws with replacement fewer positions, as often as theory says', () => {
    const random = createRandom(8);
    let total = 0;
    for (let run = 0; run < 1000; run++) {
      total += mask(sequence(128), { random, withReplacement: true }).positions.length;
    }
    const distinct = 126 * (1 - (1 - 1 / 126) ** 19); // 17.7 of 19
    expect(Math.abs(total / 1000 - distinct)).toBeLessThan(0.15);
  });

  it('masks whole words', () => {
    const wordIds = Int32Array.from(sequence(60), (_, at) => (at === 0 || at === 59 ? -1 : (at - 1) >> 1));
    for (let seed = 0; seed < 30; seed++) {
      const { positions } = mask(sequence(60), { random: createRandom(seed), wordIds });
      const words = new Set(list(positions).map((at) => wordIds[at]));
      expect(positions.length).toBe(8); // 9 are wanted, words have 2
      expect(words.size).toBe(4);
    }
  });

  it('is the same for the same seed', () => {
    const of = (seed: number) => mask(sequence(128), { random: createRandom(seed) });
    expect(of(1)).toEqual(of(1));
    expect(of(1)).not.toEqual(of(2));
  });

  it.each([
    ['random tokens without their bound', { shares: BERT_MASKING }, 'option-value'],
    ['a share beyond 1', { maskProbability: 1.5 }, 'option-value'],
    ['words of another length', { wordIds: Int32Array.of(1) }, 'option-value'],
    ['words with replacement', { wordIds: new Int32Array(8), withReplacement: true }, 'option-value'],
    ['an unknown option', { probability: 0.1 }, 'unknown-option'],
  ])('refuses %s', (_, options, code) => {
    expect(() => mask(sequence(8), options as object)).toThrow(expect.objectContaining({ code }));
  });
});

/** A word a token, whose id is its number: 'w7' is 1007. */
const encode = (text: string): Int32Array =>
  Int32Array.from(text.split(' ').filter(Boolean), (word) => 1000 + Number(word.slice(1)));

/** Lines of consecutive words, of 1 to 30; every ninth is empty. */
function corpus(numLines: number): readonly string[] {
  const random = createRandom(1);
  let word = 0;
  return Array.from({ length: numLines }, (_, line) => {
    if (line % 9 === 8) return '';
    return Array.from({ length: 1 + random.below(30) }, () => `w${word++}`).join(' ');
  });
}

const lines = corpus(3000);
const build = (options: Partial<ElectraExampleOptions> = {}, of = lines) =>
  collect(electraExamples((from) => of.slice(from), { encode, ids, maxLength: 64, seed: 4, ...options }));

/** The two segments of an example, without special tokens. */
function segments({ inputIds, typeIds }: ElectraExample): readonly [number[], number[]] {
  const parts: [number[], number[]] = [[], []];
  inputIds.forEach((id, at) => {
    if (!special.has(id)) parts[typeIds[at] as 0 | 1].push(id);
  });
  return parts;
}

describe('pre-training examples', () => {
  const whole = build();

  it('are [CLS] A [SEP] or [CLS] A [SEP] B [SEP], never empty, never too long', async () => {
    const examples = await whole;
    expect(examples.length).toBeGreaterThan(500);
    for (const example of examples) {
      const [first, second] = segments(example);
      const { inputIds, typeIds } = joinSegments([first, second], ids);
      expect(example.inputIds).toEqual(inputIds);
      expect(example.typeIds).toEqual(typeIds);
      expect(first.length).toBeGreaterThan(0);
      expect(inputIds.length).toBeLessThanOrEqual(64);
    }
  });

  it('write segments as defined', () => {
    expect(list(joinSegments([[5, 6], [7]], ids).inputIds)).toEqual([101, 5, 6, 102, 7, 102]);
    expect(list(joinSegments([[5, 6], [7]], ids).typeIds)).toEqual([0, 0, 0, 0, 1, 1]);
    expect(list(joinSegments([[5], []], ids).inputIds)).toEqual([101, 5, 102]);
    expect(list(joinSegments([[5]], ids).typeIds)).toEqual([0, 0, 0]);
  });

  it('hold the lines between two cursors, but for what is cut off', async () => {
    let from = 0;
    for (const example of await whole) {
      const gathered = lines.slice(from, example.cursor.line).flatMap((line) => list(encode(line)));
      const [first, second] = segments(example);
      const kept = [...first, ...second];
      expect(kept.every((id) => gathered.includes(id))).toBe(true);
      expect(new Set(kept).size).toBe(kept.length);
      const specials = second.length > 0 ? 3 : 2;
      if (kept.length + specials < 63) expect(kept.length).toBe(gathered.length);
      from = example.cursor.line;
    }
    expect(from).toBe(lines.length);
  });

  it('end where the target length is reached or the document ends', async () => {
    let before = { line: 0, targetLength: 64 };
    for (const { cursor } of await whole) {
      const own = lines.slice(before.line, cursor.line);
      const length = (of: readonly string[]) => of.reduce((sum, line) => sum + encode(line).length, 0);
      expect(length(own.slice(0, -1))).toBeLessThan(before.targetLength);
      const isEnd = own.at(-1) === '' || cursor.line === lines.length;
      expect(isEnd || length(own) >= before.targetLength).toBe(true);
      before = cursor;
    }
  });

  it('do not end with a document when empty lines mean nothing', async () => {
    const [three] = await build({ blanksSeparateDocuments: false }, ['w1 w2', '', 'w3']);
    expect([...segments(three!)[0], ...segments(three!)[1]].sort()).toEqual([1001, 1002, 1003]);
    expect((await build({}, ['w1 w2', '', ' ', 'w3'])).length).toBe(2);
  });

  it('aim at a random shorter length in 5 % of all', async () => {
    const targets = (await build({ maxLength: 20 })).map(({ cursor }) => cursor.targetLength);
    const short = targets.filter((target) => target !== 20);
    const share = (short.length / targets.length) * (16 / 15); // one in 16 random lengths is 20
    expect(targets.length).toBeGreaterThan(1500);
    expect(Math.abs(share - 0.05)).toBeLessThan(4 * Math.sqrt((0.05 * 0.95) / targets.length));
    expect(Math.min(...short)).toBe(5);
    expect(Math.max(...short)).toBe(19);
  });

  it('share lines of one word between halves, but in 10 % of all', async () => {
    const words = Array.from({ length: 20_000 }, (_, word) => `w${word}`);
    const all = await build({ maxLength: 20 }, words);
    const examples = all.filter((_, at) => (all[at - 1]?.cursor.targetLength ?? 20) === 20);
    const firsts = examples.map((example) => segments(example)[0].length);
    const single = firsts.filter((length) => length === 18).length;
    expect(Math.abs(single / examples.length - 0.1)).toBeLessThan(4 * Math.sqrt(0.09 / examples.length));
    // (20 − 3) // 2 = 8: 7 words fit below it; the next goes first with 50 %, and then the first segment is full.
    const others = firsts.filter((length) => length !== 18);
    expect(new Set(others)).toEqual(new Set([7, 8]));
    const eights = others.filter((length) => length === 8).length / others.length;
    expect(Math.abs(eights - 0.5)).toBeLessThan(4 * Math.sqrt(0.25 / others.length));
  });

  it('cut a long line to both limits', async () => {
    const long = Array.from({ length: 100 }, (_, word) => `w${word}`).join(' ');
    const [only] = await build({ maxLength: 16 }, [long]);
    expect(list(only!.inputIds)).toEqual([101, ...Array.from({ length: 14 }, (_, word) => 1000 + word), 102]);
  });

  it('are the same for the same seed and resume from every cursor', async () => {
    const some = lines.slice(0, 200);
    const examples = await build({}, some);
    expect(await build({}, some)).toEqual(examples);
    expect(await build({ seed: 5 }, some)).not.toEqual(examples);
    for (const [at, { cursor }] of examples.entries()) {
      const from = JSON.parse(JSON.stringify(cursor)) as typeof cursor;
      expect(await build({ from }, some)).toEqual(examples.slice(at + 1));
    }
  });

  it('stop at the signal and refuse what is no cursor', async () => {
    await expect(build({ signal: AbortSignal.abort(new Error('enough')) })).rejects.toThrow('enough');
    await expect(build({ from: { line: -1 } as never })).rejects.toMatchObject({ code: 'data-cursor' });
    await expect(build({ maxLength: 4 })).rejects.toMatchObject({ code: 'option-value' });
  });
});

/** Pieces of at most three letters, and single other characters. */
const tokenizer = {
  encode(text: string) {
    const found = [...text.matchAll(/[a-z]{1,3}|[^a-z\s]/gi)];
    const offsets = Int32Array.from(found.flatMap((piece) => [piece.index, piece.index + piece[0].length]));
    return { ids: Int32Array.from(found, (piece) => 1000 + piece[0].charCodeAt(0)), offsets };
  },
  specialTokens: Object.fromEntries(Object.entries(ids).map(([role, id]) => [role, { id }])),
} as never;

const context =
  'Goethe wrote the play in Weimar, a small town. Many years later Schiller came to the town, and both were friends.';
const answerOf = (text: string, at = context.indexOf(text)) => ({ text, start: at });
const windowsOf = (text: string, options = {}) =>
  questionWindows(
    { question: 'Who came?', context, answers: [answerOf(text)] },
    { tokenizer, maxLength: 24, docStride: 8, ...options },
  );

function answerText({ offsets, startPosition, endPosition }: QuestionWindow): string {
  return context.slice(offsets[2 * startPosition], offsets[2 * endPosition + 1]);
}

describe('windows of questions', () => {
  it.each(['Schiller', 'Goethe', 'friends.', 'a small town', 'Many years later'])(
    'lead back to %j in the text',
    (text) => {
      const windows = windowsOf(text);
      const holding = windows.filter(({ startPosition }) => startPosition > 0);
      expect(holding.length).toBeGreaterThan(0);
      for (const window of holding) expect(answerText(window)).toBe(text);
      for (const window of windows.filter(({ startPosition }) => startPosition === 0)) {
        expect(window.endPosition).toBe(0);
        const shown = context.slice(
          ...([...window.offsets]
            .filter((at) => at >= 0)
            .filter((_, at, all) => at === 0 || at === all.length - 1) as [number, number]),
        );
        expect(shown.includes(text)).toBe(false);
      }
    },
  );

  it('cover the context, 8 tokens apart, each token with the most context once', () => {
    const windows = windowsOf('Schiller');
    const numTokens = (tokenizer as { encode(text: string): { ids: Int32Array } }).encode(context).ids.length;
    const best: number[] = [];
    for (const { inputIds, typeIds, offsets, isMaxContext, window } of windows) {
      expect(inputIds.length).toBeLessThanOrEqual(24);
      expect([inputIds[0], inputIds.at(-1)]).toEqual([ids.cls, ids.sep]);
      const before = list(typeIds).indexOf(1);
      expect(inputIds[before - 1]).toBe(ids.sep);
      typeIds.forEach((type, at) =>
        expect(offsets[2 * at]! >= 0).toBe(type === 1 && at < inputIds.length - 1),
      );
      isMaxContext.forEach((flag, at) => flag === 1 && best.push(8 * window + at - before));
    }
    expect(best.sort((a, b) => a - b)).toEqual(Array.from({ length: numTokens }, (_, token) => token));
  });

  it('show the token of most context: the lesser side, then the longer window, then the first', () => {
    const text = 'a b c d e f';
    const options = { tokenizer, maxLength: 8, docStride: 2 }; // question of 1, room for 4
    const windows = questionWindows({ question: 'x', context: text }, options);
    const flags = windows.map(({ isMaxContext }) => list(isMaxContext).slice(3, -1));
    // windows abcd, cdef: c has 1 and 0 beside it, d 0 and 1
    expect(flags).toEqual([
      [1, 1, 1, 0],
      [0, 1, 1, 1],
    ]);
  });

  it('point to 0 without an answer', () => {
    const all = [
      ...questionWindows({ question: 'Who?', context }, { tokenizer }),
      ...questionWindows(
        { question: 'Who?', context, answers: [answerOf('Goethe')], isImpossible: true },
        { tokenizer },
      ),
    ];
    expect(
      all.map(({ startPosition, endPosition, isImpossible }) => [startPosition, endPosition, isImpossible]),
    ).toEqual([
      [0, 0, false],
      [0, 0, true],
    ]);
  });

  it('cut long questions and keep an empty context', () => {
    const [window] = questionWindows(
      { question: 'a b c d e', context: '' },
      { tokenizer, maxQuestionLength: 2 },
    );
    expect(list(window!.inputIds)).toEqual([101, 1097, 1098, 102]);
  });

  it('refuse an answer that is not where it should be, and a window without room', () => {
    const wrong = { question: 'Who?', context, answers: [{ text: 'Goethe', start: 1 }] };
    expect(() => questionWindows(wrong, { tokenizer })).toThrow(
      expect.objectContaining({ code: 'data-answer' }),
    );
    expect(() => windowsOf('Goethe', { maxLength: 6 })).toThrow(
      expect.objectContaining({ code: 'option-value' }),
    );
  });
});

describe('tagging', () => {
  const pieces = (word: string) =>
    Int32Array.from(word.match(/.{1,3}/g) ?? [], (piece) => 1000 + piece.charCodeAt(0));
  const options = { encode: pieces, ids, unknownId: 100, classes: ['O', 'B-PER'] };

  it('labels the first piece of each word', () => {
    const features = taggingFeatures({ words: ['Goethe', '', 'saw'], tags: ['B-PER', 'O', 'O'] }, options);
    expect(list(features.inputIds)).toEqual([101, 1071, 1116, 100, 1115, 102]);
    expect(list(features.labels)).toEqual([-100, 1, -100, 0, 0, -100]);
    expect(list(features.wordPositions)).toEqual([1, 3, 4]);
    expect(list(features.typeIds)).toEqual([0, 0, 0, 0, 0, 0]);
    expect(list(taggingFeatures({ words: ['a'] }, { ...options, typeId: 1 }).typeIds)).toEqual([1, 1, 1]);
  });

  it('leaves out whole words that do not fit, and labels without tags', () => {
    const features = taggingFeatures({ words: ['abc', 'defghi', 'j'] }, { ...options, maxLength: 4 });
    expect(list(features.inputIds)).toEqual([101, 1097, 102]);
    expect(list(features.wordPositions)).toEqual([1, -1, -1]);
    expect(list(features.labels)).toEqual([-100, -100, -100]);
  });

  it.each([[['B-LOC']], [[]]])('refuses tags %j of one word', (tags) => {
    expect(() => taggingFeatures({ words: ['a'], tags }, options)).toThrow(
      expect.objectContaining({ code: 'data-record' }),
    );
  });
});

describe('classification', () => {
  const options = { encode, ids, maxLength: 8 };

  it('writes a text or a pair and cuts the longer one', () => {
    expect(classificationFeatures({ text: 'w1 w2', label: 1 }, options)).toEqual({
      inputIds: Int32Array.of(101, 1001, 1002, 102),
      typeIds: new Int32Array(4),
      label: 1,
    });
    const pair = classificationFeatures({ text: 'w1 w2 w3 w4 w5', pair: 'w6 w7', label: 0.5 }, options);
    expect(list(pair.inputIds)).toEqual([101, 1001, 1002, 1003, 102, 1006, 1007, 102]);
    expect(list(pair.typeIds)).toEqual([0, 0, 0, 0, 0, 1, 1, 1]);
    expect(classificationFeatures({ text: 'w1 w2 w3 w4 w5 w6 w7' }, options).inputIds.length).toBe(8);
  });

  it('cuts pairs token by token, the second of equals', () => {
    const cut = (a: number, b: number, most: number) =>
      truncatePair([new Int32Array(a), new Int32Array(b)], most).map(({ length }) => length);
    expect([cut(5, 5, 9), cut(9, 2, 6), cut(2, 9, 6), cut(6, 6, 7), cut(1, 1, 9)]).toEqual([
      [5, 4],
      [4, 2],
      [2, 4],
      [4, 3],
      [1, 1],
    ]);
  });

  it('trains on both orders of a pair', () => {
    expect(doubleUnordered([{ text: 'a', pair: 'b', label: 1 }])).toEqual([
      { text: 'a', pair: 'b', label: 1 },
      { text: 'b', pair: 'a', label: 1 },
    ]);
    const doubled = Object.entries(ELECTRA_TASKS).filter(([, { isUnordered }]) => isUnordered);
    expect(doubled.map(([name]) => name)).toEqual(['mrpc', 'stsb']);
    const long = Object.entries(ELECTRA_TASKS).filter(([, { epochs }]) => epochs === 10);
    expect(long.map(([name]) => name)).toEqual(['stsb', 'rte']);
  });

  it.each([
    ['stsb', { sentence1: 'a', sentence2: 'b', label: 2.5 }, { text: 'a', pair: 'b', label: 0.5 }],
    ['cola', { sentence: 'a', label: 1 }, { text: 'a', pair: undefined, label: 1 }],
    ['mnli', { premise: 'p', hypothesis: 'h', label: 2 }, { text: 'p', pair: 'h', label: 2 }],
    ['qnli', { question: 'q', sentence: 's', label: -1 }, { text: 'q', pair: 's', label: undefined }],
  ] as const)('reads a record of %s', (name, record, example) => {
    expect(electraTaskExample(record as never, ELECTRA_TASKS[name]!)).toEqual(example);
  });

  it('has one input per choice', () => {
    const { choices, label } = multipleChoiceFeatures(
      { prompt: 'w1', choices: ['w2', 'w3 w4'], label: 1 },
      options,
    );
    expect(choices.map(({ inputIds }) => list(inputIds))).toEqual([
      [101, 1001, 102, 1002, 102],
      [101, 1001, 102, 1003, 1004, 102],
    ]);
    expect(label).toBe(1);
    const wrong = { prompt: 'w1', choices: ['w2'], label: 1 };
    expect(() => multipleChoiceFeatures(wrong, options)).toThrow(
      expect.objectContaining({ code: 'data-record' }),
    );
  });

  it('needs a tokenizer with special tokens', () => {
    expect(encoderIds(tokenizer)).toEqual(ids);
    expect(() => encoderIds({ specialTokens: {} } as never)).toThrow(
      expect.objectContaining({ code: 'data-special-tokens' }),
    );
  });
});
