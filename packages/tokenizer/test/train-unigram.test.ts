import { describe, expect, it } from 'vitest';
import { tokenizerFromFiles, TokenizerError } from '../src/index.js';
import { moreStages } from '../src/stages.js';
import { trainUnigram, type UnigramTrainingProgress } from '../src/training.js';
import { readCharacterMap } from '../src/normalizers/character-map.js';
import { readSentencePieceModel } from '../src/sentencepiece/model-file.js';
import { createT5Tokenizer } from '../src/t5.js';
import type { Tokenizer } from '../src/tokenizer.js';
import { writeCharacterMap } from '../src/training/unigram/character-map-writer.js';
import { nmtNfkcRules } from '../src/training/unigram/nmt-nfkc-rules.js';
import { seededRandom, trainingTexts } from './random-text.js';
import { trainingCorpus } from './training-corpus.js';

const corpus = trainingCorpus(41, 300);
const small = { vocabSize: 400, extraIds: 10, normalizer: 'identity' } as const;

const tokensOf = (tokenizer: Tokenizer): (string | undefined)[] =>
  Array.from({ length: tokenizer.vocabSize }, (_, id) => tokenizer.idToToken(id));

const modelOf = (tokenizer: Tokenizer) => readSentencePieceModel(tokenizer.toFiles()['spiece.model']!);

const reasonOf = async (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => new Error('nothing was thrown'),
    (error: unknown) => error,
  );

