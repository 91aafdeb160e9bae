import { createReadStream } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { pipeline } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { FormatError, OptionError } from '@tesserae/tensor';
import { tokenizerFileNames } from '@tesserae/tokenizer';
import type { Tokenizer } from '@tesserae/tokenizer';
import { trainUnigram, trainWordPiece } from '@tesserae/tokenizer/training';
import type { TrainingProgress, UnigramTrainingProgress } from '@tesserae/tokenizer/training';
import { saveFolder } from '@tesserae/weights/node';
import type { CommandContext } from '../command-context.js';
import { createProgress } from '../progress.js';
import { textLines } from '../text-lines.js';

/** Kinds of tokenizers that can be trained. */
export const TRAINED_MODELS = ['unigram', 'wordpiece'] as const;

interface TrainTokenizerOptions {
  readonly files: readonly string[];
  readonly out: string;
  readonly model: (typeof TRAINED_MODELS)[number];
  readonly vocabSize: number;
  readonly limitAlphabet?: number;
  readonly characterCoverage?: number;
  readonly byteFallback: boolean;
  readonly extraIds?: number;
  readonly sampleSize?: number;
  readonly seed: number;
  readonly cased: boolean;
  readonly minFrequency?: number;
  readonly overwrite: boolean;
}

/** Learns a tokenizer from lines of text and writes its folder. */
export async function runTrainTokenizer(
  options: TrainTokenizerOptions,
  { output, signal }: CommandContext,
): Promise<void> {
  const start = performance.now();
  if (!options.overwrite) await refuseExisting(options.out);
  const sizes = await Promise.all(options.files.map(fileSize));
  const input = { read: 0, total: sizes.reduce((sum, size) => sum + size, 0) };
  const progress = createProgress('training', 100, { isQuiet: output.isJson });
  const onProgress = (event: TrainingEvent): void => progress.update(percentDone(event, input), event.phase);
  let tokenizer: Tokenizer;
  try {
    const texts = linesOf(options.files, { input, signal });
    tokenizer = await train(texts, options, { signal, onProgress });
  } finally {
    progress.stop();
  }
  const files = tokenizer.toFiles() as Readonly<Record<string, string | Uint8Array>>;
  await saveFolder(options.out, files, { overwrite: options.overwrite, signal });
  const seconds = (performance.now() - start) / 1000;
  const names = Object.keys(files);
  output.result(
    { out: options.out, model: options.model, vocabSize: tokenizer.vocabSize, files: names, seconds },
    `${tokenizer.vocabSize} tokens in ${seconds.toFixed(1)} s; ${options.out} has ${names.join(', ')}`,
  );
}

type TrainingEvent = TrainingProgress | UnigramTrainingProgress;

async function train(
  texts: AsyncIterable<string>,
  options: TrainTokenizerOptions,
  running: { readonly signal: AbortSignal; readonly onProgress: (event: TrainingEvent) => void },
): Promise<Tokenizer> {
  const { vocabSize, limitAlphabet, characterCoverage, byteFallback, extraIds, sampleSize, seed } = options;
  const shared = { vocabSize, ...given({ limitAlphabet }), ...running };
  if (options.model === 'wordpiece') {
    refuse('wordpiece', { characterCoverage, extraIds, sampleSize, byteFallback: byteFallback || undefined });
    const normalizer = { lowercase: !options.cased };
    return trainWordPiece(texts, { ...shared, normalizer, ...given({ minFrequency: options.minFrequency }) });
  }
  refuse('unigram', { minFrequency: options.minFrequency, cased: options.cased || undefined });
  const sample = sampleSize === undefined ? {} : { sampleSize, seed };
  return trainUnigram(texts, {
    ...shared,
    byteFallback,
    ...sample,
    ...given({ characterCoverage, extraIds }),
  });
}

/** The options that were given. */
function given<T extends object>(options: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  const entries = Object.entries(options).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries) as { [K in keyof T]?: Exclude<T[K], undefined> };
}

/** Options of the other model are errors, not decoration. */
function refuse(model: string, options: Readonly<Record<string, unknown>>): void {
  const name = Object.keys(options).find((key) => options[key] !== undefined);
  if (name === undefined) return;
  const flag = `--${name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
  throw new OptionError({
    op: 'train-tokenizer',
    problem: `${flag} has no meaning for --model ${model}`,
    likely: `Leave it out, or choose the other of ${TRAINED_MODELS.join(', ')}.`,
    page: 'option-value',
    got: flag,
  });
}

interface Input {
  /** Bytes of the files, packed ones as they are. */
  read: number;
  readonly total: number;
}

/** Reading is taken as half of the work; pruning goes from the seed pieces down, merging from none up. */
function percentDone(event: TrainingEvent, { read, total }: Input): number {
  if (event.phase === 'count') return total === 0 ? 0 : Math.min(50, (50 * read) / total);
  if (event.phase === 'merge') return 50 + (50 * event.pieces) / event.vocabSize;
  return event.phase === 'prune' ? 60 + 40 * Math.min(1, event.target / event.pieces) : 55;
}

/** Better before the training than after it. */
async function refuseExisting(out: string): Promise<void> {
  const found: readonly string[] = await readdir(out).catch(() => []);
  const name = tokenizerFileNames.find((file) => found.includes(file));
  if (name === undefined) return;
  throw new OptionError({
    op: 'train-tokenizer',
    problem: `${out} already has a ${name}`,
    likely: 'Choose another folder, or pass --overwrite.',
    page: 'file-exists',
    got: out,
  });
}

async function fileSize(path: string): Promise<number> {
  try {
    return (await stat(path)).size;
  } catch (cause) {
    throw new FormatError({
      op: 'train-tokenizer',
      problem: `cannot read ${path}: ${(cause as Error).message}`,
      likely: 'A misspelt name. Give text files, one text a line; names in .gz are unpacked.',
      page: 'file-missing',
      file: path,
      cause,
    });
  }
}

/** The lines of the files that are not empty, one after the other. */
async function* linesOf(
  paths: readonly string[],
  { input, signal }: { readonly input: Input; readonly signal: AbortSignal },
): AsyncGenerator<string> {
  for (const path of paths) {
    const file = createReadStream(path).on('data', (chunk) => (input.read += chunk.length));
    const stream = path.endsWith('.gz') ? pipeline(file, createGunzip(), () => undefined) : file;
    for await (const line of textLines(stream, { signal })) if (line.trim() !== '') yield line;
  }
}
