import {
  answerStatistics,
  checkedReferences,
  coqaF1,
  normalizeSquad,
  normalizeTriviaQa,
  squad,
  triviaQa,
  type References,
} from './answers.js';
import { bleu, bleuOfStatistics, bleuSignature, bleuStatistics, type BleuOptions } from './bleu.js';
import { chrf, chrfOfStatistics, chrfSignature, chrfStatistics, type ChrfOptions } from './chrf.js';
import {
  accuracy,
  f1WithInvalid,
  matthews,
  precisionRecallF1,
  sequenceAccuracy,
  type Average,
} from './classification.js';
import type { Label } from './confusion.js';
import { meanSquaredError, pearson, spearman } from './correlation.js';
import { characterErrorRate, editDistance, wordErrorRate } from './edit-distance.js';
import { defineMetric, type AdditiveForm, type Grouped, type Metric, type Scores } from './metric.js';
import { multiRc } from './multirc.js';
import { textPerplexity } from './perplexity.js';
import { auc } from './ranking.js';
import { rouge, rougePerExample, type RougeOptions } from './rouge.js';
import { spanScores, type SpanOptions } from './spans.js';
import { squad2 } from './squad2.js';
import { ter, terOfStatistics, terSignature, terStatistics } from './ter.js';

/** A metric whose scores are means of vectors per example; a last 1 counts the examples. */
function meanForm<Target, Prediction>(
  names: readonly string[],
  perExample: (
    targets: readonly Target[],
    predictions: readonly Prediction[],
  ) => readonly (readonly number[])[],
): AdditiveForm<Target, Prediction> {
  return {
    statistics: (targets, predictions) => perExample(targets, predictions).map((values) => [...values, 1]),
    scores: (total) => Object.fromEntries(names.map((name, at) => [name, total[at]! / total[names.length]!])),
  };
}

const bit = (holds: boolean): number => (holds ? 1 : 0);

/** BLEU with these options, as a record. */
export function bleuMetric(name: string, options: BleuOptions = {}): Metric<References, string> {
  return defineMetric({
    name,
    needs: ['references', 'text'],
    unit: 'percent',
    mainScore: 'bleu',
    compute: (targets, predictions) => ({ bleu: bleu(targets, predictions, options).bleu }),
    signature: (targets) => bleuSignature(targets, options),
    additive: {
      statistics: (targets, predictions) => bleuStatistics(targets, predictions, options),
      scores: (total) => ({ bleu: bleuOfStatistics(total, options).bleu }),
    },
  });
}

/** chrF with these options, as a record. */
export function chrfMetric(name: string, options: ChrfOptions = {}): Metric<References, string> {
  return defineMetric({
    name,
    needs: ['references', 'text'],
    unit: 'percent',
    mainScore: 'chrf',
    compute: (targets, predictions) => ({ chrf: chrf(targets, predictions, options).chrf }),
    signature: (targets) => chrfSignature(targets, options),
    additive: {
      statistics: (targets, predictions) => chrfStatistics(targets, predictions, options),
      scores: (total) => ({ chrf: chrfOfStatistics(total, options) }),
    },
  });
}

/** ROUGE with these options, as a record; each type's score is its F1. */
export function rougeMetric(name: string, options: RougeOptions = {}): Metric<References, string> {
  const types = options.types ?? (['rouge1', 'rouge2', 'rougeL', 'rougeLsum'] as const);
  const settings = { ...options, types };
  return defineMetric({
    name,
    needs: ['references', 'text'],
    unit: 'percent',
    mainScore: types[0]!,
    compute: (targets, predictions) => {
      const scores = rouge(targets, predictions, settings);
      return Object.fromEntries(types.map((type) => [type, scores[type].f1]));
    },
    additive: meanForm(types, (targets, predictions) =>
      rougePerExample(targets, predictions, settings).map((scores) => types.map((type) => scores[type].f1)),
    ),
  });
}

/** Span F1 with these options, as a record; scores of single types are left to `spanScores`. */
export function spansMetric(
  name: string,
  options: SpanOptions = {},
): Metric<readonly string[], readonly string[]> {
  return defineMetric({
    name,
    needs: 'tags',
    unit: 'fraction',
    mainScore: 'f1',
    compute: (targets, predictions) => {
      const { perType: _, ...scores } = spanScores(targets, predictions, options);
      return scores;
    },
  });
}

function averagedF1(average: Exclude<Average, 'binary'>): Metric<Label, Label> {
  return defineMetric({
    name: `${average}-f1`,
    needs: 'label',
    unit: 'fraction',
    mainScore: 'f1',
    compute: (targets, predictions): Scores => ({ ...precisionRecallF1(targets, predictions, { average }) }),
  });
}

function answerMetric(
  name: string,
  { compute, normalize }: { readonly compute: typeof squad; readonly normalize: (text: string) => string },
): Metric<References, string> {
  return defineMetric({
    name,
    needs: ['references', 'text'],
    unit: 'percent',
    mainScore: 'f1',
    compute: (targets, predictions): Scores => ({ ...compute(targets, predictions) }),
    additive: meanForm(['exactMatch', 'f1'], (targets, predictions) =>
      answerStatistics(checkedReferences(name, targets, predictions), { predictions, normalize }).map(
        ([exact, f1]) => [100 * exact, 100 * f1],
      ),
    ),
  });
}

const scalar = <Target, Prediction>(definition: {
  readonly name: string;
  readonly needs: Metric['needs']['targets'];
  readonly mainScore: string;
  readonly compute: (targets: readonly Target[], predictions: readonly Prediction[]) => Scores;
  readonly isHigherBetter?: boolean;
}): Metric<Target, Prediction> => defineMetric({ unit: 'fraction', ...definition });

