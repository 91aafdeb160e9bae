import { checkInteger, checkOptions, DataError, show } from '../errors.js';
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

/** Each pair in both orders, swapped ones behind the others: for MRPC and STS, where order means nothing. */
export function doubleUnordered(examples: readonly LabeledText[]): readonly LabeledText[] {
  const swapped = examples.map(({ text, pair, label }) => ({ text: pair ?? text, pair: text, label }));
  return [...examples, ...swapped];
}

/** A task of GLUE as ELECTRA reads it from its .tsv files. */
export interface ElectraTextTask {
  /** Columns of train and dev files; negative ones count from the end. */
  readonly columns: { readonly text: number; readonly pair?: number; readonly label: number };
  /** Columns of test files. */
  readonly testColumns: { readonly text: number; readonly pair?: number };
  /** Whether train and dev files begin with a line of names; test files always do. */
  readonly hasHeader: boolean;
  /** Spelling of each class; 'score' for regression. */
  readonly classes: readonly string[] | 'score';
  /** What scores are divided by. */
  readonly scale?: number;
  readonly isUnordered: boolean;
  readonly metrics: readonly string[];
}

const binary = ['0', '1'];
const entailment = ['entailment', 'not_entailment'];

function pairTask(
  columns: ElectraTextTask['columns'],
  classes: readonly string[],
  testColumns: ElectraTextTask['testColumns'] = { text: columns.text, pair: columns.pair },
): ElectraTextTask {
  return { columns, testColumns, hasHeader: true, classes, isUnordered: false, metrics: ['accuracy'] };
}

/** The tasks of ELECTRA's fine-tuning by name. */
export const ELECTRA_TEXT_TASKS: Readonly<Record<string, ElectraTextTask>> = Object.freeze({
  cola: {
    columns: { text: 3, label: 1 },
    testColumns: { text: 1 },
    hasHeader: false,
    classes: binary,
    isUnordered: false,
    metrics: ['matthews'],
  },
  sst: { ...pairTask({ text: 0, label: 1 }, binary, { text: 1 }) },
  mrpc: { ...pairTask({ text: 3, pair: 4, label: 0 }, binary), isUnordered: true },
  qqp: pairTask({ text: 3, pair: 4, label: 5 }, binary, { text: 1, pair: 2 }),
  sts: {
    ...pairTask({ text: -3, pair: -2, label: -1 }, [], { text: -2, pair: -1 }),
    classes: 'score',
    scale: 5,
    isUnordered: true,
    metrics: ['pearson', 'spearman'],
  },
  mnli: pairTask({ text: 8, pair: 9, label: -1 }, ['contradiction', 'entailment', 'neutral']),
  mnli_diagnostic: pairTask({ text: 8, pair: 9, label: -1 }, ['contradiction', 'entailment', 'neutral'], {
    text: 1,
    pair: 2,
  }),
  qnli: pairTask({ text: 1, pair: 2, label: 3 }, entailment),
  rte: pairTask({ text: 1, pair: 2, label: 3 }, entailment),
});

/**
 * The example in one row of a task's file.
 * @param row  the fields between tabs; `place` names it in errors
 * @throws DataError (record-field) for a missing column or an unknown label
 */
export function textTaskExample(
  row: readonly string[],
  {
    task,
    isTest = false,
    place,
  }: { readonly task: ElectraTextTask; readonly isTest?: boolean; readonly place?: string },
): LabeledText {
  const columns: { readonly text: number; readonly pair?: number } = isTest ? task.testColumns : task.columns;
  const cell = (column: number): string => {
    const value = row.at(column);
    if (value !== undefined) return value;
    throw rowError(`the row has ${row.length} fields, column ${column} is needed`, place);
  };
  const text = cell(columns.text);
  const pair = columns.pair === undefined ? undefined : cell(columns.pair);
  if (isTest) return { text, pair };
  const written = cell(task.columns.label);
  if (task.classes === 'score') {
    const score = Number(written);
    if (written.trim() === '' || !Number.isFinite(score))
      throw rowError(`${show(written)} is no score`, place);
    return { text, pair, label: score / (task.scale ?? 1) };
  }
  const label = task.classes.indexOf(written);
  if (label >= 0) return { text, pair, label };
  throw rowError(`the label ${show(written)} is none of ${task.classes.join(', ')}`, place);
}

function rowError(problem: string, place: string | undefined): DataError {
  return new DataError({
    op: 'textTaskExample',
    problem,
    place,
    page: 'record-field',
    remedy: 'another task, another file (test files have other columns), or quotes taken for field borders.',
  });
}
