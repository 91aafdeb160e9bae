import type { AnswerSpan, QuestionWindow } from '@tesserae/data';
import { questionWindows } from '@tesserae/data';
import { questionAnsweringLoss } from '@tesserae/task-heads';
import { ENCODER_AXES, encoderInputs, integers, rowOf } from '../padded-batch.js';
import type { NamedRow } from '../row-fields.js';
import { isAbsent, textOf, wrongField } from '../row-fields.js';
import type { Features, Judged, RowFeatures, TrainingTask } from '../task.js';
import { requirePlainLoss } from '../task.js';
import type { TaskContext } from './task-context.js';

/** A window on a context, with the question before it. */
interface AnswerWindow extends Features, QuestionWindow {
  readonly context: string;
  /** Every answer that is right; none for questions without one. */
  readonly references: readonly string[];
}

/** The best span of a window. */
interface Read {
  readonly text: string;
  /** Sum of the logits of its start and end. */
  readonly score: number;
}

/** Tokens of the longest answer. */
const LONGEST = 30;
/** Tokens between the beginnings of two windows, as a share of their length. */
const STRIDE = 1 / 3;

/**
 * Rows are `{ question, context, answers: [{ text, start }], isImpossible? }`, as `readSquad` gives them; long contexts become
 * windows. The first answer is learned; a question without one points to [CLS]. Only questions with answers are scored.
 */
export function questionAnswering(context: TaskContext): TrainingTask<AnswerWindow, Read> {
  const { forward, padId, hasSegments } = context;
  return {
    name: 'question-answering',
    metrics: ['squad'],
    axes: { ...ENCODER_AXES, start_positions: ['batch'], end_positions: ['batch'] },
    features: (row, place) => windowsOf({ row, place }, context),
    batch: (examples, { lengths: [length] }) => ({
      ...encoderInputs(
        examples.map(({ inputIds, typeIds }) => (hasSegments ? { inputIds, typeIds } : { inputIds })),
        { length: length!, padId },
      ),
      start_positions: integers(examples.map(({ startPosition }) => startPosition)),
      end_positions: integers(examples.map(({ endPosition }) => endPosition)),
    }),
    loss(params, { start_positions: starts, end_positions: ends, ...inputs }, { rng, ...settings }) {
      requirePlainLoss(settings, 'question-answering');
      const { start_logits: startLogits, end_logits: endLogits } = forward(params, inputs, rng);
      const positions = { startPositions: starts!, endPositions: ends! };
      return { loss: questionAnsweringLoss({ startLogits: startLogits!, endLogits: endLogits! }, positions) };
    },
    outputs(params, { start_positions: _, end_positions: __, ...inputs }) {
      const outputs = forward(params, inputs);
      return { starts: outputs['start_logits']!, ends: outputs['end_logits']! };
    },
    read: ({ starts, ends }, at, window) =>
      bestSpan(window, { starts: rowOf(starts!, at), ends: rowOf(ends!, at) }),
    judge,
  };
}

function windowsOf(from: NamedRow, { tokenizer, maxLength }: TaskContext): readonly AnswerWindow[] {
  const [question, context] = [textOf(from, 'question'), textOf(from, 'context')];
  const answers = answersOf(from, context);
  const windows = questionWindows(
    { question, context, answers, isImpossible: answers.length === 0 },
    {
      ...{ tokenizer, maxLength, docStride: Math.max(1, Math.round(maxLength * STRIDE)) },
      maxQuestionLength: Math.max(1, Math.min(64, maxLength >> 1)),
    },
  );
  return windows.map((window) => ({
    ...window,
    context,
    references: answers.map(({ text }) => text),
    lengths: [window.inputIds.length],
    numTokens: window.inputIds.length,
    numLabels: 1,
  }));
}

function answersOf(from: NamedRow, context: string): readonly AnswerSpan[] {
  const { answers, isImpossible } = from.row;
  if (isImpossible === true || isAbsent(answers)) return [];
  const list: unknown = Array.isArray(answers) ? answers : [answers];
  const areSpans = (list as readonly unknown[]).every(
    (one): one is AnswerSpan =>
      typeof (one as AnswerSpan | null)?.text === 'string' && Number.isSafeInteger((one as AnswerSpan).start),
  );
  if (!areSpans) return wrongField(from, 'answers', 'a list of { text, start }');
  const spans = list as readonly AnswerSpan[];
  const wrong = spans.find(({ text, start }) => context.slice(start, start + text.length) !== text);
  return wrong === undefined
    ? spans
    : wrongField(
        from,
        'answers',
        `texts that stand in the context at their start ('${wrong.text}' does not)`,
      );
}

/** The likeliest span of the context: not longer than 30 tokens, its end not before its start. */
function bestSpan(
  { offsets, context, inputIds }: AnswerWindow,
  { starts, ends }: { readonly starts: ArrayLike<number>; readonly ends: ArrayLike<number> },
): Read {
  let [score, from, to] = [-Infinity, 0, 0];
  for (let first = 0; first < inputIds.length; first++) {
    if (offsets[2 * first]! < 0) continue;
    for (let last = first; last < Math.min(inputIds.length, first + LONGEST); last++) {
      if (offsets[2 * last]! < 0) break;
      const sum = starts[first]! + ends[last]!;
      if (sum > score) [score, from, to] = [sum, offsets[2 * first]!, offsets[2 * last + 1]!];
    }
  }
  return { text: context.slice(from, to), score };
}

/** The best window of each question. */
function judge(examples: readonly RowFeatures<AnswerWindow>[], found: readonly Read[]): Judged {
  const best = new Map<number, { readonly read: Read; readonly references: readonly string[] }>();
  examples.forEach(({ row, features: { references } }, at) => {
    const read = found[at]!;
    if (read.score > (best.get(row)?.read.score ?? -Infinity)) best.set(row, { read, references });
  });
  const answered = [...best.values()].filter(({ references }) => references.length > 0);
  return {
    views: {
      references: {
        targets: answered.map(({ references }) => references),
        predictions: answered.map(({ read }) => read.text),
      },
    },
    shown: [...best.values()].map(({ read }) => read.text),
  };
}
