import { seq2seqBatch } from '@tesserae/data';
import { tokenCrossEntropy } from '@tesserae/nn';
import type { T5Config, T5Params } from '@tesserae/t5-model';
import { createT5Generator } from '@tesserae/t5-model';
import type { HostTensor } from '@tesserae/tensor';
import { paddedRows } from '../padded-batch.js';
import type { NamedRow } from '../row-fields.js';
import { isAbsent, textOf, textsOf } from '../row-fields.js';
import type { BatchInputs, Features, GenerationContext, Judged, RowFeatures, TrainingTask } from '../task.js';
import type { TaskContext } from './task-context.js';

/** A text and the text that it becomes. */
export interface TextPair extends Features {
  readonly inputs: Int32Array;
  readonly targets: Int32Array;
  /** Every text that is right; the first is learned. */
  readonly references: readonly string[];
}

/** Rows are `{ inputs, targets, references? }`; a list of references counts every text in it as right. */
export function textToText(context: TaskContext): TrainingTask<TextPair, string> {
  const { forward } = context;
  const config = context.config as T5Config;
  return {
    name: 'text-to-text',
    metrics: ['sequence-accuracy'],
    axes: {
      input_ids: ['batch', 'srcLen'],
      attention_mask: ['batch', 'srcLen'],
      decoder_input_ids: ['batch', 'tgtLen'],
      labels: ['batch', 'tgtLen'],
    },
    features: (row, place) => [pairOf({ row, place }, context)],
    batch: (examples, { lengths }) => batchOf(examples, lengths, config),
    loss(params, { labels, ...inputs }, { labelSmoothing, zLoss, rng }) {
      const logits = forward(params, inputs, rng)['logits']!;
      return { ...tokenCrossEntropy(logits, labels!, { labelSmoothing, zLoss }), logits };
    },
    generate: (examples, running) => generateTexts(examples, running, context),
    judge,
  };
}

function pairOf(from: NamedRow, { tokenizer, maxLength, maxTargetLength }: TaskContext): TextPair {
  const target = textOf(from, 'targets');
  const inputs = tokenizer.encode(textOf(from, 'inputs'), { maxLength }).ids;
  const targets = tokenizer.encode(target, { maxLength: maxTargetLength }).ids;
  const references = isAbsent(from.row['references']) ? [target] : textsOf(from, 'references');
  return {
    inputs,
    targets,
    references,
    lengths: [inputs.length, targets.length],
    numTokens: inputs.length + targets.length,
    numLabels: targets.length,
  };
}

function batchOf(
  examples: readonly TextPair[],
  [srcLen, tgtLen]: readonly number[],
  { padTokenId, decoderStartTokenId }: T5Config,
): BatchInputs {
  const batch = seq2seqBatch(examples, {
    padId: padTokenId,
    startId: decoderStartTokenId,
    inputs: { length: srcLen! },
    targets: { length: tgtLen! },
  });
  return {
    input_ids: batch.inputIds as HostTensor,
    attention_mask: batch.attentionMask as HostTensor,
    decoder_input_ids: batch.decoderInputIds as HostTensor,
    labels: batch.labels as HostTensor,
  };
}

function judge(examples: readonly RowFeatures<TextPair>[], found: readonly string[]): Judged {
  const references = examples.map(({ features }) => features.references);
  return {
    views: {
      text: { targets: references.map(([first]) => first!), predictions: found },
      references: { targets: references, predictions: found },
    },
    shown: found,
  };
}

/** Texts for examples, in their order; those of like length are written together. */
async function generateTexts(
  examples: readonly TextPair[],
  { params, backend, options, batchSize, signal }: GenerationContext,
  { config, tokenizer, padId, maxTargetLength }: TaskContext,
): Promise<readonly string[]> {
  const generator = await createT5Generator(params as T5Params<HostTensor>, {
    config: config as T5Config,
    backend,
  });
  try {
    const order = [...examples.keys()].sort(
      (a, b) => examples[a]!.inputs.length - examples[b]!.inputs.length,
    );
    const texts = new Array<string>(examples.length);
    for (let start = 0; start < order.length; start += batchSize) {
      signal?.throwIfAborted();
      const rows = order.slice(start, start + batchSize);
      const source = sourceOf(
        rows.map((row) => examples[row]!.inputs),
        padId,
      );
      const { sequences } = await generator.generate(source, {
        maxNewTokens: maxTargetLength,
        outputScores: false,
        signal,
        ...options,
      });
      rows.forEach((row, at) => {
        texts[row] = tokenizer.decode(sequences[at]!, { skipSpecialTokens: true });
      });
    }
    return texts;
  } finally {
    generator.release();
  }
}

function sourceOf(rows: readonly Int32Array[], padId: number) {
  const length = rows.reduce((most, row) => Math.max(most, row.length), 0);
  const mask = rows.map((row) => new Int32Array(row.length).fill(1));
  return {
    inputIds: paddedRows(rows, { length, filler: padId }),
    attentionMask: paddedRows(mask, { length, filler: 0 }),
  };
}
