/**
 * Compares our tokenizers with Hugging Face's Rust library and with SentencePiece on many random and real texts:
 * npm run fuzz:tokenizers -- --data ../shared/data --texts 25000 --seed 1 --python python3
 * Prints a line a subject; exits with 1 when any text differs. A small share of this runs in the tests.
 */
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { parseArgs } from 'node:util';
import { tokenizerFromFiles, type Tokenizer } from '../../src/index.js';
import { createT5Tokenizer } from '../../src/sentencepiece.js';
import { textOf } from '../../src/text/aligned-text.js';
import { comparable, rustEncode, rustTokenizer } from '../rust-oracle.js';
import { unigramComparison } from '../unigram-oracle.js';
import { fuzzTexts } from './fuzz-texts.js';

const { values } = parseArgs({
  options: {
    data: { type: 'string', default: '../shared/data' },
    texts: { type: 'string', default: '25000' },
    seed: { type: 'string', default: '1' },
    python: { type: 'string' },
  },
});
const { data, python } = values;
const count = Number(values.texts);
const read = (path: string) => readFileSync(`${data}/${path}`);

interface Outcome {
  readonly texts: number;
  readonly differences: number;
  /** Texts where the two oracles are at odds, for the one known reason. */
  readonly departures: number;
}

/** Finds what differs in one text. */
type Compare = (
  text: string,
) => Promise<{ readonly difference: string | undefined; readonly isDeparture: boolean }>;

async function againstRust(compare: Compare, seed: number): Promise<Outcome> {
  const outcome = { texts: 0, differences: 0, departures: 0 };
  for (const text of fuzzTexts(seed, data)) {
    if (outcome.texts++ === count) return { ...outcome, texts: count };
    const { difference, isDeparture } = await compare(text);
    if (isDeparture) outcome.departures++;
    if (difference === undefined) continue;
    outcome.differences++;
    process.stderr.write(`${difference}: ${JSON.stringify(text)}\n`);
  }
  return outcome;
}

function wholeComparison(ours: Tokenizer): Compare {
  const rust = rustTokenizer(ours.toFiles()['tokenizer.json']!);
  return async (text) => {
    const got = JSON.stringify(comparable(ours.encode(text)));
    const expected = JSON.stringify(await rustEncode(rust, text));
    return { difference: got === expected ? undefined : 'encoding', isDeparture: false };
  };
}

/** Runs SentencePiece beside us, a few texts ahead. */
async function againstSentencePiece(ours: Tokenizer, model: string, seed: number): Promise<Outcome> {
  const peer = fileURLToPath(new URL('sentencepiece_peer.py', import.meta.url));
  const child = spawn(python!, [peer, model], { stdio: ['pipe', 'pipe', 'inherit'] });
  const answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const outcome = { texts: 0, differences: 0, departures: 0 };
  const texts = fuzzTexts(seed, data);
  while (outcome.texts < count) {
    const chunk: string[] = [];
    while (chunk.length < Math.min(200, count - outcome.texts)) {
      chunk.push((texts.next().value as string).replaceAll(/\p{Cs}/gu, '\ufffd'));
    }
    child.stdin.write(chunk.map((text) => `${JSON.stringify(text)}\n`).join(''));
    for (const text of chunk) {
      const line = (await answers.next()).value as string;
      const [ids, bytes] = JSON.parse(line) as [number[], [number, number][]];
      const encoding = ours.encode(text, { addSpecialTokens: false, splitSpecialTokens: true });
      const isSame = encoding.ids.length === ids.length && ids.every((id, i) => id === encoding.ids[i]);
      const difference = isSame ? offsetDifference(ours, text, { ...encoding, bytes }) : 'ids';
      if (difference !== undefined) {
        outcome.differences++;
        process.stderr.write(`${difference}: ${JSON.stringify(text)}\n`);
      }
    }
    outcome.texts += chunk.length;
  }
  child.stdin.end();
  return outcome;
}

