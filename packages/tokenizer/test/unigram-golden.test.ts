import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import type { Tokenizer } from '../src/index.js';
import { createT5Tokenizer } from '../src/sentencepiece.js';

const data = fileURLToPath(new URL('../../../../shared/data/', import.meta.url));
const hasData = existsSync(`${data}vocab-t5`) && existsSync(`${data}tokenizer-golden`);
const reason = hasData ? '' : ' (skipped: the vocabularies and goldens are not beside the repository)';

const lines = (path: string) =>
  readFileSync(`${data}tokenizer-golden/${path}`, 'utf8').replace(/\n$/, '').split('\n');
const spiece = (path: string): Tokenizer => createT5Tokenizer({ model: readFileSync(`${data}${path}`) });
const t5 = () => spiece('vocab-t5/spiece.model');
const numbers = (line: string) => (line.match(/\d+/g) ?? []).map(Number);

describe.skipIf(!hasData)(`unigram goldens${reason}`, () => {
  it('every line of the SentencePiece reference has its pieces, ids and text', () => {
    const tokenizer = t5();
    const cases = lines('t5-spm-reference.jsonl').map(
      (line) => JSON.parse(line) as { text: string; pieces: string[]; ids: number[]; decoded: string },
    );
    expect(cases.length).toBeGreaterThan(600);
    for (const { text, ids, decoded } of cases) {
      // SentencePiece knows no special tokens in texts.
      const got = tokenizer.encode(text, { addSpecialTokens: false, splitSpecialTokens: true });
      expect([...got.ids], text).toEqual(ids);
      // SentencePiece writes ⁇ for what is unknown, Hugging Face <unk>.
      if (!ids.includes(2)) expect(tokenizer.decode(ids)).toBe(decoded);
    }
  });

  it.each([
    ['nai-t5', 'small'],
    ['nai-t5', 'mixed'],
    ['nai-t5', 'utf8'],
    ['xlnet', 'small'],
    ['xlnet', 'mixed'],
    ['xlnet', 'utf8'],
  ])("kitoken's cases: %s, %s", (model, name) => {
    const tokenizer = spiece(`sentencepiece-models/${model}.model`);
    const suffix = model === 'xlnet' ? 'xlnet_base_cased' : model;
    const expected = lines(`kitoken/${name}_tokens_${suffix}.txt`);
    const inputs = lines(`kitoken/${name}_input.txt`);
    const texts =
      name === 'utf8'
        ? [readFileSync(`${data}tokenizer-golden/kitoken/utf8_input.txt`, 'utf8')]
        : inputs.map((line) => line.replaceAll('\\n', '\n').replace(/\\s$/, ' '));
    texts.forEach((text, index) => {
      const wanted = name === 'utf8' ? numbers(expected.join(' ')) : numbers(expected[index]!);
      const { ids } = tokenizer.encode(text, { addSpecialTokens: false, splitSpecialTokens: true });
      expect([...ids], `${index}: ${text.slice(0, 80)}`).toEqual(wanted);
    });
  });
});
