import { deduplicated, meanClassF1, METRICS, spanSquad } from '@tesserae/metrics';
import { describe, expect, it } from 'vitest';
import { DataError } from '../src/errors.js';
import { languageModelFormat, multiTranslationFormat, translationFormat } from '../src/tasks/generation.js';
import { rankClassificationFormat } from '../src/tasks/rank-classification.js';
import type { DataRecord } from '../src/tasks/record.js';
import { sentinelFormat, T5_FORMATS, t5Format } from '../src/tasks/t5-formats.js';
import { templateFormat } from '../src/tasks/template.js';
import { wnliReferent } from '../src/tasks/wnli-referent.js';

type Case = readonly [name: string, record: DataRecord, inputs: string, targets: string];

const [a, b] = ['It rains.', 'The sun shines.'];
const sentences = { sentence1: a, sentence2: b, idx: 3 };
const claim = { hypothesis: b, premise: a, idx: 3 };
const squadRecord = {
  id: 'q1',
  title: 'Paris',
  question: 'Who (or what) wrote "Faust"?',
  context: "Goethe's play, Faust,\n was written by J. W. von Goethe in Weimar.",
  answers: { text: ['J. W. von Goethe', 'Goethe'], answer_start: [37, 46] },
};
const faust = 'Who ( or what ) wrote " Faust " ? ';
const faustContext = "Goethe ' s play , Faust , was written by J . W . von Goethe in Weimar . ";

const wscRecord = {
  text: 'Mark told Pete many lies about himself, and Pete believed him.',
  span1_text: 'Mark',
  span1_index: 0,
  span2_text: 'him',
  span2_index: 10,
  label: 1,
  idx: 5,
};
const dprRecord = {
  sentence: 'The bees landed on the flowers because they had pollen, so they stayed.',
  pronoun: 'they',
  candidates: ['The bees', 'flowers'],
  label: 1,
};
const wnliRecord = {
  sentence1: 'The drain is clogged with hair. It has to be cleaned.',
  sentence2: 'The hair has to be cleaned.',
  label: 1,
  idx: 0,
};

const glue: readonly Case[] = [
  ['glue_cola_v002', { sentence: a, label: 0, idx: 1 }, `cola sentence: ${a}`, 'unacceptable'],
  ['glue_cola_v002', { sentence: a, label: 1, idx: 1 }, `cola sentence: ${a}`, 'acceptable'],
  ['glue_cola_v002', { sentence: a, label: -1, idx: 1 }, `cola sentence: ${a}`, '<unk>'],
  ['glue_sst2_v002', { sentence: a, label: 0 }, `sst2 sentence: ${a}`, 'negative'],
  ['glue_sst2_v002', { sentence: a, label: 1 }, `sst2 sentence: ${a}`, 'positive'],
  ['glue_mrpc_v002', { ...sentences, label: 0 }, `mrpc sentence1: ${a} sentence2: ${b}`, 'not_equivalent'],
  ['glue_mrpc_v002', { ...sentences, label: 1 }, `mrpc sentence1: ${a} sentence2: ${b}`, 'equivalent'],
  [
    'glue_qqp_v002',
    { question1: a, question2: b, label: 0 },
    `qqp question1: ${a} question2: ${b}`,
    'not_duplicate',
  ],
  [
    'glue_qqp_v002',
    { question1: a, question2: b, label: 1 },
    `qqp question1: ${a} question2: ${b}`,
    'duplicate',
  ],
  ['glue_mnli_v002', { ...claim, label: 0 }, `mnli hypothesis: ${b} premise: ${a}`, 'entailment'],
  ['glue_mnli_v002', { ...claim, label: 1 }, `mnli hypothesis: ${b} premise: ${a}`, 'neutral'],
  ['glue_mnli_v002', { ...claim, label: 2 }, `mnli hypothesis: ${b} premise: ${a}`, 'contradiction'],
  ['glue_mnli_matched_v002', { ...claim, label: 1 }, `mnli hypothesis: ${b} premise: ${a}`, 'neutral'],
  [
    'glue_mnli_mismatched_v002',
    { ...claim, label: 2 },
    `mnli hypothesis: ${b} premise: ${a}`,
    'contradiction',
  ],
  ['glue_ax_v002', { ...claim, label: -1 }, `mnli hypothesis: ${b} premise: ${a}`, '<unk>'],
  [
    'glue_qnli_v002',
    { question: b, sentence: a, label: 0 },
    `qnli question: ${b} sentence: ${a}`,
    'entailment',
  ],
  [
    'glue_qnli_v002',
    { question: b, sentence: a, label: 1 },
    `qnli question: ${b} sentence: ${a}`,
    'not_entailment',
  ],
  ['glue_rte_v002', { ...sentences, label: 0 }, `rte sentence1: ${a} sentence2: ${b}`, 'entailment'],
  ['glue_rte_v002', { ...sentences, label: 1 }, `rte sentence1: ${a} sentence2: ${b}`, 'not_entailment'],
  // The other way round than RTE.
  ['glue_wnli_v002', { ...sentences, label: 0 }, `wnli sentence1: ${a} sentence2: ${b}`, 'not_entailment'],
  ['glue_wnli_v002', { ...sentences, label: 1 }, `wnli sentence1: ${a} sentence2: ${b}`, 'entailment'],
  ['glue_stsb_v002', { ...sentences, label: 3.8 }, `stsb sentence1: ${a} sentence2: ${b}`, '3.8'],
  ['glue_stsb_v002', { ...sentences, label: 2 }, `stsb sentence1: ${a} sentence2: ${b}`, '2.0'],
];

