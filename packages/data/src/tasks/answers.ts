import type { RecordReader } from './record.js';
import { textFormat, type TextFormat } from './text-format.js';

/**
 * Spaces around everything that is no ASCII letter, digit or underscore, so that accents part words, as in T5's training;
 * runs of space become one.
 */
function padPunctuation(text: string): string {
  return collapsed(text.replace(/[^0-9A-Za-z_]/gu, ' $& '));
}

function collapsed(text: string): string {
  return text.replace(/[ \t\n\f\r]+/g, ' ');
}

interface Squad {
  readonly question: string;
  readonly context: string;
  readonly answers: readonly string[];
  readonly id: unknown;
}

function squadOf(record: RecordReader): Squad {
  const answers = answersOf(record).map(padPunctuation);
  if (answers.length === 0) throw record.wrong('answers', 'the record has no answer');
  const [question, context] = [
    padPunctuation(record.text('question')),
    padPunctuation(record.text('context')),
  ];
  return { question, context, answers, id: record.optional('id') };
}

/** `answers.text` is a list in published rows; `readSquad` gives a list of answers with their texts. */
function answersOf(record: RecordReader): readonly string[] {
  const answers = record.optional('answers');
  if (!Array.isArray(answers)) return record.texts('answers/text');
  return answers.map((_, index) => record.text(`answers/${index}/text`));
}

function inContext({ question, context }: Squad): string {
  return collapsed(`question: ${question} context: ${context}`);
}

const allAnswers: Pick<TextFormat, 'reference'> = { reference: ({ facts }) => facts!.answers };

function squadFormat(name: string, inputsOf: (squad: Squad) => string): TextFormat {
  return textFormat({
    name,
    metrics: ['squad'],
    examples: (record) => {
      const squad = squadOf(record);
      return [{ inputs: inputsOf(squad), targets: squad.answers[0]!, facts: { ...squad } }];
    },
    ...allAnswers,
  });
}

/** SQuAD with the place of the answer as target; records whose answer is not found are left out. */
const squadSpan = textFormat({
  name: 'squad_v010_allanswers_span',
  isOneToOne: false,
  metrics: ['span-squad'],
  examples: (record) => {
    const squad = squadOf(record);
    const targets = spanTarget(squad.context, squad.answers[0]!);
    return targets === undefined ? [] : [{ inputs: inContext(squad), targets, facts: { ...squad } }];
  },
  reference: ({ facts }) => ({ answers: facts!.answers, context: facts!.context }),
});

/** `start: i end: j`, in words between single characters that are no word. The last place is never looked at. */
function spanTarget(context: string, answer: string): string | undefined {
  const words = wordsOf(context);
  const wanted = wordsOf(answer);
  for (let start = 0; start < words.length - wanted.length; start++) {
    const isThere = wanted.every((word, offset) => words[start + offset] === word);
    if (isThere) return `start: ${start} end: ${start + wanted.length - 1}`;
  }
  return undefined;
}

function wordsOf(text: string): readonly string[] {
  return text.replace(/[^0-9A-Za-z_]/gu, ' ').split(' ');
}

/** TriviaQA: one example for each context and alias that occurs in it. */
const triviaQa = textFormat({
  name: 'trivia_qa_v010',
  isOneToOne: false,
  examples: (record) => {
    const paths = ['entity_pages/wiki_context', 'search_results/search_context'];
    const contexts = paths.flatMap((path) => (record.optional(path) === undefined ? [] : record.texts(path)));
    const question = padPunctuation(record.text('question'));
    const aliases = record.texts('answer/normalized_aliases').map(padPunctuation);
    return contexts.map(padPunctuation).flatMap((context) => {
      const inputs = collapsed(`question: ${question} context: ${context}`);
      const lower = context.toLowerCase();
      return aliases
        .filter((alias) => lower.includes(alias.toLowerCase()))
        .map((targets) => ({ inputs, targets }));
    });
  },
});

interface ClosedBookFields {
  readonly prefix: string;
  /** Field of all accepted answers. */
  readonly answers: string;
  /** Field of the answer to learn. Default: the first of all. */
  readonly target?: string;
}

/** A question without context, answered from what the model knows. */
function closedBook(name: string, fields: ClosedBookFields): TextFormat {
  return textFormat({
    name,
    metrics: ['trivia-qa'],
    examples: (record) => {
      const answers = record.texts(fields.answers);
      if (answers.length === 0) throw record.wrong(fields.answers, 'the record has no answer');
      const targets = fields.target === undefined ? answers[0]! : record.text(fields.target);
      return [{ inputs: fields.prefix + record.text('question'), targets, facts: { answers } }];
    },
    ...allAnswers,
  });
}

/** Questions and answers: SQuAD, TriviaQA, closed-book questions. */
export const ANSWER_FORMATS: readonly TextFormat[] = [
  // The oldest task compares with the first answer only.
  { ...squadFormat('squad_v010', inContext), reference: ({ targets }) => [targets] },
  squadFormat('squad_v010_allanswers', inContext),
  squadFormat('squad_v010_context_free', ({ question }) => collapsed(`squad trivia question: ${question}`)),
  squadSpan,
  triviaQa,
  closedBook('trivia_qa_closed_book', {
    prefix: 'trivia_qa question: ',
    answers: 'answer/aliases',
    target: 'answer/value',
  }),
  closedBook('natural_questions_closed_book', { prefix: 'nq question: ', answers: 'answer' }),
  closedBook('web_questions_closed_book', { prefix: 'wq question: ', answers: 'answers' }),
];
