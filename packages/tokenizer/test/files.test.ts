import { describe, expect, it } from 'vitest';
import {
  createBertTokenizer,
  createByt5Tokenizer,
  createTokenizer,
  tokenizerFromFiles,
  TokenizerError,
  type TokenizerFiles,
} from '../src/index.js';
import { seededRandom } from './random-text.js';

const vocab = ['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]', 'hello', '##s', 'world', '__proto__', '2016'];
const files = createBertTokenizer({ vocab, modelMaxLength: 512 }).toFiles() as Required<TokenizerFiles>;
const json = () => JSON.parse(files['tokenizer.json']);

const errorOf = (input: TokenizerFiles): TokenizerError => {
  try {
    tokenizerFromFiles(input);
  } catch (error) {
    if (error instanceof TokenizerError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
};
const errorOfJson = (change: (root: LooseJson) => void): TokenizerError => {
  const root = json();
  change(root);
  return errorOf({ 'tokenizer.json': JSON.stringify(root) });
};

/** A parsed tokenizer.json that tests damage at will. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- damage is what types would forbid
type LooseJson = any;

describe('tokenizer files', () => {
  it('what is written loads again and encodes the same', () => {
    const again = tokenizerFromFiles(files);
    expect(again.toFiles()).toEqual(files);
    expect(again.modelMaxLength).toBe(512);
    expect(again.encode('Hellos 2016').tokens).toEqual(['[CLS]', 'hello', '##s', '2016', '[SEP]']);
    expect(again.tokenToId('__proto__')).toBe(8);
  });

  it('vocab.txt alone, tokenizer.json alone and the whole folder agree', () => {
    const whole = tokenizerFromFiles(files);
    const text = 'Hello [MASK] WORLDS!';
    for (const name of ['vocab.txt', 'tokenizer.json'] as const) {
      const part = tokenizerFromFiles({ [name]: files[name] });
      expect([...part.encode(text).ids]).toEqual([...whole.encode(text).ids]);
      expect(part.specialTokens).toEqual(whole.specialTokens);
    }
  });

  it('vocab.txt may have Windows line ends', () => {
    const windows = tokenizerFromFiles({ 'vocab.txt': files['vocab.txt'].replaceAll('\n', '\r\n') });
    expect(windows.vocabSize).toBe(vocab.length);
  });

  it('do_lower_case in the config is obeyed, also over tokenizer.json', () => {
    const config = JSON.stringify({ tokenizer_class: 'BertTokenizerFast', do_lower_case: false });
    for (const name of ['vocab.txt', 'tokenizer.json'] as const) {
      const cased = tokenizerFromFiles({ [name]: files[name], 'tokenizer_config.json': config });
      expect(cased.encode('Hello hello').tokens).toEqual(['[CLS]', '[UNK]', 'hello', '[SEP]']);
    }
  });

  it('special tokens are taken from the side files', () => {
    const renamed = files['vocab.txt'].replace('[PAD]', '<pad>');
    const map = JSON.stringify({
      pad_token: { content: '<pad>', lstrip: false },
      additional_special_tokens: ['<new>'],
    });
    const tokenizer = tokenizerFromFiles({ 'vocab.txt': renamed, 'special_tokens_map.json': map });
    expect(tokenizer.specialTokens.pad).toEqual({ token: '<pad>', id: 0 });
    expect(tokenizer.tokenToId('<new>')).toBe(vocab.length);
    expect(tokenizer.isSpecial(vocab.length)).toBe(true);
    expect(tokenizer.vocabSize).toBe(vocab.length + 1);
  });

  it('truncation and padding sections are written back and not applied', () => {
    const root = json();
    root.truncation = { direction: 'Right', max_length: 2, strategy: 'LongestFirst', stride: 0 };
    const tokenizer = tokenizerFromFiles({ 'tokenizer.json': JSON.stringify(root) });
    expect(tokenizer.encode('hello hello hello').ids.length).toBe(5);
    expect(JSON.parse(tokenizer.toFiles()['tokenizer.json']!).truncation).toEqual(root.truncation);
  });

  it('a stage of someone’s own works, and only saving it is refused', () => {
    const { parts } = createByt5Tokenizer();
    const own = createTokenizer({ ...parts, model: { ...parts.model, type: 'Mine' } });
    expect([...own.encode('a').ids]).toEqual([100, 1]);
    expect(() => own.toFiles()).toThrow(TokenizerError);
  });
});

describe('bad tokenizer files give a typed error that names the place', () => {
  it('no JSON', () => {
    const error = errorOf({ 'tokenizer.json': files['tokenizer.json'].slice(0, 500) });
    expect([error.code, error.file]).toEqual(['malformed-file', 'tokenizer.json']);
  });

  it('nothing that could be read', () => {
    expect(errorOf({}).code).toBe('missing-file');
    expect(errorOf({ 'tokenizer_config.json': '{"tokenizer_class":"T5Tokenizer"}' }).message).toMatch(
      /spiece\.model/,
    );
    expect(errorOf({ 'vocab.json': '{}' } as TokenizerFiles).code).toBe('bad-option');
    expect(errorOf({ 'vocab.txt': new Uint8Array(3) as unknown as string }).code).toBe('bad-input');
  });

  it.each([
    ['model', 'BPE', (root: LooseJson) => (root.model = { type: 'BPE', vocab: {}, merges: [] })],
    ['normalizer', 'Nmt', (root: LooseJson) => (root.normalizer = { type: 'Nmt' })],
    ['pre_tokenizer', 'ByteLevel', (root: LooseJson) => (root.pre_tokenizer = { type: 'ByteLevel' })],
    [
      'post_processor',
      'RobertaProcessing',
      (root: LooseJson) => (root.post_processor = { type: 'RobertaProcessing' }),
    ],
    ['decoder', 'BPEDecoder', (root: LooseJson) => (root.decoder = { type: 'BPEDecoder' })],
  ])('an unsupported %s is named, and what is supported', (section, type, change) => {
    const error = errorOfJson(change);
    expect([error.code, error.file, error.field]).toEqual([
      'unsupported',
      'tokenizer.json',
      `${section}.type`,
    ]);
    expect(error.message).toContain(`"${type}"`);
    expect(error.remedy).toMatch(/Supported here: \w+/);
  });

  it.each<[string, (root: LooseJson) => void, RegExp]>([
    ['a vocabulary that is a list', (root) => (root.model.vocab = ['a']), /vocab must be an object/],
    ['an id that is text', (root) => (root.model.vocab.hello = '5'), /vocab\["hello"\] must be an integer/],
    ['a negative id', (root) => (root.model.vocab.hello = -1), /vocab\["hello"\] must be an integer/],
    ['an absurd id', (root) => (root.model.vocab.hello = 4e9), /ids are integers from 0/],
    ['an id given twice', (root) => (root.model.vocab.hello = 6), /both have id 6/],
    ['a hole in the ids', (root) => delete root.model.vocab.hello, /id 5 has no token/],
    ['no unknown token', (root) => (root.model.unk_token = '<unk>'), /"<unk>" is not in the vocabulary/],
    ['no model', (root) => delete root.model, /"model" is missing/],
    ['an added token of another id', (root) => (root.added_tokens[1].id = 7), /id belongs to/],
    [
      'an added token far away',
      (root) => root.added_tokens.push({ id: 99, content: '<x>' }),
      /id 10 has no token/,
    ],
    ['an added token twice', (root) => root.added_tokens.push(root.added_tokens[0]), /malformed/],
    ['an added token without text', (root) => root.added_tokens.push({ id: 10, content: '' }), /malformed/],
    [
      'a template of an unknown token',
      (root) => (root.post_processor.special_tokens = {}),
      /not among special_tokens/,
    ],
    ['a template of ids beyond', (root) => (root.post_processor.special_tokens['[SEP]'].ids = [77]), /77/],
    [
      'a template of three texts',
      (root) => (root.post_processor.single[1].Sequence.id = 'C'),
      /must be A or B/,
    ],
    ['a flag that is a number', (root) => (root.normalizer.lowercase = 1), /must be true or false/],
  ])('%s', (_, change, message) => {
    const error = errorOfJson(change);
    expect(error.message).toMatch(message);
    expect(error.file).toBe('tokenizer.json');
  });

  it('a vocab.txt with a repeated line names both lines', () => {
    const error = errorOf({ 'vocab.txt': `${files['vocab.txt']}hello\n` });
    expect(error.message).toMatch(/"hello" occurs twice, as ids 5 and 10/);
    expect(error.file).toBe('vocab.txt');
  });

  it('a vocab.txt without [CLS], and a role that is not in the vocabulary', () => {
    expect(errorOf({ 'vocab.txt': files['vocab.txt'].replace('[CLS]', 'cls') }).code).toBe('missing-token');
    const config = '{"mask_token":"<mask>"}';
    expect(errorOf({ 'vocab.txt': files['vocab.txt'], 'tokenizer_config.json': config }).field).toBe(
      'mask_token',
    );
  });

  it('a ByT5 config that asks for a billion sentinels is refused before anything is allocated', () => {
    const config = '{"tokenizer_class":"ByT5Tokenizer","extra_ids":1000000000}';
    expect(errorOf({ 'tokenizer_config.json': config }).message).toMatch(/at most 100000/);
  });

  it('random damage gives a tokenizer or a TokenizerError, never another error', () => {
    const random = seededRandom(11);
    for (let i = 0; i < 1500; i++) {
      const name = (
        ['tokenizer.json', 'tokenizer_config.json', 'special_tokens_map.json', 'vocab.txt'] as const
      )[i % 4]!;
      const damaged = { ...files, [name]: damage(files[name], random) };
      if (name === 'vocab.txt')
        delete (damaged as Partial<TokenizerFiles> & { 'tokenizer.json'?: string })['tokenizer.json'];
      try {
        tokenizerFromFiles(damaged).encode('Hello [MASK] worlds');
      } catch (error) {
        expect(error, damaged[name]).toBeInstanceOf(TokenizerError);
      }
    }
  });
});

/** Cuts, repeats or changes a stretch, or swaps a JSON value for another. */
function damage(text: string, random: () => number): string {
  const at = Math.floor(random() * text.length);
  const length = Math.floor(random() * 20);
  const kind = Math.floor(random() * 4);
  if (kind === 0) return text.slice(0, at) + text.slice(at + length);
  if (kind === 1) return text.slice(0, at) + text.slice(at, at + length) + text.slice(at);
  if (kind === 2)
    return text.slice(0, at) + String.fromCharCode(32 + Math.floor(random() * 90)) + text.slice(at + 1);
  const values = ['null', '1e99', '-1', '""', '[]', '{}', 'true', '[[]]'];
  const value = values[Math.floor(random() * values.length)]!;
  return text.replace(/: ("[^"]*"|\d+|null|true|false)/g, (match) =>
    random() < 0.05 ? `: ${value}` : match,
  );
}
