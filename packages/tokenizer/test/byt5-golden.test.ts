import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { createByt5Tokenizer, tokenizerFromFiles } from '../src/index.js';

interface Golden {
  readonly encode: readonly { readonly text: string; readonly ids: number[]; readonly bare: number[] }[];
  readonly pairs: readonly { readonly text: string; readonly pair: string; readonly ids: number[] }[];
  readonly decode: readonly { readonly ids: number[]; readonly text: string; readonly plain: string }[];
}

/** Written by Hugging Face transformers; the generator is named in the file. */
const golden = JSON.parse(
  readFileSync(new URL('./fixtures/byt5-huggingface.json', import.meta.url), 'utf8'),
) as Golden;

describe('byt5 against transformers', () => {
  const tokenizer = createByt5Tokenizer();

  it('ids are the same, with and without </s>', () => {
    for (const { text, ids, bare } of golden.encode) {
      expect([...tokenizer.encode(text).ids], JSON.stringify(text)).toEqual(ids);
      expect([...tokenizer.encode(text, { addSpecialTokens: false }).ids]).toEqual(bare);
    }
  });

  it('pairs are the same', () => {
    for (const { text, pair, ids } of golden.pairs)
      expect([...tokenizer.encode(text, { pair }).ids]).toEqual(ids);
  });

  it('decoding gives the same text, broken UTF-8 dropped', () => {
    for (const { ids, text, plain } of golden.decode) {
      expect(tokenizer.decode(ids), JSON.stringify(ids)).toBe(text);
      expect(tokenizer.decode(ids, { skipSpecialTokens: true })).toBe(plain);
    }
  });
});

describe('byt5', () => {
  const tokenizer = createByt5Tokenizer();

  it('ids are bytes plus 3, sentinels count up from 259, and there are 384', () => {
    expect([...tokenizer.encode('hé').ids]).toEqual([107, 198, 172, 1]);
    expect(tokenizer.tokenToId('<extra_id_0>')).toBe(259);
    expect(tokenizer.tokenToId('<extra_id_124>')).toBe(383);
    expect(tokenizer.vocabSize).toBe(384);
    expect(tokenizer.specialTokens).toEqual({
      pad: { token: '<pad>', id: 0 },
      eos: { token: '</s>', id: 1 },
      unk: { token: '<unk>', id: 2 },
    });
  });

  it('every byte of a character has the offsets of the character', () => {
    const text = 'a😀é<extra_id_5>z';
    const { offsets, ids } = tokenizer.encode(text);
    const sources = Array.from(ids, (_, i) => text.slice(offsets[2 * i], offsets[2 * i + 1]));
    expect(sources).toEqual(['a', '😀', '😀', '😀', '😀', 'é', 'é', '<extra_id_5>', 'z', '']);
  });

  it('a text survives encoding and decoding', () => {
    for (const { text } of golden.encode) {
      if (/<|\s/.test(text)) continue; // special tokens take the spaces around them
      expect(tokenizer.decode(tokenizer.encode(text).ids, { skipSpecialTokens: true })).toBe(text);
    }
  });

  it('a lone surrogate is encoded as U+FFFD', () => {
    expect([...tokenizer.encode('\ud800', { addSpecialTokens: false }).ids]).toEqual([242, 194, 192]);
  });

  it('its files load the same tokenizer again', () => {
    const files = tokenizer.toFiles();
    expect(Object.keys(files)).toEqual(['tokenizer_config.json', 'special_tokens_map.json']);
    const again = tokenizerFromFiles(files);
    expect(again.toFiles()).toEqual(files);
    for (const { text, ids } of golden.encode) expect([...again.encode(text).ids]).toEqual(ids);
  });

  it('a folder with nothing but the class and the number of sentinels is enough', () => {
    const config = JSON.stringify({ tokenizer_class: 'ByT5Tokenizer', extra_ids: 10 });
    expect(tokenizerFromFiles({ 'tokenizer_config.json': config }).vocabSize).toBe(269);
    const declared = JSON.stringify({
      tokenizer_class: 'ByT5Tokenizer',
      eos_token: { content: '</s>', lstrip: false, rstrip: false, normalized: true, __type: 'AddedToken' },
    });
    const strict = tokenizerFromFiles({ 'tokenizer_config.json': declared });
    expect([...strict.encode('a </s>').ids]).toEqual([100, 35, 1]);
  });
});