/**
 * SentencePiece gives the spaces before a word, and characters that its rules remove, to the token after them; and
 * what a rule read, when it wrote several characters, to the token of the last. Both ends of a token agree but for
 * such characters.
 */
function offsetDifference(
  tokenizer: Tokenizer,
  text: string,
  {
    ids,
    offsets,
    bytes,
  }: {
    readonly ids: Int32Array;
    readonly offsets: Int32Array;
    readonly bytes: readonly (readonly [number, number])[];
  },
): string | undefined {
  const markId = tokenizer.tokenToId('▁'); // a mark alone stands for spaces, or for nothing
  const units: number[] = [];
  let at = 0;
  for (const char of text) {
    for (let i = 0; i < Buffer.byteLength(char); i++) units.push(at);
    at += char.length;
  }
  units.push(at);
  const isOne = (char: string) =>
    [...textOf(tokenizer.parts.normalizer!.normalize(char, 0, char.length)).replaceAll('▁', '')].length === 1;
  const agree = (a: number, b: number) =>
    ![...text.slice(Math.min(a, b), Math.max(a, b))].some((char) => isOne(char));
  for (const [k, [begin, end]] of bytes.entries()) {
    const [from, to] = [units[begin]!, units[end]!];
    const [start, stop] = [offsets[2 * k]!, offsets[2 * k + 1]!];
    if (from === to || ids[k] === markId || (agree(from, start) && agree(to, stop))) continue;
    return `offsets of token ${k}: ${start}-${stop}, expected ${from}-${to}`;
  }
  return undefined;
}

const t5Json = gunzipSync(read('vocab-t5/tokenizer.json.gz')).toString();
const charsmap = Buffer.from(
  (JSON.parse(t5Json) as { normalizer: { precompiled_charsmap: string } }).normalizer.precompiled_charsmap,
  'base64',
);
const vocab = (path: string, config: object) =>
  tokenizerFromFiles({
    'vocab.txt': read(path).toString().trimEnd(),
    'tokenizer_config.json': JSON.stringify(config),
  });
const rustSubjects: readonly [string, () => Compare][] = [
  ['BERT uncased (ELECTRA)', () => wholeComparison(vocab('vocab-bert/uncased-vocab.txt', {}))],
  ['BERT cased', () => wholeComparison(vocab('vocab-bert/cased-vocab.txt', { do_lower_case: false }))],
  [
    'BERT multilingual',
    () => wholeComparison(vocab('vocab-bert/multilingual-cased-vocab.txt', { do_lower_case: false })),
  ],
  ['KoELECTRA', () => wholeComparison(vocab('vocab-koelectra/vocab.txt', { do_lower_case: false }))],
  [
    'T5, tokenizer.json',
    () => {
      const ours = tokenizerFromFiles({ 'tokenizer.json': t5Json });
      return unigramComparison(ours, rustTokenizer(t5Json), charsmap).compare;
    },
  ],
];
const models = [
  'vocab-t5/spiece.model',
  'sentencepiece-models/nai-t5.model',
  'sentencepiece-models/xlnet.model',
  'sentencepiece-models/hf-fixture-spiece.model',
  'sentencepiece-models/test_ja_model.model',
];

const report = (name: string, oracle: string, outcome: Outcome): void => {
  if (outcome.differences > 0) process.exitCode = 1;
  process.stdout.write(
    `| ${name} | ${oracle} | ${outcome.texts} | ${outcome.differences} | ${outcome.departures} |\n`,
  );
};
process.stdout.write(
  '| tokenizer | oracle | texts | differences | of which oracles at odds |\n|---|---|---|---|---|\n',
);
for (const [index, [name, compare]] of rustSubjects.entries()) {
  report(name, 'Rust', await againstRust(compare(), Number(values.seed) * 100 + index));
}
for (const [index, model] of (python === undefined ? [] : models).entries()) {
  const ours = createT5Tokenizer({ model: read(model), extraIds: 0 });
  const outcome = await againstSentencePiece(
    ours,
    `${data}/${model}`,
    Number(values.seed) * 100 + 50 + index,
  );
  report(model, 'SentencePiece', outcome);
}