describe('trainUnigram', () => {
  it('gives the first ids to pad, eos and unk, the last to the sentinels, the first of them the highest', async () => {
    const tokenizer = await trainUnigram(corpus, small);
    const tokens = tokensOf(tokenizer);
    expect(tokens).toHaveLength(400);
    expect(tokens.slice(0, 3)).toEqual(['<pad>', '</s>', '<unk>']);
    expect(tokens.slice(390)).toEqual(Array.from({ length: 10 }, (_, i) => `<extra_id_${9 - i}>`));
    expect(new Set(tokens).size).toBe(400);
    expect(tokenizer.specialTokens).toMatchObject({
      pad: { token: '<pad>', id: 0 },
      eos: { token: '</s>', id: 1 },
      unk: { token: '<unk>', id: 2 },
    });
    expect(tokenizer.encode('<extra_id_0>').ids[0]).toBe(399);
  });

  it('decodes what it encodes, ends with </s>, and has frequent words whole', async () => {
    const tokenizer = await trainUnigram(corpus, { ...small, characterCoverage: 1 });
    const { ids, tokens } = tokenizer.encode('the of and');
    expect(tokens).toEqual(['▁the', '▁of', '▁and', '</s>']);
    expect(tokenizer.decode(ids, { skipSpecialTokens: true })).toBe('the of and');
    for (const text of corpus.slice(0, 50)) {
      const again = tokenizer.decode(tokenizer.encode(text).ids, { skipSpecialTokens: true });
      expect(again).toBe(text);
    }
  });

  it('the same texts give the same tokenizer, from arrays, generators and streams alike', async () => {
    const make = () => trainingTexts(seededRandom(42), 100);
    async function* stream() {
      yield* make();
    }
    const options = { vocabSize: 600, limitAlphabet: 150, normalizer: 'identity' } as const;
    const once = tokensOf(await trainUnigram([...make()], options));
    expect(tokensOf(await trainUnigram(make(), options))).toEqual(once);
    expect(tokensOf(await trainUnigram(stream(), options))).toEqual(once);
    expect(tokensOf(await trainUnigram([...make()].reverse(), options))).toEqual(once);
  });

  it('a sample depends on its seed only, and all texts are as likely', async () => {
    const options = { vocabSize: 60, extraIds: 0, hardVocabLimit: false, normalizer: 'identity' } as const;
    const texts = Array.from({ length: 26 }, (_, i) => String.fromCharCode(97 + i).repeat(3));
    const drawn = async (seed: number) =>
      tokensOf(await trainUnigram(texts, { ...options, sampleSize: 5, seed }))
        .filter((token) => /^[a-z]$/.test(token!))
        .sort();
    const first = await drawn(1);
    expect(first).toHaveLength(5);
    expect(await drawn(1)).toEqual(first);
    const all = new Set<unknown>();
    for (let seed = 0; seed < 40; seed++) (await drawn(seed)).forEach((token) => all.add(token));
    expect(all.size).toBe(26);
    expect(tokensOf(await trainUnigram(texts, { ...options, sampleSize: 100 }))).toEqual(
      tokensOf(await trainUnigram(texts, options)),
    );
  });

  it('byte fallback spells characters the vocabulary lacks', async () => {
    const tokenizer = await trainUnigram(corpus, { ...small, vocabSize: 600, byteFallback: true });
    expect(tokenizer.tokenToId('<0x00>')).toBe(3);
    expect(tokenizer.encode('ᚠ', { addSpecialTokens: false }).tokens).toEqual([
      '▁',
      '<0xE1>',
      '<0x9A>',
      '<0xA0>',
    ]);
  });

  it('initialAlphabet, further special tokens and user-defined symbols are in the vocabulary', async () => {
    const tokenizer = await trainUnigram([...corpus, 'x<sep>y <sep> <s>'], {
      ...small,
      initialAlphabet: 'ᚠ',
      specialTokens: ['<unk>', '<s>', '</s>', '<pad>'],
      userDefinedSymbols: ['<sep>'],
    });
    expect(tokensOf(tokenizer).slice(0, 5)).toEqual(['<unk>', '<s>', '</s>', '<pad>', '<sep>']);
    expect(tokenizer.specialTokens.bos).toEqual({ token: '<s>', id: 1 });
    expect(tokenizer.encode('ᚠ<sep>', { addSpecialTokens: false }).tokens).toEqual(['▁', 'ᚠ', '<sep>']);
    expect(tokensOf(tokenizer).slice(5, 390).join('')).not.toContain('<');
  });

  it('normalises as asked', async () => {
    const texts = ['ﬁne ﬁne\tﬁne\u200bﬁne'];
    const options = { vocabSize: 60, extraIds: 0, hardVocabLimit: false };
    const alphabet = async (normalizer: 'nmt_nfkc' | 'identity') =>
      tokensOf(await trainUnigram(texts, { ...options, normalizer })).join('');
    expect(await alphabet('nmt_nfkc')).not.toMatch(/[ﬁ\t\u200b]/);
    expect(await alphabet('identity')).toMatch(/ﬁ.*/);
    const characterMap = writeCharacterMap(new Map([['n', 'm']]));
    const { normalization } = modelOf(await trainUnigram(texts, options));
    const own = await trainUnigram(texts, { ...options, normalizer: { ...normalization, characterMap } });
    expect(tokensOf(own).join('').slice('<pad></s><unk>'.length)).not.toContain('n');
    expect(own.encode('n', { addSpecialTokens: false }).ids).toEqual(
      own.encode('m', { addSpecialTokens: false }).ids,
    );
  });

  it('its files make the same tokenizer', async () => {
    const tokenizer = await trainUnigram(corpus, {
      ...small,
      normalizer: 'nmt_nfkc',
      userDefinedSymbols: ['<sep>'],
    });
    const model = modelOf(tokenizer);
    expect(model).toMatchObject({ padId: 0, eosId: 1, unkId: 2, bosId: undefined, byteFallback: false });
    expect(model.kinds.slice(0, 5)).toEqual(['control', 'control', 'unknown', 'userDefined', 'normal']);
    const { 'tokenizer.json': json, ...others } = tokenizer.toFiles();
    expect(json).toBeDefined();
    for (const again of [
      tokenizerFromFiles(others, { stages: moreStages }),
      createT5Tokenizer({ model, extraIds: 10 }),
    ]) {
      expect(tokensOf(again)).toEqual(tokensOf(tokenizer));
      for (const text of trainingTexts(seededRandom(43), 30))
        expect(again.encode(text).ids).toEqual(tokenizer.encode(text).ids);
    }
    // tokenizer.json names Hugging Face's stages, which take U+0085 for a space, as SentencePiece does not.
    const inHuggingFace = tokenizerFromFiles(tokenizer.toFiles());
    expect(tokensOf(inHuggingFace)).toEqual(tokensOf(tokenizer));
    for (const text of trainingCorpus(43, 30))
      expect(inHuggingFace.encode(text).ids).toEqual(tokenizer.encode(text).ids);
  });

  it('pieces may reach across words when they are asked to', async () => {
    const tokenizer = await trainUnigram(corpus, { ...small, splitByWhitespace: false });
    expect(tokensOf(tokenizer).some((token) => token!.includes('▁', 1))).toBe(true);
  });

  it('progress goes from counting to EM', async () => {
    const events: UnigramTrainingProgress[] = [];
    await trainUnigram(corpus, { ...small, onProgress: (event) => events.push(event) });
    expect(events[0]).toMatchObject({ phase: 'count', texts: 300 });
    const phases = new Set(events.map(({ phase }) => phase));
    expect([...phases]).toEqual(['count', 'seed', 'em', 'prune']);
  });

  it('an abort throws the reason, before and while texts are read', async () => {
    const started = { signal: AbortSignal.abort(new Error('before')) };
    expect(await reasonOf(trainUnigram(corpus, started))).toEqual(new Error('before'));
    const controller = new AbortController();
    async function* endless() {
      for (let i = 0; ; i++) {
        if (i === 2000) controller.abort(new Error('enough'));
        yield 'word '.repeat(100);
      }
    }
    const options = { signal: controller.signal, normalizer: 'identity' } as const;
    expect(await reasonOf(trainUnigram(endless(), options))).toEqual(new Error('enough'));
  });

  it.each([
    ['no words', [' \n'], {}],
    ['a text that is none', [3 as unknown as string], { normalizer: 'identity' }],
    ['an unknown option', ['a'], { vocab_size: 3 }],
    ['an option of learnUnigram under its other name', ['a'], { requiredChars: 'a' }],
    ['a size of 0', ['a'], { vocabSize: 0 }],
    ['more sentinels than tokens', ['a'], { vocabSize: 100, extraIds: 100 }],
    ['special tokens without <unk>', ['a'], { specialTokens: ['<pad>', '</s>'] }],
    ['a normaliser that is none', ['a'], { normalizer: 'nfd' }],
    ['a sentinel as a special token', ['a'], { specialTokens: ['<pad>', '</s>', '<unk>', '<extra_id_3>'] }],
    ['too little text', ['a'], { vocabSize: 1000, normalizer: 'identity' }],
    ['options that are none', ['a'], null],
  ])('%s is a typed error', async (_, texts, options) => {
    expect(await reasonOf(trainUnigram(texts, options as object))).toBeInstanceOf(TokenizerError);
  });
});

