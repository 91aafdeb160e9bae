import { crc32 } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import {
  bleu,
  characterErrorRate,
  chrf,
  coqaF1,
  editDistance,
  porterStem,
  rouge,
  spanSquad,
  squad,
  squad2,
  ter,
  triviaQa,
  wordErrorRate,
  type BleuOptions,
  type BleuSmoothing,
  type BleuTokenizer,
  type ChrfOptions,
  type RougeType,
  type TerOptions,
} from '../src/index.js';
import { corpus, editPair, englishWords, questions, spanQuestions } from './cases.js';
import { MISSING, goldenFile } from './golden-file.js';

const golden = goldenFile('metrics-text');

interface PythonSettings {
  readonly [name: string]: unknown;
}

/** Options without the ones that are not given. */
const given = <T extends object>(options: T): T =>
  Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as T;

const bleuOptions = golden.fact<PythonSettings[]>('bleu_settings').map((kw): BleuOptions =>
  given({
    tokenize: kw['tokenize'] as BleuTokenizer,
    smoothing: kw['smooth_method'] as BleuSmoothing,
    smoothingValue: kw['smooth_value'] as number,
    lowercase: kw['lowercase'] as boolean,
    effectiveOrder: kw['effective_order'] as boolean,
    maxOrder: kw['max_ngram_order'] as number,
  }),
);
const chrfOptions = golden.fact<PythonSettings[]>('chrf_settings').map((kw): ChrfOptions =>
  given({
    characterOrder: kw['char_order'] as number,
    wordOrder: kw['word_order'] as number,
    beta: kw['beta'] as number,
    lowercase: kw['lowercase'] as boolean,
    whitespace: kw['whitespace'] as boolean,
    epsilonSmoothing: kw['eps_smoothing'] as boolean,
  }),
);
const terOptions = golden.fact<PythonSettings[]>('ter_settings').map((kw): TerOptions =>
  given({
    caseSensitive: kw['case_sensitive'] as boolean,
    normalized: kw['normalized'] as boolean,
    removePunctuation: kw['no_punct'] as boolean,
    asianSupport: kw['asian_support'] as boolean,
  }),
);

/** Exact to 1e-9, relative for numbers above 1. */
function expectClose(got: readonly number[], needed: readonly number[], what: string): void {
  const off = needed.findIndex(
    (value, at) => !(Math.abs(got[at]! - value) <= 1e-9 * Math.max(1, Math.abs(value))),
  );
  expect(off < 0 ? [] : [what, off, got[off], needed[off]]).toEqual([]);
  expect(got).toHaveLength(needed.length);
}

describe('sacreBLEU 2.6.0', () => {
  it.each([
    [
      'bleu',
      (seed: number) =>
        bleuOptions.map((options) => bleu(corpus(seed).targets, corpus(seed).predictions, options).bleu),
    ],
    [
      'chrf',
      (seed: number) =>
        chrfOptions.map((options) => chrf(corpus(seed).targets, corpus(seed).predictions, options).chrf),
    ],
    [
      'ter',
      (seed: number) =>
        terOptions.map((options) => ter(corpus(seed).targets, corpus(seed).predictions, options).ter),
    ],
  ] as const)('%s gives the same number for every corpus and setting', (name, compute) => {
    golden
      .rows(name)
      .forEach((needed, seed) => expectClose(compute(seed), needed, `${name} of corpus ${seed}`));
  });

  it('TER at its limits: far shifts, too many of them, a beam beside the diagonal', () => {
    const got = golden.values('ter_limits').map((_, seed) => {
      const { target, prediction } = editPair(seed);
      return ter([target], [prediction]).ter;
    });
    expectClose(got, golden.values('ter_limits'), 'pair');
  });

  it('prints the same signatures', () => {
    golden.fact<string[][]>('signatures').forEach((needed, seed) => {
      const { targets, predictions } = corpus(seed);
      const got = [
        ...bleuOptions.map((options) => bleu(targets, predictions, options).signature),
        ...chrfOptions.map((options) => chrf(targets, predictions, options).signature),
        ...terOptions.map((options) => ter(targets, predictions, options).signature),
      ];
      expect(got).toEqual(needed);
    });
  });
});

describe('ROUGE as rouge_score defines it', () => {
  const types = golden.fact<RougeType[]>('rouge_kinds');

  it('precision, recall and F1, without and with stems', () => {
    golden.rows('rouge').forEach((needed, seed) => {
      const { targets, predictions } = corpus(seed);
      const got = [false, true].flatMap((useStemmer) => {
        const scores = rouge(targets, predictions, { types, useStemmer });
        return types.flatMap((type) => [scores[type].precision, scores[type].recall, scores[type].f1]);
      });
      expectClose(got, needed, `rouge of corpus ${seed}`);
    });
  });

  it('stems as the Porter stemmer of NLTK', () => {
    golden.values('stems').forEach((needed, seed) => {
      const words = englishWords(seed);
      const stems = words.map(porterStem).join(' ');
      expect(crc32(stems), `${words.join(' ')}\n${stems}`).toBe(needed);
    });
  });
});

describe('answers', () => {
  it('SQuAD, TriviaQA, CoQA and span answers', () => {
    golden.rows('squad').forEach((needed, seed) => {
      const { targets: answers, predictions } = questions(seed);
      const targets = answers.map((texts) => (texts.length > 0 ? texts : ['']));
      const spans = spanQuestions(seed);
      const pairs = [
        squad(targets, predictions),
        triviaQa(targets, predictions),
        spanSquad(spans.targets, spans.predictions),
      ].flatMap(({ exactMatch, f1 }) => [exactMatch, f1]);
      const all = [
        ...needed,
        ...golden.rows('trivia')[seed]!,
        ...golden.rows('span_squad')[seed]!,
        golden.values('coqa')[seed]!,
      ];
      expectClose([...pairs, coqaF1(targets, predictions).f1], all, `questions ${seed}`);
    });
  });

  it('SQuAD 2.0 with its breakdown and its search for thresholds', () => {
    golden.rows('squad2').forEach((needed, seed) => {
      const { targets, predictions, noAnswerScores } = questions(seed);
      const scores = squad2(targets, predictions, { noAnswerScores, threshold: 0.75 });
      const got = [
        scores.exact,
        scores.f1,
        scores.hasAnswerExact ?? MISSING,
        scores.hasAnswerF1 ?? MISSING,
        scores.noAnswerExact ?? MISSING,
        scores.noAnswerF1 ?? MISSING,
        scores.bestExact!,
        scores.bestExactThreshold!,
        scores.bestF1!,
        scores.bestF1Threshold!,
      ];
      expectClose(got, needed, `questions ${seed}`);
    });
  });
});

describe('edit distances', () => {
  it('T5 statistics of word edits, word and character error rates', () => {
    golden.rows('edits').forEach((needed, seed) => {
      const { targets, predictions } = corpus(seed);
      const firsts = targets.map(([first]) => [...first!].slice(0, 60).join(''));
      const cut = predictions.map((text) => [...text].slice(0, 60).join(''));
      const scores = editDistance(firsts, cut);
      const rates = [wordErrorRate, characterErrorRate].map((rate, at) =>
        needed[5 + at] === MISSING ? MISSING : rate(firsts, cut).errorRate,
      );
      const { minEdits, maxEdits, meanEdits, medianEdits, sumEdits } = scores;
      expectClose([minEdits, maxEdits, meanEdits, medianEdits, sumEdits, ...rates], needed, `corpus ${seed}`);
    });
  });
});
