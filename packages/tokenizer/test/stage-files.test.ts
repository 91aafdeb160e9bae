import { Tokenizer as RustTokenizer } from 'tokenizers';
import { describe, expect, it } from 'vitest';
import {
  tokenizerFromFiles,
  TokenizerError,
  type Json,
  type TokenizerFiles,
  type TokenizerFromFilesOptions,
} from '../src/index.js';
import { textOf } from '../src/text/aligned-text.js';
import { moreStages } from '../src/stages.js';
import { tokenizerJson, type Sections } from './stage-oracle.js';

const filesOf = (sections: Sections, config?: Json) => ({
  'tokenizer.json': tokenizerJson(sections),
  ...(config === undefined ? {} : { 'tokenizer_config.json': JSON.stringify(config) }),
});

const read = (sections: Sections, config?: Json) =>
  tokenizerFromFiles(filesOf(sections, config), { stages: moreStages });

const thrownBy = (run: () => unknown): TokenizerError => {
  try {
    run();
  } catch (error) {
    if (error instanceof TokenizerError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
};

const errorOf = (sections: Sections): TokenizerError => thrownBy(() => read(sections));

const bert = {
  type: 'BertNormalizer',
  clean_text: true,
  handle_chinese_chars: true,
  strip_accents: null,
  lowercase: true,
};

const normalizers: Json[] = [
  ...['NFC', 'NFD', 'NFKC', 'NFKD', 'Lowercase', 'StripAccents'].map((type) => ({ type })),
  bert,
  { type: 'Strip', strip_left: false, strip_right: true },
  { type: 'Replace', pattern: { String: "''" }, content: '"' },
  { type: 'Replace', pattern: { Regex: ' {2,}' }, content: '▁' },
  { type: 'Prepend', prepend: '▁' },
];
const preTokenizers: Json[] = [
  ...['BertPreTokenizer', 'Whitespace', 'WhitespaceSplit'].map((type) => ({ type })),
  { type: 'Punctuation', behavior: 'Contiguous' },
  { type: 'Digits', individual_digits: true },
  { type: 'Split', pattern: { Regex: '\\s+' }, behavior: 'MergedWithNext', invert: true },
  { type: 'Split', pattern: { String: 'x' }, behavior: 'Removed', invert: false },
];
const decoders: Json[] = [
  ...['ByteFallback', 'Fuse'].map((type) => ({ type })),
  { type: 'WordPiece', prefix: '##', cleanup: false },
  { type: 'Strip', content: ' ', start: 1, stop: 0 },
  { type: 'Replace', pattern: { String: '▁' }, content: ' ' },
];

describe('stages in tokenizer.json', () => {
  it('are written as they were read, and load in the Rust library', () => {
    const sections: Sections = {
      normalizer: { type: 'Sequence', normalizers: [...normalizers, { type: 'Sequence', normalizers }] },
      pre_tokenizer: { type: 'Sequence', pretokenizers: preTokenizers },
      decoder: { type: 'Sequence', decoders: [...decoders, { type: 'Sequence', decoders: [] }] },
    };
    const written = read(sections).toFiles()['tokenizer.json']!;
    expect(JSON.parse(written)).toMatchObject(sections);
    expect(() => RustTokenizer.fromString(written)).not.toThrow();
  });

  it('older and shorter forms are read', () => {
    const sections = read({
      normalizer: {
        type: 'Sequence',
        normalizers: [
          { type: 'StripNormalizer', strip_left: true, strip_right: true },
          { type: 'Replace', pattern: 'a', content: 'b' },
        ],
      },
      pre_tokenizer: {
        type: 'Sequence',
        pretokenizers: [
          { type: 'Punctuation' },
          { type: 'Digits' },
          { type: 'Split', pattern: { String: 'a' }, behavior: 'merged_with_previous' },
        ],
      },
    }).parts;
    expect(sections.normalizer!.toJson()).toEqual({
      type: 'Sequence',
      normalizers: [
        { type: 'Strip', strip_left: true, strip_right: true },
        { type: 'Replace', pattern: { String: 'a' }, content: 'b' },
      ],
    });
    expect(sections.preTokenizer!.toJson()).toEqual({
      type: 'Sequence',
      pretokenizers: [
        { type: 'Punctuation', behavior: 'Isolated' },
        { type: 'Digits', individual_digits: false },
        { type: 'Split', pattern: { String: 'a' }, behavior: 'MergedWithPrevious', invert: false },
      ],
    });
  });

  it('settings of tokenizer_config.json reach a BertNormalizer within sequences, and no other stage', () => {
    const within: Json = {
      type: 'Sequence',
      normalizers: [{ type: 'Sequence', normalizers: [bert] }, { type: 'NFC' }],
    };
    const config = { do_lower_case: false, strip_accents: true };
    expect(read({ normalizer: within }, config).parts.normalizer!.toJson()).toEqual({
      type: 'Sequence',
      normalizers: [
        { type: 'Sequence', normalizers: [{ ...bert, lowercase: false, strip_accents: true }] },
        { type: 'NFC' },
      ],
    });
    const lowercase = read({ normalizer: { type: 'Lowercase' } }, config);
    expect(lowercase.parts.normalizer!.toJson()).toEqual({ type: 'Lowercase' });
  });

  it.each<[string, Sections, string, RegExp]>([
    [
      'an unknown stage in a sequence',
      { normalizer: { type: 'Sequence', normalizers: [{ type: 'NFC' }, { type: 'Nmt' }] } },
      'normalizer.normalizers[1].type',
      /"Nmt" is not supported[^]*Supported here: .*NFKC/,
    ],
    [
      'a pattern beyond the engine',
      { pre_tokenizer: { type: 'Split', pattern: { Regex: '(a)\\1' }, behavior: 'Removed', invert: false } },
      'pre_tokenizer',
      /\\1 at 3 of the pattern/,
    ],
    [
      'broken syntax in a pattern',
      { decoder: { type: 'Replace', pattern: { Regex: 'a(' }, content: '' } },
      'decoder',
      /a \) is missing/,
    ],
    [
      'a behaviour that does not exist',
      { pre_tokenizer: { type: 'Punctuation', behavior: 'Deleted' } },
      'pre_tokenizer.behavior',
      /must be one of Removed, Isolated/,
    ],
    [
      'a strip of two characters',
      { decoder: { type: 'Strip', content: 'ab', start: 1, stop: 0 } },
      'decoder.content',
      /must be one character/,
    ],
    [
      'a pattern without a form',
      { normalizer: { type: 'Replace', pattern: {}, content: '' } },
      'normalizer.pattern',
      /"String" is missing/,
    ],
  ])('%s is refused by name and place', (_, sections, field, message) => {
    const error = errorOf(sections);
    expect([error.file, error.field]).toEqual(['tokenizer.json', field]);
    expect(error.message).toMatch(message);
  });

  it.each<[string, Partial<TokenizerFiles>, string | undefined]>([
    [
      'a normaliser',
      filesOf({ normalizer: { type: 'Sequence', normalizers: [{ type: 'NFKC' }] } }),
      'normalizer.normalizers[0].type',
    ],
    ['a pre-tokenizer', filesOf({ pre_tokenizer: { type: 'Digits' } }), 'pre_tokenizer.type'],
    ['a decoder', filesOf({ decoder: { type: 'Fuse' } }), 'decoder.type'],
    [
      'a pattern that is no run of one character',
      filesOf({ normalizer: { type: 'Replace', pattern: { Regex: 'a|b' }, content: '' } }),
      'normalizer.pattern',
    ],
    ['spiece.model', { 'spiece.model': new Uint8Array(3) }, undefined],
  ])('%s of moreStages is refused without them, and the error names the import', (_, given, field) => {
    const error = thrownBy(() => tokenizerFromFiles(given));
    expect([error.code, error.field]).toEqual(['unsupported', field]);
    expect(error.remedy).toContain("import { moreStages } from '@tesserae/tokenizer/stages'");
    expect(error.remedy).toContain('{ stages: moreStages }');
  });

  it('stages that are no stages are refused', () => {
    for (const options of [{ stage: {} }, { stages: { normalisers: {} } }, { stages: true }]) {
      const call = () => tokenizerFromFiles(filesOf({}), options as TokenizerFromFilesOptions);
      expect(thrownBy(call).code).toBe('bad-option');
    }
  });

  it('the stages of new T5 folders need no more', () => {
    const { normalizer } = tokenizerFromFiles(
      filesOf({
        normalizer: {
          type: 'Sequence',
          normalizers: [
            { type: 'Strip', strip_left: false, strip_right: true },
            { type: 'Replace', pattern: { Regex: ' {2,}' }, content: '▁' },
          ],
        },
      }),
    ).parts;
    const text = 'a  b c   ';
    expect(textOf(normalizer!.normalize(text, 0, text.length))).toBe('a▁b c');
  });

  it('sequences nested without end are refused', () => {
    let normalizer: Json = { type: 'NFC' };
    for (let i = 0; i < 500; i++) normalizer = { type: 'Sequence', normalizers: [normalizer] };
    expect(errorOf({ normalizer }).message).toMatch(/nested more than 20 deep/);
  });
});