const copa = { choice1: 'A', choice2: 'B', premise: 'P', question: 'cause' };
const copaInputs = 'copa choice1: A choice2: B premise: P question: cause';
const wic = { sentence1: a, sentence2: b, word: 'sun', start1: 0, end1: 2, start2: 4, end2: 7 };
const wicInputs = `wic sentence1: ${a} sentence2: ${b} word: sun`;
const multirc = {
  paragraph: '<b>Sent 1: </b>It rains.<br><b>Sent 2: </b>A < B.<br>',
  question: 'Does it <b>rain</b>?',
  answer: 'Yes',
  idx: { paragraph: 2, question: 7, answer: 1 },
};
const multircInputs =
  'multirc question: Does it rain? answer: Yes paragraph: Sent 1: It rains. Sent 2: A < B. ';

const superGlue: readonly Case[] = [
  [
    'super_glue_boolq_v102',
    { passage: a, question: b, label: 0 },
    `boolq passage: ${a} question: ${b}`,
    'False',
  ],
  [
    'super_glue_boolq_v102',
    { passage: a, question: b, label: true },
    `boolq passage: ${a} question: ${b}`,
    'True',
  ],
  ['super_glue_cb_v102', { ...claim, label: 0 }, `cb hypothesis: ${b} premise: ${a}`, 'entailment'],
  ['super_glue_cb_v102', { ...claim, label: 1 }, `cb hypothesis: ${b} premise: ${a}`, 'contradiction'],
  ['super_glue_cb_v102', { ...claim, label: 2 }, `cb hypothesis: ${b} premise: ${a}`, 'neutral'],
  ['super_glue_copa_v102', { ...copa, label: 0 }, copaInputs, 'choice1'],
  ['super_glue_copa_v102', { ...copa, label: 1 }, copaInputs, 'choice2'],
  ['super_glue_multirc_v102', { ...multirc, label: 0 }, multircInputs, 'False'],
  ['super_glue_multirc_v102', { ...multirc, label: 1 }, multircInputs, 'True'],
  ['super_glue_rte_v102', { ...claim, label: 1 }, `rte hypothesis: ${b} premise: ${a}`, 'not_entailment'],
  ['super_glue_wic_v102', { ...wic, label: 0 }, wicInputs, 'False'],
  ['super_glue_wic_v102', { ...wic, label: 1 }, wicInputs, 'True'],
  ['super_glue_axb_v102', { ...sentences, label: 0 }, `rte hypothesis: ${b} premise: ${a}`, 'entailment'],
  ['super_glue_axg_v102', { ...claim, label: -1 }, `rte hypothesis: ${b} premise: ${a}`, '<unk>'],
  [
    'super_glue_copa_v102_1_sentinel',
    { ...copa, label: 1 },
    `${copaInputs} <extra_id_0>`,
    '<extra_id_0> choice2',
  ],
];

