import { describe, expect, it } from 'vitest';
import { createBertTokenizer, createTokenizer, TokenizerError, type EncodeOptions } from '../src/index.js';

const vocab = [
  '[PAD]',
  '[UNK]',
  '[CLS]',
  '[SEP]',
  '[MASK]',
  'the',
  'un',
  '##aff',
  '##able',
  'cafe',
  'i',
  '!',
  '中',
  'ss',
];
const tokenizer = createBertTokenizer({ vocab });

const thrownBy = (action: () => unknown): TokenizerError => {
  try {
    action();
  } catch (error) {
    if (error instanceof TokenizerError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
};

describe('encode', () => {
  it('gives pieces, ids and masks between [CLS] and [SEP]', () => {
    const encoding = tokenizer.encode('The unaffable!');
    expect(encoding.tokens).toEqual(['[CLS]', 'the', 'un', '##aff', '##able', '!', '[SEP]']);
    expect([...encoding.ids]).toEqual([2, 5, 6, 7, 8, 11, 3]);
    expect([...encoding.wordIds]).toEqual([-1, 0, 1, 1, 1, 2, -1]);
    expect([...encoding.specialTokensMask]).toEqual([1, 0, 0, 0, 0, 0, 1]);
    expect([...encoding.attentionMask]).toEqual([1, 1, 1, 1, 1, 1, 1]);
    expect([...encoding.sequenceIds]).toEqual([-1, 0, 0, 0, 0, 0, -1]);
  });

  it('slicing the text by offsets gives the source of each token, through accents, clean-up and spacing', () => {
    const text = '😀\u200bCAFÉ cafe\u0301\u00a0中İ';
    const { tokens, offsets } = tokenizer.encode(text, { addSpecialTokens: false });
    const sources = tokens.map((_, i) => text.slice(offsets[2 * i], offsets[2 * i + 1]));
    expect(tokens).toEqual(['[UNK]', 'cafe', '中', 'i']);
    expect(sources).toEqual(['😀\u200bCAFÉ', 'cafe', '中', 'İ']);
  });

  it('a pair has types 0 and 1, and sequence ids tell whose offsets they are', () => {
    const encoding = tokenizer.encode('the', { pair: '! !' });
    expect([...encoding.typeIds]).toEqual([0, 0, 0, 1, 1, 1]);
    expect([...encoding.sequenceIds]).toEqual([-1, 0, -1, 1, 1, -1]);
    expect([...encoding.offsets]).toEqual([0, 0, 0, 3, 0, 0, 0, 1, 2, 3, 0, 0]);
  });

  it('special tokens in the text become their ids and are not in the special mask', () => {
    const encoding = tokenizer.encode('the [MASK]');
    expect([...encoding.ids]).toEqual([2, 5, 4, 3]);
    expect([...encoding.specialTokensMask]).toEqual([1, 0, 0, 1]);
  });

  it('maxLength keeps the special tokens and cuts the side asked for', () => {
    const options: EncodeOptions = { maxLength: 4 };
    expect(tokenizer.encode('the i i !', options).tokens).toEqual(['[CLS]', 'the', 'i', '[SEP]']);
    expect(tokenizer.encode('the i i !', { ...options, truncationSide: 'left' }).tokens).toEqual([
      '[CLS]',
      'i',
      '!',
      '[SEP]',
    ]);
    expect(tokenizer.encode('the i i !', { maxLength: 2 }).tokens).toEqual(['[CLS]', '[SEP]']);
    expect(tokenizer.encode('', { maxLength: 2 }).tokens).toEqual(['[CLS]', '[SEP]']);
  });

  it('a word of 100 characters is spelled, one of 101 is unknown', () => {
    const long = createBertTokenizer({ vocab: [...vocab, 'a', '##a', '𝒳', '##𝒳'] });
    expect(long.encode('a'.repeat(100)).ids.length).toBe(102);
    expect([...long.encode('a'.repeat(101)).ids]).toEqual([2, 1, 3]);
    expect(long.encode('𝒳'.repeat(100)).ids.length).toBe(102);
    expect(long.encode('𝒳'.repeat(101)).ids.length).toBe(3);
  });
});

describe('encodeBatch', () => {
  it('pads to the longest row, in flat arrays', () => {
    const batch = tokenizer.encodeBatch(['the', ['i', 'the !']]);
    expect([batch.batch, batch.seqLen]).toEqual([2, 6]);
    expect([...batch.inputIds]).toEqual([2, 5, 3, 0, 0, 0, 2, 10, 3, 5, 11, 3]);
    expect([...batch.attentionMask]).toEqual([1, 1, 1, 0, 0, 0, 1, 1, 1, 1, 1, 1]);
    expect([...batch.typeIds]).toEqual([0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1]);
    expect(batch.encodings[0]!.ids.length).toBe(3);
  });

  it('pads to a fixed length, a multiple, and on the left', () => {
    expect(tokenizer.encodeBatch(['the'], { padding: { length: 7 } }).seqLen).toBe(7);
    expect(tokenizer.encodeBatch(['the'], { padToMultipleOf: 8 }).seqLen).toBe(8);
    const left = tokenizer.encodeBatch(['the', ''], { paddingSide: 'left' });
    expect([...left.inputIds]).toEqual([2, 5, 3, 0, 2, 3]);
    expect([...left.attentionMask]).toEqual([1, 1, 1, 0, 1, 1]);
  });

  it('no rows make an empty batch', () => {
    const { batch, seqLen, inputIds } = tokenizer.encodeBatch([]);
    expect([batch, seqLen, inputIds.length]).toEqual([0, 0, 0]);
  });

  it('a row beyond the fixed length is refused, and the remedy named', () => {
    const error = thrownBy(() => tokenizer.encodeBatch(['the the'], { padding: { length: 3 } }));
    expect(error.code).toBe('bad-length');
    expect(error.remedy).toMatch(/maxLength: 3/);
    expect(tokenizer.encodeBatch(['the the'], { padding: { length: 3 }, maxLength: 3 }).seqLen).toBe(3);
  });

  it('padding without a padding token is refused', () => {
    const { parts } = tokenizer;
    const bare = createTokenizer({ ...parts, specialTokens: { unk: '[UNK]' } });
    expect(bare.encodeBatch(['the', 'i']).seqLen).toBe(3);
    expect(thrownBy(() => bare.encodeBatch(['the', 'i i'])).code).toBe('missing-token');
  });
});

describe('decode', () => {
  it('joins pieces, and leaves special tokens out on request', () => {
    const ids = [2, 5, 6, 7, 8, 11, 3, 0];
    expect(tokenizer.decode(ids)).toBe('[CLS] the unaffable! [SEP] [PAD]');
    expect(tokenizer.decode(ids, { skipSpecialTokens: true })).toBe('the unaffable!');
    expect(tokenizer.decode(Int32Array.from(ids), { skipSpecialTokens: true })).toBe('the unaffable!');
  });

  it('ids beyond the vocabulary give nothing; -100 and fractions are refused', () => {
    expect(tokenizer.decode([5, 30521])).toBe('the');
    expect(thrownBy(() => tokenizer.decode([5, -100])).message).toMatch(/labels that the loss ignores/);
    expect(thrownBy(() => tokenizer.decode([1.5])).field).toBe('ids[0]');
  });
});

describe('bad input', () => {
  it.each<[string, () => unknown, string, string]>([
    [
      'an unknown option',
      () => tokenizer.encode('a', { max_length: 3 } as EncodeOptions),
      'bad-option',
      'max_length',
    ],
    [
      'padding in encode',
      () => tokenizer.encode('a', { padding: 'longest' } as EncodeOptions),
      'bad-option',
      'padding',
    ],
    [
      'a strategy of another library',
      () => tokenizer.encode('a', { maxLength: 3, truncation: 'longest_first' as 'longestFirst' }),
      'bad-option',
      'truncation',
    ],
    [
      'truncation without maxLength',
      () => tokenizer.encode('a', { truncation: 'onlyFirst' }),
      'bad-option',
      'truncation',
    ],
    ['a negative maxLength', () => tokenizer.encode('a', { maxLength: -1 }), 'bad-option', 'maxLength'],
    ['no room for special tokens', () => tokenizer.encode('a', { maxLength: 1 }), 'bad-length', 'maxLength'],
    ['no text', () => tokenizer.encode(undefined as unknown as string), 'bad-input', 'text'],
    [
      'a batch that is a string',
      () => tokenizer.encodeBatch('ab' as unknown as string[]),
      'bad-input',
      'texts',
    ],
    [
      'a row of three texts',
      () => tokenizer.encodeBatch([['a', 'b', 'c'] as unknown as [string, string]]),
      'bad-input',
      'texts[0]',
    ],
    [
      'padding: true',
      () => tokenizer.encodeBatch(['a'], { padding: true as unknown as 'longest' }),
      'bad-option',
      'padding',
    ],
    [
      'an unknown option of decode',
      () => tokenizer.decode([1], { skip: true } as object),
      'bad-option',
      'skip',
    ],
    [
      'a vocabulary without [SEP]',
      () => createBertTokenizer({ vocab: ['[UNK]', '[CLS]'] }),
      'missing-token',
      'sep_token',
    ],
    ['a token twice', () => createBertTokenizer({ vocab: [...vocab, 'the'] }), 'malformed-file', 'vocab'],
  ])('%s is a typed error that names the field', (_, action, code, field) => {
    const error = thrownBy(action);
    expect([error.code, error.field]).toEqual([code, field]);
    expect(error.message).toContain(`docs/errors.md#tokenizer-${code}`);
  });
});

describe('size', () => {
  const abc = createBertTokenizer({
    vocab: [
      ...new Set([...vocab, ...'abcdefghij'].concat('abcdefghij'.split('').map((char) => `##${char}`))),
    ],
  });
  const timeOf = (text: string): number => {
    const start = performance.now();
    abc.encode(text);
    return performance.now() - start;
  };

  it.each([
    ['one word', (n: number) => 'abcdefghij'.repeat(n / 10)],
    ['punctuation', (n: number) => '!'.repeat(n)],
    ['marks that change places', (n: number) => '\u302e\u0323'.repeat(n / 2)],
    ['unknown long words', (n: number) => `${'abcdefghij'.repeat(9)}z `.repeat(n / 92)],
    ['almost special tokens', (n: number) => '[MASK'.repeat(n / 5)],
  ])('a megabyte of %s takes linear time and no deep stack', (_, make) => {
    timeOf(make(100_000));
    const small = Math.max(5, timeOf(make(100_000)));
    // 10 times the text may take up to 40 times as long (garbage collection, noisy machines); quadratic takes
    // 100.
    expect(timeOf(make(1_000_000)) / small).toBeLessThan(40);
  });
});
