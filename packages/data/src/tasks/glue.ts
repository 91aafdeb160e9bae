import { roundHalfEven } from '../objectives/half-even.js';
import { templateFormat } from './template.js';
import { indexFact, textFormat, type TextFormat } from './text-format.js';

const entailment = ['entailment', 'not_entailment'];
const threeWay = ['entailment', 'neutral', 'contradiction'];
const mnliInputs = 'mnli hypothesis: {hypothesis} premise: {premise}';

/** STS-B: the score rounded to fifths, halves to even, with one decimal. */
const stsb = textFormat({
  name: 'glue_stsb_v002',
  metrics: ['pearson', 'spearman'],
  examples: (record) => [
    {
      inputs: `stsb sentence1: ${record.text('sentence1')} sentence2: ${record.text('sentence2')}`,
      targets: scoreTarget(record.number('label')),
      facts: indexFact(record),
    },
  ],
  prediction: scoreOf,
  reference: ({ targets }) => scoreOf(targets),
});

/** Single precision, as TensorFlow multiplies: a score of 0.7 is 0.69999999 there, times 5 it is 3.5. */
function scoreTarget(score: number): string {
  return (roundHalfEven(Math.fround(Math.fround(score) * 5)) / 5).toFixed(1);
}

/** A text as a score, -1 if it is no number. */
function scoreOf(text: string): number {
  const isNumber = /^\s*[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?\s*$/i.test(text);
  return isNumber ? Number(text) : -1;
}

function pairFormat(task: string, fields: readonly [string, string], classes: readonly string[]): TextFormat {
  const [first, second] = fields;
  return templateFormat({
    name: `glue_${task}_v002`,
    inputs: `${task} ${first}: {${first}} ${second}: {${second}}`,
    classes,
    metrics: ['accuracy'],
  });
}

function mnli(task: string, metrics: readonly string[]): TextFormat {
  return templateFormat({ name: `glue_${task}_v002`, inputs: mnliInputs, classes: threeWay, metrics });
}

/** The tasks of GLUE. */
export const GLUE_FORMATS: readonly TextFormat[] = [
  templateFormat({
    name: 'glue_cola_v002',
    inputs: 'cola sentence: {sentence}',
    classes: ['unacceptable', 'acceptable'],
    metrics: ['matthews'],
  }),
  templateFormat({
    name: 'glue_sst2_v002',
    inputs: 'sst2 sentence: {sentence}',
    classes: ['negative', 'positive'],
    metrics: ['accuracy'],
  }),
  {
    ...pairFormat('mrpc', ['sentence1', 'sentence2'], ['not_equivalent', 'equivalent']),
    metrics: ['binary-f1', 'accuracy'],
  },
  {
    ...pairFormat('qqp', ['question1', 'question2'], ['not_duplicate', 'duplicate']),
    metrics: ['binary-f1', 'accuracy'],
  },
  stsb,
  mnli('mnli', ['accuracy']),
  mnli('mnli_matched', ['accuracy']),
  mnli('mnli_mismatched', ['accuracy']),
  pairFormat('qnli', ['question', 'sentence'], entailment),
  pairFormat('rte', ['sentence1', 'sentence2'], entailment),
  pairFormat('wnli', ['sentence1', 'sentence2'], ['not_entailment', 'entailment']),
  mnli('ax', []), // the diagnostic set has no labels
];
