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
import { countValue, optionalField, requiredField, stringValue, type JsonField } from './json-field.js';
import { readMetaspace } from './read-metaspace.js';
import { flagOr, readPattern, readSequence, readStage, within, type StageReaders } from './stage-readers.js';

/** The `decoder` section. */
export function readDecoder(section: JsonField): Decoder {
  return readStage(section, decoderReaders);
}

const decoderReaders: StageReaders<Decoder> = {
  WordPiece(section) {
    const prefix = optionalField(section, 'prefix');
    return createWordPieceDecoder({
      prefix: prefix && stringValue(prefix),
      cleanup: flagOr(section, 'cleanup', { missing: true }),
    });
  },
  Metaspace: (section) => within(section, () => createMetaspaceDecoder(readMetaspace(section))),
  ByteFallback: createByteFallbackDecoder,
  Fuse: createFuseDecoder,
  Strip: (section) =>
    within(section, () =>
      createStripDecoder({
        content: stringValue(requiredField(section, 'content')),
        start: countValue(requiredField(section, 'start')),
        stop: countValue(requiredField(section, 'stop')),
      }),
    ),
  Replace: (section) =>
    within(section, () =>
      createReplaceDecoder({
        pattern: readPattern(section),
        content: stringValue(requiredField(section, 'content')),
      }),
    ),
  Sequence: (section, readers) => createDecoderSequence(readSequence(section, 'decoders', readers)),
};
