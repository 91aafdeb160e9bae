import { beforeAll, describe, expect, it } from 'vitest';
import { createByt5Tokenizer, tokenizerFromFiles, TokenizerError } from '../src/index.js';
import { moreStages } from '../src/stages.js';
import { trainUnigram, trainWordPiece } from '../src/training.js';
import type { TokenizerFiles } from '../src/index.js';
import { seededRandom, trainingTexts } from './random-text.js';

type Random = () => number;

/** A damaged file either loads and encodes, or says with a typed error what is wrong; quickly, either way. */
function expectTyped(files: TokenizerFiles, seed: string): 'loaded' | 'refused' {
  const start = performance.now();
  try {
    const tokenizer = tokenizerFromFiles(files, { stages: moreStages });
    tokenizer.decode(tokenizer.encode('Baker titi <extra_id_0> [MASK] 中 é\u0301 😀').ids);
    return 'loaded';
  } catch (error) {
    expect(error, `${seed}: ${String(error)}`).toBeInstanceOf(TokenizerError);
    return 'refused';
  } finally {
    expect(performance.now() - start, seed).toBeLessThan(5000);
  }
}

/** The bytes with a few of them changed, or cut off, or some repeated. */
function damagedBytes(bytes: Uint8Array, random: Random): Uint8Array {
  const at = () => Math.floor(random() * bytes.length);
  const kind = random();
  if (kind < 0.3) return bytes.slice(0, at());
  if (kind < 0.4) return Uint8Array.from([...bytes.subarray(0, at()), ...bytes.subarray(at())]);
  const damaged = bytes.slice();
  const near = random() < 0.5 ? 400 : bytes.length; // headers and lengths are at the beginning
  for (let i = 0; i < 1 + random() * 8; i++)
    damaged[Math.floor(random() * near)] = Math.floor(random() * 256);
  return damaged;
}

const strange: readonly unknown[] = [
  null,
  true,
  -1,
  1.5,
  1e300,
  2 ** 53,
  '',
  'x',
  '\ud800',
  [],
  {},
  [[]],
  [['a', 1]],
];

/** Replaces, removes, repeats or renames something at a random place of a JSON value. */
function damageJson(value: unknown, random: Random, depth = 0): unknown {
  if (value === null || typeof value !== 'object' || random() < 0.12 * depth) {
    return strange[Math.floor(random() * strange.length)];
  }
  if (Array.isArray(value)) {
    const at = Math.floor(random() * value.length);
    if (random() < 0.15) return [...value, value[at]];
    if (random() < 0.15) return value.filter((_, index) => index !== at);
    return value.map((item: unknown, index) => (index === at ? damageJson(item, random, depth + 1) : item));
  }
  const keys = Object.keys(value);
  const key = keys[Math.floor(random() * keys.length)] ?? '';
  const entries = Object.entries(value).flatMap(([name, item]): [string, unknown][] => {
    if (name !== key) return [[name, item]];
    if (random() < 0.15) return [];
    if (random() < 0.1) return [[`${name}x`, item]];
    return [[name, damageJson(item, random, depth + 1)]];
  });
  return Object.fromEntries(entries);
}

