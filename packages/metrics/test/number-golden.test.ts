import { describe, expect, it } from 'vitest';
import {
  METRICS,
  accuracy,
  auc,
  averagePrecision,
  bootstrap,
  brierScore,
  expectedCalibrationError,
  f1WithInvalid,
  matthews,
  meanClassF1,
  meanSquaredError,
  pairedBootstrap,
  pearson,
  perplexity,
  precisionRecallF1,
  rankClassification,
  replacedTokenScores,
  rocAuc,
  spanScores,
  spearman,
  type PrecisionRecallF1,
  type SpanOptions,
} from '../src/index.js';
import { corpus, distributions, labels, options, scores, tags } from './cases.js';
import { MISSING, goldenFile } from './golden-file.js';

const golden = goldenFile('metrics-numbers');

function expectClose(got: readonly number[], needed: readonly number[], what: string): void {
  const off = needed.findIndex((value, at) => !(Math.abs(got[at]! - value) <= 1e-9));
  expect(off < 0 ? [] : [what, off, got[off], needed[off]]).toEqual([]);
  expect(got).toHaveLength(needed.length);
}

const triple = ({ precision, recall, f1 }: PrecisionRecallF1): number[] => [precision, recall, f1];

describe('scikit-learn and SciPy', () => {
  it('classification', () => {
    golden.rows('labels').forEach((needed, seed) => {
      const { classes: numClasses, targets, predictions, weights } = labels(seed);
      const binary = targets.map((target) => (target > 0 ? 1 : 0));
      const invalid = predictions.map((prediction) => (prediction === 0 ? -1 : prediction));
      const got = [
        accuracy(targets, predictions).accuracy,
        accuracy(targets, predictions, { weights }).accuracy,
        matthews(targets, predictions).matthews,
        matthews(targets, predictions, { weights }).matthews,
        ...(['micro', 'macro', 'weighted'] as const).flatMap((average) =>
          triple(precisionRecallF1(targets, predictions, { average })),
        ),
        ...triple(precisionRecallF1(targets, predictions, { average: 'macro', weights })),
        meanClassF1(targets, invalid, { numClasses }).meanClassF1,
        f1WithInvalid(binary, predictions).f1,
      ];
      expectClose(got, needed, `labels ${seed}`);
    });
  });

  it('ranking, correlation, and the scores of a discriminator', () => {
    golden.rows('scores').forEach((needed, seed) => {
      const { targets, values, weights } = scores(seed);
      const found = replacedTokenScores(
        targets,
        values.map((value) => value - 0.6),
      );
      const isConstant = needed[4] === MISSING;
      const got = [
        rocAuc(targets, values).rocAuc,
        averagePrecision(targets, values).averagePrecision,
        auc(targets, values, { weights }).rocAuc,
        auc(targets, values, { weights }).averagePrecision,
        isConstant ? MISSING : pearson(weights, values).pearson,
        isConstant ? MISSING : spearman(weights, values).spearman,
        meanSquaredError(weights, values).meanSquaredError,
        found.precision,
        found.recall,
      ];
      expectClose(got, needed, `scores ${seed}`);
      expect(found.rocAuc).toBeCloseTo(needed[0]!, 9);
    });
  });

  it('calibration, Brier score and perplexity', () => {
    golden.rows('distributions').forEach((needed, seed) => {
      const { targets, rows } = distributions(seed);
      const got = [
        expectedCalibrationError(targets, rows).expectedCalibrationError,
        expectedCalibrationError(targets, rows, { bins: 4 }).expectedCalibrationError,
        brierScore(targets, rows).brierScore,
        perplexity(rows.map((row, at) => [Math.log(row[targets[at]!]!)])).perplexity,
      ];
      expectClose(got, needed, `distributions ${seed}`);
    });
  });
});

describe('rank classification of T5', () => {
  it.each([2, 3, undefined])('with %s classes', (numClasses) => {
    const all = golden.rows('options');
    const count = all.length / 3;
    const first = numClasses === 2 ? 0 : numClasses === 3 ? count : 2 * count;
    all.slice(first, first + count).forEach((needed, seed) => {
      const { targets, scores: values } = options(seed, numClasses);
      const found = rankClassification(targets, values, { numClasses });
      const byLength = rankClassification(targets, values, { numClasses, normalizeByLength: true });
      const got = [
        found.accuracy,
        byLength.accuracy,
        found.f1 ?? found.meanClassF1 ?? MISSING,
        found.rocAuc ?? MISSING,
        found.averagePrecision ?? MISSING,
      ];
      expectClose(got, needed, `options ${seed}`);
    });
  });
});

describe('spans of tags', () => {
  const readers: readonly (readonly [string, string, SpanOptions])[] = [
    ['conlleval', 'BIES', {}],
    ['electra', 'BIES', { mode: 'electra' }],
    ['IOB1', 'BI', { mode: 'strict', scheme: 'IOB1' }],
    ['IOB2', 'BI', { mode: 'strict', scheme: 'IOB2' }],
    ['IOBES', 'BIES', { mode: 'strict', scheme: 'IOBES' }],
    ['BILOU', 'BILU', { mode: 'strict', scheme: 'BILOU' }],
  ];

  it.each(readers)('%s', (name, prefixes, how) => {
    golden.rows(`spans/${name}`).forEach((needed, seed) => {
      const { targets, predictions } = tags(seed, prefixes);
      const found = spanScores(targets, predictions, how);
      expectClose([...triple(found), found.macroF1], needed, `${name} ${seed}`);
    });
  });
});

describe('bootstrap', () => {
  it('gives the percentiles of NumPy and the p-value of sacreBLEU on the same resamples', () => {
    const { targets, predictions } = corpus(3);
    const settings = { seed: 11, samples: 50, confidence: 0.9 };
    const system = targets.map((references) => references.at(-1)!);
    const one = bootstrap(METRICS.bleu, { targets, predictions }, settings);
    const both = pairedBootstrap(METRICS.bleu, { targets, baseline: predictions, system }, settings);
    expectClose(
      [one.low, one.median, one.high, one.mean, both.pValue],
      golden.values('bootstrap'),
      'bootstrap',
    );
    expect(both.baseline).toEqual(one);
  });
});
