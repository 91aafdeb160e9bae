import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { tokenizerFromFiles, type Tokenizer } from '../src/index.js';
import { randomText, seededRandom } from './random-text.js';
import { comparable, rustEncode, rustTokenizer } from './rust-oracle.js';

const data = fileURLToPath(new URL('../../../../shared/data/', import.meta.url));
const hasData = existsSync(`${data}vocab-bert`) && existsSync(`${data}tokenizer-golden`);
const reason = hasData ? '' : ' (skipped: the vocabularies and goldens are not beside the repository)';

const text = (path: string) => readFileSync(`${data}${path}`, 'utf8');
const lines = (content: string) => content.split('\n').filter((line) => line !== '');

const folder = (vocab: string, config: object): Tokenizer =>
  tokenizerFromFiles({ 'vocab.txt': text(vocab), 'tokenizer_config.json': JSON.stringify(config) });
const uncased = () => folder('vocab-bert/uncased-vocab.txt', { do_lower_case: true });
const cased = () => folder('vocab-bert/cased-vocab.txt', { do_lower_case: false });
const multilingual = () => folder('vocab-bert/multilingual-cased-vocab.txt', { do_lower_case: false });

/** The models of tjs-bert.jsonl whose vocabulary is at hand. */
const models: Readonly<Record<string, () => Tokenizer>> = {
  'Xenova/bert-base-uncased': uncased,
  'Xenova/bert-base-cased': cased,
  'Xenova/bert-base-multilingual-cased': multilingual,
  'Xenova/bert-base-multilingual-cased-ner-hrl': multilingual,
};

interface GoldenCase {
  readonly model: string;
  readonly name: string;
  readonly text: string;
  readonly text_pair?: string;
  readonly ids: number[];
  readonly decoded: string;
}

describe.skipIf(!hasData)(`bert goldens${reason}`, () => {
  it('every SQuAD question has the ids of bert-base-uncased', () => {
    const tokenizer = uncased();
    const questions = lines(
      gunzipSync(readFileSync(`${data}tokenizer-golden/bert-questions.jsonl.gz`)).toString(),
    );
    expect(questions.length).toBeGreaterThan(8000);
    for (const line of questions) {
      const question = JSON.parse(line) as { text: string; wordpiece: string[]; ids: number[] };
      const { ids, tokens } = tokenizer.encode(question.text, { addSpecialTokens: false });
      expect({ ids: [...ids], tokens }).toEqual({ ids: question.ids, tokens: question.wordpiece });
    }
  });

  it('the cases of transformers.js give the same ids and the same text back', () => {
    const tokenizers = new Map<string, Tokenizer>();
    const cases = lines(text('tokenizer-golden/tjs-bert.jsonl')).map(
      (line) => JSON.parse(line) as GoldenCase,
    );
    const usable = cases.filter(({ model }) => models[model] !== undefined);
    expect(usable.length).toBeGreaterThan(0);
    for (const { model, name, text: input, text_pair: pair, ids, decoded } of usable) {
      if (!tokenizers.has(model)) tokenizers.set(model, models[model]!());
      const tokenizer = tokenizers.get(model)!;
      const got = tokenizer.encode(input, { pair });
      const gotText = tokenizer.decode(got.ids, { cleanUpSpaces: true });
      expect({ model, name, ids: [...got.ids], text: gotText }).toEqual({ model, name, ids, text: decoded });
    }
  });

  it('the lines of kitoken have the ids of bert-base-cased', () => {
    const tokenizer = tokenizerFromFiles({
      'tokenizer.json': text('vocab-bert/bert_base_cased-tokenizer.json'),
    });
    for (const name of ['small', 'mixed']) {
      const inputs = text(`tokenizer-golden/kitoken/${name}_input.txt`).replace(/\n$/, '').split('\n');
      const expected = lines(text(`tokenizer-golden/kitoken/${name}_tokens_bert_base_cased.txt`));
      expect(inputs.length).toBe(expected.length);
      inputs.forEach((input, i) => {
        const { ids } = tokenizer.encode(input.replaceAll('\\n', '\n').replace(/\\s$/, ' '), {
          addSpecialTokens: false,
        });
        expect([...ids].join(' ')).toBe(
          expected[i]!.trim()
            .replaceAll(/[^\d]+/g, ' ')
            .trim(),
        );
      });
    }
  });

  it.each([
    ['uncased', uncased],
    ['cased', cased],
    ['multilingual', multilingual],
  ] as const)('the real %s vocabulary gives the Rust library the same ids and offsets', async (_, load) => {
    const ours = load();
    const rust = rustTokenizer(ours.toFiles()['tokenizer.json']!);
    const random = seededRandom(30);
    for (let i = 0; i < 1000; i++) {
      const input = randomText(random);
      expect(comparable(ours.encode(input)), JSON.stringify(input)).toEqual(await rustEncode(rust, input));
    }
  });
});
