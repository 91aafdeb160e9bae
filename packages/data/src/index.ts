export {
  createBatcher,
  createBucketBatcher,
  createTokenBudgetBatcher,
  type BucketBatcherOptions,
  type FixedBatcherOptions,
  type TokenBudgetOptions,
} from './batching/batchers.js';
export {
  createPacker,
  packedFeature,
  packedSeq2SeqBatch,
  segmentMask,
  type FeatureIds,
  type PackedFeature,
  type PackedRow,
  type PackedSeq2SeqBatch,
  type PackingOptions,
} from './batching/packing.js';
export {
  encoderBatch,
  padRows,
  rowMask,
  seq2seqBatch,
  shiftRight,
  type BatchArray,
  type BatchPadding,
  type EncoderBatch,
  type EncoderExample,
  type PadOptions,
  type Seq2SeqBatch,
  type Seq2SeqBatchOptions,
} from './batching/padding.js';
export { prefetch, type PrefetchOptions } from './batching/prefetch.js';
export { fromJson, throughStage, toJson, type Json, type Stage } from './batching/stage.js';
export type { C4Reason, C4Result } from './cleaning/c4-rules.js';
export { applyC4Rules } from './cleaning/c4-rules.js';
export type { Cleaner } from './cleaning/clean-documents.js';
export { cleanDocuments, createCleaner } from './cleaning/clean-documents.js';
export type { CleaningOptions } from './cleaning/cleaning-options.js';
export type { ContaminationIndex, EvaluationSet, EvaluationTexts } from './cleaning/contamination.js';
export { indexEvaluation } from './cleaning/contamination.js';
export type { DropReason } from './cleaning/inspection.js';
export type {
  Exposure,
  MemorizationIndex,
  MemorizationOptions,
  MemorizedText,
} from './cleaning/memorization.js';
export { canaryExposure, indexTrainingTexts } from './cleaning/memorization.js';
export type {
  CleaningReport,
  ContaminationHit,
  DuplicateExample,
  EvaluationReport,
} from './cleaning/report.js';
export {
  classificationFeatures,
  doubleUnordered,
  ELECTRA_TASKS,
  electraTaskExample,
  type ElectraTask,
  type LabeledFeatures,
  type LabeledText,
  type TextFeatureOptions,
} from './electra/classification.js';
export {
  encoderIds,
  joinSegments,
  plainEncoder,
  truncatePair,
  type EncodeText,
  type EncoderFeatures,
  type EncoderIds,
} from './electra/encoder-ids.js';
export {
  BERT_MASKING,
  ELECTRA_MASKING,
  maskTokens,
  maxPredictions,
  type MaskedTokens,
  type MaskingShares,
  type MaskTokensOptions,
} from './electra/masking.js';
export {
  multipleChoiceFeatures,
  type Choices,
  type MultipleChoiceFeatures,
} from './electra/multiple-choice.js';
export {
  electraExamples,
  type ElectraCursor,
  type ElectraExample,
  type ElectraExampleOptions,
} from './electra/pretraining-text.js';
export {
  questionWindows,
  type ContextQuestion,
  type QuestionWindow,
  type QuestionWindowOptions,
} from './electra/question-answering.js';
export {
  taggingFeatures,
  type TaggedWords,
  type TaggingFeatures,
  type TaggingOptions,
} from './electra/tagging.js';
export type { DataErrorFacts } from './errors.js';
export { DataError } from './errors.js';
export {
  concatenateAndSplit,
  concatTokens,
  selectRandomChunk,
  splitTokens,
  trimTokensAtFront,
  truncateAroundAnswer,
  type RandomChunkOptions,
  type SplitTokensOptions,
  type TruncateAroundAnswerOptions,
} from './objectives/chunks.js';
export { roundHalfEven } from './objectives/half-even.js';
export {
  drawObjective,
  mixtureOfDenoisers,
  type MixtureOfDenoisersOptions,
  type ObjectiveMixture,
} from './objectives/mixture-of-denoisers.js';
export {
  BYT5_SENTINELS,
  MT5_SENTINELS,
  namedObjective,
  spanCorruption,
  T5_OBJECTIVES,
  T5_SENTINELS,
  type SpanCorruptionOptions,
} from './objectives/named-objectives.js';
export {
  noiseFunctions,
  type NoiseContext,
  type NoiseFunction,
  type NoiseFunctionName,
  type Sentinels,
} from './objectives/noise-functions.js';
export {
  iidNoiseMask,
  randomPrefixNoiseMask,
  randomSpansNoiseMask,
  regularNoiseMask,
  type NoiseMask,
  type NoiseMaskOptions,
  type RandomSpansNoiseMaskOptions,
  type RegularNoiseMaskOptions,
} from './objectives/noise-masks.js';
export {
  denoise,
  rawLength,
  trimAndAppendEos,
  type DenoiseOptions,
  type DenoiserMode,
  type MaskRule,
  type Objective,
  type Seq2SeqIds,
} from './objectives/objective.js';
export {
  pretrainingExamples,
  type PretrainingCursor,
  type PretrainingExample,
  type PretrainingOptions,
} from './objectives/pretraining-examples.js';
export {
  neighboringPairs,
  nextSentencePrediction,
  type NextSentenceOptions,
  type SentencePair,
} from './objectives/sentence-pairs.js';
export { randomSpansHelper, type SpanLengthOptions, type SpanLengths } from './objectives/span-lengths.js';
export {
  fillInTheBlank,
  fillInTheBlankSized,
  padNonspacedLanguages,
  randomSplitText,
  splitTextToWords,
  type FillInTheBlankOptions,
  type FillInTheBlankSizedOptions,
  type RandomSplitTextOptions,
  type TextPair,
} from './objectives/text-objectives.js';
export type { InsertedSpansOptions } from './objectives/inserted-spans.js';
export { insertedSpans } from './objectives/inserted-spans.js';
export {
  createRandom,
  restoreRandom,
  type Random,
  type RandomState,
  type StreamName,
} from './random/random.js';
export {
  createPermutation,
  shuffleBuffer,
  shuffleInPlace,
  type ShuffleBufferOptions,
} from './random/shuffle.js';
export type { ConllOptions, TaggedSentence } from './readers/conll.js';
export { readConll } from './readers/conll.js';
export type { EmptyNode, MultiwordToken, TreebankSentence } from './readers/conllu.js';
export { readConllu } from './readers/conllu.js';
export type { ByteRange, DataFile, DataSource, OpenOptions, RangeReader } from './readers/data-file.js';
export { blobFile, bytesFile, streamFile, textFile } from './readers/data-file.js';
export type { DelimitedOptions, TextRow } from './readers/delimited.js';
export { readCsv, readTsv } from './readers/delimited.js';
export type { GlueTask } from './readers/glue-layouts.js';
export type { GlueOptions, GlueRecord } from './readers/glue.js';
export { glueClasses, readGlue } from './readers/glue.js';
export type { JsonRecord, SchemaReaderOptions } from './readers/json-lines.js';
export { readJsonLines } from './readers/json-lines.js';
export type { MrqaQuestion } from './readers/mrqa.js';
export { readMrqa } from './readers/mrqa.js';
export type { BigIntegers } from './readers/parquet-values.js';
export type { ParquetOptions } from './readers/parquet.js';
export { readParquet } from './readers/parquet.js';
export type { Place, Position } from './readers/place.js';
export { placeOf, withPlace } from './readers/place.js';
export type { AnswerSpan, MisplacedAnswers, QuestionAnswering } from './readers/question-answering.js';
export type { ReaderOptions } from './readers/reader-options.js';
export { batched, mapRecords, skip, take } from './readers/record-streams.js';
export type { FieldSpec, FieldType, RecordOf, Schema } from './readers/schema.js';
export type { SquadOptions } from './readers/squad.js';
export { readSquad, readSquadLines, squadFromRow } from './readers/squad.js';
export type { SuperGlueRecords, SuperGlueTask } from './readers/super-glue-records.js';
export type { SuperGlueOptions } from './readers/super-glue.js';
export { readSuperGlue, superGlueClasses } from './readers/super-glue.js';
export type { ConvertTagsOptions, TagScheme, TagSpan } from './readers/tag-scheme.js';
export { convertTags, spanTags, tagSpans } from './readers/tag-scheme.js';
export type {
  DocumentLayout,
  DocumentOptions,
  ParallelSources,
  TextDocument,
  TextOptions,
  TextRecord,
} from './readers/text.js';
export { readDocuments, readParallel, readText } from './readers/text.js';
export type { UrlFileOptions } from './readers/url-file.js';
export { urlFile } from './readers/url-file.js';
export type { ShardEntry, ShardManifest, ShardTokenizer } from './shards/manifest.js';
export type { OpenShardsOptions, ShardFolder, ShardSet } from './shards/shard-set.js';
export { openShards } from './shards/shard-set.js';
export type { ShardCursor, ShardStream, ShardStreamOptions, WindowOptions } from './shards/shard-stream.js';
export { documentOpener, shardDocuments, shardWindows } from './shards/shard-stream.js';
export { tokenizerFingerprint } from './shards/tokenizer-fingerprint.js';
export type {
  ExampleReader,
  ExampleReaderOptions,
  ExampleSource,
  StreamItem,
  WorkerShare,
} from './tasks/example-reader.js';
export {
  languageModelFormat,
  multiTranslationFormat,
  summaryFormat,
  translationFormat,
  type SummaryOptions,
  type TranslationOptions,
} from './tasks/generation.js';
export {
  createMixture,
  type Mixture,
  type MixtureCursor,
  type MixtureExamplesOptions,
  type MixtureItem,
  type MixtureOptions,
  type MixturePart,
} from './tasks/mixture.js';
export { rankClassificationFormat, type RankClassificationOptions } from './tasks/rank-classification.js';
export { proportionalRate, type ProportionalRate, type Rate } from './tasks/rates.js';
export type { DataRecord, RecordReader } from './tasks/record.js';
export { createTaskRegistry, type MixtureDefinition, type TaskRegistry } from './tasks/registry.js';
export {
  listSource,
  streamedSource,
  type IndexedSource,
  type RecordSource,
  type StreamedSource,
} from './tasks/sources.js';
export { createStreamTask, type StreamTaskOptions } from './tasks/stream-task.js';
export { sentinelFormat, t5Format, T5_FORMATS } from './tasks/t5-formats.js';
export { t5Mixture, T5_MIXTURE_NAMES, type T5MixtureOptions } from './tasks/t5-mixtures.js';
export { createTask, type Task, type TaskExamplesOptions, type TaskOptions } from './tasks/task.js';
export { templateFormat, type TemplateFormatOptions } from './tasks/template.js';
export { textFormat, type TextExample, type TextFormat, type TextFormatParts } from './tasks/text-format.js';
