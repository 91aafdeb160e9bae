export { createDecoderSequence } from './decoders/decoder-sequence.js';
export {
  createByteFallbackDecoder,
  createFuseDecoder,
  createReplaceDecoder,
  createStripDecoder,
  type ReplaceDecoderOptions,
  type StripDecoderOptions,
} from './decoders/piece-decoders.js';
export { moreStages } from './files/more-stages.js';
export type { StageSet } from './files/stage-readers.js';
export { createPrependNormalizer } from './normalizers/text-normalizers.js';
export {
  createLowercaseNormalizer,
  createStripAccentsNormalizer,
  createUnicodeNormalizer,
} from './normalizers/unicode-normalizer.js';
export {
  createDigitsPreTokenizer,
  createPunctuationPreTokenizer,
  createWhitespacePreTokenizer,
  type DigitsOptions,
  type PunctuationOptions,
} from './pre-tokenizers/character-pre-tokenizers.js';
export type { DelimiterBehavior } from './pre-tokenizers/span-splitter.js';
export { createSplitPreTokenizer, type SplitOptions } from './pre-tokenizers/split-pre-tokenizer.js';
export { regexEngine } from './regex/regex-engine.js';
export type { PatternEngine, TextPattern } from './regex/text-pattern.js';
export type { NormalForm } from './unicode/canonical-order.js';