const starredWsc = 'wsc: Mark told Pete many lies about himself, and Pete believed *him* .';
const starredDpr = 'wsc: The bees landed on the flowers because *they* had pollen, so they stayed.';

const winograd: readonly Case[] = [
  ['super_glue_wsc_v102_simple_train', wscRecord, starredWsc, 'Mark'],
  ['super_glue_wsc_v102_simple_eval', wscRecord, starredWsc, 'Mark'],
  [
    'super_glue_wsc_v102_simple_eval', // `readSuperGlue` writes the fields in camel case
    { text: 'Ann saw it and it ran.', span1Text: 'it', span2Text: 'it', span2Index: 4, label: 1 },
    'wsc: Ann saw it and *it* ran.',
    'it',
  ],
  [
    'super_glue_wsc_v102_simple_1_sentinel_train',
    wscRecord,
    `${starredWsc} <extra_id_0>`,
    '<extra_id_0> Mark',
  ],
  ['dpr_v001_simple', dprRecord, starredDpr, 'flowers'],
  ['dpr_v001_simple_1_sentinel', dprRecord, `${starredDpr} <extra_id_0>`, '<extra_id_0> flowers'],
  [
    'glue_wnli_v002_simple_eval',
    wnliRecord,
    'wsc: The drain is clogged with hair. *It* has to be cleaned.',
    'The hair',
  ],
];

const triviaRecord = { question: 'Who?', answer: { value: 'Twain', aliases: ['Twain', 'S. Clemens'] } };
const others: readonly Case[] = [
  ['squad_v010', squadRecord, `question: ${faust}context: ${faustContext}`, 'J . W . von Goethe'],
  ['squad_v010_allanswers', squadRecord, `question: ${faust}context: ${faustContext}`, 'J . W . von Goethe'],
  [
    'squad_v010_allanswers', // as `readSquad` gives answers
    { question: 'Who?', context: 'Ann did.', answers: [{ text: 'Ann', start: 0 }] },
    'question: Who ? context: Ann did . ',
    'Ann',
  ],
  ['squad_v010_context_free', squadRecord, `squad trivia question: ${faust}`, 'J . W . von Goethe'],
  [
    'squad_v010_allanswers_span',
    { question: 'Where?', context: 'It rains in Paris, too', answers: { text: ['Paris'] } },
    'question: Where ? context: It rains in Paris , too',
    'start: 3 end: 3',
  ],
  ['trivia_qa_closed_book', triviaRecord, 'trivia_qa question: Who?', 'Twain'],
  ['natural_questions_closed_book', { question: 'who', answer: ['x', 'y'] }, 'nq question: who', 'x'],
  ['web_questions_closed_book', { question: 'who', answers: ['x', 'y'] }, 'wq question: who', 'x'],
  [
    'cnn_dailymail_v002',
    { article: 'Long. Text.', highlights: 'Text .\nLong .' },
    'summarize: Long. Text.',
    'Text .\nLong .',
  ],
  [
    'wmt14_ende_v003',
    { translation: { en: 'A', de: 'B c d e' } },
    'translate English to German: A',
    'B c d e',
  ],
  ['wmt19_ende_v003', { en: 'A', de: 'B c d e' }, 'translate English to German: A', 'B c d e'],
  ['wmt_t2t_ende_v003', { en: 'A', de: 'B c d e' }, 'translate English to German: A', 'B c d e'],
  ['wmt14_enfr_v003', { en: 'A', fr: 'B c d e' }, 'translate English to French: A', 'B c d e'],
  ['wmt15_enfr_v003', { en: 'A', fr: 'B c d e' }, 'translate English to French: A', 'B c d e'],
  ['wmt16_enro_v003', { en: 'A', ro: 'B c d e' }, 'translate English to Romanian: A', 'B c d e'],
];

const record = {
  passage: 'A man came.\n@highlight\nHe left\n@highlight\nThe "end"\n@highlight\nOver!',
  query: 'Who is @placeholder?',
  entities: ['Ann', 'Bob'],
  answers: ['Bob', 'Bobby'],
  idx: { passage: 4, query: 9 },
};
const recordInputs =
  'record query: Who is @placeholder? entities: Ann, Bob passage: A man came. He left. The "end" Over!';

const cases = [...glue, ...superGlue, ...winograd, ...others];
type Scorer = (targets: readonly never[], predictions: readonly never[]) => Readonly<Record<string, number>>;

