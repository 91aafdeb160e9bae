import { createInterface } from 'node:readline';
import type { Tokenizer } from '@tesserae/tokenizer';
import { trainUnigram, trainWordPiece } from '@tesserae/tokenizer/training';
import { textLines } from './text-files.js';

/** Our side of tokenizer-training.ts: one command in, `{ train, files, heldOut, vocabSize }`, one answer out. */

interface Command {
  readonly train: 'unigram' | 'word-piece';
  readonly files: readonly string[];
  readonly heldOut: readonly string[];
  readonly vocabSize: number;
}

interface Trained {
  readonly tokenizer: Tokenizer;
  readonly seeds?: number;
}

async function train({ train: kind, files, vocabSize }: Command): Promise<Trained> {
  const lines = textLines(files);
  if (kind === 'word-piece') return { tokenizer: await trainWordPiece(lines, { vocabSize }) };
  let seeds = 0;
  const tokenizer = await trainUnigram(lines, {
    vocabSize,
    extraIds: 0,
    onProgress: (event) => {
      if (event.phase === 'seed') seeds = event.pieces;
    },
  });
  return { tokenizer, seeds };
}

async function answer(command: Command): Promise<object> {
  const started = performance.now();
  const { tokenizer, seeds } = await train(command);
  const seconds = (performance.now() - started) / 1000;
  const peakRssBytes = process.resourceUsage().maxRSS * 1024; // of the training, not of what follows
  let tokens = 0;
  for (const line of textLines(command.heldOut))
    tokens += tokenizer.encode(line, { addSpecialTokens: false }).ids.length;
  return { seconds, peakRssBytes, seeds, size: tokenizer.vocabSize, tokens };
}

function say(message: object): void {
  process.stdout.write(`${JSON.stringify(message)}\n`);
}

say({ hello: 'tesserae', node: process.version });
for await (const line of createInterface({ input: process.stdin })) {
  try {
    say(await answer(JSON.parse(line) as Command));
  } catch (error) {
    say({ error: error instanceof Error ? (error.stack ?? error.message) : String(error) });
  }
}
process.exit(0);
