import { beforeAll, describe, expect, it } from 'vitest';
import { TokenizerError, type Encoding, type Tokenizer } from '../src/index.js';
import { trainUnigram, trainWordPiece } from '../src/training.js';
import { randomText, randomWord, seededRandom, trainingTexts } from './random-text.js';
import { comparable } from './rust-oracle.js';

describe('encode options', () => {
  let bert: Tokenizer;
  let t5: Tokenizer;
  beforeAll(async () => {
    bert = await trainWordPiece(trainingTexts(seededRandom(1), 1000), { vocabSize: 1500 });
    t5 = await trainUnigram(trainingTexts(seededRandom(1), 1000), {
      vocabSize: 1000,
      limitAlphabet: 200,
      extraIds: 10,
    });
  });
  const sentence = (random: () => number, words: number) =>
    Array.from({ length: words }, () => randomWord(random)).join(' ');

  // tokenizers 0.23 stops reading at the limit (huggingface/tokenizers#1990), so that its windows are cut short:
  // ours are compared with their definition.
  it.each(['right', 'left'] as const)(
    'windows share stride tokens and cover the text: cut %s',
    (truncationSide) => {
      const random = seededRandom(50);
      const inOrder = (ids: readonly number[]) =>
        truncationSide === 'right' ? [...ids] : [...ids].reverse();
      for (let i = 0; i < 100; i++) {
        const text = sentence(random, 1 + Math.floor(random() * 40));
        const maxLength = 4 + Math.floor(random() * 20);
        const stride = Math.floor(random() * (maxLength - 2));
        const whole = inOrder([...bert.encode(text, { addSpecialTokens: false }).ids]);
        const kept = maxLength - 2;
        const expected: number[][] = [];
        for (let from = 0; ; from += kept - stride) {
          expected.push(inOrder(whole.slice(from, from + kept)));
          if (from + kept >= whole.length) break;
        }
        const got = bert.encode(text, { maxLength, stride, truncationSide, returnOverflowing: true });
        const [cls, sep] = [bert.specialTokens.cls!.id, bert.specialTokens.sep!.id];
        expect([got, ...got.overflowing].map(({ ids }) => [...ids])).toEqual(
          expected.map((window) => [cls, ...window, sep]),
        );
      }
    },
  );

  it('windows of the second text repeat the first, as questions do beside a long context', () => {
    const got = bert.encode('baker titi', {
      pair: 'monu baker titi monu baker titi monu baker titi monu baker',
      maxLength: 20,
      truncation: 'onlySecond',
      stride: 4,
      returnOverflowing: true,
    });
    const text = ({ tokens }: Encoding) => tokens.join(' ').replaceAll(' ##', '');
    // 12 tokens fit beside the question; the last 4 of each window come again.
    expect([got, ...got.overflowing].map(text)).toEqual([
      '[CLS] baker titi [SEP] monu baker titi monu baker [SEP]',
      '[CLS] baker titi [SEP]u baker titi monu baker ti [SEP]',
      '[CLS] baker titi [SEP] baker titi monu baker [SEP]',
    ]);
  });

  it('windows of a context have the positions of the whole context', () => {
    const random = seededRandom(51);
    for (let i = 0; i < 40; i++) {
      const [question, context] = [sentence(random, 4), sentence(random, 60)];
      const got = bert.encode(question, {
        pair: context,
        maxLength: 40,
        truncation: 'onlySecond',
        stride: 8,
        returnOverflowing: true,
      });
      expect(got.overflowing.length).toBeGreaterThan(0);
      for (const window of [got, ...got.overflowing]) {
        window.tokens.forEach((token, k) => {
          if (window.sequenceIds[k] !== 1) return;
          const source = context.slice(window.offsets[2 * k], window.offsets[2 * k + 1]);
          expect(source.toLowerCase()).toBe(token.replace('##', ''));
        });
      }
    }
  });

  it('truncation keeps </s> and [SEP], with and without windows', () => {
    const text = 'baker titi monu '.repeat(20);
    for (const tokenizer of [bert, t5]) {
      const last = tokenizer.encode(text).ids.at(-1);
      for (const maxLength of [2, 3, 7, 20]) {
        const { ids, overflowing } = tokenizer.encode(text, { maxLength, returnOverflowing: maxLength > 2 });
        for (const window of [ids, ...overflowing.map((each) => each.ids)]) {
          expect(window.length).toBeLessThanOrEqual(maxLength);
          expect(window.at(-1)).toBe(last);
        }
      }
    }
  });

  it.each(['bert', 't5'])(
    'words that come split are encoded one by one, and numbered as they came: %s',
    (name) => {
      const tokenizer = name === 'bert' ? bert : t5;
      const random = seededRandom(52);
      for (let i = 0; i < 100; i++) {
        const words = Array.from({ length: 6 }, () => `${randomWord(random)}${random() < 0.2 ? "'s" : ''}`);
        const got = tokenizer.encode(words, { isSplitIntoWords: true, addSpecialTokens: false });
        const alone = words.map((word) => tokenizer.encode(word, { addSpecialTokens: false }));
        expect([...got.ids]).toEqual(alone.flatMap(({ ids }) => [...ids]));
        expect([...got.offsets]).toEqual(alone.flatMap(({ offsets }) => [...offsets]));
        expect([...got.wordIds]).toEqual(alone.flatMap(({ ids }, word) => Array.from(ids, () => word)));
      }
      const withSpecials = tokenizer.encode(['ba', 'ti'], { isSplitIntoWords: true });
      expect(withSpecials.wordIds.at(-1)).toBe(-1);
    },
  );

  it('special tokens of strangers are text when asked for', () => {
    const { ids } = bert.encode('[SEP] baker', { splitSpecialTokens: true, addSpecialTokens: false });
    expect([...ids]).not.toContain(bert.specialTokens.sep!.id);
    expect(bert.encode('[SEP]', { addSpecialTokens: false }).ids[0]).toBe(bert.specialTokens.sep!.id);
    const sentinel = t5.encode('<extra_id_0>', { splitSpecialTokens: true });
    expect([...sentinel.ids]).not.toContain(t5.tokenToId('<extra_id_0>'));
  });

  it('a batch with windows says which text each row is from', () => {
    const batch = bert.encodeBatch(['baker', 'titi monu baker '.repeat(6)], {
      maxLength: 8,
      stride: 2,
      returnOverflowing: true,
    });
    expect(batch.batch).toBeGreaterThan(3);
    expect([...batch.sampleIds]).toEqual([0, ...Array.from({ length: batch.batch - 1 }, () => 1)]);
    expect(batch.inputIds.length).toBe(batch.batch * batch.seqLen);
    expect(batch.encodings).toHaveLength(batch.batch);
    expect([...batch.encodings[2]!.ids]).toEqual([
      ...batch.inputIds.slice(2 * batch.seqLen, 2 * batch.seqLen + batch.encodings[2]!.ids.length),
    ]);
  });

  it('rows of a batch may be words, and pairs of words', () => {
    const options = { isSplitIntoWords: true };
    const batch = bert.encodeBatch(
      [
        ['ba', 'ti'],
        [['ba'], ['ti', 'mo']],
      ],
      options,
    );
    expect([...batch.encodings[0]!.ids]).toEqual([...bert.encode(['ba', 'ti'], options).ids]);
    expect([...batch.encodings[1]!.ids]).toEqual([
      ...bert.encode(['ba'], { ...options, pair: ['ti', 'mo'] }).ids,
    ]);
  });

  it.each([
    [{ stride: 2 }, 'stride'],
    [{ stride: 2, maxLength: 9 }, 'stride'],
    [{ returnOverflowing: true }, 'returnOverflowing'],
    [{ truncationSide: 'left' }, 'truncationSide'],
    [{ isSplitIntoWords: 1 }, 'isSplitIntoWords'],
    [{ splitSpecialTokens: 'yes' }, 'splitSpecialTokens'],
    [{ max_length: 9 }, 'max_length'],
  ])('%o is refused', (options, field) => {
    expect(() => bert.encode('baker', options as object)).toThrow(
      expect.objectContaining({ code: 'bad-option', field }) as Error,
    );
  });

  it('windows that would not move on are refused with the remedy', () => {
    const encode = () =>
      bert.encode('baker titi monu '.repeat(9), { maxLength: 8, stride: 6, returnOverflowing: true });
    expect(encode).toThrow(expect.objectContaining({ code: 'bad-length', field: 'stride' }) as Error);
  });

  it('words without the option, and texts with it, are refused', () => {
    expect(() => bert.encode(['ba'])).toThrow(/isSplitIntoWords/);
    expect(() => bert.encode('ba', { isSplitIntoWords: true })).toThrow(TokenizerError);
    expect(() => bert.encodeBatch([['a', 'b', 'c']])).toThrow(TokenizerError);
  });

  it('memory used again between texts changes nothing: any order gives the same tokens', () => {
    const random = seededRandom(53);
    const texts = Array.from({ length: 300 }, () => randomText(random));
    for (const tokenizer of [bert, t5]) {
      const once = texts.map((text) => comparable(tokenizer.encode(text)));
      texts
        .map((_, i) => texts.length - 1 - i)
        .forEach((i) => {
          expect(comparable(tokenizer.encode(texts[i]!))).toEqual(once[i]);
        });
    }
  });
});