/** Metrics by the names that formats give. */
const scorers = new Map<string, Scorer>([
  ...Object.values(METRICS).map((metric): [string, Scorer] => [metric.name, metric.compute as Scorer]),
  [
    'mean-3-class-f1',
    (targets, predictions) => ({ ...meanClassF1(targets, predictions, { numClasses: 3 }) }),
  ],
  ['record', deduplicated(METRICS.squad).compute],
  ['span-squad', (targets, predictions) => ({ ...spanSquad(targets, predictions) })],
]);

const texts = (name: string, row: DataRecord) =>
  t5Format(name)
    .examples(row)
    .map(({ inputs, targets }) => [inputs, targets]);
const first = (name: string, row: DataRecord) => t5Format(name).examples(row)[0]!;

describe('formats of T5', () => {
  it.each(cases)('%s › %j', (name, row, inputs, targets) => {
    expect(texts(name, row)).toEqual([[inputs, targets]]);
  });

  it('are all tested here, but for sentinel forms', () => {
    const apart = ['super_glue_record_v102', 'trivia_qa_v010'];
    const tested = new Set([...cases.map(([name]) => name), ...apart]);
    const names = Object.keys(T5_FORMATS).filter((name) => !name.includes('sentinel'));
    expect(names.filter((name) => !tested.has(name))).toEqual([]);
    expect(names.filter((name) => name.startsWith('super_glue')).length).toBe(11);
  });

  it.each(Object.values(T5_FORMATS))('$name › right predictions have the best score', (format) => {
    const name = format.name.replace('_1_sentinel', '');
    const rows = [...cases.map(([of, row]) => ({ of, row })), { of: 'super_glue_record_v102', row: record }];
    const examples = rows.filter(({ of }) => of === name).flatMap(({ row }) => format.examples(row));
    const labelled = examples.filter(({ targets }) => !targets.includes('<unk>'));
    const references = labelled.map((example) => format.reference(example)) as never[];
    const predictions = labelled.map((example) => format.prediction(example.targets, example)) as never[];
    for (const metric of format.metrics) {
      const scores = scorers.get(metric)!(references, predictions);
      const best = /squad|trivia|record|bleu|rouge/.test(metric) ? 100 : 1;
      expect([metric, Object.values(scores).every((score) => Math.abs(score - best) < 1e-9)]).toEqual([
        metric,
        true,
      ]);
    }
  });

  it('have a sentinel form of each task of SuperGLUE, of WSC and of DPR', () => {
    const names = Object.keys(T5_FORMATS).filter((name) => name.includes('_1_sentinel'));
    expect(names.length).toBe(12);
    expect(names).toContain('super_glue_wsc_v102_simple_1_sentinel_eval');
  });
});

describe('STS-B', () => {
  it.each([
    [0, '0.0'],
    [0.5, '0.4'], // 2.5 fifths: to even
    [0.7, '0.8'], // 3.5 fifths in single precision, 3.4999999999999996 in double
    [1.1, '1.2'],
    [2.5, '2.4'],
    [2.6, '2.6'],
    [4.75, '4.8'],
    [5, '5.0'],
    [-1, '-1.0'], // test set
  ])('writes a score of %d as %s', (label, targets) => {
    expect(first('glue_stsb_v002', { ...sentences, label }).targets).toBe(targets);
  });

  it('reads numbers back, and -1 for what is none', () => {
    const format = t5Format('glue_stsb_v002');
    const example = first('glue_stsb_v002', { ...sentences, label: 3.8 });
    expect(
      ['3.8', '4', ' 2.0 ', '-0.2', '1e0', 'four', '', '3.8.1'].map((text) =>
        format.prediction(text, example),
      ),
    ).toEqual([3.8, 4, 2, -0.2, 1, -1, -1, -1]);
    expect(format.reference(example)).toBe(3.8);
  });
});

