import { cpus } from 'node:os';
import { fileURLToPath } from 'node:url';
import { Command } from 'commander';
import { PeerProcess } from './peer-process.js';
import { textLines } from './text-files.js';

/**
 * Trains tokenizers of ours beside SentencePiece's Unigram and Hugging Face's WordPiece, on the same files, and
 * counts the tokens of held-out text: `npm run bench:tokenizer-training -- --python python3 --train … --held-out …`.
 */

interface Options {
  readonly python?: string;
  readonly train: readonly string[];
  readonly heldOut: readonly string[];
  readonly vocabSize: string;
  readonly threads: string;
  readonly rounds: string;
}

interface Result {
  readonly seconds: number;
  readonly peakRssBytes: number;
  /** Pieces that a Unigram begins with. */
  readonly seeds?: number;
  readonly size: number;
  readonly tokens: number;
}

interface Side {
  readonly name: string;
  readonly command: readonly string[];
}

const pythonPeer = fileURLToPath(new URL('../peers/tokenizer_peer.py', import.meta.url));
const ours: Side = {
  name: 'tesserae',
  command: [
    process.execPath,
    '--import',
    'tsx',
    '--conditions=@tesserae/source',
    fileURLToPath(new URL('./tokenizer-peer.ts', import.meta.url)),
  ],
};
const kinds = [
  { train: 'unigram', title: 'Unigram', other: 'SentencePiece' },
  { train: 'word-piece', title: 'WordPiece', other: 'Hugging Face' },
];

/** One training in a process of its own, so that peak memory is its own. */
async function runOnce({ name, command }: Side, message: object): Promise<Result> {
  const { peer } = await PeerProcess.start(name, command);
  try {
    return (await peer.ask({ ...message })) as unknown as Result;
  } finally {
    peer.stop();
  }
}

/** Rounds by turns; the best time and the largest memory of each side. */
async function compare(sides: readonly Side[], message: object, rounds: number): Promise<Result[]> {
  const results: Result[][] = sides.map(() => []);
  for (let round = 0; round < rounds; round++) {
    for (const [index, side] of sides.entries()) results[index]!.push(await runOnce(side, message));
  }
  return results.map((all) => {
    if (new Set(all.map(({ tokens }) => tokens)).size > 1)
      process.stderr.write(
        `tokens differ from round to round: ${all.map(({ tokens }) => tokens).join(', ')}\n`,
      );
    const seconds = Math.min(...all.map((result) => result.seconds));
    const peakRssBytes = Math.max(...all.map((result) => result.peakRssBytes));
    return { ...all[0]!, seconds, peakRssBytes };
  });
}

function row(title: string, result: Result, theirs: Result | undefined): string {
  const { seconds, peakRssBytes, seeds, size, tokens } = result;
  const count = (value: number | undefined) => value?.toLocaleString('en-US') ?? '–';
  const ratio = (own: number, other: number | undefined) =>
    other === undefined ? '–' : (own / other).toFixed(4);
  return (
    `| ${title} | ${count(seeds)} | ${count(size)} | ${count(tokens)} | ${ratio(tokens, theirs?.tokens)} ` +
    `| ${seconds.toFixed(1)} s | ${(peakRssBytes / 2 ** 20).toFixed(0)} MiB |`
  );
}

function countCharacters(files: readonly string[]): number {
  let characters = 0;
  for (const line of textLines(files)) characters += line.length;
  return characters;
}

const program = new Command('bench:tokenizer-training')
  .requiredOption('--train <files...>', 'texts to learn from, a line a text; .gz is unpacked')
  .requiredOption('--held-out <files...>', 'texts to count tokens of')
  .option('--python <path>', 'a Python with peers/requirements.txt; without it only ours are trained')
  .option('--vocab-size <count>', 'pieces of every vocabulary', '8000')
  .option('--threads <count>', 'threads of the other side; ours has one', '2')
  .option('--rounds <count>', 'trainings of each, the sides taking turns', '1')
  .parse();
const { python, train, heldOut, vocabSize, threads, rounds } = program.opts<Options>();
const theirs: readonly Side[] =
  python === undefined ? [] : [{ name: 'python', command: [python, pythonPeer, '--threads', threads] }];
const table = [
  '| trainer | seeds | pieces | held-out tokens | ratio | best time | peak memory |',
  '|---|---|---|---|---|---|---|',
];
for (const { train: kind, title, other } of kinds) {
  process.stderr.write(`${title} …\n`);
  const message = { train: kind, files: train, heldOut, vocabSize: Number(vocabSize) };
  const [own, peer] = await compare([ours, ...theirs], message, Number(rounds));
  table.push(row(`${title}, tesserae`, own!, peer));
  if (peer !== undefined) table.push(row(`${title}, ${other}`, peer, undefined));
}
const sizes = [train, heldOut].map((files) => (countCharacters(files) / 1e6).toFixed(1));
process.stdout.write(
  `${cpus()[0]?.model}, ${cpus().length} cores, Node ${process.version}; learnt from ${sizes[0]} million ` +
    `characters, held out ${sizes[1]} million\n\n${table.join('\n')}\n`,
);
