import { describe, expect, it } from 'vitest';
import {
  METRICS,
  accuracy,
  auc,
  benchmarkAverage,
  bleu,
  bootstrap,
  brierScore,
  characterErrorRate,
  chrf,
  classScores,
  deduplicated,
  editDistance,
  expectedCalibrationError,
  f1WithInvalid,
  matthews,
  maskedAccuracy,
  meanClassF1,
  multiRc,
  pearson,
  perplexity,
  precisionRecallF1,
  rankClassification,
  replacedTokenScores,
  rocAuc,
  rouge,
  spanScores,
  spansOf,
  spearman,
  squad,
  squad2,
  ter,
  textPerplexity,
  wordErrorRate,
} from '../src/index.js';

/** What is passed where types would forbid it. */
const any = (value: unknown): never => value as never;

const cases: readonly (readonly [code: string, what: string, run: () => unknown])[] = [
  ['metric-length-mismatch', 'fewer predictions', () => bleu(['a', 'b'], ['a'])],
  ['metric-length-mismatch', 'weights', () => accuracy([1, 2], [1, 2], { weights: [1] })],
  ['metric-length-mismatch', 'tags of a sentence', () => spanScores([['O', 'O']], [['O']])],
  ['metric-length-mismatch', 'no-answer scores', () => squad2([[]], [''], { noAnswerScores: [] })],
  ['metric-empty', 'no examples', () => rouge([], [])],
  ['metric-empty', 'an example without references', () => ter([[]], ['a'])],
  ['metric-empty', 'no unit in all targets', () => wordErrorRate([' '], ['a'])],
  ['metric-empty', 'no characters', () => characterErrorRate([''], ['a'])],
  ['metric-empty', 'no tokens', () => perplexity([[]])],
  ['metric-empty', 'nothing masked', () => maskedAccuracy([-100], [1])],
  ['metric-empty', 'only padding', () => replacedTokenScores([-100], [1])],
  ['metric-bad-number', 'a NaN score', () => rocAuc([0, 1], [NaN, 1])],
  ['metric-bad-number', 'an infinite prediction', () => pearson([0, 1], [1, Infinity])],
  ['metric-bad-number', 'text for a number', () => spearman([0, 1], any(['1', '2']))],
  ['metric-bad-number', 'a log-probability above 0', () => textPerplexity(['a'], [[0.5]])],
  ['metric-bad-number', 'logits for probabilities', () => brierScore([0], [[0.2, 0.1]])],
  ['metric-bad-number', 'a negative weight', () => auc([0, 1], [1, 2], { weights: [-1, 1] })],
  [
    'metric-bad-number',
    'a length that is not given',
    () => rankClassification([{ example: 1, option: 0, isCorrect: true }], [-1], { normalizeByLength: true }),
  ],
  ['metric-bad-input', 'a missing prediction', () => squad(['a'], any([undefined]))],
  ['metric-bad-input', 'a text instead of a list', () => chrf(any('abc'), any('abc'))],
  ['metric-bad-input', 'a number as reference', () => bleu(any([3]), ['a'])],
  ['metric-bad-input', 'null among references', () => bleu(any([['a', null]]), ['a'])],
  ['metric-bad-input', 'NaN as a label', () => accuracy2(NaN)],
  ['metric-bad-input', 'a number as text', () => editDistance(['a'], any([1]))],
  ['metric-bad-input', 'no group', () => deduplicated(METRICS.bleu).compute(any(['a']), ['a'])],
  [
    'metric-bad-input',
    'too few options',
    () => rankClassification([{ example: 1, option: 0, isCorrect: true }], [-1], { numClasses: 2 }),
  ],
  ['metric-unknown-label', 'a target outside the labels', () => classScores([3], [0], { labels: [0, 1] })],
  ['metric-unknown-label', 'a target that is neither 0 nor 1', () => f1WithInvalid([2], [0])],
  ['metric-unknown-label', 'the same in MultiRC', () => multiRc([{ group: 1, value: 5 }], [0])],
  [
    'metric-unknown-label',
    'a positive class that does not occur',
    () => precisionRecallF1(['a', 'b'], ['a', 'b'], { average: 'binary' }),
  ],
  ['metric-unknown-label', 'a graded target without a threshold', () => auc([0.3, 1], [1, 2])],
  [
    'metric-unknown-label',
    'a class without a probability',
    () => expectedCalibrationError([2], [[0.5, 0.5]]),
  ],
  [
    'metric-unknown-label',
    'no option is correct',
    () =>
      rankClassification(
        [
          { example: 1, option: 0, isCorrect: false },
          { example: 1, option: 1, isCorrect: false },
        ],
        [-1, -2],
        { numClasses: 2 },
      ),
  ],
  [
    'metric-not-binary',
    'three classes',
    () => precisionRecallF1([0, 1, 2], [0, 1, 2], { average: 'binary' }),
  ],
  ['metric-single-class', 'only negatives', () => auc([0, 0], [1, 2])],
  ['metric-constant', 'equal predictions', () => pearson([1, 2], [3, 3])],
  ['metric-constant', 'one example', () => spearman([1], [1])],
  ['metric-bad-tag', 'an id for a tag', () => spansOf(any([3]))],
  ['metric-bad-tag', 'a name without a prefix', () => spansOf(['PER'])],
  [
    'metric-bad-tag',
    'a prefix of another scheme',
    () => spansOf(['S-PER'], { mode: 'strict', scheme: 'IOB2' }),
  ],
  ['metric-bad-option', 'an unknown option', () => bleu(['a'], ['a'], any({ tokenizer: '13a' }))],
  ['metric-bad-option', 'an unknown tokeniser', () => bleu(['a'], ['a'], { tokenize: any('13b') })],
  ['metric-bad-option', 'a value without its smoothing', () => bleu(['a'], ['a'], { smoothingValue: 1 })],
  ['metric-bad-option', 'order 0', () => chrf(['a'], ['a'], { characterOrder: 0 })],
  ['metric-bad-option', 'beta 0', () => chrf(['a'], ['a'], { beta: 0 })],
  ['metric-bad-option', 'rouge0', () => rouge(['a'], ['a'], { types: any(['rouge0']) })],
  ['metric-bad-option', 'strict without a scheme', () => spansOf([], { mode: 'strict' })],
  ['metric-bad-option', 'a scheme without strict', () => spansOf([], { scheme: 'IOB2' })],
  ['metric-bad-option', 'a strange average', () => precisionRecallF1([0], [0], { average: any('mean') })],
  ['metric-bad-option', 'half a class', () => meanClassF1([0], [0], { numClasses: 0.5 })],
  [
    'metric-bad-option',
    'no seed',
    () => bootstrap(METRICS.bleu, { targets: ['a'], predictions: ['a'] }, any({})),
  ],
  [
    'metric-bad-option',
    'a score that is not there',
    () => bootstrap(METRICS.bleu, { targets: ['a'], predictions: ['a'] }, { seed: 1, score: 'f1' }),
  ],
  ['metric-bad-option', 'an unknown benchmark', () => benchmarkAverage(any('glue2'), {})],
  ['metric-missing-score', 'a task left out', () => benchmarkAverage('glue', { cola: { matthews: 0.5 } })],
];

function accuracy2(label: number): unknown {
  return matthews([label], [label]);
}

describe('bad input is refused, with the code of its page', () => {
  it.each(cases)('%s: %s', (code, _, run) => {
    expect(run).toThrow(expect.objectContaining({ name: 'MetricError', code }));
  });
});