/** The metrics with their usual settings, as records; for others call the functions, or make records of your own. */
export const METRICS = Object.freeze({
  accuracy: defineMetric<Label, Label>({
    name: 'accuracy',
    needs: 'label',
    unit: 'fraction',
    mainScore: 'accuracy',
    compute: (targets, predictions) => accuracy(targets, predictions),
    additive: meanForm(['accuracy'], (targets, predictions) =>
      targets.map((target, index) => [bit(target === predictions[index])]),
    ),
  }),
  microF1: averagedF1('micro'),
  macroF1: averagedF1('macro'),
  weightedF1: averagedF1('weighted'),
  /** F1 of class 1 over labels 0 and 1; anything else predicted is wrong. */
  binaryF1: scalar({ name: 'binary-f1', needs: 'label', mainScore: 'f1', compute: f1WithInvalid }),
  matthews: scalar<Label, Label>({
    name: 'matthews',
    needs: 'label',
    mainScore: 'matthews',
    compute: (targets, predictions) => matthews(targets, predictions),
  }),
  multiRc: defineMetric<Grouped<number>, number>({
    name: 'multirc',
    needs: 'label',
    unit: 'fraction',
    mainScore: 'f1',
    isGrouped: true,
    compute: (targets, predictions): Scores => ({ ...multiRc(targets, predictions) }),
  }),
  pearson: scalar({ name: 'pearson', needs: 'number', mainScore: 'pearson', compute: pearson }),
  spearman: scalar({ name: 'spearman', needs: 'number', mainScore: 'spearman', compute: spearman }),
  meanSquaredError: defineMetric({
    name: 'mean-squared-error',
    needs: 'number',
    unit: 'count',
    mainScore: 'meanSquaredError',
    isHigherBetter: false,
    compute: meanSquaredError,
  }),
  auc: defineMetric<number | boolean, number>({
    name: 'auc',
    needs: ['label', 'score'],
    unit: 'fraction',
    mainScore: 'rocAuc',
    compute: (targets, scores): Scores => ({ ...auc(targets, scores) }),
  }),
  spans: spansMetric('spans'),
  sequenceAccuracy: defineMetric<string, string>({
    name: 'sequence-accuracy',
    needs: 'text',
    unit: 'fraction',
    mainScore: 'sequenceAccuracy',
    compute: sequenceAccuracy,
    additive: meanForm(['sequenceAccuracy'], (targets, predictions) =>
      targets.map((target, index) => [bit(target === predictions[index])]),
    ),
  }),
  squad: answerMetric('squad', { compute: squad, normalize: normalizeSquad }),
  triviaQa: answerMetric('trivia-qa', { compute: triviaQa, normalize: normalizeTriviaQa }),
  squad2: defineMetric<readonly string[], string>({
    name: 'squad2',
    needs: ['references', 'text'],
    unit: 'percent',
    mainScore: 'f1',
    compute: (targets, predictions): Scores =>
      ({ ...squad2(targets, predictions) }) as Record<string, number>,
  }),
  coqa: defineMetric<References, string>({
    name: 'coqa',
    needs: ['references', 'text'],
    unit: 'percent',
    mainScore: 'f1',
    compute: coqaF1,
  }),
  bleu: bleuMetric('bleu'),
  /** T5's setting. */
  bleuIntl: bleuMetric('bleu-intl', { tokenize: 'intl' }),
  chrf: chrfMetric('chrf'),
  chrfPlusPlus: chrfMetric('chrf++', { wordOrder: 2 }),
  ter: defineMetric<References, string>({
    name: 'ter',
    needs: ['references', 'text'],
    unit: 'percent',
    mainScore: 'ter',
    isHigherBetter: false,
    compute: (targets, predictions) => ({ ter: ter(targets, predictions).ter }),
    signature: (targets) => terSignature(targets),
    additive: {
      statistics: (targets, predictions) => terStatistics(targets, predictions),
      scores: (total) => ({ ter: terOfStatistics(total) }),
    },
  }),
  rouge: rougeMetric('rouge'),
  /** T5's setting. */
  rougeT5: rougeMetric('rouge-t5', { types: ['rouge1', 'rouge2', 'rougeLsum'], sentences: 't5' }),
  editDistance: defineMetric<string, string>({
    name: 'edit-distance',
    needs: 'text',
    unit: 'count',
    mainScore: 'meanEdits',
    isHigherBetter: false,
    compute: (targets, predictions): Scores => ({ ...editDistance(targets, predictions) }),
  }),
  wordErrorRate: defineMetric<string, string>({
    name: 'word-error-rate',
    needs: 'text',
    unit: 'fraction',
    mainScore: 'errorRate',
    isHigherBetter: false,
    compute: (targets, predictions) => ({ errorRate: wordErrorRate(targets, predictions).errorRate }),
  }),
  characterErrorRate: defineMetric<string, string>({
    name: 'character-error-rate',
    needs: 'text',
    unit: 'fraction',
    mainScore: 'errorRate',
    isHigherBetter: false,
    compute: (targets, predictions) => ({ errorRate: characterErrorRate(targets, predictions).errorRate }),
  }),
  perplexity: defineMetric<string, ArrayLike<number>>({
    name: 'perplexity',
    needs: ['text', 'logProbabilities'],
    unit: 'count',
    mainScore: 'perplexity',
    isHigherBetter: false,
    compute: (targets, logProbabilities): Scores => ({ ...textPerplexity(targets, logProbabilities) }),
  }),
});
