import { createDecoderSequence } from '../decoders/decoder-sequence.js';
import {
  createByteFallbackDecoder,
  createFuseDecoder,
  createReplaceDecoder,
  createStripDecoder,
} from '../decoders/piece-decoders.js';
import { createMetaspaceDecoder } from '../decoders/metaspace-decoder.js';
import { createWordPieceDecoder } from '../decoders/word-piece-decoder.js';
import type { Decoder } from '../pipeline.js';
import { countValue, optionalFlag, optionalString, requiredField, stringValue } from './json-field.js';
import { readMetaspace } from './read-metaspace.js';
import { readReplacement, readSequence, type StageReaders } from './stage-readers.js';

/** Readers of the `decoder` section. */
export const decoderReaders: StageReaders<Decoder> = {
  WordPiece: (section) =>
    createWordPieceDecoder({
      prefix: optionalString(section, 'prefix'),
      cleanup: optionalFlag(section, 'cleanup'),
    }),
  Metaspace: (section) => createMetaspaceDecoder(readMetaspace(section)),
  ByteFallback: createByteFallbackDecoder,
  Fuse: createFuseDecoder,
  Strip: (section) =>
    createStripDecoder({
      content: stringValue(requiredField(section, 'content')),
      start: countValue(requiredField(section, 'start')),
      stop: countValue(requiredField(section, 'stop')),
    }),
  Replace: (section, { engine }) => createReplaceDecoder(readReplacement(section, engine)),
  Sequence: (section, nested) => createDecoderSequence(readSequence(section, 'decoders', nested)),
};
