import { readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { mapRecords, readDocuments, readText, shardDocuments, shardWindows, take } from '@tesserae/data';
import type { DataFile } from '@tesserae/data';
import { findFiles, openShardFolder, prepareShards, workerStream } from '@tesserae/data/node';
import { type CountedBatch, type DataJob, open, readTokenizer, trainingBatches } from './data-stream.js';

/** Jobs of the data bench. Each runs in a process of its own, so that peak memory is its own. */

/** What the jobs are told. */
export interface DataBenchOptions {
  /** Folder of gzipped text, documents parted by blank lines. */
  readonly text: string;
  readonly tokenizer: string;
  /** Files of the folder that are read. */
  readonly numFiles: number;
  /** Size of the synthetic stream. */
  readonly gigabytes: number;
}

/** What a job measured, by what it is called in the table. */
export type Measures = Readonly<Record<string, number>>;

const stream = new URL('./data-stream.ts', import.meta.url);

async function job({ text, tokenizer, numFiles }: DataBenchOptions): Promise<DataJob> {
  const names = (await readdir(text)).filter((name) => /^train.*\.txt\.gz$/.test(name)).sort();
  return { files: names.slice(0, numFiles).map((name) => join(text, name)), tokenizer, batchSize: 64 };
}

const secondsSince = (startedAt: number): number => (performance.now() - startedAt) / 1000;

/** Text to batches, in this thread (0 workers) or in workers. */
export async function pipeline(options: DataBenchOptions, workers: number): Promise<Measures> {
  const data = await job(options);
  const batches =
    workers === 0
      ? open({ worker: { index: 0, count: 1 }, data })
      : workerStream<CountedBatch>(stream, { workers, data });
  const startedAt = performance.now();
  let [bytes, tokens] = [0, 0];
  for await (const { batch, textBytes } of batches) {
    bytes += textBytes;
    tokens += batch.inputIds.data.length + batch.labels.data.length;
  }
  const seconds = secondsSince(startedAt);
  return { 'MB/s of text': bytes / 1e6 / seconds, 'batch tokens/s': tokens / seconds, seconds };
}

const outFolder = (): string => join(tmpdir(), `tesserae-bench-${process.pid}`);

/** Text to shards. */
export async function prepare(
  options: DataBenchOptions,
  workers: number,
  isCleaned = false,
): Promise<Measures> {
  const data = await job(options);
  const files = await findFiles(data.files);
  const tokenizer = await readTokenizer(data.tokenizer);
  const out = outFolder();
  let bytes = 0;
  const startedAt = performance.now();
  try {
    const { numTokens } = await prepareShards(
      (after) =>
        mapRecords(readDocuments(files, { after }), ({ paragraphs }) => {
          const text = paragraphs.join('\n');
          bytes += Buffer.byteLength(text);
          return { text };
        }),
      { tokenizer, out, workers, ...(isCleaned ? { cleaning: { duplicates: 'near' } } : {}) },
    );
    const seconds = secondsSince(startedAt);
    return { 'MB/s of text': bytes / 1e6 / seconds, 'tokens/s': numTokens / seconds, seconds };
  } finally {
    await rm(out, { recursive: true, force: true });
  }
}

/** Shards to windows and documents. */
export async function shards(options: DataBenchOptions): Promise<Measures> {
  const { tokenizer: path, files } = await job(options);
  const out = outFolder();
  const tokenizer = await readTokenizer(path);
  const documents = await findFiles(files);
  try {
    await prepareShards(
      () => mapRecords(readDocuments(documents), ({ paragraphs }) => ({ text: paragraphs.join('\n') })),
      { tokenizer, out, workers: 2, shardTokens: 2 ** 21 },
    );
    const set = await openShardFolder(out, { tokenizer });
    const epochs = Math.max(1, Math.ceil(3e7 / set.manifest.numTokens));
    const speedOf = async (items: AsyncIterable<{ readonly example: Int32Array }>): Promise<number> => {
      const startedAt = performance.now();
      let tokens = 0;
      for await (const { example } of items) tokens += example.length;
      return tokens / secondsSince(startedAt);
    };
    const reading = { seed: 1, epochs };
    const measures = {
      'windows of 512, shuffled, tokens/s': await speedOf(shardWindows(set, { ...reading, length: 512 })),
      'windows of 512, in order, tokens/s': await speedOf(
        shardWindows(set, { ...reading, length: 512, isShuffled: false }),
      ),
      'windows of 128, shuffled, tokens/s': await speedOf(
        shardWindows(set, { ...reading, length: 128, epochs: 1 }),
      ),
      'documents, shuffled, tokens/s': await speedOf(shardDocuments(set, reading)),
    };
    await set.close();
    return measures;
  } finally {
    await rm(out, { recursive: true, force: true });
  }
}

/** A text file of this many bytes that is nowhere: made as it is read. */
function syntheticFile(sizeBytes: number): DataFile {
  const words = ['mosaic', 'river', 'the', 'of', 'winter', 'stone', 'and', 'a', 'lantern', 'quiet'];
  const paragraph = (at: number): string =>
    `${Array.from({ length: 60 }, (_, word) => words[(at * 7 + word * word + (at >> (word % 13))) % 10]).join(' ')}.\n`;
  const pieces = Array.from({ length: 64 }, (_, piece) => {
    const lines = Array.from(
      { length: 700 },
      (__, line) => paragraph(piece * 1000 + line) + (line % 7 === 6 ? '\n' : ''),
    );
    return new TextEncoder().encode(lines.join(''));
  });
  return {
    name: 'synthetic.txt',
    async *open() {
      for (let sent = 0, at = 0; sent < sizeBytes; at++) {
        const piece = pieces[at % pieces.length]!;
        yield piece.slice(); // a copy, as a file would give
        sent += piece.length;
      }
    },
  };
}

/** All of a large stream is read into documents; every 512th goes the whole way to batches. */
export async function memory({ tokenizer: path, gigabytes }: DataBenchOptions): Promise<Measures> {
  const tokenizer = await readTokenizer(path);
  const measures: Record<string, number> = {};
  let [bytes, count] = [0, 0];
  const startedAt = performance.now();
  const peak = (): number => process.resourceUsage().maxRSS / 1024;
  const sampled = async function* (): AsyncGenerator<string> {
    for await (const { paragraphs } of readDocuments(syntheticFile(gigabytes * 1e9))) {
      for (const { length } of paragraphs) bytes += length + 1;
      if (bytes > 1e9) measures['peak RSS after 1 GB, MiB'] ??= peak();
      if (count++ % 512 === 0) yield paragraphs.join('\n');
    }
  };
  for await (const batch of trainingBatches(sampled(), { tokenizer, batchSize: 64 })) void batch;
  const seconds = secondsSince(startedAt);
  return {
    ...measures,
    [`peak RSS after ${gigabytes} GB, MiB`]: peak(),
    'lines read, MB/s': bytes / 1e6 / seconds,
    seconds,
  };
}

/** How long a training loop of 250 ms steps waits for its batches. */
export async function waiting(options: DataBenchOptions, workers: number): Promise<Measures> {
  const data = { ...(await job(options)), batchSize: 32 };
  const steps = 40;
  const batches =
    workers === 0
      ? open({ worker: { index: 0, count: 1 }, data })
      : workerStream<CountedBatch>(stream, { workers, data });
  let [waitedMs, step] = [0, 0];
  let askedAt = performance.now();
  for await (const _ of take(batches, steps)) {
    const waited = performance.now() - askedAt;
    if (step++ >= 5) waitedMs += waited; // the first ones start workers and fill what they make ahead
    await pause(250);
    askedAt = performance.now();
  }
  const perStep = waitedMs / (step - 5);
  return { 'waits, ms a step': perStep, 'waits, % of the time': (100 * perStep) / (perStep + 250) };
}

/** Reading alone: lines of the gzipped files. */
export async function reading(options: DataBenchOptions): Promise<Measures> {
  const { files } = await job(options);
  const startedAt = performance.now();
  let bytes = 0;
  for await (const { text } of readText(await findFiles(files))) bytes += Buffer.byteLength(text) + 1;
  const seconds = secondsSince(startedAt);
  return { 'MB/s of text': bytes / 1e6 / seconds, seconds };
}
