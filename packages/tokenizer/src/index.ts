export { createBertTokenizer, type BertTokenizerOptions } from './bert.js';
export type { BatchEncoding, PaddingOptions } from './batch.js';
export { createByt5Tokenizer, type Byt5TokenizerOptions } from './byt5.js';
export type { DecodeOptions } from './decoding.js';
export { createByteDecoder } from './decoders/byte-decoder.js';
export { createMetaspaceDecoder } from './decoders/metaspace-decoder.js';
export { createDecoderSequence } from './decoders/decoder-sequence.js';
export {
  createByteFallbackDecoder,
  createFuseDecoder,
  createReplaceDecoder,
  createStripDecoder,
  type ReplaceDecoderOptions,
  type StripDecoderOptions,
} from './decoders/piece-decoders.js';
export {
  cleanUpSpaces,
  createWordPieceDecoder,
  type WordPieceDecoderOptions,
} from './decoders/word-piece-decoder.js';
export type { Encoding } from './encoding.js';
export { TokenizerError, type TokenizerErrorCode, type TokenizerErrorFacts } from './errors.js';
export { tokenizerFromFiles } from './files/read-files.js';
export { tokenizerFileNames, type TokenizerFiles } from './files/write-files.js';
export { createByteModel, type ByteModelOptions } from './models/byte-model.js';
export type { Vocabulary, VocabularyInput } from './models/vocabulary.js';
export {
  createUnigram,
  type PieceKind,
  type ScoredPiece,
  type UnigramModel,
  type UnigramOptions,
} from './models/unigram.js';
export { createWordPiece, type WordPieceModel, type WordPieceOptions } from './models/word-piece.js';
export { createBertNormalizer, type BertNormalizerOptions } from './normalizers/bert-normalizer.js';
export { createPrecompiledNormalizer } from './normalizers/precompiled-normalizer.js';
export {
  createNormalizerSequence,
  createPrependNormalizer,
  createReplaceNormalizer,
  createStripNormalizer,
  type ReplaceOptions,
  type StripNormalizerOptions,
} from './normalizers/text-normalizers.js';
export {
  createLowercaseNormalizer,
  createStripAccentsNormalizer,
  createUnicodeNormalizer,
} from './normalizers/unicode-normalizer.js';
export type {
  Decoder,
  Json,
  Model,
  Normalizer,
  PostProcessor,
  PreTokenizer,
  Stage,
  TemplatePiece,
  Words,
} from './pipeline.js';
export {
  createBertProcessor,
  createEosProcessor,
  createEosTemplate,
  createTemplateProcessor,
  type TemplateOptions,
  type TemplateToken,
} from './post-processors/template-processor.js';
export type { EncodeOptions, TextInput } from './pair-encoder.js';
export { createBertPreTokenizer } from './pre-tokenizers/bert-pre-tokenizer.js';
export {
  createMetaspacePreTokenizer,
  type MetaspaceOptions,
  type PrependScheme,
} from './pre-tokenizers/metaspace-pre-tokenizer.js';
export {
  readSentencePieceModel,
  writeSentencePieceModel,
  type SentencePieceModel,
  type SentencePieceNormalization,
} from './sentencepiece/model-file.js';
export type { StreamDecodeOptions, StreamDecoder } from './stream-decoder.js';
export { createT5Tokenizer, type T5TokenizerOptions } from './t5.js';
export {
  createDigitsPreTokenizer,
  createPunctuationPreTokenizer,
  createWhitespacePreTokenizer,
  createWhitespaceSplitPreTokenizer,
  type DigitsOptions,
  type PunctuationOptions,
} from './pre-tokenizers/character-pre-tokenizers.js';
export { createPreTokenizerSequence } from './pre-tokenizers/pre-tokenizer-sequence.js';
export type { DelimiterBehavior } from './pre-tokenizers/span-splitter.js';
export { createSplitPreTokenizer, type SplitOptions } from './pre-tokenizers/split-pre-tokenizer.js';
export type { TextPattern } from './regex/text-pattern.js';
export { AlignedTextBuilder, type AlignedText } from './text/aligned-text.js';
export { Scratch } from './text/scratch.js';
export { TokenSink } from './text/token-sink.js';
export type { SpecialToken } from './token-index.js';
export { createTokenizer, type BatchInput, type EncodeBatchOptions, type Tokenizer } from './tokenizer.js';
export {
  trainUnigram,
  type TrainUnigramOptions,
  type UnigramTrainingProgress,
} from './training/unigram-trainer.js';
export { learnUnigram } from './training/unigram/learn-unigram.js';
export type { LearnUnigramOptions, UnigramProgress } from './training/unigram/unigram-options.js';
export {
  trainWordPiece,
  type TrainingProgress,
  type TrainWordPieceOptions,
} from './training/word-piece-trainer.js';
export {
  specialAddedToken,
  type AddedToken,
  type SpecialTokenRole,
  type TokenizerParts,
} from './tokenizer-parts.js';
export type { TruncationStrategy } from './truncation.js';
export type { NormalForm } from './unicode/canonical-order.js';
