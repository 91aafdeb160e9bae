import { checkChoice, DataError } from '../errors.js';
import type { DataSource } from './data-file.js';
import { documentRecords } from './json-document.js';
import { type FieldReader, fieldReader } from './json-fields.js';
import { parseJsonObject, type JsonRecord } from './json-lines.js';
import { lineRecords, linewise, type TextLine } from './line-records.js';
import {
  answerSpan,
  contextAnswers,
  type ContextAnswers,
  type MisplacedAnswers,
  type QuestionAnswering,
} from './question-answering.js';
import { checkReaderOptions, type ReaderOptions } from './reader-options.js';

/** Options of readers of question answering. */
export interface SquadOptions extends ReaderOptions {
  /** What becomes of an answer that is not where the file says; default an error. */
  readonly misplacedAnswers?: MisplacedAnswers;
}

interface Settings {
  readonly op: string;
  readonly misplaced: MisplacedAnswers;
}

/**
 * Questions of SQuAD 1.1 or 2.0 as published: one JSON document of articles, paragraphs and questions.
 * Positions are converted from code points, as Python counts them, to UTF-16 code units, and checked.
 * @throws DataError data-answer, data-field-missing, data-field-type
 */
export function readSquad(source: DataSource, options: SquadOptions = {}): AsyncGenerator<QuestionAnswering> {
  const settings = readSettings('readSquad', options);
  const { op } = settings;
  const records = (document: unknown) => articleQuestions(fieldReader(document, { op }), settings);
  return documentRecords(source, { ...options, format: { op, records } });
}

/**
 * Questions of SQuAD as rows of JSON lines, one question each: `answers` is a list of `{ text, answer_start }`, or
 * `{ text: [], answer_start: [] }` as in the data sets of Hugging Face.
 * @throws DataError data-answer, data-json, data-field-missing, data-field-type
 */
export function readSquadLines(
  source: DataSource,
  options: SquadOptions = {},
): AsyncGenerator<QuestionAnswering> {
  const settings = readSettings('readSquadLines', options);
  const { op } = settings;
  const parse = ({ text }: TextLine) => {
    const row = parseJsonObject(op, text);
    return row === undefined ? undefined : questionOfRow(row, settings);
  };
  return lineRecords(source, { ...options, format: { op, start: () => linewise(parse) } });
}

/**
 * A question from one flat row, such as a row of a Parquet file of SQuAD.
 * @throws DataError data-answer, data-field-missing, data-field-type
 */
export function squadFromRow(
  row: JsonRecord,
  options: Pick<SquadOptions, 'misplacedAnswers'> = {},
): QuestionAnswering {
  return questionOfRow(row, readSettings('squadFromRow', options));
}

function readSettings(op: string, options: SquadOptions): Settings {
  checkReaderOptions(op, options, ['misplacedAnswers']);
  checkChoice(op, 'misplacedAnswers', options.misplacedAnswers, ['error', 'nearest']);
  return { op, misplaced: options.misplacedAnswers ?? 'error' };
}

function* articleQuestions(document: FieldReader, settings: Settings): Generator<() => QuestionAnswering> {
  for (const article of document.objects('data')) {
    const title = article.has('title') ? article.text('title') : '';
    for (const paragraph of article.objects('paragraphs')) {
      const context = contextAnswers(paragraph.text('context'));
      for (const question of paragraph.objects('qas')) {
        yield () => toQuestion(question, { title, context, settings });
      }
    }
  }
}

function questionOfRow(row: JsonRecord, settings: Settings): QuestionAnswering {
  const fields = fieldReader(row, { op: settings.op });
  const title = fields.has('title') ? fields.text('title') : '';
  return toQuestion(fields, { title, context: contextAnswers(fields.text('context')), settings });
}

function toQuestion(
  fields: FieldReader,
  around: { readonly title: string; readonly context: ContextAnswers; readonly settings: Settings },
): QuestionAnswering {
  const { title, context, settings } = around;
  const id = fields.text('id');
  const answers = givenAnswers(fields).map((given) =>
    inQuestion(id, () => answerSpan(context, { ...given, ...settings })),
  );
  const isUnanswered = fields.has('answers') && answers.length === 0; // rows of SQuAD 2.0 have no other mark
  const isImpossible = fields.has('is_impossible') ? fields.any('is_impossible') === true : isUnanswered;
  if (isImpossible && answers.length > 0) throw contradiction(settings.op, id);
  return { id, title, question: fields.text('question'), context: context.context, answers, isImpossible };
}

function givenAnswers(fields: FieldReader): readonly { readonly text: string; readonly start: number }[] {
  if (!fields.has('answers')) return []; // test sets
  if (Array.isArray(fields.any('answers'))) {
    return fields
      .objects('answers')
      .map((answer) => ({ text: answer.text('text'), start: answer.number('answer_start') }));
  }
  const columns = fields.object('answers');
  const starts = columns.list('answer_start');
  return columns.list('text').map((text, index) => ({ text: String(text), start: Number(starts[index]) }));
}

function contradiction(op: string, id: string): DataError {
  return new DataError({
    op,
    problem: 'the question is marked as impossible, yet has answers',
    place: `question '${id}'`,
    field: 'is_impossible',
    page: 'data-answer',
    remedy: 'answers that belong to `plausible_answers`.',
  });
}

function inQuestion<T>(id: string, body: () => T): T {
  try {
    return body();
  } catch (error) {
    if (error instanceof DataError) throw new DataError({ ...error.facts, place: `question '${id}'` });
    throw error;
  }
}
