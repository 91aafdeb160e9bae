import { describe, expect, it } from 'vitest';
import { tokenizerFromFiles, TokenizerError } from '../src/index.js';
import { trainWordPiece, type TrainingProgress } from '../src/training.js';
import { seededRandom, trainingTexts } from './random-text.js';

const special = ['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]'];

const vocabOf = (tokenizer: { toFiles(): { 'vocab.txt'?: string } }): string[] =>
  tokenizer.toFiles()['vocab.txt']!.trimEnd().split('\n');

const reasonOf = async (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => new Error('nothing was thrown'),
    (error: unknown) => error,
  );

describe('trainWordPiece', () => {
  it('merges the most frequent pair first, and lower ids first among equals', async () => {
    const tokenizer = await trainWordPiece(['low low low lower lower newest newest', 'wide'], {
      vocabSize: 100,
    });
    expect(vocabOf(tokenizer)).toEqual([
      ...special,
      ...'deilnorstw'.split(''),
      ...'deiorstw'.split('').map((char) => `##${char}`),
      // ##o##w and l##o: 5 times each; l is below ##o. Then low (5), ##er and low##er (2), newest from its
      // parts (2).
      'lo',
      'low',
      ...vocabOf(tokenizer).slice(25),
    ]);
    expect(vocabOf(tokenizer).slice(25)).toEqual(expect.arrayContaining(['lower', 'newest']));
    expect(vocabOf(tokenizer)).not.toContain('wide');
  });

  it('a pair that overlaps itself is counted as it is merged', async () => {
    const tokenizer = await trainWordPiece(['aaaa aaaa aaaa'], { vocabSize: 50 });
    expect(vocabOf(tokenizer).slice(5)).toEqual(['a', '##a', '##aa', 'aaa', 'aaaa']);
  });

  it('stops at vocabSize, and at minFrequency', async () => {
    const texts = [...trainingTexts(seededRandom(2), 200)];
    expect((await trainWordPiece(texts, { vocabSize: 700 })).vocabSize).toBe(700);
    const rare = await trainWordPiece(['ab ab ab cd cd'], { minFrequency: 3 });
    expect(vocabOf(rare)).toContain('ab');
    expect(vocabOf(rare)).not.toContain('cd');
  });

  it('the same texts give the same vocabulary, from arrays, generators and streams alike', async () => {
    const make = () => trainingTexts(seededRandom(3), 300);
    async function* stream() {
      yield* make();
    }
    const options = { vocabSize: 900 };
    const fromArray = await trainWordPiece([...make()], options);
    expect(vocabOf(await trainWordPiece(make(), options))).toEqual(vocabOf(fromArray));
    expect(vocabOf(await trainWordPiece(stream(), options))).toEqual(vocabOf(fromArray));
  });

  it('the order of the texts does not matter', async () => {
    const texts = [...trainingTexts(seededRandom(4), 300)];
    const forwards = await trainWordPiece(texts, { vocabSize: 900 });
    const backwards = await trainWordPiece(texts.reverse(), { vocabSize: 900 });
    expect(vocabOf(backwards)).toEqual(vocabOf(forwards));
  });

  it('limitAlphabet drops the rarest characters, and words go on without them', async () => {
    const tokenizer = await trainWordPiece(['aab aab azb'], { limitAlphabet: 2, vocabSize: 30 });
    expect(vocabOf(tokenizer)).toEqual([...special, 'a', 'b', '##a', '##b', 'aa', 'aab']);
    expect(tokenizer.encode('azb', { addSpecialTokens: false }).tokens).toEqual(['[UNK]']);
  });

  it('initialAlphabet, special tokens, the prefix and the normaliser are as asked', async () => {
    const tokenizer = await trainWordPiece(['Éa Éa'], {
      initialAlphabet: 'xy',
      specialTokens: ['[UNK]', '[CLS]', '[SEP]', '<e>'],
      continuingSubwordPrefix: '@@',
      normalizer: { lowercase: false },
      tokenizerClass: 'ElectraTokenizer',
    });
    expect(vocabOf(tokenizer)).toEqual(['[UNK]', '[CLS]', '[SEP]', '<e>', 'a', 'x', 'y', 'É', '@@a', 'Éa']);
    const again = tokenizerFromFiles(tokenizer.toFiles());
    expect(again.encode('<e>').tokens).toEqual(['[CLS]', '<e>', '[SEP]']);
    expect(again.isSpecial(again.tokenToId('<e>')!)).toBe(true);
    expect(again.encode('Éa').tokens).toEqual(['[CLS]', 'Éa', '[SEP]']);
    expect(again.parts.tokenizerClass).toBe('ElectraTokenizer');
  });

  it('every trained text decodes to itself but for spacing', async () => {
    const texts = Array.from(trainingTexts(seededRandom(5), 100), (text) => text.replaceAll(/[^a-z ]/gi, ''));
    const tokenizer = await trainWordPiece(texts, { vocabSize: 200, normalizer: { lowercase: false } });
    for (const text of texts) {
      const words = text.split(' ').filter((word) => word !== '' && word.length <= 100);
      const { ids } = tokenizer.encode(words.join('  '));
      expect(tokenizer.decode(ids, { skipSpecialTokens: true })).toBe(words.join(' '));
    }
  });

  it('progress counts up, and ends with the final size', async () => {
    const events: TrainingProgress[] = [];
    const texts = trainingTexts(seededRandom(6), 400);
    const tokenizer = await trainWordPiece(texts, {
      vocabSize: 1200,
      onProgress: (event) => events.push(event),
    });
    expect(events[0]).toMatchObject({ phase: 'count', texts: 400 });
    expect(events.at(-1)).toEqual({ phase: 'merge', pieces: tokenizer.vocabSize, vocabSize: 1200 });
    expect(events.length).toBeGreaterThan(2);
  });

  it('an abort between merges throws the reason', async () => {
    const controller = new AbortController();
    const onProgress = ({ phase }: TrainingProgress) => {
      if (phase === 'merge') controller.abort(new Error('enough'));
    };
    const options = { vocabSize: 2000, signal: controller.signal, onProgress };
    expect(await reasonOf(trainWordPiece(trainingTexts(seededRandom(7), 500), options))).toEqual(
      new Error('enough'),
    );
    const started = { signal: AbortSignal.abort(new Error('before')) };
    expect(await reasonOf(trainWordPiece(['a'], started))).toEqual(new Error('before'));
  });

  it.each([
    ['no words', [' \n'], {}],
    ['a text that is none', [3 as unknown as string], {}],
    ['an unknown option', ['a'], { vocab_size: 3 }],
    ['a size of 0', ['a'], { vocabSize: 0 }],
    ['special tokens without [UNK]', ['a'], { specialTokens: ['[CLS]', '[SEP]'] }],
  ])('%s is a typed error', async (_, texts, options) => {
    expect(await reasonOf(trainWordPiece(texts, options as object))).toBeInstanceOf(TokenizerError);
  });
});
