/**
 * The cases that other libraries test themselves with: transformers.js and swift-transformers (their expectations are
 * those of Hugging Face). Left out, with the reason: models whose vocabulary is not at hand (ALBERT, MPNet, XLM-R and
 * its kin, DeBERTa, and the vocabularies of 16 fine-tuned BERTs), and models that are not ours to have (byte-pair
 * encoding: GPT-2, Llama, Gemma, Falcon, Whisper).
 */
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { tokenizerFromFiles, type Tokenizer } from '../src/index.js';

const data = fileURLToPath(new URL('../../../../shared/data/', import.meta.url));
const hasData = existsSync(`${data}vocab-t5`) && existsSync(`${data}tokenizer-golden`);
const reason = hasData ? '' : ' (skipped: the vocabularies and goldens are not beside the repository)';
const read = (path: string) => readFileSync(`${data}${path}`, 'utf8');

const bert = (vocab: string, lowercase: boolean) => (): Tokenizer =>
  tokenizerFromFiles({
    'vocab.txt': read(`vocab-bert/${vocab}-vocab.txt`),
    'tokenizer_config.json': JSON.stringify({ do_lower_case: lowercase }),
  });
const [uncased, cased, multilingual] = [
  bert('uncased', true),
  bert('cased', false),
  bert('multilingual-cased', false),
];

/** T5's tokenizer.json as it is: of 2020, without types and prepend schemes. */
const t5 =
  (change: (json: Record<string, unknown>) => void = () => undefined) =>
  (): Tokenizer => {
    const json = JSON.parse(
      gunzipSync(readFileSync(`${data}vocab-t5/tokenizer.json.gz`)).toString(),
    ) as Record<string, unknown>;
    change(json);
    return tokenizerFromFiles({
      'tokenizer.json': JSON.stringify(json),
      'tokenizer_config.json': read('vocab-t5/tokenizer_config.json'),
    });
  };
/** The same in the form that conversions have had since 2023; `legacy: false` prepends at the start only. */
const newForm = (prepend_scheme: string) =>
  t5((json) => {
    const replace = { type: 'Replace', pattern: { Regex: ' {2,}' }, content: ' ' };
    json['normalizer'] = { type: 'Sequence', normalizers: [json['normalizer'], replace] };
    json['pre_tokenizer'] = { type: 'Metaspace', replacement: '▁', prepend_scheme, split: true };
    json['decoder'] = json['pre_tokenizer'];
  });

const models: Readonly<Record<string, () => Tokenizer>> = {
  'Xenova/t5-small': t5(),
  'google-t5/t5-small': t5(),
  't5-base': t5(),
  'Xenova/LaMini-Flan-T5-783M': newForm('always'),
  'Xenova/t5-tokenizer-new': newForm('first'),
  'Xenova/distilbert-base-cased-distilled-squad': cased,
  'Xenova/distilbert-base-uncased-finetuned-sst-2-english': uncased,
  'Xenova/distiluse-base-multilingual-cased-v2': multilingual,
  'distilbert/distilbert-base-multilingual-cased': multilingual,
  'bert-base-uncased': uncased,
  'google-bert/bert-base-uncased': uncased,
};

interface GoldenCase {
  readonly model: string;
  readonly name: string;
  readonly text: string;
  readonly text_pair?: string;
  readonly ids: number[];
  readonly decoded: string;
}

describe.skipIf(!hasData)(`goldens of other libraries${reason}`, () => {
  const loaded = new Map<string, Tokenizer>();
  const tokenizerOf = (model: string): Tokenizer => {
    if (!loaded.has(model)) loaded.set(model, models[model]!());
    return loaded.get(model)!;
  };

  it.each([
    ['tjs-t5', 67],
    ['tjs-distilbert', 50],
  ])('transformers.js: every case of %s', (file, count) => {
    const cases = read(`tokenizer-golden/${file}.jsonl`)
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as GoldenCase);
    expect(cases).toHaveLength(count);
    for (const { model, name, text, text_pair: pair, ids, decoded } of cases) {
      const tokenizer = tokenizerOf(model);
      const got = tokenizer.encode(text, { pair });
      const gotText = tokenizer.decode(got.ids, { cleanUpSpaces: true });
      expect({ model, name, ids: [...got.ids], text: gotText }).toEqual({ model, name, ids, text: decoded });
    }
  });

  it.each([
    't5-base',
    'bert-base-uncased',
    'google-bert/bert-base-uncased',
    'distilbert/distilbert-base-multilingual-cased',
  ])('swift-transformers: %s, ids and both texts', (model) => {
    const all = JSON.parse(read('tokenizer-golden/swift-tokenizer_tests.json')) as Record<
      string,
      {
        readonly input: string;
        readonly encoded: { readonly input_ids: number[] };
        readonly decoded_with_special: string;
        readonly decoded_without_special: string;
      }[]
    >;
    expect(all[model]).toHaveLength(18);
    const tokenizer = tokenizerOf(model);
    for (const { input, encoded, ...decoded } of all[model]!) {
      const { ids } = tokenizer.encode(input);
      expect([...ids], input).toEqual(encoded.input_ids);
      const texts = [true, false].map((skipSpecialTokens) =>
        tokenizer.decode(ids, { skipSpecialTokens, cleanUpSpaces: true }),
      );
      expect(texts, input).toEqual([decoded.decoded_without_special, decoded.decoded_with_special]);
    }
  });

  it('swift-transformers: the long French and English text', () => {
    const golden = JSON.parse(read('tokenizer-golden/swift-t5_base_encoded.json')) as {
      readonly text: string;
      readonly bpe_tokens: string[];
      readonly token_ids: number[];
      readonly decoded_text: string;
    };
    const tokenizer = tokenizerOf('t5-base');
    const { ids, tokens } = tokenizer.encode(golden.text, { addSpecialTokens: false });
    expect(tokens).toEqual(golden.bpe_tokens);
    expect([...ids]).toEqual(golden.token_ids.slice(0, ids.length));
    expect(tokenizer.decode(golden.token_ids, { cleanUpSpaces: true })).toBe(golden.decoded_text);
  });

  it('kitoken: the whole file of Unicode has the ids of bert-base-cased', () => {
    const tokenizer = tokenizerFromFiles({
      'tokenizer.json': read('vocab-bert/bert_base_cased-tokenizer.json'),
    });
    const expected = read('tokenizer-golden/kitoken/utf8_tokens_bert_base_cased.txt')
      .match(/\d+/g)!
      .map(Number);
    const { ids } = tokenizer.encode(read('tokenizer-golden/kitoken/utf8_input.txt'), {
      addSpecialTokens: false,
    });
    expect([...ids]).toEqual(expected);
  });
});
