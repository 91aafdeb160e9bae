/** Values that are published, or that can be checked by hand. */
import { describe, expect, it } from 'vitest';
import {
  METRICS,
  MetricError,
  accuracy,
  benchmarkAverage,
  benchmarkScores,
  bleu,
  bleuSignature,
  bootstrap,
  brierScore,
  chrf,
  classScores,
  confusionMatrix,
  coqaF1,
  deduplicated,
  editDistance,
  errorRate,
  expectedCalibrationError,
  levenshtein,
  maskedAccuracy,
  meanOverGroups,
  multiRc,
  normalizeSquad,
  normalizeTriviaQa,
  perplexity,
  porterStem,
  replacedTokenScores,
  rouge,
  sentenceBleu,
  sequenceAccuracy,
  spanScores,
  spansOf,
  spanSquad,
  squad,
  textPerplexity,
} from '../src/index.js';
import { twoDigits } from '../src/signature.js';

describe('answers', () => {
  it('SQuAD drops case, ASCII punctuation, articles and surplus space, and nothing else', () => {
    expect(normalizeSquad('  The, “Cat” — an A.B.C. theory\u00a0¿')).toBe('“cat” — abc theory ¿');
    expect(normalizeSquad('the\u0301 answer')).toBe('\u0301 answer'); // a mark is no word character in Python
    expect(normalizeTriviaQa("O’Neill's_the ‘x’")).toBe('o neill s x');
  });

  it('takes the best reference for each score', () => {
    expect(squad([['blue whale', 'whale']], ['the whale'])).toEqual({ exactMatch: 100, f1: 100 });
    expect(squad([['blue whale'], 'x'], ['a whale', 'x'])).toEqual({
      exactMatch: 50,
      f1: (100 * (2 / 3 + 1)) / 2,
    });
  });

  it('an empty answer scores nothing in SQuAD 1.1, and everything in CoQA where the reference is empty too', () => {
    expect(squad([['the']], ['']).f1).toBe(0);
    expect(coqaF1([['the']], ['']).f1).toBe(100);
  });

  it('reads spans of words', () => {
    const targets = [{ context: 'Rome, not built in a day.', answers: ['built in a day'] }];
    expect(spanSquad(targets, ['start: 2 end: 5'])).toEqual({ exactMatch: 100, f1: 100 });
    expect(spanSquad(targets, ['start: two end: 5'])).toEqual({ exactMatch: 0, f1: 0 });
  });
});

describe('BLEU', () => {
  it('is 100 for the reference itself and names the settings', () => {
    const line = 'the cat sat on the mat .';
    const { bleu: score, precisions, brevityPenalty, signature } = bleu([line], [line]);
    expect([score, ...precisions, brevityPenalty].map((value) => value.toFixed(9))).toEqual([
      ...new Array<string>(5).fill('100.000000000'),
      '1.000000000',
    ]);
    expect(signature).toBe('nrefs:1|case:mixed|eff:no|tok:13a|smooth:exp|version:2.6.0');
  });

  it('clips counts (Papineni 2002: "the the the …" has a unigram precision of 2/7)', () => {
    const { precisions } = bleu(['the cat is on the mat'], ['the the the the the the the'], {
      smoothing: 'none',
    });
    expect(precisions[0]).toBeCloseTo(200 / 7, 12);
    expect(bleu(['a'], ['']).brevityPenalty).toBe(0);
  });

  it('smooths single sentences over the orders they have', () => {
    expect(sentenceBleu('a b', 'a b').bleu).toBeCloseTo(100, 9);
    expect(bleu(['a b'], ['a b']).bleu).toBe(0); // no 3-gram: as sacreBLEU without effective order
  });

  it('says var where examples differ in references, and rounds as Python does', () => {
    expect(bleuSignature([['a', 'b'], 'c'])).toContain('nrefs:var|');
    expect([0.125, 0.375, 0.005, 1, 2.675].map(twoDigits)).toEqual(['0.12', '0.38', '0.01', '1.00', '2.67']);
  });

  it('takes a hundred thousand sentences', () => {
    const lines = Array.from({ length: 100_000 }, (_, row) => `line ${row}`);
    expect(bleu(lines, lines, { maxOrder: 1 }).hypothesisLength).toBe(200_000);
    expect(METRICS.accuracy.compute(lines, lines)).toEqual({ accuracy: 1 });
  });
});

