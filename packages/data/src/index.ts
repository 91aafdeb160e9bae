export type { DataErrorFacts } from './errors.js';
export { DataError } from './errors.js';
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
export type { SuperGlueOptions } from './readers/super-glue.js';
export { readSuperGlue, superGlueClasses } from './readers/super-glue.js';
export type { SuperGlueRecords, SuperGlueTask } from './readers/super-glue-records.js';
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
export type { C4Reason, C4Result } from './cleaning/c4-rules.js';
export { applyC4Rules } from './cleaning/c4-rules.js';
export type { Cleaner } from './cleaning/clean-documents.js';
export { cleanDocuments, createCleaner } from './cleaning/clean-documents.js';
export type { CleaningOptions } from './cleaning/cleaning-options.js';
export type { ContaminationIndex, EvaluationSet, EvaluationTexts } from './cleaning/contamination.js';
export { indexEvaluation } from './cleaning/contamination.js';
export type { DropReason } from './cleaning/inspection.js';
export type {
  CleaningReport,
  ContaminationHit,
  DuplicateExample,
  EvaluationReport,
} from './cleaning/report.js';
export type { ShardEntry, ShardManifest, ShardTokenizer } from './shards/manifest.js';
export type { OpenShardsOptions, ShardFolder, ShardSet } from './shards/shard-set.js';
export { openShards } from './shards/shard-set.js';
export type { ShardCursor, ShardStream, ShardStreamOptions, WindowOptions } from './shards/shard-stream.js';
export { documentOpener, shardDocuments, shardWindows } from './shards/shard-stream.js';
export { tokenizerFingerprint } from './shards/tokenizer-fingerprint.js';
export { electraExamples } from './electra/pretraining-text.js';
export { encoderIds, plainEncoder } from './electra/encoder-ids.js';
export { maskTokens } from './electra/masking.js';
export type { ObjectiveMixture } from './objectives/mixture-of-denoisers.js';
export { mixtureOfDenoisers } from './objectives/mixture-of-denoisers.js';
export { BYT5_SENTINELS, namedObjective, spanCorruption } from './objectives/named-objectives.js';
export type { Sentinels } from './objectives/noise-functions.js';
export type { Objective } from './objectives/objective.js';
export { pretrainingExamples } from './objectives/pretraining-examples.js';
export { createRandom } from './random/random.js';
export { t5Format } from './tasks/t5-formats.js';
export { createBatcher } from './batching/batchers.js';
export type { Seq2SeqBatch } from './batching/padding.js';
export { seq2seqBatch } from './batching/padding.js';
export { throughStage } from './batching/stage.js';
export { ANSWER_FORMATS } from './tasks/answers.js';
export type { ExampleReader, ExampleSource, WorkerShare } from './tasks/example-reader.js';
export type { SummaryOptions, TranslationOptions } from './tasks/generation.js';
export {
  GENERATION_FORMATS,
  languageModelFormat,
  multiTranslationFormat,
  summaryFormat,
  translationFormat,
} from './tasks/generation.js';
export { GLUE_FORMATS } from './tasks/glue.js';
export type {
  Mixture,
  MixtureCursor,
  MixtureExamplesOptions,
  MixtureItem,
  MixtureOptions,
  MixturePart,
} from './tasks/mixture.js';
export { createMixture } from './tasks/mixture.js';
export type { RankClassificationOptions } from './tasks/rank-classification.js';
export { rankClassificationFormat } from './tasks/rank-classification.js';
export type { ProportionalRate, Rate } from './tasks/rates.js';
export { proportionalRate } from './tasks/rates.js';
export type { DataRecord } from './tasks/record.js';
export type { MixtureDefinition, TaskRegistry } from './tasks/registry.js';
export { createTaskRegistry } from './tasks/registry.js';
export type { IndexedSource, RecordSource, StreamedSource } from './tasks/sources.js';
export { listSource, streamedSource } from './tasks/sources.js';
export type { StreamTaskOptions } from './tasks/stream-task.js';
export { createStreamTask } from './tasks/stream-task.js';
export { SUPER_GLUE_FORMATS } from './tasks/super-glue.js';
export { T5_FORMATS, sentinelFormat } from './tasks/t5-formats.js';
export type { T5MixtureOptions } from './tasks/t5-mixtures.js';
export { T5_MIXTURE_NAMES, t5Mixture } from './tasks/t5-mixtures.js';
export type { Task, TaskExamplesOptions, TaskOptions } from './tasks/task.js';
export { createTask } from './tasks/task.js';
export type { Template, TemplateFormatOptions } from './tasks/template.js';
export { parseTemplate, templateFormat } from './tasks/template.js';
export type { TextExample, TextFormat, TextFormatParts } from './tasks/text-format.js';
export { textFormat } from './tasks/text-format.js';
export { WINOGRAD_FORMATS } from './tasks/winograd.js';
export { wnliReferent } from './tasks/wnli-referent.js';
export type {
  RandomChunkOptions,
  SplitTokensOptions,
  TruncateAroundAnswerOptions,
} from './objectives/chunks.js';
export {
  concatTokens,
  concatenateAndSplit,
  selectRandomChunk,
  splitTokens,
  trimTokensAtFront,
  truncateAroundAnswer,
} from './objectives/chunks.js';
export { roundHalfEven } from './objectives/half-even.js';
export type { MixtureOfDenoisersOptions } from './objectives/mixture-of-denoisers.js';
export { drawObjective } from './objectives/mixture-of-denoisers.js';
export type { SpanCorruptionOptions } from './objectives/named-objectives.js';
export { MT5_SENTINELS, T5_OBJECTIVES, T5_SENTINELS } from './objectives/named-objectives.js';
export type { NoiseContext, NoiseFunction, NoiseFunctionName } from './objectives/noise-functions.js';
export { noiseFunctions } from './objectives/noise-functions.js';
export type {
  NoiseMask,
  NoiseMaskOptions,
  RandomSpansNoiseMaskOptions,
  RegularNoiseMaskOptions,
} from './objectives/noise-masks.js';
export {
  iidNoiseMask,
  randomPrefixNoiseMask,
  randomSpansNoiseMask,
  regularNoiseMask,
} from './objectives/noise-masks.js';
export type { DenoiseOptions, DenoiserMode, MaskRule, Seq2SeqIds } from './objectives/objective.js';
export { denoise, rawLength } from './objectives/objective.js';
export type {
  PretrainingCursor,
  PretrainingExample,
  PretrainingOptions,
} from './objectives/pretraining-examples.js';
export type { NextSentenceOptions, SentencePair } from './objectives/sentence-pairs.js';
export { neighboringPairs, nextSentencePrediction } from './objectives/sentence-pairs.js';
export type { SpanLengthOptions, SpanLengths } from './objectives/span-lengths.js';
export { randomSpansHelper } from './objectives/span-lengths.js';
export type {
  FillInTheBlankOptions,
  FillInTheBlankSizedOptions,
  RandomSplitTextOptions,
  TextPair,
} from './objectives/text-objectives.js';
export {
  fillInTheBlank,
  fillInTheBlankSized,
  padNonspacedLanguages,
  randomSplitText,
  splitTextToWords,
} from './objectives/text-objectives.js';
export type {
  ElectraTask,
  LabeledFeatures,
  LabeledText,
  TextFeatureOptions,
} from './electra/classification.js';
export {
  ELECTRA_TASKS,
  classificationFeatures,
  doubleUnordered,
  electraTaskExample,
} from './electra/classification.js';
export type { EncodeText, EncoderFeatures, EncoderIds } from './electra/encoder-ids.js';
export type { MaskTokensOptions, MaskedTokens, MaskingShares } from './electra/masking.js';
export { BERT_MASKING, ELECTRA_MASKING, IGNORED_LABEL, maxPredictions } from './electra/masking.js';
export type { Choices, MultipleChoiceFeatures } from './electra/multiple-choice.js';
export { multipleChoiceFeatures } from './electra/multiple-choice.js';
export type { ElectraCursor, ElectraExample, ElectraExampleOptions } from './electra/pretraining-text.js';
export type { ContextQuestion, QuestionWindow, QuestionWindowOptions } from './electra/question-answering.js';
export { questionWindows } from './electra/question-answering.js';
export type { TaggedWords, TaggingFeatures, TaggingOptions } from './electra/tagging.js';
export { taggingFeatures } from './electra/tagging.js';
export type { BucketBatcherOptions, FixedBatcherOptions, TokenBudgetOptions } from './batching/batchers.js';
export { createBucketBatcher, createTokenBudgetBatcher } from './batching/batchers.js';
export type {
  FeatureIds,
  PackedFeature,
  PackedRow,
  PackedSeq2SeqBatch,
  PackingOptions,
} from './batching/packing.js';
export { createPacker, packedFeature, packedSeq2SeqBatch, segmentMask } from './batching/packing.js';
export type {
  BatchArray,
  BatchPadding,
  EncoderBatch,
  EncoderExample,
  PadOptions,
  Seq2SeqBatchOptions,
} from './batching/padding.js';
export { encoderBatch, padRows, rowMask, shiftRight } from './batching/padding.js';
export type { PrefetchOptions } from './batching/prefetch.js';
export { prefetch } from './batching/prefetch.js';
export type { Stage } from './batching/stage.js';
export { philox4x32 } from './random/philox.js';
export type { Random, RandomState, StreamName } from './random/random.js';
export { restoreRandom } from './random/random.js';
export type { ShuffleBufferOptions } from './random/shuffle.js';
export { createPermutation, feistelPermutation, shuffleBuffer, shuffleInPlace } from './random/shuffle.js';
