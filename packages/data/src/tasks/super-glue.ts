import type { RecordReader } from './record.js';
import { templateFormat, type TemplateFormatOptions } from './template.js';
import { classReader, classTarget, NO_LABEL, textFormat, type TextFormat } from './text-format.js';

const entailment = ['entailment', 'not_entailment'];
const truth = ['False', 'True'];

function format(task: string, parts: Omit<TemplateFormatOptions, 'name'>): TextFormat {
  return templateFormat({ ...parts, name: `super_glue_${task}_v102` });
}

/** MultiRC: one example per answer; markup removed; predictions are grouped by question. */
const multirc = textFormat({
  name: 'super_glue_multirc_v102',
  metrics: ['multirc'],
  examples: (record) => {
    const [question, answer] = [record.text('question'), record.text('answer')];
    const inputs = `multirc question: ${question} answer: ${answer} paragraph: ${record.text('paragraph')}`;
    return [
      {
        inputs: inputs.replaceAll('<br>', ' ').replace(/<\/?b>/g, ''),
        targets: classTarget(record, 'label', truth),
        facts: { idx: record.optional('idx'), group: record.number('idx/question') },
      },
    ];
  },
  prediction: classReader(truth).prediction,
  reference: ({ targets, facts }) => ({ value: truth.indexOf(targets), group: facts!.group }),
});

/** ReCoRD: one example per answer; the reference holds all of them, and the query that groups them. */
const record = textFormat({
  name: 'super_glue_record_v102',
  isOneToOne: false,
  metrics: ['record'],
  examples: (reader) => {
    const answers = reader.texts('answers');
    const entities = reader.texts('entities').join(', ');
    const inputs = `record query: ${reader.text('query')} entities: ${entities} passage: ${passageOf(reader)}`;
    const group = `${reader.number('idx/passage')}-${reader.number('idx/query')}`;
    const facts = { idx: reader.optional('idx'), group, answers };
    return (answers.length > 0 ? answers : [NO_LABEL]).map((targets) => ({ inputs, targets, facts }));
  },
  reference: ({ facts }) => ({ value: facts!.answers, group: facts!.group }),
});

/** Summary points of a passage become sentences: "@highlight" lines end the one before. */
function passageOf(reader: RecordReader): string {
  return reader
    .text('passage')
    .replace(/([.?!"'])\n@highlight\n/g, '$1 ')
    .replaceAll('\n@highlight\n', '. ');
}

/** The tasks of SuperGLUE but WSC, which is asked for its referent (`winograd.ts`). */
export const SUPER_GLUE_FORMATS: readonly TextFormat[] = [
  format('boolq', {
    inputs: 'boolq passage: {passage} question: {question}',
    classes: truth,
    metrics: ['accuracy'],
  }),
  format('cb', {
    inputs: 'cb hypothesis: {hypothesis} premise: {premise}',
    classes: ['entailment', 'contradiction', 'neutral'],
    metrics: ['mean-3-class-f1', 'accuracy'],
  }),
  format('copa', {
    inputs: 'copa choice1: {choice1} choice2: {choice2} premise: {premise} question: {question}',
    classes: ['choice1', 'choice2'],
    metrics: ['accuracy'],
  }),
  multirc,
  record,
  format('rte', {
    inputs: 'rte hypothesis: {hypothesis} premise: {premise}',
    classes: entailment,
    metrics: ['accuracy'],
  }),
  format('wic', {
    inputs: 'wic sentence1: {sentence1} sentence2: {sentence2} word: {word}',
    classes: truth,
    metrics: ['accuracy'],
  }),
  // The diagnostic sets, cast as RTE; their labels are for tests only.
  format('axb', { inputs: 'rte hypothesis: {sentence2} premise: {sentence1}', classes: entailment }),
  format('axg', { inputs: 'rte hypothesis: {hypothesis} premise: {premise}', classes: entailment }),
];