describe('ROUGE', () => {
  it('counts the union of subsequences once (Lin 2004, section 3.2: 4/5)', () => {
    const { rougeLsum } = rouge(['w1 w2 w3 w4 w5'], ['w1 w2 w6 w7 w8\nw1 w3 w8 w9 w5'], {
      types: ['rougeLsum'],
    });
    expect(rougeLsum.recall).toBeCloseTo(80, 12);
    expect(rougeLsum.precision).toBeCloseTo(40, 12);
  });

  it('leaves words of three letters as they are', () => {
    const score = (target: string, prediction: string): number =>
      rouge([target], [prediction], { useStemmer: true }).rouge1.f1;
    expect([score('run', 'runs'), score('hi', 'his')]).toEqual([100, 0]);
  });

  it('with T5 sentences end at " . " too', () => {
    const [target, prediction] = ['b c . a x', 'a x . b c'];
    expect(rouge([target], [prediction]).rougeLsum.f1).toBeCloseTo(50, 9);
    expect(rouge([target], [prediction], { sentences: 't5' }).rougeLsum.f1).toBeCloseTo(100, 9);
  });

  it('stems as in the examples of NLTK and Porter', () => {
    const words =
      'caresses flies dies mules denied died agreed owned humbled sized meeting stating siezing itemization ' +
      'sensational traditional reference colonizer plotted sky skies news rationally apologies geologist oed aging ones used';
    const stems =
      'caress fli die mule deni die agre own humbl size meet state siez item sensat tradit refer colon plot sky sky ' +
      'news ration apolog geologist o age one use';
    expect(words.split(' ').map(porterStem).join(' ')).toBe(stems);
  });
});

describe('chrF', () => {
  it('carries beta and word order in its name', () => {
    const { variant, signature } = chrf(['a'], ['a'], { wordOrder: 2 });
    expect(variant).toBe('chrF2++');
    expect(signature).toBe('nrefs:1|case:mixed|eff:yes|nc:6|nw:2|space:no|version:2.6.0');
  });
});

describe('classification', () => {
  it('lists the scores of each class', () => {
    const scores = classScores(['spam', 'ham', 'ham'], ['spam', 'spam', 'ham']);
    expect(scores.map(({ label, support, precision }) => [label, support, precision])).toEqual([
      ['ham', 2, 1],
      ['spam', 1, 0.5],
    ]);
    expect(confusionMatrix([0, 0, 1], [0, 1, 1]).counts).toEqual([
      [1, 1],
      [0, 1],
    ]);
  });

  it('compares sequences as a whole', () => {
    expect(sequenceAccuracy([[1, 2], 'ab'], [new Int32Array([1, 2]), 'ac'])).toEqual({
      sequenceAccuracy: 0.5,
    });
  });

  it('MultiRC: F1 over answers, exact match over questions', () => {
    const targets = [
      { group: 'q1', value: 1 },
      { group: 'q1', value: 0 },
      { group: 'q2', value: 1 },
    ];
    expect(multiRc(targets, [1, 0, -1])).toEqual({ f1: 2 / 3, exactMatch: 0.5 });
  });

  it('groups: the first of each, or the mean over them', () => {
    const targets = [
      { group: 'a', value: 'x' },
      { group: 'a', value: 'y' },
      { group: 'b', value: 'z' },
    ];
    const predictions = ['x', 'x', 'q'];
    expect(deduplicated(METRICS.sequenceAccuracy).compute(targets, predictions)).toEqual({
      sequenceAccuracy: 0.5,
    });
    expect(meanOverGroups(METRICS.sequenceAccuracy).compute(targets, predictions)).toEqual({
      sequenceAccuracy: 0.25,
    });
  });
});

