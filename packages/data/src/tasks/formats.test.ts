import { describe, expect, it } from 'vitest';
import { rankClassificationFormat } from './rank-classification.js';
import type { DataRecord } from './record.js';
import { sentinelFormat, t5Format, T5_FORMATS } from './t5-formats.js';
import { templateFormat } from './template.js';
import { multiTranslationFormat, translationFormat } from './generation.js';

interface Case {
  readonly task: string;
  readonly record: DataRecord;
  readonly inputs: string;
  readonly targets: string;
  readonly reference: unknown;
}

/** Written by hand: a record of each data set, and the texts that T5 makes of it. */
const cases: readonly Case[] = [
  {
    task: 'glue_cola_v002',
    record: { sentence: 'They drank the pub.', label: 0, idx: 3 },
    inputs: 'cola sentence: They drank the pub.',
    targets: 'unacceptable',
    reference: 0,
  },
  {
    task: 'glue_sst2_v002',
    record: { sentence: 'a gem', label: 1, idx: 0 },
    inputs: 'sst2 sentence: a gem',
    targets: 'positive',
    reference: 1,
  },
  {
    task: 'glue_mrpc_v002',
    record: { sentence1: 'A b.', sentence2: 'B a.', label: 1, idx: 0 },
    inputs: 'mrpc sentence1: A b. sentence2: B a.',
    targets: 'equivalent',
    reference: 1,
  },
  {
    task: 'glue_qqp_v002',
    record: { question1: 'Why?', question2: 'How?', label: 0, idx: 10 },
    inputs: 'qqp question1: Why? question2: How?',
    targets: 'not_duplicate',
    reference: 0,
  },
  {
    task: 'glue_stsb_v002',
    record: { sentence1: 'A man sings.', sentence2: 'A man sang.', label: 3.25, idx: 1 },
    inputs: 'stsb sentence1: A man sings. sentence2: A man sang.',
    targets: '3.2',
    reference: 3.2,
  },
  ...['mnli', 'mnli_matched', 'mnli_mismatched'].map((name) => ({
    task: `glue_${name}_v002`,
    record: { premise: 'It rains.', hypothesis: 'It is wet.', label: 2, idx: 0 },
    inputs: 'mnli hypothesis: It is wet. premise: It rains.',
    targets: 'contradiction',
    reference: 2,
  })),
  {
    task: 'glue_ax_v002',
    record: { premise: 'P', hypothesis: 'H', label: -1, idx: 0 },
    inputs: 'mnli hypothesis: H premise: P',
    targets: '<unk>',
    reference: -1,
  },
  {
    task: 'glue_qnli_v002',
    record: { question: 'Who?', sentence: 'He did.', label: 1, idx: 0 },
    inputs: 'qnli question: Who? sentence: He did.',
    targets: 'not_entailment',
    reference: 1,
  },
  {
    task: 'glue_rte_v002',
    record: { sentence1: 'S one.', sentence2: 'S two.', label: 0, idx: 0 },
    inputs: 'rte sentence1: S one. sentence2: S two.',
    targets: 'entailment',
    reference: 0,
  },
  {
    task: 'glue_wnli_v002',
    record: { sentence1: 'S one.', sentence2: 'S two.', label: 0, idx: 0 },
    inputs: 'wnli sentence1: S one. sentence2: S two.',
    targets: 'not_entailment',
    reference: 0,
  },
  {
    task: 'glue_wnli_v002_simple_eval',
    record: {
      sentence1: 'The fish ate the worm. It was tasty.',
      sentence2: 'The worm was tasty.',
      label: 1,
      idx: 4,
    },
    inputs: 'wsc: The fish ate the worm. *It* was tasty.',
    targets: 'The worm',
    reference: 1,
  },
  {
    task: 'super_glue_boolq_v102',
    record: { passage: 'Ice floats.', question: 'does ice float', label: true, idx: 0 },
    inputs: 'boolq passage: Ice floats. question: does ice float',
    targets: 'True',
    reference: 1,
  },
  {
    task: 'super_glue_cb_v102',
    record: { premise: 'P.', hypothesis: 'H.', label: 1, idx: 0 },
    inputs: 'cb hypothesis: H. premise: P.',
    targets: 'contradiction',
    reference: 1,
  },
  {
    task: 'super_glue_copa_v102',
    record: { choice1: 'C one.', choice2: 'C two.', premise: 'P.', question: 'cause', label: 1, idx: 0 },
    inputs: 'copa choice1: C one. choice2: C two. premise: P. question: cause',
    targets: 'choice2',
    reference: 1,
  },
  {
    task: 'super_glue_multirc_v102',
    record: {
      paragraph: '<b>Sent 1: </b>A cat.<br><b>Sent 2: </b>A dog.<br>',
      question: 'Which?',
      answer: 'A cat',
      label: 1,
      idx: { paragraph: 5, question: 29, answer: 101 },
    },
    inputs: 'multirc question: Which? answer: A cat paragraph: Sent 1: A cat. Sent 2: A dog. ',
    targets: 'True',
    reference: { value: 1, group: 29 },
  },
  {
    task: 'super_glue_rte_v102',
    record: { premise: 'P.', hypothesis: 'H.', label: 1, idx: 0 },
    inputs: 'rte hypothesis: H. premise: P.',
    targets: 'not_entailment',
    reference: 1,
  },
  {
    task: 'super_glue_wic_v102',
    record: { sentence1: 'A bank.', sentence2: 'To bank.', word: 'bank', start1: 2, label: 0, idx: 0 },
    inputs: 'wic sentence1: A bank. sentence2: To bank. word: bank',
    targets: 'False',
    reference: 0,
  },
  {
    task: 'super_glue_axb_v102',
    record: { sentence1: 'The premise.', sentence2: 'The claim.', label: 0, idx: 0 },
    inputs: 'rte hypothesis: The claim. premise: The premise.',
    targets: 'entailment',
    reference: 0,
  },
  {
    task: 'super_glue_axg_v102',
    record: { premise: 'P.', hypothesis: 'H.', label: 1, idx: 0 },
    inputs: 'rte hypothesis: H. premise: P.',
    targets: 'not_entailment',
    reference: 1,
  },
  {
    task: 'super_glue_wsc_v102_simple_train',
    record: {
      text: 'Mitchell asked Tom if he could lend some money.',
      span1_text: 'Tom',
      span1_index: 2,
      span2_text: 'he',
      span2_index: 4,
      label: 1,
      idx: 0,
    },
    inputs: 'wsc: Mitchell asked Tom if *he* could lend some money.',
    targets: 'Tom',
    reference: 'Tom',
  },
  {
    task: 'super_glue_wsc_v102_simple_eval',
    record: {
      text: 'Some day they might want to use it , but for now fine.',
      span1Text: 'the pebble', // as `readSuperGlue` spells it; the index is one off, as it is in the data set
      span2Text: 'it',
      span2Index: 6,
      label: 0,
      idx: 0,
    },
    inputs: 'wsc: Some day they might want to use *it* , but for now fine.',
    targets: 'the pebble',
    reference: 0,
  },
  {
    task: 'dpr_v001_simple',
    record: {
      sentence: 'Bob asked Tom if he can lend some money, since he is rich.',
      pronoun: 'he',
      candidates: ['Bob', 'Tom'],
      label: 1,
    },
    inputs: 'wsc: Bob asked Tom if *he* can lend some money, since he is rich.',
    targets: 'Tom',
    reference: 'Tom',
  },
  {
    task: 'squad_v010',
    record: {
      id: 'q1',
      question: 'What costs $5?',
      context: "The cat's  hat.",
      answers: { text: ["cat's", 'hat'], answer_start: [4, 11] },
    },
    inputs: "question: What costs $ 5 ? context: The cat ' s hat . ",
    targets: "cat ' s",
    reference: ["cat ' s"],
  },
  {
    task: 'squad_v010_allanswers',
    record: {
      id: 'q1',
      question: 'Who?',
      context: 'Zoë ran.',
      answers: [
        { text: 'Zoë', start: 0 },
        { text: 'Zoë ran', start: 0 },
      ],
    },
    inputs: 'question: Who ? context: Zo ë ran . ',
    targets: 'Zo ë ',
    reference: ['Zo ë ', 'Zo ë ran'],
  },
  {
    task: 'squad_v010_context_free',
    record: { id: 'q1', question: 'Who ran?', context: 'Zoe ran.', answers: { text: ['Zoe'] } },
    inputs: 'squad trivia question: Who ran ? ',
    targets: 'Zoe',
    reference: ['Zoe'],
  },
  {
    task: 'squad_v010_allanswers_span',
    record: {
      id: 'q1',
      question: 'What?',
      context: 'The red hat is the red hat',
      answers: { text: ['red hat'] },
    },
    inputs: 'question: What ? context: The red hat is the red hat',
    targets: 'start: 1 end: 2',
    reference: { answers: ['red hat'], context: 'The red hat is the red hat' },
  },
  {
    task: 'trivia_qa_v010',
    record: {
      question: 'Which sea?',
      entity_pages: { wiki_context: ['It lies by the Dead Sea.', 'No answer here.'] },
      answer: { normalized_aliases: ['dead sea', 'salt sea'] },
    },
    inputs: 'question: Which sea ? context: It lies by the Dead Sea . ',
    targets: 'dead sea',
    reference: 'dead sea',
  },
  {
    task: 'trivia_qa_closed_book',
    record: { question: 'Which sea?', answer: { value: 'Dead Sea', aliases: ['Dead Sea', 'Salt Sea'] } },
    inputs: 'trivia_qa question: Which sea?',
    targets: 'Dead Sea',
    reference: ['Dead Sea', 'Salt Sea'],
  },
  {
    task: 'natural_questions_closed_book',
    record: { question: 'which sea', answer: ['Dead Sea'] },
    inputs: 'nq question: which sea',
    targets: 'Dead Sea',
    reference: ['Dead Sea'],
  },
  {
    task: 'web_questions_closed_book',
    record: { question: 'which sea', answers: ['Dead Sea'] },
    inputs: 'wq question: which sea',
    targets: 'Dead Sea',
    reference: ['Dead Sea'],
  },
  {
    task: 'cnn_dailymail_v002',
    record: { article: 'Long text.', highlights: 'Short .' },
    inputs: 'summarize: Long text.',
    targets: 'Short .',
    reference: 'Short .',
  },
  ...['wmt14_ende_v003', 'wmt19_ende_v003', 'wmt_t2t_ende_v003'].map((task) => ({
    task,
    record: { en: 'That is good.', de: 'Das ist gut.' },
    inputs: 'translate English to German: That is good.',
    targets: 'Das ist gut.',
    reference: 'Das ist gut.',
  })),
  ...['wmt14_enfr_v003', 'wmt15_enfr_v003'].map((task) => ({
    task,
    record: { translation: { en: 'Yes.', fr: 'Oui.' } },
    inputs: 'translate English to French: Yes.',
    targets: 'Oui.',
    reference: 'Oui.',
  })),
  {
    task: 'wmt16_enro_v003',
    record: { en: 'Yes.', ro: 'Da.' },
    inputs: 'translate English to Romanian: Yes.',
    targets: 'Da.',
    reference: 'Da.',
  },
];

