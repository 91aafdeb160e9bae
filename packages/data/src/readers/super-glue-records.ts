import { codeUnitIndex } from './code-points.js';
import type { FieldReader } from './json-fields.js';

/** The tasks of SuperGLUE; `axb` and `axg` are its diagnostic sets. */
export type SuperGlueTask =
  'boolq' | 'cb' | 'copa' | 'multirc' | 'record' | 'rte' | 'wic' | 'wsc' | 'axb' | 'axg';

/** Number of the class, -1 in test sets. */
interface Labelled {
  readonly label: number;
  /** Number in the published file. */
  readonly idx: number;
}

/** The records of each task, named as in TensorFlow Datasets but for camel case. */
export interface SuperGlueRecords {
  readonly boolq: Labelled & { readonly question: string; readonly passage: string };
  readonly cb: Labelled & { readonly premise: string; readonly hypothesis: string };
  readonly copa: Labelled & {
    readonly premise: string;
    readonly choice1: string;
    readonly choice2: string;
    /** `cause` or `effect`. */
    readonly question: string;
  };
  /** One record an answer. */
  readonly multirc: Omit<Labelled, 'idx'> & {
    readonly paragraph: string;
    readonly question: string;
    readonly answer: string;
    readonly idx: { readonly paragraph: number; readonly question: number; readonly answer: number };
  };
  /** One record a query. Entities and answers are given once each, sorted. */
  readonly record: {
    readonly passage: string;
    readonly query: string;
    readonly entities: readonly string[];
    readonly answers: readonly string[];
    readonly idx: { readonly passage: number; readonly query: number };
  };
  readonly rte: Labelled & { readonly premise: string; readonly hypothesis: string };
  readonly wic: Labelled & {
    readonly word: string;
    readonly sentence1: string;
    readonly sentence2: string;
    /** UTF-16 code units of the word in each sentence. */
    readonly start1: number;
    readonly end1: number;
    readonly start2: number;
    readonly end2: number;
  };
  readonly wsc: Labelled & {
    readonly text: string;
    /** Words before the span, counted by spaces. */
    readonly span1Index: number;
    readonly span1Text: string;
    readonly span2Index: number;
    readonly span2Text: string;
  };
  readonly axb: Labelled & { readonly sentence1: string; readonly sentence2: string };
  readonly axg: Labelled & { readonly premise: string; readonly hypothesis: string };
}

/** Classes of each task in the order of their numbers; `record` has none. */
export const SUPER_GLUE_CLASSES: Readonly<Record<SuperGlueTask, readonly string[] | undefined>> = {
  boolq: ['False', 'True'],
  cb: ['entailment', 'contradiction', 'neutral'],
  copa: ['choice1', 'choice2'],
  multirc: ['False', 'True'],
  record: undefined,
  rte: ['entailment', 'not_entailment'],
  wic: ['False', 'True'],
  wsc: ['False', 'True'],
  axb: ['entailment', 'not_entailment'],
  axg: ['entailment', 'not_entailment'],
};

/** Reads the label of an object of the file. */
type LabelReader = (fields: FieldReader) => number;

type Converter<T extends SuperGlueTask> = (
  fields: FieldReader,
  labelOf: LabelReader,
) => readonly SuperGlueRecords[T][];

const texts =
  <const K extends string>(...names: readonly K[]) =>
  (fields: FieldReader, labelOf: LabelReader) => [
    {
      ...(Object.fromEntries(names.map((name) => [name, fields.text(name)])) as Record<K, string>),
      label: labelOf(fields),
      idx: fields.number('idx'),
    },
  ];

/** The records that a line of each task's file holds. */
export const SUPER_GLUE_CONVERTERS: { readonly [T in SuperGlueTask]: Converter<T> } = {
  boolq: texts('question', 'passage'),
  cb: texts('premise', 'hypothesis'),
  copa: texts('premise', 'choice1', 'choice2', 'question'),
  multirc: multircAnswers,
  record: recordQueries,
  rte: texts('premise', 'hypothesis'),
  wic: (fields, labelOf) => [wicRecord(fields, labelOf)],
  wsc: (fields, labelOf) => [wscRecord(fields, labelOf)],
  axb: texts('sentence1', 'sentence2'),
  axg: texts('premise', 'hypothesis'),
};

function multircAnswers(fields: FieldReader, labelOf: LabelReader): readonly SuperGlueRecords['multirc'][] {
  const passage = fields.object('passage');
  const paragraph = passage.text('text');
  return passage.objects('questions').flatMap((question) =>
    question.objects('answers').map((answer) => ({
      paragraph,
      question: question.text('question'),
      answer: answer.text('text'),
      label: labelOf(answer),
      idx: {
        paragraph: fields.number('idx'),
        question: question.number('idx'),
        answer: answer.number('idx'),
      },
    })),
  );
}

function recordQueries(fields: FieldReader): readonly SuperGlueRecords['record'][] {
  const passage = fields.object('passage');
  const text = passage.text('text');
  const toCodeUnit = codeUnitIndex(text);
  // ends are inclusive
  const entities = passage
    .objects('entities')
    .map((entity) => text.slice(toCodeUnit(entity.number('start')), toCodeUnit(entity.number('end') + 1)));
  return fields.objects('qas').map((query) => ({
    passage: text,
    query: query.text('query'),
    entities: sortedSet(entities),
    answers: query.has('answers')
      ? sortedSet(query.objects('answers').map((answer) => answer.text('text')))
      : [],
    idx: { passage: fields.number('idx'), query: query.number('idx') },
  }));
}

function sortedSet(values: readonly string[]): readonly string[] {
  return [...new Set(values)].sort();
}

function wicRecord(fields: FieldReader, labelOf: LabelReader): SuperGlueRecords['wic'] {
  const sentence1 = fields.text('sentence1');
  const sentence2 = fields.text('sentence2');
  const first = codeUnitIndex(sentence1);
  const second = codeUnitIndex(sentence2);
  return {
    word: fields.text('word'),
    sentence1,
    sentence2,
    start1: first(fields.number('start1')),
    end1: first(fields.number('end1')),
    start2: second(fields.number('start2')),
    end2: second(fields.number('end2')),
    label: labelOf(fields),
    idx: fields.number('idx'),
  };
}

function wscRecord(fields: FieldReader, labelOf: LabelReader): SuperGlueRecords['wsc'] {
  const text = fields.text('text');
  const target = fields.object('target');
  const span = (name: 'span1' | 'span2') => {
    const index = target.number(`${name}_index`);
    return { index, text: fixedSpan(target.text(`${name}_text`), { text, index }) };
  };
  const span1 = span('span1');
  const span2 = span('span2');
  return {
    text,
    span1Index: span1.index,
    span1Text: span1.text,
    span2Index: span2.index,
    span2Text: span2.text,
    label: labelOf(fields),
    idx: fields.number('idx'),
  };
}

/**
 * Some spans of the published WSC differ from the text in the case of the first letter, a full stop at the end or a line
 * feed. T5 was trained on `super_glue/wsc.fixed` of TensorFlow Datasets, which mends these.
 */
function fixedSpan(span: string, { text, index }: { readonly text: string; readonly index: number }): string {
  if (text.includes(span)) return span;
  const firstWord = text.split(/\s+/)[index] ?? '';
  const isLower = firstWord[0] !== undefined && firstWord[0] === firstWord[0].toLowerCase();
  const first = isLower ? span.slice(0, 1).toLowerCase() : span.slice(0, 1).toUpperCase();
  const fixed = (first + span.slice(1)).replace(/\.+$/, '').replaceAll('\n', ' ');
  return text.includes(fixed) ? fixed : span;
}