describe('spans', () => {
  const tags = ['I-PER', 'I-PER', 'O', 'B-LOC', 'I-PER', 'S-LOC', 'E-LOC'];

  it('modes differ where tags are malformed', () => {
    const show = (options: Parameters<typeof spansOf>[1]): string[] =>
      spansOf(tags, options).map(({ type, start, end }) => `${type} ${start}-${end}`);
    expect(show({})).toEqual(['PER 0-2', 'LOC 3-4', 'PER 4-5', 'LOC 5-6', 'LOC 6-7']);
    expect(show({ mode: 'electra' })).toEqual(['PER 0-2', 'PER 3-5', 'LOC 5-7']);
    expect(show({ mode: 'strict', scheme: 'IOBES' })).toEqual(['LOC 5-6']);
  });

  it('example of seqeval: one of two entities is right', () => {
    const targets = [
      ['O', 'O', 'O', 'B-MISC', 'I-MISC', 'I-MISC', 'O'],
      ['B-PER', 'I-PER', 'O'],
    ];
    const predictions = [
      ['O', 'O', 'B-MISC', 'I-MISC', 'I-MISC', 'I-MISC', 'O'],
      ['B-PER', 'I-PER', 'O'],
    ];
    const { f1, tokenAccuracy, perType } = spanScores(targets, predictions);
    expect([f1, tokenAccuracy]).toEqual([0.5, 0.8]);
    expect(perType['PER']).toEqual({ precision: 1, recall: 1, f1: 1, support: 1 });
  });
});

describe('distances and likelihoods', () => {
  it('kitten becomes sitting with three edits', () => {
    expect(levenshtein('kitten', 'sitting')).toBe(3);
    expect(errorRate([['K', 'AE', 'T']], [['K', 'T']])).toEqual({ errorRate: 1 / 3, edits: 1, length: 3 });
    expect(editDistance(['ab'], ['AX'], { unit: 'character' }).sumEdits).toBe(1);
  });

  it('a uniform choice of eight costs three bits', () => {
    const sequences = [[Math.log(1 / 8), Math.log(1 / 8)], new Float64Array([Math.log(1 / 8)])];
    expect(perplexity(sequences).perplexity).toBeCloseTo(8, 12);
    expect(perplexity(sequences).bitsPerToken).toBeCloseTo(3, 12);
    expect(textPerplexity(['é', 'a'], sequences).bitsPerByte).toBeCloseTo(3, 12); // three bytes
  });

  it('calibration: sure and always wrong', () => {
    expect(expectedCalibrationError([1], [[1, 0]]).expectedCalibrationError).toBe(1);
    const onTheEdge = [
      [0.5, 0.5], // of the lower of two bins
      [0.9, 0.1],
    ];
    const { expectedCalibrationError: error } = expectedCalibrationError([0, 1], onTheEdge, { bins: 2 });
    expect(error).toBeCloseTo((0.5 + 0.9) / 2, 12);
    expect(brierScore([1], [[1, 0]]).brierScore).toBe(1);
    expect(brierScore([2], [[1, 0, 0]]).brierScore).toBe(2);
  });
});

describe('pre-training', () => {
  it('leaves padding out', () => {
    const scores = replacedTokenScores([1, 0, 0, -100], [2, -1, 1, 9]);
    expect(scores).toEqual({ accuracy: 2 / 3, precision: 0.5, recall: 1, rocAuc: 1 });
    expect(maskedAccuracy([7, -100, 8], [7, 3, 9])).toEqual({ maskedAccuracy: 0.5 });
  });
});