describe('hostile tokenizer files', () => {
  let t5: TokenizerFiles;
  let bert: TokenizerFiles;
  beforeAll(async () => {
    const texts = () => trainingTexts(seededRandom(9), 150);
    t5 = (await trainUnigram(texts(), { vocabSize: 500, limitAlphabet: 120, extraIds: 5 })).toFiles();
    bert = (await trainWordPiece(texts(), { vocabSize: 500 })).toFiles();
  });

  it('spiece.model, damaged at random, never crashes or hangs the reader', () => {
    const random = seededRandom(70);
    const outcomes = { loaded: 0, refused: 0 };
    for (let i = 0; i < 250; i++) {
      outcomes[expectTyped({ 'spiece.model': damagedBytes(t5['spiece.model']!, random) }, `round ${i}`)]++;
    }
    expect(outcomes.refused).toBeGreaterThan(50);
    expect(outcomes.loaded).toBeGreaterThan(0); // some damage is only another score
  });

  it.each(['t5', 'bert'] as const)(
    'tokenizer.json of %s, its values changed at random, is refused or works',
    (name) => {
      const random = seededRandom(71);
      const root: unknown = JSON.parse((name === 't5' ? t5 : bert)['tokenizer.json']!);
      const outcomes = { loaded: 0, refused: 0 };
      for (let i = 0; i < 250; i++) {
        const json = JSON.stringify(damageJson(root, random));
        outcomes[expectTyped({ 'tokenizer.json': json }, `round ${i}`)]++;
      }
      expect(outcomes.refused).toBeGreaterThan(50);
    },
  );

  it('the side files and vocab.txt, damaged as text, are refused or work', () => {
    const random = seededRandom(72);
    const byt5 = createByt5Tokenizer().toFiles();
    for (let i = 0; i < 200; i++) {
      const damage = (text: string) =>
        new TextDecoder().decode(damagedBytes(new TextEncoder().encode(text), random));
      expectTyped({ ...byt5, 'tokenizer_config.json': damage(byt5['tokenizer_config.json']!) }, `byt5 ${i}`);
      expectTyped({ 'vocab.txt': damage(bert['vocab.txt']!) }, `vocab ${i}`);
      expectTyped(
        { ...bert, 'special_tokens_map.json': damage(bert['special_tokens_map.json']!) },
        `map ${i}`,
      );
    }
  });

  it('a length of 4 GB in the protobuf is refused before anything is read', () => {
    // Field 1, a message of 2^32 bytes; then the same inside a piece.
    const huge = [0x0a, 0x80, 0x80, 0x80, 0x80, 0x10];
    for (const bytes of [huge, [0x0a, huge.length, ...huge]]) {
      expect(() =>
        tokenizerFromFiles({ 'spiece.model': Uint8Array.from(bytes) }, { stages: moreStages }),
      ).toThrow(expect.objectContaining({ code: 'malformed-file', file: 'spiece.model' }) as Error);
    }
  });

  it.each([
    ['nothing', []],
    ['text', [...new TextEncoder().encode('version https://git-lfs.github.com/spec/v1\n')]],
    ['a field number of 0', [0x00, 0x01]],
    ['an endless varint', Array.from({ length: 40 }, () => 0xff)],
  ])('%s is no model', (_, bytes) => {
    expect(() =>
      tokenizerFromFiles({ 'spiece.model': Uint8Array.from(bytes) }, { stages: moreStages }),
    ).toThrow(TokenizerError);
  });

  it('a BPE model says so', () => {
    const trainer = [0x18, 0x02]; // model_type = BPE
    const piece = [0x0a, 0x0b, 0x0a, 0x05, ...new TextEncoder().encode('<unk>'), 0x18, 0x02, 0x15, 0, 0];
    const bytes = Uint8Array.from([...piece.slice(0, 13), 0x12, trainer.length, ...trainer]);
    expect(() => tokenizerFromFiles({ 'spiece.model': bytes }, { stages: moreStages })).toThrow(
      TokenizerError,
    );
  });

  it('a character map that runs in a circle, or whose trie is larger than its bytes, is refused', () => {
    const json = JSON.parse(t5['tokenizer.json']!);
    const map = (units: readonly number[], size = 4 * units.length) => {
      const bytes = new Uint8Array(4 + 4 * units.length + 1);
      const view = new DataView(bytes.buffer);
      view.setUint32(0, size, true);
      units.forEach((unit, i) => view.setUint32(4 + 4 * i, unit, true));
      return Buffer.from(bytes).toString('base64');
    };
    // Every unit bears its own number as label and leads back to where it is.
    const circle = Array.from({ length: 256 }, (_, i) => i);
    for (const charsmap of [
      map(circle),
      map([0], 4_000_000_000),
      map([], 0),
      map([0x100, 0xffffffff]),
      '!!!',
    ]) {
      json.normalizer = { type: 'Precompiled', precompiled_charsmap: charsmap };
      expectTyped({ 'tokenizer.json': JSON.stringify(json) }, charsmap.slice(0, 20));
    }
    // Sixteen nodes with a child for every byte, each leading to the next node: more keys than can be walked over.
    const next = (at: number) => 256 * ((Math.floor(at / 256) + 1) % 16);
    const endless = Array.from({ length: 16 * 256 }, (_, at) => ((at ^ next(at)) << 10) | (at % 256));
    json.normalizer = { type: 'Precompiled', precompiled_charsmap: map(endless) };
    expect(() => tokenizerFromFiles({ 'tokenizer.json': JSON.stringify(json) })).toThrow(/run in circles/);
    json.normalizer = { type: 'Precompiled', precompiled_charsmap: map([0], 4_000_000_000) };
    expect(() => tokenizerFromFiles({ 'tokenizer.json': JSON.stringify(json) })).toThrow(
      expect.objectContaining({ code: 'malformed-file', field: 'normalizer.precompiled_charsmap' }) as Error,
    );
  });

  it('pieces that occur twice, are empty or have no finite score are refused by name', () => {
    const json = JSON.parse(t5['tokenizer.json']!);
    const vocab = json.model.vocab as [string, number][];
    for (const pieces of [
      [...vocab, vocab[10]!],
      [...vocab, ['', -1]],
      [...vocab, ['new', null]],
    ]) {
      const damaged = { ...json, model: { ...json.model, vocab: pieces } };
      expect(() => tokenizerFromFiles({ 'tokenizer.json': JSON.stringify(damaged) })).toThrow(
        expect.objectContaining({ code: 'malformed-file', file: 'tokenizer.json' }) as Error,
      );
    }
  });

  it('text of any length and shape is encoded in linear time, without a stack overflow', () => {
    const tokenizers = [
      tokenizerFromFiles({ 'tokenizer.json': t5['tokenizer.json']! }),
      tokenizerFromFiles(bert),
    ];
    for (const tokenizer of tokenizers) {
      const texts = [
        'a'.repeat(300_000),
        'ba ke '.repeat(50_000),
        '\u0301'.repeat(100_000),
        ' '.repeat(300_000),
        '中'.repeat(100_000),
        '<extra_id_0>'.repeat(20_000),
      ];
      for (const text of texts) {
        const { ids } = tokenizer.encode(text);
        expect(typeof tokenizer.decode(ids)).toBe('string');
      }
    }
  });
});
