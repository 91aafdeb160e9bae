import { createReadStream } from 'node:fs';
import { FormatError, OptionError } from '@tesserae/tensor';
import {
  AutoConfig,
  AutoModelForMaskedLM,
  AutoModelForPreTraining,
  AutoModelForQuestionAnswering,
  AutoModelForSequenceClassification,
  AutoModelForTokenClassification,
  ElectraForPreTraining,
} from 'tesserae';
import type { AggregationStrategy, FromPretrainedOptions } from 'tesserae';
import { openBackend } from '../backend-choice.js';
import type { CommandContext } from '../command-context.js';
import { textLines } from '../text-lines.js';

/** Tasks that `predict` knows. */
export const PREDICT_TASKS = [
  'text-classification',
  'token-classification',
  'question-answering',
  'fill-mask',
  'replaced-token',
] as const;

type TaskName = (typeof PREDICT_TASKS)[number];

interface PredictCommandOptions {
  readonly model: string;
  readonly task?: TaskName;
  readonly input?: string;
  readonly batchSize: number;
  readonly maxLength?: number;
  readonly stride?: number;
  readonly truncation: boolean;
  readonly topK?: number;
  readonly aggregation?: AggregationStrategy;
  readonly handleImpossibleAnswer: boolean;
  readonly backend: string;
  readonly threads?: number;
}

/** One input: a text, and what else its task reads. */
type Input = Readonly<Record<string, unknown>> & { readonly text: string };

/** A model opened for a task. */
interface Predictor {
  readonly model: { close(): Promise<void> };
  /** Results of inputs, in their order: what is printed behind the row number. */
  predict(inputs: readonly Input[]): Promise<readonly object[]>;
}

interface Context {
  readonly folder: string;
  readonly loading: FromPretrainedOptions;
  /** Options of `predict`: those that the command line gave. */
  readonly reading: object;
  readonly options: PredictCommandOptions;
}

const given = (entries: Readonly<Record<string, unknown>>): object =>
  Object.fromEntries(Object.entries(entries).filter(([, value]) => value !== undefined));

const OPENERS: Readonly<Record<TaskName, (context: Context) => Promise<Predictor>>> = {
  'text-classification': async ({ folder, loading, reading, options }) => {
    const model = await AutoModelForSequenceClassification.fromPretrained(folder, loading);
    const { truncation } = options;
    return {
      model,
      predict: async (inputs) => {
        const texts = inputs.map(({ text, pair }) =>
          typeof pair === 'string' ? ([text, pair] as const) : text,
        );
        const found = await model.predict(texts, { ...reading, truncation });
        return found.map(({ label, score, scores }) => ({
          label,
          score,
          scores: Object.fromEntries(scores.map((each, index) => [model.config.labels[index]!, each])),
        }));
      },
    };
  },
  'token-classification': async ({ folder, loading, reading, options: { stride, aggregation } }) => {
    const model = await AutoModelForTokenClassification.fromPretrained(folder, loading);
    return {
      model,
      predict: async (inputs) => {
        const more = given({ stride, aggregationStrategy: aggregation });
        const found = await model.predict(
          inputs.map(({ text }) => text),
          { ...reading, ...more },
        );
        return found.map((entities) => ({ entities }));
      },
    };
  },
  'question-answering': async ({ folder, loading, reading, options }) => {
    const model = await AutoModelForQuestionAnswering.fromPretrained(folder, loading);
    const { stride, topK, handleImpossibleAnswer } = options;
    return {
      model,
      predict: async (inputs) => {
        const questions = inputs.map(({ text, question }) => ({
          question: question as string,
          context: text,
        }));
        return model.predict(questions, { ...reading, ...given({ stride, topK }), handleImpossibleAnswer });
      },
    };
  },
  'fill-mask': async ({ folder, loading, reading, options: { topK, truncation } }) => {
    const model = await AutoModelForMaskedLM.fromPretrained(folder, loading);
    return {
      model,
      predict: async (inputs) => {
        const found = await model.predict(
          inputs.map(({ text }) => text),
          { ...reading, ...given({ topK }), truncation },
        );
        return found.map((masks) => ({ masks }));
      },
    };
  },
  'replaced-token': async ({ folder, loading, reading, options: { truncation } }) => {
    const model = await AutoModelForPreTraining.fromPretrained(folder, loading);
    if (!(model instanceof ElectraForPreTraining)) throw noTask(folder, model.model.architecture.name);
    return {
      model,
      predict: async (inputs) => {
        const found = await model.predict(
          inputs.map(({ text }) => text),
          { ...reading, truncation },
        );
        return found.map((words) => ({ words }));
      },
    };
  },
};

