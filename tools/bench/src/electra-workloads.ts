import type { HostTensor } from '@tesserae/tensor';
import { hostTensor } from '@tesserae/tensor';
import { createBatcher, createBucketBatcher, padRows, rowMask, throughStage } from '@tesserae/data';
import { electraRows, randomLengths } from './bench-inputs.js';
import { encodeWorkload, openEncoder } from './encoder.js';
import { pretrainWorkload } from './pretrain-workload.js';
import { trainWorkload } from './train-workload.js';
import type { TrainedClass } from './train-workload.js';
import type { OptionReader, Setup, Workload } from './workload.js';

/** ELECTRA with a head of two classes. */
export const ELECTRA_CLASSIFIER: TrainedClass = {
  className: 'ElectraForSequenceClassification',
  labelsOf: (options) => {
    const labels = options.numbers('labels');
    return hostTensor('i32', [labels.length], Int32Array.from(labels));
  },
  withDropout: (config, dropout) => ({ ...config, hiddenDropout: dropout, attentionDropout: dropout }),
};

/** A text of a corpus, by its place in it. */
interface Text {
  readonly at: number;
  readonly ids: readonly number[];
}

/** Longest text of each bucket. */
const BOUNDARIES = [24, 32, 40, 48, 56, 64, 72, 80, 88, 96, 104, 112, 120, 128];

/** All texts of a corpus in batches padded to their longest text: in order, or of like lengths. */
async function encodeTexts(options: OptionReader): Promise<Workload> {
  const threads = options.number('threads', 2);
  const [count, batchSize] = [options.number('texts', 256), options.number('batchSize', 32)];
  const range = options.numbers('lengths') as readonly [number, number];
  const batching = options.text('batching');
  const lengths = randomLengths(count, range);
  const texts: Text[] = lengths.map((length, at) => ({ at, ids: electraRows([1, length])[0]! }));
  const batches = await batchesOf(texts, batching, batchSize);
  const encoder = await openEncoder(options.text('model'), { className: 'ElectraModel', threads });
  const run = async (): Promise<Float64Array> => {
    const firstFeatures = new Float64Array(count);
    for (const { members, inputIds, attentionMask } of batches) {
      const hidden = await encoder.encode(inputIds, attentionMask);
      const rowLength = hidden.data.length / members.length;
      members.forEach(({ at }, row) => (firstFeatures[at] = hidden.data[row * rowLength]!));
    }
    return firstFeatures;
  };
  const tokens = batches.reduce((sum, { inputIds }) => sum + inputIds.data.length, 0);
  const realTokens = lengths.reduce((sum, length) => sum + length, 0);
  return {
    facts: { class: 'ElectraModel', batching, batches: batches.length, tokens, realTokens },
    iterate: async () => (await run())[0]!,
    check: async () => ({ values: Array.from(await run()) }),
    close: () => encoder.close(),
  };
}

interface TextBatch {
  readonly members: readonly Text[];
  readonly inputIds: HostTensor;
  readonly attentionMask: HostTensor;
}

async function batchesOf(texts: readonly Text[], batching: string, batchSize: number): Promise<TextBatch[]> {
  const stage =
    batching === 'bucketed'
      ? createBucketBatcher<Text>({ lengthOf: ({ ids }) => ids.length, boundaries: BOUNDARIES, batchSize })
      : createBatcher<Text>({ batchSize });
  const batches: TextBatch[] = [];
  for await (const members of throughStage(texts, stage)) {
    const rows = members.map(({ ids }) => ids);
    const { shape, data } = rowMask(rows);
    batches.push({
      members,
      inputIds: padRows(rows) as HostTensor,
      attentionMask: hostTensor('i32', shape, Int32Array.from(data)),
    });
  }
  return batches;
}

/** What is timed of ELECTRA, by the names that all peers use; `electra-encode-texts` is ours alone. */
export const ELECTRA_WORKLOADS: Readonly<Record<string, Setup>> = {
  'electra-encode': (options) => encodeWorkload(options, 'ElectraModel'),
  'electra-encode-texts': encodeTexts,
  'electra-train': (options) => trainWorkload(options, ELECTRA_CLASSIFIER),
  'electra-pretrain': pretrainWorkload,
};
