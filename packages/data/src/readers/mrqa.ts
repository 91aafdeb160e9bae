import { DataError, show } from '../errors.js';
import type { DataSource } from './data-file.js';
import { type FieldReader, fieldReader } from './json-fields.js';
import { parseJsonObject } from './json-lines.js';
import { lineRecords, type Parsed, type TextLine } from './line-records.js';
import {
  type AnswerSpan,
  contextAnswers,
  type ContextAnswers,
  type QuestionAnswering,
} from './question-answering.js';
import { checkReaderOptions, type ReaderOptions } from './reader-options.js';

/** A question of MRQA: with the answers that count as right besides those found in the context. */
export interface MrqaQuestion extends QuestionAnswering {
  /** All accepted answer texts, for evaluation. */
  readonly acceptedAnswers: readonly string[];
}

const OP = 'readMrqa';

/**
 * Questions of MRQA 2019 (`.jsonl.gz`): a header line, then one context a line with its questions.
 * Answers are the detected spans; their text is cut from the context, since the detected text may differ in case.
 * @throws DataError data-answer, data-json, data-field-missing, data-field-type
 */
export function readMrqa(source: DataSource, options: ReaderOptions = {}): AsyncGenerator<MrqaQuestion> {
  checkReaderOptions(OP, options);
  return lineRecords(source, { ...options, format: { op: OP, start: () => ({ push: contextQuestions }) } });
}

function contextQuestions({ text, start, next }: TextLine): Parsed<MrqaQuestion> | undefined {
  const row = parseJsonObject(OP, text);
  if (row === undefined) return undefined;
  const fields = fieldReader(row, { op: OP });
  if (fields.has('header') && !fields.has('context')) return undefined;
  const context = contextAnswers(fields.text('context'));
  return { records: fields.objects('qas').map((question) => toQuestion(question, context)), start, next };
}

function toQuestion(fields: FieldReader, context: ContextAnswers): MrqaQuestion {
  const id = fields.text('qid');
  const detected = fields.has('detected_answers') ? fields.objects('detected_answers') : [];
  const answers = detected.flatMap((answer) =>
    answer.list('char_spans').map((span) => toSpan(span, { id, context })),
  );
  const accepted = fields.has('answers')
    ? fields.list('answers').map(String)
    : answers.map(({ text }) => text);
  return {
    id,
    title: '',
    question: fields.text('question'),
    context: context.context,
    answers,
    isImpossible: false,
    acceptedAnswers: [...new Set(accepted)],
  };
}

/** A span [first, last] of code points, both included, as code units. */
function toSpan(
  span: unknown,
  { id, context: { context, toCodeUnit } }: { readonly id: string; readonly context: ContextAnswers },
): AnswerSpan {
  const [first, last] = Array.isArray(span) ? (span as readonly unknown[]) : [];
  const isRange = Number.isInteger(first) && Number.isInteger(last);
  const start = toCodeUnit(Number(first));
  const end = toCodeUnit(Number(last) + 1);
  if (isRange && start >= 0 && start < end && end <= context.length) {
    return { text: context.slice(start, end), start };
  }
  throw new DataError({
    op: OP,
    problem: `the span ${show(String(span))} is no range [first, last] within the context of ${context.length} characters`,
    place: `question '${id}'`,
    field: 'char_spans',
    page: 'data-answer',
    remedy: 'positions that count bytes, or a context that was changed.',
  });
}