describe('post-processing', () => {
  const labels: readonly (readonly [string, DataRecord, string, number, number])[] = [
    ['glue_cola_v002', { sentence: a, label: 1 }, 'acceptable', 1, 1],
    ['glue_mnli_v002', { ...claim, label: 0 }, 'contradiction', 2, 0],
    ['glue_qnli_v002', { question: a, sentence: b, label: 1 }, 'entailment', 0, 1],
    ['glue_wnli_v002', { ...sentences, label: 1 }, 'entailment', 1, 1],
    ['super_glue_boolq_v102', { passage: a, question: b, label: 0 }, 'True', 1, 0],
    ['super_glue_boolq_v102', { passage: a, question: b, label: 0 }, 'true', -1, 0],
    ['super_glue_cb_v102', { ...claim, label: 2 }, 'maybe', -1, 2],
    ['super_glue_copa_v102', { ...copa, label: 0 }, 'choice2', 1, 0],
    ['super_glue_copa_v102_1_sentinel', { ...copa, label: 0 }, '<extra_id_0> choice2', 1, 0],
    ['glue_sst2_v002', { sentence: a, label: -1 }, '', -1, -1],
  ];
  it.each(labels)('%s › %j: %j is class %d, meant is %d', (name, row, text, said, meant) => {
    const example = first(name, row);
    expect([t5Format(name).prediction(text, example), t5Format(name).reference(example)]).toEqual([
      said,
      meant,
    ]);
  });

  it('MultiRC groups answers by question', () => {
    const format = t5Format('super_glue_multirc_v102');
    const example = first('super_glue_multirc_v102', { ...multirc, label: 1 });
    expect(format.prediction('False', example)).toBe(0);
    expect(format.prediction('no', example)).toBe(-1);
    expect(format.reference(example)).toEqual({ value: 1, group: 7 });
  });

  it('SQuAD compares with all answers, its first version with the first, spans with the context', () => {
    const padded = ['J . W . von Goethe', 'Goethe'];
    const referenceOf = (name: string) => t5Format(name).reference(first(name, squadRecord));
    expect(referenceOf('squad_v010')).toEqual(['J . W . von Goethe']);
    expect(referenceOf('squad_v010_allanswers')).toEqual(padded);
    expect(referenceOf('squad_v010_context_free')).toEqual(padded);
    expect(referenceOf('squad_v010_allanswers_span')).toEqual({ answers: padded, context: faustContext });
  });

  it('closed-book questions accept every alias', () => {
    const example = first('trivia_qa_closed_book', triviaRecord);
    expect(t5Format('trivia_qa_closed_book').reference(example)).toEqual(['Twain', 'S. Clemens']);
  });
});

describe('SQuAD', () => {
  it.each([
    ["don't (stop)_now", "don ' t ( stop ) _now"],
    ['a\t b\n\nc', 'a b c'],
    ['François – 5%', 'Fran ç ois – 5 % '],
  ])('puts spaces around all but ASCII word characters in %j', (text, targets) => {
    const row = { question: 'Q', context: text, answers: { text: [text] } };
    expect(texts('squad_v010', row)).toEqual([[`question: Q context: ${targets}`, targets]]);
  });

  it('leaves out a span at the very end of the context, and one that is not there', () => {
    const row = { question: 'Where?', context: 'It rains in Paris', answers: { text: ['Paris'] } };
    expect(texts('squad_v010_allanswers_span', row)).toEqual([]);
    expect(texts('squad_v010_allanswers_span', { ...row, answers: { text: ['Rome'] } })).toEqual([]);
  });

  it('counts the empty words that padded punctuation leaves, as TensorFlow splits at single spaces', () => {
    const row = { question: 'Q', context: 'Yes. In Paris, too', answers: { text: ['Paris'] } };
    expect(first('squad_v010_allanswers_span', row).targets).toBe('start: 4 end: 4'); // Yes '' '' In Paris
  });

  it('takes the first of several matches for the span, over several words', () => {
    const row = { question: 'Q', context: 'the old man and the old man sat', answers: { text: ['old man'] } };
    expect(first('squad_v010_allanswers_span', row).targets).toBe('start: 1 end: 2');
  });
});

describe('TriviaQA', () => {
  it('gives an example for each context and alias in it', () => {
    const row = {
      question: 'Who wrote it?',
      entity_pages: { wiki_context: ['By Mark Twain, alias Clemens.', 'Nothing.'] },
      search_results: { search_context: ['CLEMENS did'] },
      answer: { normalized_aliases: ['mark twain', 'clemens'] },
    };
    const page = 'question: Who wrote it ? context: By Mark Twain , alias Clemens . ';
    expect(texts('trivia_qa_v010', row)).toEqual([
      [page, 'mark twain'],
      [page, 'clemens'],
      ['question: Who wrote it ? context: CLEMENS did', 'clemens'],
    ]);
  });
});