describe('the formats of T5', () => {
  it.each(cases)('$task', ({ task, record, inputs, targets, reference }) => {
    const examples = t5Format(task).examples(record);
    expect(examples).toHaveLength(1);
    expect({ inputs: examples[0]!.inputs, targets: examples[0]!.targets }).toEqual({ inputs, targets });
    expect(t5Format(task).reference(examples[0]!)).toEqual(reference);
  });

  it('are all shown here, ReCoRD and those with sentinels below', () => {
    const shown = new Set([...cases.map(({ task }) => task), 'super_glue_record_v102']);
    const others = Object.keys(T5_FORMATS).filter((name) => !shown.has(name));
    expect(others.every((name) => name.includes('_1_sentinel'))).toBe(true);
    expect(others).toHaveLength(12);
    expect(others).toContain('super_glue_wsc_v102_simple_1_sentinel_eval');
  });

  it('ReCoRD gives one example per answer and joins the points of its summary', () => {
    const record = {
      passage: 'It ran.\n@highlight\nIt hid\n@highlight\nIt slept',
      query: 'A @placeholder is a bird.',
      entities: ['penguin', 'potato', 'pigeon'],
      answers: ['penguin', 'pigeon'],
      idx: { passage: 1, query: 7 },
    };
    const format = t5Format('super_glue_record_v102');
    const examples = format.examples(record);
    const inputs =
      'record query: A @placeholder is a bird. entities: penguin, potato, pigeon passage: It ran. It hid. It slept';
    expect(examples.map((one) => [one.inputs, one.targets])).toEqual([
      [inputs, 'penguin'],
      [inputs, 'pigeon'],
    ]);
    expect(examples.map((one) => format.reference(one))).toEqual(
      new Array(2).fill({ value: ['penguin', 'pigeon'], group: '1-7' }),
    );
    expect(format.examples({ ...record, answers: [] }).map(({ targets }) => targets)).toEqual(['<unk>']);
  });

  it.each([
    [0, '0.0'],
    [0.5, '0.4'], // 2.5 fifths: to the even one
    [0.7, '0.8'],
    [1.5, '1.6'],
    [2.75, '2.8'],
    [4.999, '5.0'],
    [1.8, '1.8'],
  ])('STS-B writes %d as %s', (label, targets) => {
    const [example] = t5Format('glue_stsb_v002').examples({ sentence1: 'a', sentence2: 'b', label });
    expect(example!.targets).toBe(targets);
  });

  it('reads predictions back', () => {
    const read = (task: string, text: string, targets = ''): unknown =>
      t5Format(task).prediction(text, { inputs: '', targets });
    expect(read('glue_mnli_v002', 'neutral')).toBe(1);
    expect(read('glue_mnli_v002', 'neutra')).toBe(-1);
    expect(read('glue_stsb_v002', '3.4')).toBe(3.4);
    expect(read('glue_stsb_v002', ' -1e0 ')).toBe(-1);
    expect(read('glue_stsb_v002', 'three')).toBe(-1);
    expect(read('super_glue_multirc_v102', 'True')).toBe(1);
    expect(read('squad_v010', 'some answer')).toBe('some answer');
    const wsc = (text: string, targets: string): unknown =>
      read('super_glue_wsc_v102_simple_eval', text, targets);
    expect(wsc('The fuzzy bunny', 'the bunny')).toBe(1);
    expect(wsc('bunny', 'A fuzzy bunny')).toBe(1);
    expect(wsc('Bob', "Bob's hat")).toBe(0);
    expect(wsc('the cat', 'the dog')).toBe(0);
    expect(wsc('', 'the dog')).toBe(-1);
  });

  it('leaves out what cannot be learned: wrong referents, answers that are not found', () => {
    const wsc = { text: 'A b it c', span1_text: 'A', span2_text: 'it', span2_index: 2, label: 0 };
    expect(t5Format('super_glue_wsc_v102_simple_train').examples(wsc)).toEqual([]);
    const squad = { question: 'Q', context: 'one two three', answers: { text: ['three'] } };
    // The search never looks at the last place, as in T5's code.
    expect(t5Format('squad_v010_allanswers_span').examples(squad)).toEqual([]);
  });

  it('sets punctuation apart from a starred pronoun', () => {
    const record = {
      text: 'He laughed . "Good for him," he said',
      span1_text: 'x',
      span2_text: 'him',
      span2_index: 5,
    };
    const [example] = t5Format('super_glue_wsc_v102_simple_eval').examples(record);
    expect(example!.inputs).toBe('wsc: He laughed . "Good for *him* ," he said');
  });

  it('puts sentinels around and takes them off again', () => {
    const format = t5Format('super_glue_copa_v102_1_sentinel');
    const record = { choice1: 'A', choice2: 'B', premise: 'P', question: 'cause', label: 1 };
    const [example] = format.examples(record);
    expect(example!.inputs).toBe('copa choice1: A choice2: B premise: P question: cause <extra_id_0>');
    expect(example!.targets).toBe('<extra_id_0> choice2');
    expect(format.prediction('<extra_id_0> choice1', example!)).toBe(0);
    expect(format.reference(example!)).toBe(1);
    expect(
      sentinelFormat(t5Format('glue_cola_v002'), 2).examples({ sentence: 'S', label: 0 })[0]!.targets,
    ).toBe('<extra_id_0> <extra_id_1> unacceptable');
  });

  it('names task, place and field of a record that does not fit', () => {
    const format = t5Format('glue_mrpc_v002');
    expect(() => format.examples({ sentence1: 'A', label: 1 }, 'train.jsonl: line 7')).toThrow(
      /no field "sentence2"\n {2}in glue_mrpc_v002: train.jsonl: line 7: sentence2\n[^]*Fields here: sentence1, label/,
    );
    expect(() => format.examples({ sentence1: 'A', sentence2: 'B', label: 2 })).toThrow(
      /label is 2, classes are/,
    );
    expect(() => t5Format('glue_mrpc')).toThrow(/there is no task "glue_mrpc"/);
  });
});

