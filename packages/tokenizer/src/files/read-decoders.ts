import { createMetaspaceDecoder } from '../decoders/metaspace-decoder.js';
import { createWordPieceDecoder, wordPieceDecoderRules } from '../decoders/word-piece-decoder.js';
import type { Decoder } from '../pipeline.js';
import { readOptions } from './json-field.js';
import { readMetaspace } from './read-metaspace.js';
import type { StageReaders } from './stage-readers.js';

/** Readers of the `decoder` section. */
export const decoderReaders: StageReaders<Decoder> = {
  WordPiece: (section) => createWordPieceDecoder(readOptions(section, wordPieceDecoderRules)),
  Metaspace: (section) => createMetaspaceDecoder(readMetaspace(section)),
};
