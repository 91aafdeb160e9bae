import { beforeAll, describe, expect, it } from 'vitest';
import {
  createByt5Tokenizer,
  tokenizerFromFiles,
  type StreamDecodeOptions,
  type Tokenizer,
} from '../src/index.js';
import { moreStages } from '../src/stages.js';
import { trainUnigram, trainWordPiece } from '../src/training.js';
import { randomText, seededRandom, trainingTexts } from './random-text.js';

describe('stream decoder', () => {
  const tokenizers = new Map<string, Tokenizer>();
  beforeAll(async () => {
    const texts = () => trainingTexts(seededRandom(2), 600);
    tokenizers.set('bert', await trainWordPiece(texts(), { vocabSize: 1200 }));
    tokenizers.set('t5', await trainUnigram(texts(), { vocabSize: 900, limitAlphabet: 200, extraIds: 10 }));
    const bytes = await trainUnigram(texts(), {
      vocabSize: 900,
      limitAlphabet: 200,
      extraIds: 10,
      byteFallback: true,
    });
    const json = JSON.parse(bytes.toFiles()['tokenizer.json']!);
    const stages = (...decoders: object[]) => ({ ...json, decoder: { type: 'Sequence', decoders } });
    const replace = { type: 'Replace', pattern: { String: '▁' }, content: ' ' };
    const strip = (start: number, stop: number) => ({ type: 'Strip', content: ' ', start, stop });
    const fromJson = (root: object) =>
      tokenizerFromFiles({ 'tokenizer.json': JSON.stringify(root) }, { stages: moreStages });
    tokenizers.set(
      'byte fallback',
      fromJson(stages(replace, { type: 'ByteFallback' }, { type: 'Fuse' }, strip(1, 0))),
    );
    tokenizers.set('strip at the end', fromJson(stages(replace, { type: 'Fuse' }, strip(1, 1))));
    tokenizers.set('byt5', createByt5Tokenizer());
  });
  const names = ['bert', 't5', 'byte fallback', 'strip at the end', 'byt5'];
  const streamed = (tokenizer: Tokenizer, ids: readonly number[], options: StreamDecodeOptions): string[] => {
    const decoder = tokenizer.streamDecoder(options);
    return [...ids.map((id) => decoder.push(id)), decoder.finish()];
  };

  it.each(names)('the pieces, joined, are what decode gives: %s', (name) => {
    const tokenizer = tokenizers.get(name)!;
    const random = seededRandom(60);
    for (let i = 0; i < 80; i++) {
      const ids =
        i % 2 === 0
          ? Array.from({ length: 30 }, () => Math.floor(random() * tokenizer.vocabSize))
          : [...tokenizer.encode(randomText(random)).ids.slice(0, 150)];
      for (const cleanUpSpaces of [true, false]) {
        for (const wholeWords of [true, false]) {
          const pieces = streamed(tokenizer, ids, { cleanUpSpaces, wholeWords, skipSpecialTokens: true });
          const whole = tokenizer.decode(ids, { cleanUpSpaces, skipSpecialTokens: true });
          expect(pieces.join(''), JSON.stringify(ids)).toBe(whole);
        }
      }
    }
  });

  it('a character of several bytes comes whole, and nothing of it before', () => {
    const tokenizer = tokenizers.get('byt5')!;
    const pieces = streamed(tokenizer, [...tokenizer.encode('a😀é').ids], { skipSpecialTokens: true });
    expect(pieces.filter((piece) => piece !== '')).toEqual(['a', '😀', 'é']);
  });

  it('contractions are not given out before they are certain', () => {
    const vocab = [
      '[PAD]',
      '[UNK]',
      '[CLS]',
      '[SEP]',
      '[MASK]',
      'it',
      "'",
      's',
      'do',
      'not',
      'go',
      '.',
      '##ing',
    ];
    const tokenizer = tokenizerFromFiles({ 'vocab.txt': vocab.join('\n') });
    const ids = ['it', "'", 's', 'go', '##ing', '.', 'do', 'not', 'go'].map((token) =>
      tokenizer.tokenToId(token)!,
    );
    const pieces = streamed(tokenizer, ids, { cleanUpSpaces: true });
    expect(pieces.join('')).toBe(tokenizer.decode(ids, { cleanUpSpaces: true }));
    expect(pieces.join('')).toBe("it's going. do not go");
  });

  it('whole words end at white space', () => {
    const tokenizer = tokenizers.get('bert')!;
    const ids = [...tokenizer.encode('baker titi monu baker', { addSpecialTokens: false }).ids];
    const pieces = streamed(tokenizer, ids, { wholeWords: true }).slice(0, -1);
    for (const piece of pieces.filter((each) => each !== '')) expect(piece).toMatch(/ $/);
  });

  it('a long stream is the same text, in time that does not grow with what was said', () => {
    const tokenizer = tokenizers.get('t5')!;
    const ids = [
      ...tokenizer.encode("baker titi, monu. don't ".repeat(800), { addSpecialTokens: false }).ids,
    ];
    expect(ids.length).toBeGreaterThan(4000);
    for (const cleanUpSpaces of [true, false])
      expect(streamed(tokenizer, ids, { cleanUpSpaces }).join('')).toBe(
        tokenizer.decode(ids, { cleanUpSpaces }),
      );
  });

  it('is ready for another text after finish, and refuses what is no id or option', () => {
    const decoder = tokenizers.get('t5')!.streamDecoder({ skipSpecialTokens: true });
    const ids = [...tokenizers.get('t5')!.encode('baker').ids];
    const once = () => ids.map((id) => decoder.push(id)).join('') + decoder.finish();
    expect(once()).toBe('baker');
    expect(once()).toBe('baker');
    expect(() => decoder.push(-100)).toThrow(/-100/);
    expect(() => tokenizers.get('t5')!.streamDecoder({ words: true } as object)).toThrow(/words/);
  });
});
