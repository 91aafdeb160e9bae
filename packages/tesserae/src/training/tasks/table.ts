import { OptionError } from '@tesserae/tensor';
import type { Features, TaskName, TrainingTask } from '../task.js';
import type { TaskContext } from './task-context.js';
import { maskedLm } from './masked-lm.js';
import { questionAnswering } from './question-answering.js';
import { textClassification } from './text-classification.js';
import { textToText } from './text-to-text.js';
import { tokenClassification } from './token-classification.js';

/** A task, for any model class that has its head. */
interface TaskRecord<F extends Features = Features, Read = unknown> {
  /** Ends of the names of Hugging Face's classes: `ForSequenceClassification` of ELECTRA, T5, mT5, UMT5. */
  readonly classSuffix: string;
  readonly open: (context: TaskContext) => TrainingTask<F, Read>;
  /** Columns of a row: the input, and the target where there is one. */
  readonly columns: readonly string[];
}

/** A record whose features only it reads. */
const task = <F extends Features, Read>(record: TaskRecord<F, Read>): TaskRecord =>
  record as unknown as TaskRecord;

const TASKS: Readonly<Record<TaskName, TaskRecord>> = {
  'text-classification': task({
    classSuffix: 'ForSequenceClassification',
    open: textClassification,
    columns: ['text', 'label'],
  }),
  'token-classification': task({
    classSuffix: 'ForTokenClassification',
    open: tokenClassification,
    columns: ['words', 'tags'],
  }),
  'text-to-text': task({
    classSuffix: 'ForConditionalGeneration',
    open: textToText,
    columns: ['inputs', 'targets'],
  }),
  'masked-lm': task({ classSuffix: 'ForMaskedLM', open: maskedLm, columns: ['text'] }),
  'question-answering': task({
    classSuffix: 'ForQuestionAnswering',
    open: questionAnswering,
    columns: ['question', 'answers'],
  }),
};

const names = Object.keys(TASKS) as readonly TaskName[];

/** End of the class names that a task is trained with. */
export const classSuffixOf = (task: TaskName): string => TASKS[task].classSuffix;

/**
 * The task that a class of model is trained for.
 * @throws OptionError (training-class) for classes without a task of their own
 */
export function taskOfClass(className: string): TaskName {
  const found = names.find((name) => className.endsWith(TASKS[name].classSuffix));
  if (found !== undefined) return found;
  throw new OptionError({
    op: 'fit',
    problem: `${className} has no task to be trained for`,
    likely: `Load the model as a class with a head: ${names.map((name) => TASKS[name].classSuffix).join(', ')}.`,
    page: 'training-class',
    got: className,
  });
}

/** Opens a task on a model. */
export function openTask(name: TaskName, context: TaskContext): TrainingTask {
  return TASKS[name].open(context);
}

/** Names of a task's columns: the input, and the target where there is one. */
export const columnsOf = (name: TaskName): readonly string[] => TASKS[name].columns;