/** Prints what a model says of each input, one JSON line each, in their order. */
export async function runPredict(
  options: PredictCommandOptions,
  { output, signal }: CommandContext,
): Promise<void> {
  const task = options.task ?? (await taskOfFolder(options.model, signal));
  const backend = await openBackend({ name: options.backend, threads: options.threads });
  try {
    const reading = given({ batchSize: options.batchSize, maxLength: options.maxLength, signal });
    const predictor = await OPENERS[task]({
      folder: options.model,
      loading: { backend, signal },
      reading,
      options,
    });
    let row = 0;
    for await (const inputs of batchesOf(options, task, signal)) {
      const found = await predictor.predict(inputs);
      for (const result of found) await output.drain(JSON.stringify({ row: row++, ...result }));
    }
    await predictor.model.close();
  } finally {
    await backend.close();
  }
}

/** So many batches are read before they are run, sorted by length. */
const BATCHES_AT_ONCE = 8;

async function* batchesOf(
  { input, batchSize }: PredictCommandOptions,
  task: TaskName,
  signal: AbortSignal,
): AsyncGenerator<readonly Input[]> {
  const file = input ?? 'standard input';
  const stream = input === undefined ? process.stdin : createReadStream(input);
  let waiting: Input[] = [];
  let isJson: boolean | undefined;
  let line = 0;
  for await (const text of textLines(stream, { signal })) {
    line++;
    if (text.trim() === '') continue;
    isJson ??= text.trimStart().startsWith('{'); // the first line tells
    waiting.push(inputOf(text.replace(/\r$/, ''), { file, line, task, isJson }));
    if (waiting.length < batchSize * BATCHES_AT_ONCE) continue;
    yield waiting;
    waiting = [];
  }
  if (waiting.length > 0) yield waiting;
}

interface Place {
  readonly file: string;
  readonly line: number;
  readonly task: TaskName;
  readonly isJson: boolean;
}

function inputOf(text: string, place: Place): Input {
  const isQuestion = place.task === 'question-answering';
  if (!place.isJson && !isQuestion) return { text };
  const value = jsonObject(text);
  const { text: given, context, question, pair } = value ?? {};
  const read = isQuestion ? context : given;
  const isGood =
    typeof read === 'string' &&
    (!isQuestion || typeof question === 'string') &&
    (pair === undefined || typeof pair === 'string');
  if (isGood) return { ...value, text: read };
  throw new FormatError({
    op: 'predict',
    problem: `line ${place.line} is ${text.length > 80 ? `${text.slice(0, 80)}…` : text}`,
    likely: `Each line is ${isQuestion ? '{"question": "…", "context": "…"}' : 'a text, or each is {"text": "…"} (with "pair" for two texts)'}.`,
    page: 'predict-line',
    file: place.file,
  });
}

function jsonObject(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

const ENDINGS: Readonly<Record<string, TaskName>> = {
  ForSequenceClassification: 'text-classification',
  ForTokenClassification: 'token-classification',
  ForQuestionAnswering: 'question-answering',
  ForMaskedLM: 'fill-mask',
  ForPreTraining: 'replaced-token',
};

async function taskOfFolder(folder: string, signal: AbortSignal): Promise<TaskName> {
  const { className } = await AutoConfig.fromPretrained(folder, { signal });
  const ending = Object.keys(ENDINGS).find((name) => className.endsWith(name));
  if (ending !== undefined) return ENDINGS[ending]!;
  throw noTask(folder, className);
}

function noTask(folder: string, className: string): OptionError {
  return new OptionError({
    op: 'predict',
    problem: `${folder} is a ${className}, which has no task of predict`,
    likely: 'Name the task by --task; texts are written by `tesserae generate`.',
    page: 'option-value',
    got: className,
    needed: PREDICT_TASKS,
  });
}
