import { readFile } from 'node:fs/promises';
import {
  createBatcher,
  plainEncoder,
  pretrainingExamples,
  readDocuments,
  seq2seqBatch,
  spanCorruption,
  throughStage,
} from '@tesserae/data';
import type { DataFile, Seq2SeqBatch, TextDocument } from '@tesserae/data';
import { findFiles } from '@tesserae/data/node';
import type { StreamOpener } from '@tesserae/data/node';
import { tokenizerFromFiles } from '@tesserae/tokenizer';
import type { Tokenizer } from '@tesserae/tokenizer';

/** Training batches of text: read, tokenise, corrupt, batch; the module that workers run. */

/** What the stream is made of. */
export interface DataJob {
  readonly files: readonly string[];
  /** A `spiece.model`. */
  readonly tokenizer: string;
  readonly batchSize: number;
}

/** A batch, and the bytes of text that were read for it since the last one. */
export interface CountedBatch {
  readonly batch: Seq2SeqBatch;
  readonly textBytes: number;
}

/** The tokenizer of a `spiece.model`. */
export async function readTokenizer(path: string): Promise<Tokenizer> {
  return tokenizerFromFiles({ 'spiece.model': new Uint8Array(await readFile(path)) });
}

/** One worker's share: every `count`-th file. */
export const open: StreamOpener<CountedBatch, DataJob> = async function* ({
  worker: { index, count },
  data,
}) {
  const paths = data.files.filter((_, at) => at % count === index);
  yield* batchesOf(await findFiles(paths), data);
};

async function* batchesOf(
  files: readonly DataFile[],
  { tokenizer: path, batchSize }: DataJob,
): AsyncGenerator<CountedBatch> {
  const tokenizer = await readTokenizer(path);
  let textBytes = 0;
  const documents = countedTexts(readDocuments(files), (bytes) => (textBytes += bytes));
  for await (const batch of trainingBatches(documents, { tokenizer, batchSize })) {
    yield { batch, textBytes };
    textBytes = 0;
  }
}

async function* countedTexts(
  documents: AsyncIterable<TextDocument>,
  onBytes: (bytes: number) => void,
): AsyncGenerator<string> {
  for await (const { paragraphs } of documents) {
    const text = paragraphs.join('\n');
    onBytes(Buffer.byteLength(text));
    yield text;
  }
}

/** Batches of span corruption of texts. */
export async function* trainingBatches(
  texts: AsyncIterable<string>,
  { tokenizer, batchSize }: { readonly tokenizer: Tokenizer; readonly batchSize: number },
): AsyncGenerator<Seq2SeqBatch> {
  const encode = plainEncoder(tokenizer);
  const ids = async function* (): AsyncGenerator<Int32Array> {
    for await (const text of texts) yield encode(text);
  };
  const examples = pretrainingExamples(() => ids(), {
    objective: spanCorruption({ inputsLength: 512 }),
    seed: 1,
    sentinels: { first: tokenizer.vocabSize - 1, count: 100 },
    vocabSize: tokenizer.vocabSize,
    eosId: 1,
    documentsPerGroup: 16,
  });
  const rows = throughStage(
    examples,
    createBatcher<{ inputs: Int32Array; targets: Int32Array }>({ batchSize }),
  );
  for await (const batch of rows) {
    yield seq2seqBatch(batch, { padId: 0, inputs: { length: 512 }, targets: { length: 114 } });
  }
}
