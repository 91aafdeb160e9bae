import {
  ABSENT_ID,
  normalizer,
  piece,
  pieceKinds,
  root,
  trainer,
  type SentencePieceModel,
} from './model-format.js';
import { WireWriter } from './wire-writer.js';

/** Writes a model file that SentencePiece and `readSentencePieceModel` load. */
export function writeSentencePieceModel(model: SentencePieceModel): Uint8Array {
  const { normalization } = model;
  const encoder = new TextEncoder();
  const writer = new WireWriter();
  model.pieces.forEach(([text, score], id) => {
    const kind = pieceKinds.indexOf(model.kinds[id]!) + 1;
    const entry = new WireWriter().field(piece.text, encoder.encode(text)).float(piece.score, score);
    writer.field(root.piece, (kind === 1 ? entry : entry.varint(piece.kind, kind)).finish());
  });
  const id = (value: number | undefined) => value ?? ABSENT_ID;
  const trainerSpec = new WireWriter()
    .varint(trainer.modelType, 1)
    .varint(trainer.vocabSize, model.pieces.length)
    .varint(trainer.suffix, normalization.whitespaceAsSuffix)
    .varint(trainer.byteFallback, model.byteFallback)
    .varint(trainer.unkId, model.unkId)
    .varint(trainer.bosId, id(model.bosId))
    .varint(trainer.eosId, id(model.eosId))
    .varint(trainer.padId, id(model.padId));
  const normalizerSpec = new WireWriter()
    .field(
      normalizer.name,
      encoder.encode(normalization.characterMap.length === 0 ? 'identity' : 'user_defined'),
    )
    .field(normalizer.characterMap, normalization.characterMap)
    .varint(normalizer.dummyPrefix, normalization.addDummyPrefix)
    .varint(normalizer.extraSpaces, normalization.removeExtraWhitespaces)
    .varint(normalizer.escape, normalization.escapeWhitespaces);
  return writer
    .field(root.trainer, trainerSpec.finish())
    .field(root.normalizer, normalizerSpec.finish())
    .finish();
}
