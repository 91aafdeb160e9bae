export {
  coqaF1,
  normalizeSquad,
  normalizeTriviaQa,
  spanSquad,
  squad,
  triviaQa,
  type AnswerScores,
  type References,
  type SpanQuestion,
} from './answers.js';
export { benchmarkAverage, benchmarkScores, type Benchmark } from './benchmark-average.js';
export {
  bleu,
  bleuSignature,
  sentenceBleu,
  type BleuOptions,
  type BleuScores,
  type BleuSmoothing,
} from './bleu.js';
export type { BleuTokenizer } from './bleu-tokenizers.js';
export {
  bootstrap,
  pairedBootstrap,
  type BootstrapOptions,
  type BootstrapResult,
  type PairedBootstrapResult,
} from './bootstrap.js';
export { brierScore, expectedCalibrationError, type Distribution } from './calibration.js';
export { METRICS, bleuMetric, chrfMetric, rougeMetric, spansMetric } from './catalogue.js';
export { chrf, chrfSignature, type ChrfOptions, type ChrfScores } from './chrf.js';
export {
  accuracy,
  classScores,
  f1WithInvalid,
  matthews,
  meanClassF1,
  precisionRecallF1,
  sequenceAccuracy,
  type Average,
  type ClassScores,
  type F1Options,
  type PrecisionRecallF1,
} from './classification.js';
export { confusionMatrix, type ConfusionMatrix, type Label, type LabelOptions } from './confusion.js';
export { meanSquaredError, pearson, spearman } from './correlation.js';
export {
  characterErrorRate,
  editDistance,
  errorRate,
  levenshtein,
  wordErrorRate,
  type EditDistanceOptions,
  type EditDistanceScores,
  type ErrorRateScores,
} from './edit-distance.js';
export { MetricError, type MetricErrorFacts } from './errors.js';
export {
  deduplicated,
  defineMetric,
  meanOverGroups,
  type AdditiveForm,
  type Grouped,
  type Metric,
  type MetricDefinition,
  type MetricInput,
  type MetricUnit,
  type Scores,
} from './metric.js';
export { multiRc, type MultiRcScores } from './multirc.js';
export { perplexity, textPerplexity, type PerplexityScores } from './perplexity.js';
export { porterStem } from './porter-stemmer.js';
export { maskedAccuracy, replacedTokenScores, type ReplacedTokenScores } from './pre-training.js';
export {
  rankClassification,
  type RankClassificationOptions,
  type RankClassificationScores,
  type RankedOption,
} from './rank-classification.js';
export { auc, averagePrecision, rocAuc, type AucScores, type RankingOptions } from './ranking.js';
export { rouge, rougePerExample, type RougeOptions, type RougeScore, type RougeType } from './rouge.js';
export { SACREBLEU_VERSION } from './signature.js';
export { spanScores, spansOf, type Span, type SpanOptions, type SpanScores } from './spans.js';
export { squad2, type Squad2Options, type Squad2Scores } from './squad2.js';
export type { SpanMode, TagScheme } from './tag-schemes.js';
export { ter, terSignature, type TerOptions, type TerScores } from './ter.js';
export type { TerTokenization } from './ter-tokenizer.js';