describe('ReCoRD', () => {
  const format = t5Format('super_glue_record_v102');
  it('gives an example per answer and makes sentences of highlights', () => {
    expect(texts(format.name, record)).toEqual([
      [recordInputs, 'Bob'],
      [recordInputs, 'Bobby'],
    ]);
  });

  it('refers to all answers and the query', () => {
    const references = format.examples(record).map((example) => format.reference(example)) as {
      value: unknown;
      group: string;
    }[];
    const other = format.examples({ ...record, idx: { passage: 5, query: 9 } })[0]!;
    expect(references.map(({ value }) => value)).toEqual([record.answers, record.answers]);
    expect(references[0]!.group).toBe(references[1]!.group);
    expect((format.reference(other) as { group: string }).group).not.toBe(references[0]!.group);
    expect(format.prediction('Bob', other)).toBe('Bob');
  });

  it('keeps queries of the test set, without an answer', () => {
    expect(texts(format.name, { ...record, answers: [] })).toEqual([[recordInputs, '<unk>']]);
  });
});

describe('Winograd schemas', () => {
  it('train on right referents only, also without a label', () => {
    expect(texts('super_glue_wsc_v102_simple_train', { ...wscRecord, label: 0 })).toEqual([]);
    expect(texts('super_glue_wsc_v102_simple_train', { ...wscRecord, label: undefined })).toEqual([]);
  });

  it.each([
    ['Bob', 'Bob', 1],
    ['the fuzzy bunny', 'Bunny', 1],
    ['bunny', 'his fuzzy bunny', 1],
    ['cat', 'bunny', 0],
    ['Bob', "Bob's hat", 0],
    ["Bob's", "Bob's hat", 1],
    ['fuzzy cat', 'fuzzy bunny', 0],
    ['', 'bunny', -1],
    [' the ', 'bunny', -1],
  ])('%j for %j counts as %d', (text, span1_text, said) => {
    const name = 'super_glue_wsc_v102_simple_eval';
    const example = first(name, { ...wscRecord, span1_text, label: 0 });
    expect(t5Format(name).prediction(text, example)).toBe(said);
    expect(t5Format(name).reference(example)).toBe(0);
  });

  it('set the pronoun apart from its punctuation', () => {
    const row = {
      text: 'He said "Good for him," and left.',
      span1_text: 'x',
      span2_text: 'him',
      span2_index: 4,
    };
    expect(first('super_glue_wsc_v102_simple_eval', row).inputs).toBe(
      'wsc: He said "Good for *him* ," and left.',
    );
  });

  it('read WNLI backwards, also with a name in the possessive and a pronoun at the end', () => {
    expect(
      wnliReferent("Jane knocked on Susan's door but she did not answer.", 'Susan did not answer.'),
    ).toEqual({
      premise: "Jane knocked on Susan's door but *she* did not answer.",
      referent: 'Susan',
    });
    expect(
      wnliReferent('Ann called Eve and then thanked her.', 'Ann called Eve and then thanked Eve.'),
    ).toEqual({
      premise: 'Ann called Eve and then thanked *her* .',
      referent: 'Eve',
    });
    expect(wnliReferent('Nobody came.', 'Nobody left.')).toBeUndefined();
  });
});