describe('the rules of nmt_nfkc', () => {
  const rules = nmtNfkcRules();

  it('are written as a character map that reads back the same', () => {
    const map = writeCharacterMap(rules);
    const read = readCharacterMap(map, { op: 'test', field: 'map' });
    const isAsWritten = ([text, replacement]: readonly [string, string]) => {
      const match = read.longest(text, 0, text.length);
      return match?.end === text.length && match.replacement === replacement;
    };
    expect([...rules].filter((rule) => !isAsWritten(rule))).toEqual([]);
    expect([...read.firsts.keys()].sort()).toEqual(
      [...new Set(Array.from(rules.keys(), (text) => text.codePointAt(0)!))].sort(),
    );
    expect(new DataView(map.buffer).getUint32(0, true) % 1024).toBe(0); // SentencePiece refuses others
    expect(writeCharacterMap(new Map())).toHaveLength(0);
  });

  it('no unit of the map leads to a unit that is not its child, nor out of the trie', () => {
    const keys = new Map([
      ['a', 'x'],
      ['ab', ''],
      ['b', 'x'],
      ['é', 'yy'],
      ['\u{10ffff}', 'z'],
    ]);
    const view = new DataView(writeCharacterMap(keys).buffer);
    const units = Array.from({ length: view.getUint32(0, true) / 4 }, (_, i) =>
      view.getUint32(4 + 4 * i, true),
    );
    const reached = new Set([0]);
    for (const index of reached) {
      const base = index ^ (units[index]! >>> 10);
      for (let label = 0; label < 256; label++) {
        if ((units[base ^ label]! & 0x800000ff) >>> 0 !== label) continue;
        expect(reached.has(base ^ label)).toBe(false);
        reached.add(base ^ label);
      }
    }
    expect(reached.size).toBe(1 + 'ab'.length + 'b'.length + 2 + 4);
  });

  it('compose and clean up as SentencePiece does', async () => {
    const tokenizer = await trainUnigram(['a'], { vocabSize: 50, extraIds: 0, hardVocabLimit: false });
    const { normalizer } = tokenizer.parts;
    const normalized = (text: string) => {
      const { units, length } = normalizer!.normalize(text, 0, text.length);
      return String.fromCharCode(...units.subarray(0, length));
    };
    for (const text of [
      'Å',
      'e\u0301',
      'A\u0302\u0300',
      'Â\u0300',
      '\u1112\u1161\u11ab',
      '하\u11ab',
      '①ﬃ½',
      'ｶﾞ',
    ])
      expect(normalized(text)).toBe(`▁${text.normalize('NFKC')}`.replaceAll(' ', '▁'));
    expect(normalized('a\u0001b\tc\r\nd\u200be\ufefff')).toBe('▁ab▁c▁d▁e▁f');
    expect(normalized('1～2')).toBe('▁1～2');
  });
});
