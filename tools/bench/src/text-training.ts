import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import {
  classificationFeatures,
  createBatcher,
  createRandom,
  encoderBatch,
  encoderIds,
  plainEncoder,
  prefetch,
  readJsonLines,
  seq2seqBatch,
  shuffleBuffer,
  throughStage,
  trimAndAppendEos,
} from '@tesserae/data';
import { findFiles } from '@tesserae/data/node';
import type { Tokenizer } from '@tesserae/tokenizer';
import { tokenizerFromFiles } from '@tesserae/tokenizer';
import { moreStages } from '@tesserae/tokenizer/stages';
import { constantSchedule, trainingLoop } from '@tesserae/training';
import type { TrainingBatch } from '@tesserae/training';
import { ELECTRA_CLASSIFIER } from './electra-workloads.js';
import { T5_CLASS } from './t5-workloads.js';
import { openFineTuning } from './train-workload.js';
import type { TrainedClass } from './train-workload.js';
import type { OptionReader, Setup, Workload } from './workload.js';

// A training that reads its texts, tokenises and batches them while it trains. One iteration is one step, and its value
// is how long the step waited for its batch, in ms.

/** What is trained, and on which texts. */
interface TextTask {
  readonly trained: TrainedClass;
  readonly batchSize: number;
  /** Folder of `train.jsonl.gz` below the data folder. */
  readonly dataset: string;
  readonly tokenizer: (data: string) => Promise<Tokenizer>;
  /** Texts as batches, for ever. */
  readonly batches: (records: AsyncIterable<Fields>, context: BatchContext) => AsyncGenerator<TrainingBatch>;
}

type Fields = Readonly<Record<string, string | number>>;

interface BatchContext {
  readonly tokenizer: Tokenizer;
  readonly batchSize: number;
}

/** Records again and again, mixed within a buffer. */
async function* endless(folder: string): AsyncGenerator<Fields> {
  for (let epoch = 0; ; epoch++) {
    const records = readJsonLines(await findFiles(join(folder, 'train.jsonl.gz')));
    yield* shuffleBuffer(records as AsyncIterable<Fields>, {
      size: 1024,
      random: createRandom(1, ['mix', epoch]),
    });
  }
}

async function* reviews(
  records: AsyncIterable<Fields>,
  { tokenizer, batchSize }: BatchContext,
): AsyncGenerator<TrainingBatch> {
  const [ids, encode] = [encoderIds(tokenizer), plainEncoder(tokenizer)];
  const examples = async function* () {
    for await (const { text, label } of records) {
      yield classificationFeatures({ text: String(text), label: Number(label) }, { encode, ids });
    }
  };
  for await (const rows of throughStage(examples(), createBatcher({ batchSize }))) {
    const batch = encoderBatch(rows, { padId: ids.pad, length: 128 });
    yield {
      inputs: {
        input_ids: batch.inputIds,
        attention_mask: {
          ...batch.attentionMask,
          dtype: 'i32',
          data: Int32Array.from(batch.attentionMask.data),
        },
        labels: batch.labels,
      },
      numExamples: rows.length,
      numTokens: rows.reduce((sum, { inputIds }) => sum + inputIds.length, 0),
    };
  }
}

async function* splitSentences(
  records: AsyncIterable<Fields>,
  { tokenizer, batchSize }: BatchContext,
): AsyncGenerator<TrainingBatch> {
  const encode = plainEncoder(tokenizer);
  const examples = async function* () {
    for await (const { source, target } of records) {
      const cut = (text: string | number | undefined, maxLength: number): Int32Array =>
        trimAndAppendEos(encode(String(text)), { eosId: 1, maxLength });
      yield { inputs: cut(source, 128), targets: cut(target, 32) };
    }
  };
  for await (const rows of throughStage(examples(), createBatcher({ batchSize }))) {
    const batch = seq2seqBatch(rows, { padId: 0, inputs: { length: 128 }, targets: { length: 32 } });
    yield {
      inputs: {
        input_ids: batch.inputIds,
        attention_mask: {
          ...batch.attentionMask,
          dtype: 'i32',
          data: Int32Array.from(batch.attentionMask.data),
        },
        labels: batch.labels,
      },
      numExamples: rows.length,
      numTokens: rows.reduce((sum, { inputs, targets }) => sum + inputs.length + targets.length, 0),
    };
  }
}

const TASKS: Readonly<Record<string, TextTask>> = {
  'electra-train-text': {
    trained: ELECTRA_CLASSIFIER,
    batchSize: 32,
    dataset: 'glue-sst2',
    tokenizer: async (data) =>
      tokenizerFromFiles(
        { 'vocab.txt': await readFile(join(data, 'vocab-bert/uncased-vocab.txt'), 'utf8') },
        { stages: moreStages },
      ),
    batches: reviews,
  },
  't5-train-text': {
    trained: T5_CLASS,
    batchSize: 8,
    dataset: 'wiki-split',
    tokenizer: async (data) =>
      tokenizerFromFiles(
        { 'tokenizer.json': gunzipSync(await readFile(join(data, 'vocab-t5/tokenizer.json.gz'))).toString() },
        { stages: moreStages },
      ),
    batches: splitSentences,
  },
};

async function trainOnText(options: OptionReader, task: TextTask): Promise<Workload> {
  const data = options.text('data');
  const { trained, batchSize } = task;
  const { backend, params, step } = await openFineTuning(options.text('model'), {
    trained,
    threads: options.number('threads', 2),
    dropout: 0.1,
  });
  const context = { tokenizer: await task.tokenizer(data), batchSize };
  const events = trainingLoop({
    step,
    state: step.init(params),
    batches: prefetch(task.batches(endless(join(data, task.dataset)), context)),
    schedule: constantSchedule(1e-4),
    totalSteps: Number.MAX_SAFE_INTEGER,
  });
  const next = async (): Promise<{ readonly dataMs: number; readonly loss: number }> => {
    const { value: event } = await events.next();
    if (event?.type !== 'step') throw new Error(`the training ended: ${event?.type}`);
    return event;
  };
  return {
    facts: { class: trained.className, dataset: task.dataset, batchSize },
    iterate: async () => (await next()).dataMs,
    check: async () => ({ values: [(await next()).loss] }),
    close: async () => {
      await events.return();
      step.release();
      await backend.close();
    },
  };
}

/** Trainings on texts, by name. */
export const TEXT_TRAININGS: Readonly<Record<string, Setup>> = Object.fromEntries(
  Object.entries(TASKS).map(([name, task]) => [name, (options) => trainOnText(options, task)]),
);