describe('benchmark averages', () => {
  it('average within a task first', () => {
    const all = Object.entries(benchmarkScores('glue')).map(
      ([task, names]) => [task, Object.fromEntries(names.map((name, at) => [name, at]))] as const,
    );
    expect(benchmarkAverage('glue', Object.fromEntries(all))).toBe((4 * 0.5) / 8);
  });

  it('an ELECTRA row of the paper (Table 2, 1.75M) has the average it prints', () => {
    const accuracies = { sst2: 96.9, mrpc: 90.8, qqp: 92.4, mnli: 90.9, qnli: 95.0, rte: 88.0 };
    const scores = Object.fromEntries(
      Object.entries(accuracies).map(([task, value]) => [task, { accuracy: value }]),
    );
    const average = benchmarkAverage('glueElectra', {
      ...scores,
      cola: { matthews: 69.1 },
      stsb: { spearman: 92.6 },
    });
    expect(average).toBeCloseTo(89.5, 1);
  });
});

describe('bootstrap', () => {
  const targets = Array.from({ length: 50 }, (_, row) => row % 3);
  const predictions = targets.map((target, row) => (row % 4 === 0 ? -1 : target));

  it('repeats with the same seed, and encloses the score', () => {
    const run = (seed: number) =>
      bootstrap(METRICS.accuracy, { targets, predictions }, { seed, samples: 200 });
    expect(run(1)).toEqual(run(1));
    expect(run(1)).not.toEqual(run(2));
    const { low, score, high } = run(1);
    expect(score).toBe(accuracy(targets, predictions).accuracy);
    expect(low < score && score < high).toBe(true);
  });

  it('gives the same for a metric without an additive form', () => {
    const { additive: _, ...plain } = METRICS.accuracy;
    const options = { seed: 3, samples: 20 };
    const slow = bootstrap(plain, { targets, predictions }, options);
    const fast = bootstrap(METRICS.accuracy, { targets, predictions }, options);
    for (const name of ['score', 'low', 'median', 'high', 'mean'] as const)
      expect(slow[name]).toBeCloseTo(fast[name], 12);
  });

  it('stops when told', () => {
    const signal = AbortSignal.abort(new Error('enough'));
    expect(() => bootstrap(METRICS.accuracy, { targets, predictions }, { seed: 1, signal })).toThrow(
      'enough',
    );
  });
});

describe('the catalogue', () => {
  it('has names once, and each main score among the scores', () => {
    const names = Object.values(METRICS).map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    const samples: Record<string, unknown> = {
      label: [0, 1, 1],
      number: [1, 2, 4],
      score: [0.1, 0.2, 0.3],
      text: ['a b', 'c', 'd'],
      references: ['a b', ['c', 'x'], 'd'],
      tags: [['B-X'], ['O'], ['O']],
      logProbabilities: [[-1], [-2], [-3]],
    };
    for (const metric of Object.values(METRICS)) {
      const targets = samples[metric.needs.targets] as never[];
      const predictions = samples[metric.needs.predictions] as never[];
      const wrapped = targets.map((value, at) =>
        metric.isGrouped ? { group: at, value } : value,
      ) as never[];
      const own = metric.name === 'squad2' ? targets.map((target) => [target].flat() as never) : wrapped;
      const scores = metric.compute(own, predictions);
      expect(Object.keys(scores), metric.name).toContain(metric.mainScore);
      expect(Object.values(scores).every(Number.isFinite), metric.name).toBe(true);
      const total = metric.additive
        ?.statistics(own, predictions)
        .reduce((a: number[], row) => Array.from(row, (value, at) => value + (a[at] ?? 0)), []);
      if (total === undefined) continue;
      for (const [score, value] of Object.entries(metric.additive!.scores(total)))
        expect(scores[score]).toBeCloseTo(value, 9);
    }
  });
});

describe('MetricError', () => {
  it('has code, remedy and page', () => {
    try {
      accuracy([1], []);
      expect.unreachable();
    } catch (error) {
      expect(error).toBeInstanceOf(MetricError);
      const { code, remedy, message } = error as MetricError;
      expect(code).toBe('metric-length-mismatch');
      expect(remedy).toContain('order');
      expect(message).toContain('1 targets, but 0 predictions');
      expect(message).toContain('docs/errors.md#metric-length-mismatch');
    }
  });
});