describe('rank classification', () => {
  const options = {
    name: 'nli',
    inputs: '{premise} Is it so that {hypothesis}?',
    targets: ['yes', 'no'],
  } as const;
  const row = { premise: 'P.', hypothesis: 'H', label: 1, weight: 0.5 };
  const inputs = 'P. Is it so that H?';

  it('gives every class to be scored', () => {
    const format = rankClassificationFormat({ ...options, mode: 'eval', weightField: 'weight' });
    expect(format.examples(row)).toEqual([
      { inputs, targets: 'yes', facts: { option: 0, isCorrect: false, weight: 0.5 } },
      { inputs, targets: 'no', facts: { option: 1, isCorrect: true, weight: 0.5 } },
    ]);
    expect(format.examples(row).map((example) => format.reference(example))).toEqual([false, true]);
  });

  it('trains on right classes only, on several where several are right', () => {
    const format = rankClassificationFormat({ ...options, mode: 'train' });
    expect(format.examples(row).map(({ targets }) => targets)).toEqual(['no']);
    expect(format.examples({ ...row, label: [0, 1] }).map(({ targets }) => targets)).toEqual(['yes', 'no']);
  });

  it('takes one input per class too', () => {
    const format = rankClassificationFormat({
      name: 'x',
      inputs: ['{a}', '{b}'],
      targets: 'and {c}',
      mode: 'eval',
    });
    expect(
      format.examples({ a: 'A', b: 'B', c: 'C', label: 0 }).map(({ inputs, targets }) => [inputs, targets]),
    ).toEqual([
      ['A', 'and C'],
      ['B', 'and C'],
    ]);
    expect(() => rankClassificationFormat({ name: 'x', inputs: 'a', targets: 'b', mode: 'eval' })).toThrow(
      DataError,
    );
  });
});

describe('formats of your own', () => {
  it('fill templates, nested fields and braces', () => {
    const format = templateFormat({ name: 'x', inputs: '{{{a/b}}} {n}', targets: '{t}' });
    expect(format.examples({ a: { b: 'B' }, n: 2, t: 'T' })[0]).toMatchObject({
      inputs: '{B} 2',
      targets: 'T',
    });
  });

  it('translate between two of many languages', () => {
    const format = multiTranslationFormat({ name: 'x', source: 'en', target: 'zh-cn' });
    const translations = { language: ['de', 'en', 'zh-cn'], translation: ['D', 'E', 'Z'] };
    expect(format.examples({ translations })).toMatchObject([
      { inputs: 'translate English to Chinese: E', targets: 'Z' },
    ]);
    expect(format.examples({ translations: { language: ['en'], translation: ['E'] } })).toEqual([]);
  });

  it('are language models', () => {
    expect(languageModelFormat({ name: 'lm' }).examples({ text: 'T' })).toEqual([
      { inputs: '', targets: 'T' },
    ]);
  });

  it('have as many sentinels as asked for', () => {
    const format = sentinelFormat(t5Format('super_glue_copa_v102'), 2);
    const example = format.examples({ ...copa, label: 1 })[0]!;
    expect(example.inputs).toBe(`${copaInputs} <extra_id_0> <extra_id_1>`);
    expect(format.reference(example)).toBe(1);
    expect(format.prediction('choice2', example)).toBe(1);
  });
});

describe('errors', () => {
  const throwing: readonly (readonly [string, () => unknown, string])[] = [
    ['a record without a field', () => texts('glue_mrpc_v002', { sentence1: a, label: 0 }), 'data-record'],
    ['a field that is no text', () => texts('glue_cola_v002', { sentence: [a], label: 0 }), 'data-record'],
    ['a label beyond the classes', () => texts('glue_cola_v002', { sentence: a, label: 2 }), 'data-record'],
    [
      'a label that is no class',
      () => texts('glue_cola_v002', { sentence: a, label: 'good' }),
      'data-record',
    ],
    [
      'a question without answers',
      () => texts('squad_v010', { ...squadRecord, answers: { text: [] } }),
      'data-record',
    ],
    [
      'a pronoun that is not there',
      () => texts('super_glue_wsc_v102_simple_eval', { ...wscRecord, span2_text: 'xe' }),
      'data-record',
    ],
    ['an unknown task', () => t5Format('glue_cola'), 'data-task'],
    [
      'a language without a name',
      () => translationFormat({ name: 'x', source: 'xx', target: 'en' }),
      'data-language',
    ],
    ['a brace without partner', () => templateFormat({ name: 'x', inputs: '{a' }), 'data-template'],
    [
      'a field beyond those allowed',
      () =>
        templateFormat({ name: 'x', inputs: '{a}', fields: ['a', 'label'] }).examples({
          a: 'A',
          label: 'x',
          b: 1,
        }),
      'data-record',
    ],
  ];
  it.each(throwing)('%s', (_, run, code) => {
    expect(run).toThrow(expect.objectContaining({ name: 'DataError', code }));
  });

  it('say where the record is', () => {
    expect(() => t5Format('glue_cola_v002').examples({ label: 0 }, 'record 7')).toThrow(
      /record 7[^]*sentence/,
    );
  });
});