describe('templateFormat', () => {
  const format = templateFormat({
    name: 'spam',
    inputs: 'spam {meta/lang}: {text} {{sic}} {count}',
    classes: ['ham', 'spam'],
    fields: ['text', 'meta', 'count', 'label'],
  });

  it('fills in fields, nested ones too', () => {
    const record = { text: 'Hi {you}', meta: { lang: 'en' }, count: 3, label: 'spam' };
    const [example] = format.examples(record);
    expect(example).toMatchObject({ inputs: 'spam en: Hi {you} {sic} 3', targets: 'spam' });
    expect([format.prediction('ham', example!), format.reference(example!)]).toEqual([0, 1]);
  });

  it('refuses missing and unknown fields, with the place', () => {
    expect(() => format.examples({ text: 'Hi', count: 1, label: 0 }, 'record 4')).toThrow(
      /"meta\/lang"[^]*record 4/,
    );
    const record = { text: 'Hi', meta: { lang: 'en' }, count: 1, label: 0, txt: '' };
    expect(() => format.examples(record, 'record 5')).toThrow(/a field "txt" that is not among[^]*record 5/);
    expect(() => format.examples({ text: ['Hi'], meta: { lang: 'en' }, count: 1, label: 0 })).toThrow(
      /text must be a text, got an array of 1/,
    );
  });

  it.each(['{', 'a } b', '{}', '{a b}', '{{a}'])('refuses the template %s', (inputs) => {
    expect(() => templateFormat({ name: 'x', inputs })).toThrow(
      /the brace at character \d+[^]*data-template/,
    );
  });
});

