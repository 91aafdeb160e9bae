import { checkChoice, checkOptions, DataError } from '../errors.js';
import { fill, parseTemplate, type Template } from './template.js';
import { textFormat, type TextExample, type TextFormat } from './text-format.js';

/** How classes are told apart by the likelihood of texts. */
export interface RankClassificationOptions {
  readonly name: string;
  /** One template, or one per class. */
  readonly inputs: string | readonly string[];
  /** One template, or one per class; one of the two must be a list. */
  readonly targets: string | readonly string[];
  /** 'train' gives the right classes only; 'eval' every class, to be scored. */
  readonly mode: 'train' | 'eval';
  /** Field with the number of the right class, or a list of them. Default `label`. */
  readonly labelField?: string;
  /** Field with the example's weight. */
  readonly weightField?: string;
}

const optionNames = ['name', 'inputs', 'targets', 'mode', 'labelField', 'weightField'];

/**
 * One example per class, whose `facts` hold `option` (the class), `isCorrect` and, if asked for, `weight`: the class
 * whose targets are likeliest is the prediction.
 * @throws DataError (unknown-option, template); from `examples` (data-record)
 */
export function rankClassificationFormat(options: RankClassificationOptions): TextFormat {
  checkOptions('rankClassificationFormat', options, optionNames);
  checkChoice('rankClassificationFormat', 'mode', options.mode, ['train', 'eval']);
  const { name, mode, labelField = 'label', weightField } = options;
  const classes = classTemplates(options);
  return textFormat({
    name,
    isOneToOne: false,
    metrics: ['rank-classification'],
    examples: (record) => {
      const correct = new Set(labelsOf(record.optional(labelField)));
      const weight = weightField === undefined ? {} : { weight: record.number(weightField) };
      const examples = classes.map(({ inputs, targets }, option): TextExample => ({
        inputs: fill(inputs, (path) => record.text(path)),
        targets: fill(targets, (path) => record.text(path)),
        facts: { option, isCorrect: correct.has(option), ...weight },
      }));
      return mode === 'eval' ? examples : examples.filter(({ facts }) => facts!.isCorrect);
    },
    reference: ({ facts }) => facts!.isCorrect,
  });
}

function labelsOf(label: unknown): readonly number[] {
  return (Array.isArray(label) ? label : [label]).map(Number);
}

interface ClassTemplates {
  readonly inputs: Template;
  readonly targets: Template;
}

function classTemplates({ name, inputs, targets }: RankClassificationOptions): readonly ClassTemplates[] {
  const counts = [inputs, targets].flatMap((one) => (typeof one === 'string' ? [] : [one.length]));
  if (counts.length === 0 || counts.some((count) => count !== counts[0] || count === 0)) {
    throw new DataError({
      op: 'rankClassificationFormat',
      file: name,
      problem: `inputs and targets have ${counts.join(' and ') || 'no list of'} templates`,
      page: 'data-template',
      remedy: 'give one template per class for the inputs, the targets or both.',
    });
  }
  const at = (one: string | readonly string[], index: number): string =>
    typeof one === 'string' ? one : one[index]!;
  return Array.from({ length: counts[0]! }, (_, index) => ({
    inputs: parseTemplate(at(inputs, index)),
    targets: parseTemplate(at(targets, index)),
  }));
}
