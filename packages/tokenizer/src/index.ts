export { createBertTokenizer, type BertTokenizerOptions } from './bert.js';
export type { BatchEncoding, PaddingOptions } from './batch.js';
export { createByt5Tokenizer, type Byt5TokenizerOptions } from './byt5.js';
export type { DecodeOptions } from './decoding.js';
export { createByteDecoder } from './decoders/byte-decoder.js';
export { createMetaspaceDecoder } from './decoders/metaspace-decoder.js';
export {
  cleanUpSpaces,
  createWordPieceDecoder,
  type WordPieceDecoderOptions,
} from './decoders/word-piece-decoder.js';
export type { Encoding } from './encoding.js';
export { TokenizerError, type TokenizerErrorCode, type TokenizerErrorFacts } from './errors.js';
export { tokenizerFromFiles, type TokenizerFromFilesOptions } from './files/read-files.js';
export type { StageSet } from './files/stage-readers.js';
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
  createReplaceNormalizer,
  createStripNormalizer,
  type ReplaceOptions,
  type StripNormalizerOptions,
} from './normalizers/text-normalizers.js';
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
export type { StreamDecodeOptions, StreamDecoder } from './stream-decoder.js';
export { createWhitespaceSplitPreTokenizer } from './pre-tokenizers/character-pre-tokenizers.js';
export { createPreTokenizerSequence } from './pre-tokenizers/pre-tokenizer-sequence.js';
export type { Matcher, PatternEngine, TextPattern } from './regex/text-pattern.js';
export { AlignedTextBuilder, type AlignedText } from './text/aligned-text.js';
export { Scratch } from './text/scratch.js';
export { TokenSink } from './text/token-sink.js';
export type { SpecialToken } from './token-index.js';
export { createTokenizer, type BatchInput, type EncodeBatchOptions, type Tokenizer } from './tokenizer.js';
export {
  specialAddedToken,
  type AddedToken,
  type SpecialTokenRole,
  type TokenizerParts,
} from './tokenizer-parts.js';
export type { TruncationStrategy } from './truncation.js';