describe('rankClassificationFormat', () => {
  const parts = {
    name: 'copa_rank',
    inputs: '{premise} What is the {question}? X',
    targets: ['I think {choice1}.', 'I think {choice2}.'],
  };
  const record = {
    premise: 'It rained.',
    question: 'effect',
    choice1: 'it is wet',
    choice2: 'it is dry',
    label: 0,
  };

  it('gives every class to be scored, or the right one to train on', () => {
    const inputs = 'It rained. What is the effect? X';
    expect(rankClassificationFormat({ ...parts, mode: 'eval' }).examples(record)).toEqual([
      { inputs, targets: 'I think it is wet.', facts: { option: 0, isCorrect: true } },
      { inputs, targets: 'I think it is dry.', facts: { option: 1, isCorrect: false } },
    ]);
    const training = rankClassificationFormat({ ...parts, mode: 'train' }).examples({
      ...record,
      label: [1],
    });
    expect(training.map(({ targets }) => targets)).toEqual(['I think it is dry.']);
  });

  it('needs a list of templates, of one length', () => {
    expect(() => rankClassificationFormat({ ...parts, targets: 'x', mode: 'eval' })).toThrow(/no list of/);
    expect(() => rankClassificationFormat({ ...parts, inputs: ['a'], mode: 'eval' })).toThrow(/1 and 2/);
  });
});

describe('translations', () => {
  it('pick two of many languages, or nothing', () => {
    const format = multiTranslationFormat({ name: 'ted', source: 'de', target: 'en' });
    const translations = { language: ['en', 'fr', 'de'], translation: ['Good.', 'Bon.', 'Gut.'] };
    expect(format.examples({ translations })).toEqual([
      { inputs: 'translate German to English: Gut.', targets: 'Good.' },
    ]);
    expect(format.examples({ translations: { language: ['fr'], translation: ['Bon.'] } })).toEqual([]);
  });

  it('refuse a language without a name', () => {
    expect(() => translationFormat({ name: 'x', source: 'en', target: 'qq' })).toThrow(
      /"qq" has no English name/,
    );
  });
});
