import { beforeAll, describe, expect, it } from 'vitest';
import { tokenizerFromFiles, type Tokenizer } from '../src/index.js';
import { moreStages } from '../src/stages.js';
import { readSentencePieceModel } from '../src/sentencepiece.js';
import { trainUnigram } from '../src/training.js';
import { randomText, seededRandom, trainingTexts } from './random-text.js';
import { comparable, rustEncode, rustTokenizer } from './rust-oracle.js';
import { unigramComparison, type UnigramComparison } from './unigram-oracle.js';

const textsPerTokenizer = 800;

describe('unigram against the Rust library', () => {
  const trained = new Map<string, Tokenizer>();
  beforeAll(async () => {
    for (const byteFallback of [false, true]) {
      const texts = trainingTexts(seededRandom(3), 1500);
      trained.set(
        byteFallback ? 'byte fallback' : 'plain',
        await trainUnigram(texts, { vocabSize: 1500, limitAlphabet: 400, extraIds: 10, byteFallback }),
      );
    }
  });
  const files = (name: string) => trained.get(name)!.toFiles();
  const fromJson = (name: string) => tokenizerFromFiles({ 'tokenizer.json': files(name)['tokenizer.json']! });
  const comparison = (name: string): UnigramComparison => {
    const json = files(name)['tokenizer.json']!;
    const { normalization } = readSentencePieceModel(files(name)['spiece.model']!);
    return unigramComparison(fromJson(name), rustTokenizer(json), normalization.characterMap);
  };

  it.each(['plain', 'byte fallback'])(
    'ids are the same on random texts, and offsets wherever its own are right: %s',
    async (name) => {
      const { compare } = comparison(name);
      const random = seededRandom(40);
      let departures = 0;
      for (let i = 0; i < textsPerTokenizer; i++) {
        const text = randomText(random);
        const { difference, isDeparture } = await compare(text);
        expect(difference, JSON.stringify(text)).toBeUndefined();
        if (isDeparture) departures++;
      }
      // Texts with clusters that the Rust library treats otherwise; most are plain comparisons.
      expect(departures).toBeGreaterThan(0);
      expect(departures).toBeLessThan(textsPerTokenizer / 3);
    },
  );

  it('every token comes from its slice: the slice, normalised, has the characters of the token', () => {
    const tokenizer = fromJson('plain');
    const random = seededRandom(41);
    const { normalizer } = tokenizer.parts;
    for (let i = 0; i < 250; i++) {
      const text = randomText(random).replaceAll(/[\ud800-\udfff]/gu, '\ufffd');
      const { tokens, offsets, ids } = tokenizer.encode(text, { addSpecialTokens: false });
      tokens.forEach((token, k) => {
        const source = text.slice(offsets[2 * k], offsets[2 * k + 1]);
        const { units, length } = normalizer!.normalize(source, 0, source.length);
        const normal = String.fromCharCode(...units.subarray(0, length));
        const wanted = token.replaceAll('▁', '');
        expect(source.length, JSON.stringify(text)).toBeGreaterThan(0);
        if (ids[k] !== tokenizer.specialTokens.unk!.id && !tokenizer.isSpecial(ids[k]!))
          expect(normal.replaceAll('▁', ''), JSON.stringify([text, token])).toContain(wanted);
      });
    }
  });

  // U+0085 is white space to Hugging Face's WhitespaceSplit, and a character like any other to SentencePiece.
  it('the saved folder, read as spiece.model, gives the same ids', () => {
    const saved = files('plain');
    const fromModel = tokenizerFromFiles(
      {
        'spiece.model': saved['spiece.model']!,
        'tokenizer_config.json': saved['tokenizer_config.json']!,
      },
      { stages: moreStages },
    );
    const other = fromJson('plain');
    for (const text of trainingTexts(seededRandom(5), 300)) {
      const usual = text.replaceAll('\u0085', ' ');
      expect([...fromModel.encode(usual).ids], JSON.stringify(usual)).toEqual([...other.encode(usual).ids]);
    }
    expect(fromModel.toFiles()).toEqual(saved);
  });

  it.each([
    ['always', true],
    ['first', true],
    ['never', true],
    ['always', false],
  ] as const)('Metaspace alone, prepending %s, splitting %s', async (prepend_scheme, split) => {
    const json = JSON.parse(files('plain')['tokenizer.json']!);
    json.normalizer = null;
    json.pre_tokenizer = { type: 'Metaspace', replacement: '▁', prepend_scheme, split };
    json.decoder = json.pre_tokenizer;
    const text = JSON.stringify(json);
    const ours = tokenizerFromFiles({ 'tokenizer.json': text });
    const rust = rustTokenizer(text);
    const random = seededRandom(42);
    const parts = ['baker', 'ti', ' ', '  ', '▁', '</s>', '<extra_id_0>', '中', '😀', '\t', 'é', '-'];
    for (let i = 0; i < 500; i++) {
      const input = Array.from({ length: 8 }, () => parts[Math.floor(random() * parts.length)]).join('');
      expect(comparable(ours.encode(input)), JSON.stringify(input)).toEqual(await rustEncode(rust, input));
      const ids = [...ours.encode(input).ids];
      expect(ours.decode(ids)).toBe(await rust.decode(ids, false));
    }
  });

  it('old forms are read: no type, add_prefix_space', async () => {
    const json = JSON.parse(files('plain')['tokenizer.json']!);
    delete json.model.type;
    delete json.model.byte_fallback;
    const metaspace = { type: 'Metaspace', replacement: '▁', str_rep: '▁', add_prefix_space: true };
    json.pre_tokenizer = { type: 'Sequence', pretokenizers: [{ type: 'WhitespaceSplit' }, metaspace] };
    json.decoder = metaspace;
    const old = tokenizerFromFiles({ 'tokenizer.json': JSON.stringify(json) });
    const current = fromJson('plain');
    for (const text of trainingTexts(seededRandom(6), 50))
      expect([...old.encode(text).ids]).toEqual([...current.encode(text).ids]);
  });
});
