export { readSentencePieceModel } from './sentencepiece/model-file.js';
export type { SentencePieceModel, SentencePieceNormalization } from './sentencepiece/model-format.js';
export { createT5Tokenizer, type T5TokenizerOptions } from './t5.js';
export { writeSentencePieceModel } from './sentencepiece/model-writer.js';
export { singlePrecision } from './sentencepiece/single-precision.js';
