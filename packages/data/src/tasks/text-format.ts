import { readRecord, type DataRecord, type RecordReader } from './record.js';

/** One example of a text-to-text task. */
export interface TextExample {
  readonly inputs: string;
  readonly targets: string;
  /** What post-processing and metrics need of the record: answers, groups, ids. */
  readonly facts?: Readonly<Record<string, unknown>>;
}

/** Text-to-text form of a task: how records are written as text, and how texts are read back. */
export interface TextFormat {
  readonly name: string;
  /** Every record gives exactly one example; else none, one or several. */
  readonly isOneToOne: boolean;
  /**
   * The examples of a record.
   * @param place  names the record in errors
   * @throws DataError (data-record)
   */
  examples(record: DataRecord, place?: string): readonly TextExample[];
  /** A generated text as metrics compare it: a class number (-1 for no class), a score, a text. */
  prediction(text: string, example: TextExample): unknown;
  /** What a prediction is compared with: of the same kind, or all accepted answers. */
  reference(example: TextExample): unknown;
  /**
   * Names of metrics in `@tesserae/metrics`: those of `METRICS`; `mean-3-class-f1` is `meanClassF1` of three classes,
   * `record` is `deduplicated(METRICS.squad)`, `span-squad` is `spanSquad`, `rank-classification` `rankClassification`.
   */
  readonly metrics: readonly string[];
}

/** What a format is made of. */
export interface TextFormatParts {
  readonly name: string;
  readonly isOneToOne?: boolean;
  readonly examples: (record: RecordReader) => readonly TextExample[];
  readonly prediction?: TextFormat['prediction'];
  readonly reference?: TextFormat['reference'];
  readonly metrics?: readonly string[];
}

/** A format of its parts. By default texts are compared as they are and a record gives one example. */
export function textFormat(parts: TextFormatParts): TextFormat {
  const { name, isOneToOne = true, metrics = [] } = parts;
  return Object.freeze({
    name,
    isOneToOne,
    metrics,
    examples: (record: DataRecord, place?: string) =>
      parts.examples(readRecord(record, { task: name, place })),
    prediction: parts.prediction ?? ((text: string) => text),
    reference: parts.reference ?? ((example: TextExample) => example.targets),
  });
}

/** Reads class names: their number, -1 for a text that is none. */
export function classReader(
  classes: readonly string[],
): Required<Pick<TextFormat, 'prediction' | 'reference'>> {
  return {
    prediction: (text) => classes.indexOf(text),
    reference: ({ targets }) => classes.indexOf(targets),
  };
}

/** Target of an example without a label, as test sets have them. */
export const NO_LABEL = '<unk>';

/** The class name of a record's label; `<unk>` where there is none. */
export function classTarget(record: RecordReader, path: string, classes: readonly string[]): string {
  return classes[record.classOf(path, classes)] ?? NO_LABEL;
}

/** `idx` of a record, if it has one, as facts. */
export function indexFact(record: RecordReader): Readonly<Record<string, unknown>> {
  const idx = record.optional('idx');
  return idx === undefined ? {} : { idx };
}
