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
