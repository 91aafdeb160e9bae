import { readFileSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { Command } from 'commander';
import { tokenizerFromFiles } from '@tesserae/tokenizer';
import type { Tokenizer } from '@tesserae/tokenizer';
import { moreStages } from '@tesserae/tokenizer/stages';
import { firstLoads } from './first-load.js';
import { measure, rates, type Rates } from './measured-rounds.js';
import { benchText, type BenchText } from './tokenizer-corpus.js';

/**
 * Times our tokenizers beside Hugging Face's Rust library (npm `tokenizers`) in one process and thread, by turns:
 * `npm run bench:tokenizer-speed -- --data ../shared/data`. Ids are compared before anything is timed. Before all that,
 * the first load of T5's tokenizer.json in new processes; `--load-only` ends there.
 */

process.env['TOKENIZERS_PARALLELISM'] = 'false';
process.env['RAYON_NUM_THREADS'] = '1';
const { Tokenizer: RustTokenizer } = await import('tokenizers');

interface Options {
  readonly data: string;
  readonly rounds: string;
  readonly loadOnly: boolean;
  readonly json: boolean;
}

interface Subject {
  readonly name: string;
  /** Least ratio that the project promises. */
  readonly target: number;
  readonly tokenizerJson: string;
  readonly ours: Tokenizer;
}

interface Row {
  readonly subject: string;
  readonly call: string;
  readonly target: number;
  readonly ours: Rates;
  readonly rust: Rates;
  readonly ratio: Rates;
}

const batchSize = 256;

function subjects(data: string, t5: string): readonly Subject[] {
  const bert = tokenizerFromFiles({
    'vocab.txt': readFileSync(`${data}/vocab-bert/uncased-vocab.txt`, 'utf8'),
  });
  const bertJson = bert.toFiles()['tokenizer.json']!;
  return [
    { name: 'WordPiece, 30,522', target: 5, tokenizerJson: bertJson, ours: bert },
    {
      name: 'Unigram, 32,100',
      target: 4,
      tokenizerJson: t5,
      ours: tokenizerFromFiles({ 'tokenizer.json': t5 }, { stages: moreStages }),
    },
  ];
}

/** One call a line, one a thousand lines, and the whole text in one; each returns the number of tokens. */
function calls(subject: Subject, { lines, whole }: BenchText) {
  const rust = RustTokenizer.fromString(subject.tokenizerJson);
  const padded = RustTokenizer.fromString(subject.tokenizerJson); // both sides give padded batches
  padded.setPadding({ padId: subject.ours.specialTokens.pad!.id });
  const { ours } = subject;
  const batches: string[][] = [];
  for (let i = 0; i < lines.length; i += batchSize) batches.push(lines.slice(i, i + batchSize));
  return {
    single: {
      ours: () => lines.reduce((count, line) => count + ours.encode(line).ids.length, 0),
      rust: async () => {
        let count = 0;
        for (const line of lines) count += (await rust.encode(line)).getLength();
        return count;
      },
    },
    batch: {
      ours: () => {
        let count = 0;
        for (const batch of batches) count += ones(ours.encodeBatch(batch).attentionMask);
        return count;
      },
      rust: async () => {
        let count = 0;
        for (const batch of batches) {
          for (const encoding of await padded.encodeBatch(batch)) count += ones(encoding.getAttentionMask());
        }
        return count;
      },
    },
    'one string': {
      ours: () => ours.encode(whole).ids.length,
      rust: async () => (await rust.encode(whole)).getLength(),
    },
    check: async () => {
      for (const [index, line] of lines.entries()) {
        const expected = (await rust.encode(line)).getIds();
        const got = ours.encode(line).ids;
        if (expected.length === got.length && expected.every((id, i) => id === got[i])) continue;
        throw new Error(
          `${subject.name}: ids differ in line ${index}: ${JSON.stringify(line.slice(0, 200))}`,
        );
      }
    },
  };
}

function ones(mask: ArrayLike<number>): number {
  let count = 0;
  for (let i = 0; i < mask.length; i++) count += mask[i]!;
  return count;
}

/** Milliseconds to make the tokenizer from the text of T5's tokenizer.json, 15 times in one process: the best and the median. */
function loadTimes(tokenizerJson: string): { readonly bestMs: number; readonly medianMs: number } {
  const times = Array.from({ length: 15 }, () => {
    const start = performance.now();
    tokenizerFromFiles({ 'tokenizer.json': tokenizerJson }, { stages: moreStages });
    return performance.now() - start;
  }).sort((a, b) => a - b);
  return { bestMs: times[0]!, medianMs: times[7]! };
}

/** Long inputs: seconds for a text and for one ten times as long, and for one without a space. */
function longInputs(tokenizer: Tokenizer, whole: string) {
  const seconds = (text: string) => {
    const start = performance.now();
    tokenizer.encode(text);
    return (performance.now() - start) / 1000;
  };
  const unit = whole.slice(0, 5_000_000);
  seconds(unit);
  return {
    characters5M: seconds(unit),
    characters50M: seconds(unit.repeat(10)),
    withoutSpace1M: seconds('abcdefghij'.repeat(100_000)),
  };
}

const program = new Command('tokenizer-speed')
  .option('--data <folder>', 'the folder with vocabularies and texts', '../shared/data')
  .option('--rounds <count>', 'rounds; ours and theirs take turns in each', '5')
  .option('--load-only', 'time the first load in new processes only', false)
  .option('--json', 'print JSON instead of a table', false);
program.parse();
const { data, rounds, loadOnly, json } = program.opts<Options>();
const t5 = gunzipSync(readFileSync(`${data}/vocab-t5/tokenizer.json.gz`)).toString();
const first = { load: loadavg()[0]!, ...firstLoads(t5, 15) };
if (!json) {
  const shown = ({ median, least, most }: Rates) =>
    `${median.toFixed(1)} ms (${least.toFixed(1)}–${most.toFixed(1)})`;
  process.stdout.write(
    `first load of T5's tokenizer.json in a fresh process, median (range) of ${first.processes} processes: ` +
      `${shown(first.loadMs)}; with the first text encoded ${shown(first.loadAndEncodeMs)}; ` +
      `load of the machine before: ${first.load.toFixed(1)}\n\n`,
  );
}
if (loadOnly) {
  if (json) process.stdout.write(`${JSON.stringify({ first })}\n`);
  process.exit();
}
const text = benchText(data, fileURLToPath(new URL('../../../node_modules', import.meta.url)));
const rows: Row[] = [];
const extras: object[] = [];
for (const subject of subjects(data, t5)) {
  const { check, ...kinds } = calls(subject, text);
  await check();
  for (const [call, sides] of Object.entries(kinds)) {
    const times = await measure(sides, { rounds: Number(rounds) });
    rows.push({
      subject: subject.name,
      call,
      target: subject.target,
      ours: rates(times.ours.map((seconds) => text.megabytes / seconds)),
      rust: rates(times.rust.map((seconds) => text.megabytes / seconds)),
      ratio: rates(times.ours.map((seconds, round) => times.rust[round]! / seconds)),
    });
  }
  extras.push({
    subject: subject.name,
    load: loadTimes(subject.tokenizerJson),
    long: longInputs(subject.ours, text.whole),
  });
}
if (json) process.stdout.write(`${JSON.stringify({ first, text: text.parts, rows, extras })}\n`);
else {
  const one = (value: number) => value.toFixed(1);
  process.stdout.write(
    `${cpus()[0]!.model}, node ${process.version}, ${text.megabytes.toFixed(1)} MB in ${text.lines.length} lines ` +
      `(${text.parts.map(({ name, megabytes }) => `${name} ${one(megabytes)}`).join(', ')})\n\n` +
      '| model | call | tesserae MB/s, median (best) | Rust MB/s | ratio (rounds) | needed |\n|---|---|---|---|---|---|\n',
  );
  for (const { subject, call, ours, rust, ratio, target } of rows) {
    process.stdout.write(
      `| ${subject} | ${call} | ${one(ours.median)} (${one(ours.most)}) | ${one(rust.median)} (${one(rust.most)}) | ` +
        `${one(ratio.median)} (${one(ratio.least)}–${one(ratio.most)}) | ${target} |\n`,
    );
  }
  process.stdout.write(`\n${extras.map((extra) => JSON.stringify(extra)).join('\n')}\n`);
}
