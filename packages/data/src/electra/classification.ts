import { checkInteger, checkOptions } from '../errors.js';
import type { GlueRecord } from '../readers/glue.js';
import type { GlueTask } from '../readers/glue-layouts.js';
import { readRecord } from '../tasks/record.js';
import {
  joinSegments,
  truncatePair,
  type EncodeText,
  type EncoderFeatures,
  type EncoderIds,
} from './encoder-ids.js';

/** A text, or a pair, and its class or score. */
export interface LabeledText {
  readonly text: string;
  readonly pair?: string;
  /** Class number, or score for regression; undefined in test data. */
  readonly label?: number;
}

/** How texts become inputs. */
export interface TextFeatureOptions {
  readonly encode: EncodeText;
  readonly ids: Pick<EncoderIds, 'cls' | 'sep'>;
  /** Longest input, special tokens included. Default 128. */
  readonly maxLength?: number;
}

/** An input and its label. */
export interface LabeledFeatures extends EncoderFeatures {
  readonly label: number | undefined;
}

/** `[CLS] A [SEP]` or `[CLS] A [SEP] B [SEP]`; of a pair that is too long the longer text is cut. */
export function classificationFeatures(
  { text, pair, label }: LabeledText,
  options: TextFeatureOptions,
): LabeledFeatures {
  checkOptions('classificationFeatures', options, ['encode', 'ids', 'maxLength']);
  const { encode, ids, maxLength = 128 } = options;
  checkInteger('classificationFeatures', 'maxLength', maxLength, 3);
  const first = encode(text);
  const second = pair === undefined ? undefined : encode(pair);
  if (second === undefined || second.length === 0) {
    return { ...joinSegments([first.slice(0, maxLength - 2)], ids), label };
  }
  return { ...joinSegments(truncatePair([first, second], maxLength - 3), ids), label };
}

/** Each pair in both orders, swapped ones behind the others: for MRPC and STS-B, where order means nothing. */
export function doubleUnordered(examples: readonly LabeledText[]): readonly LabeledText[] {
  const swapped = examples.map(({ text, pair, label }) => ({ text: pair ?? text, pair: text, label }));
  return [...examples, ...swapped];
}

/** A task of GLUE as ELECTRA fine-tunes it. */
export interface ElectraTask {
  /** Fields of the first and, for pairs, of the second text. */
  readonly texts: readonly [string, string?];
  /** What scores are divided by; absent for classes. */
  readonly scale?: number;
  /** Train on both orders of a pair (`doubleUnordered`). */
  readonly isUnordered: boolean;
  /** Default 3. */
  readonly epochs: number;
  readonly metrics: readonly string[];
}

function task(texts: ElectraTask['texts'], parts: Partial<ElectraTask> = {}): ElectraTask {
  return Object.freeze({ texts, isUnordered: false, epochs: 3, metrics: ['accuracy'], ...parts });
}

/** ELECTRA's text tasks; records are those of `readGlue`. */
export const ELECTRA_TASKS: Readonly<Partial<Record<GlueTask, ElectraTask>>> = Object.freeze({
  cola: task(['sentence'], { metrics: ['matthews'] }),
  sst2: task(['sentence']),
  mrpc: task(['sentence1', 'sentence2'], { isUnordered: true }),
  qqp: task(['question1', 'question2']),
  stsb: task(['sentence1', 'sentence2'], {
    scale: 5,
    isUnordered: true,
    epochs: 10,
    metrics: ['pearson', 'spearman'],
  }),
  mnli: task(['premise', 'hypothesis']),
  qnli: task(['question', 'sentence']),
  rte: task(['sentence1', 'sentence2'], { epochs: 10 }),
});

/**
 * The texts and label of a record of a task.
 * @throws DataError (data-record) when the record lacks a field
 */
export function electraTaskExample(record: GlueRecord, { texts, scale = 1 }: ElectraTask): LabeledText {
  const reader = readRecord(record, { task: 'ELECTRA' });
  const [text, pair] = texts.map((field) => (field === undefined ? undefined : reader.text(field)));
  const label = record.label === -1 ? undefined : record.label / scale;
  return { text: text!, pair, label };
}
