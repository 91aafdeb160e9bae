import { TokenizerError } from '../errors.js';
import type { PieceKind, ScoredPiece } from '../models/unigram.js';
import { decodeUtf8 } from '../text/utf8.js';
import {
  ABSENT_ID,
  normalizer,
  piece,
  pieceKinds,
  root,
  trainer,
  type SentencePieceModel,
} from './model-format.js';
import { readFields, type MessageRange, type WireOrigin } from './wire-format.js';

const modelTypes: readonly string[] = ['Unigram', 'BPE', 'word', 'character'];

/**
 * Reads a SentencePiece model (`spiece.model`).
 * @throws TokenizerError (malformed-file) when it is damaged, (unsupported) when it is not a Unigram model
 * @see sentencepiece_model.proto for the format and its defaults
 */
export function readSentencePieceModel(bytes: Uint8Array, file = 'spiece.model'): SentencePieceModel {
  const where = { op: 'readSentencePieceModel', file };
  const pieces: ScoredPiece[] = [];
  const kinds: PieceKind[] = [];
  const trainerFields = new Map<number, number>();
  const normalizerFields = new Map<number, number>();
  let characterMap = bytes.subarray(0, 0);
  readFields({ bytes, from: 0, to: bytes.length }, where, (message, number, range) => {
    if (number !== undefined) return;
    if (message === root.piece) readPiece(range, { pieces, kinds, where });
    const fields = message === root.trainer ? trainerFields : normalizerFields;
    if (message !== root.trainer && message !== root.normalizer) return;
    readFields(range, where, (key, value, { from, to }) => {
      if (value !== undefined) fields.set(key, value);
      else if (fields === normalizerFields && key === normalizer.characterMap)
        characterMap = bytes.subarray(from, to);
    });
  });
  checkModel(trainerFields.get(trainer.modelType) ?? 1, kinds, where);
  const controlId = (key: number, missing: number) => {
    const id = trainerFields.get(key) ?? missing; // it only counts where such a piece is
    return kinds[id] === 'control' ? id : undefined;
  };
  return Object.freeze({
    pieces,
    kinds,
    unkId: kinds.indexOf('unknown'),
    bosId: controlId(trainer.bosId, 1),
    eosId: controlId(trainer.eosId, 2),
    padId: controlId(trainer.padId, ABSENT_ID),
    byteFallback: Boolean(trainerFields.get(trainer.byteFallback)),
    normalization: Object.freeze({
      characterMap,
      addDummyPrefix: normalizerFields.get(normalizer.dummyPrefix) !== 0,
      removeExtraWhitespaces: normalizerFields.get(normalizer.extraSpaces) !== 0,
      escapeWhitespaces: normalizerFields.get(normalizer.escape) !== 0,
      whitespaceAsSuffix: Boolean(trainerFields.get(trainer.suffix)),
    }),
  });
}

interface PieceTarget {
  readonly pieces: ScoredPiece[];
  readonly kinds: PieceKind[];
  readonly where: WireOrigin;
}

function readPiece(range: MessageRange, { pieces, kinds, where }: PieceTarget): void {
  let text: string | undefined;
  let score = 0;
  let kind: PieceKind | undefined = 'normal';
  readFields(range, where, (key, value, { bytes, from, to }) => {
    if (key === piece.text) text = decodeUtf8(bytes, from, to);
    else if (key === piece.score) score = value!;
    else if (key === piece.kind) kind = pieceKinds[value! - 1];
  });
  if (text !== undefined && kind !== undefined) {
    pieces.push([text, score]);
    kinds.push(kind);
    return;
  }
  const problem = `piece ${pieces.length} has ${text === undefined ? 'no text in UTF-8' : 'an unknown kind'}`;
  throw new TokenizerError({ code: 'malformed-file', ...where, field: 'pieces', problem });
}

function checkModel(type: number, kinds: readonly PieceKind[], where: WireOrigin): void {
  if (type !== 1) {
    const problem = `a SentencePiece model of type ${modelTypes[type - 1] ?? type}`;
    const remedy = 'another kind of model: T5, mT5 and UMT5 have Unigram.';
    const field = 'trainer_spec.model_type';
    throw new TokenizerError({ code: 'unsupported', ...where, field, problem, remedy });
  }
  if (kinds.filter((kind) => kind === 'unknown').length === 1) return;
  const problem = `among ${kinds.length} pieces there must be exactly one unknown piece`;
  throw new TokenizerError({ code: 'malformed-file', ...where, field: 'pieces', problem });
}
