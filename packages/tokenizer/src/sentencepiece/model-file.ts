import { show, TokenizerError } from '../errors.js';
import type { PieceKind, ScoredPiece } from '../models/unigram.js';
import { readWire, WireWriter, type WireField } from './wire-format.js';

/** What SentencePiece does to a text before it looks for pieces. */
export interface SentencePieceNormalization {
  /** The compiled character map; empty for none. */
  readonly characterMap: Uint8Array;
  /** Puts a mark before the text, so that its first word looks like any other. */
  readonly addDummyPrefix: boolean;
  /** Drops spaces at both ends, and all but one of several. */
  readonly removeExtraWhitespaces: boolean;
  /** Writes spaces as `▁`. */
  readonly escapeWhitespaces: boolean;
  /** Marks end words instead of beginning them. */
  readonly whitespaceAsSuffix: boolean;
}

/** What a SentencePiece Unigram model holds. */
export interface SentencePieceModel {
  readonly pieces: readonly ScoredPiece[];
  readonly kinds: readonly PieceKind[];
  readonly unkId: number;
  /** Ids of the control pieces, undefined where the model has none. */
  readonly bosId: number | undefined;
  readonly eosId: number | undefined;
  readonly padId: number | undefined;
  readonly byteFallback: boolean;
  readonly normalization: SentencePieceNormalization;
}

/** Kinds by their number in the file, which counts from 1. */
const pieceKinds: readonly PieceKind[] = ['normal', 'unknown', 'control', 'userDefined', 'unused', 'byte'];
const modelTypes: readonly string[] = ['Unigram', 'BPE', 'word', 'character'];

/** Numbers of the fields that are read, as sentencepiece_model.proto has them. */
const root = { piece: 1, trainer: 2, normalizer: 3 } as const;
const piece = { text: 1, score: 2, kind: 3 } as const;
const trainer = {
  modelType: 3,
  vocabSize: 4,
  suffix: 24,
  byteFallback: 35,
  unkId: 40,
  bosId: 41,
  eosId: 42,
  padId: 43,
} as const;
const normalizer = { name: 1, characterMap: 2, dummyPrefix: 3, extraSpaces: 4, escape: 5 } as const;

/**
 * Reads a SentencePiece model (`spiece.model`).
 * @throws TokenizerError (malformed-file) when it is damaged, (unsupported) when it is not a Unigram model
 * @see sentencepiece_model.proto for the format and its defaults
 */
export function readSentencePieceModel(bytes: Uint8Array, file = 'spiece.model'): SentencePieceModel {
  const where = { op: 'readSentencePieceModel', file };
  const pieces: ScoredPiece[] = [];
  const kinds: PieceKind[] = [];
  const trainerFields = new Map<number, WireField>();
  const normalizerFields = new Map<number, WireField>();
  for (const field of readWire(bytes, where)) {
    if (field.kind !== 'bytes') continue;
    if (field.number === root.piece) {
      const { text, score, kind } = readPiece(field.value, where);
      pieces.push([text, score]);
      kinds.push(kind);
    } else if (field.number === root.trainer || field.number === root.normalizer) {
      const fields = field.number === root.trainer ? trainerFields : normalizerFields;
      for (const inner of readWire(field.value, where)) fields.set(inner.number, inner);
    }
  }
  const modelType = numberOf(trainerFields.get(trainer.modelType)) ?? 1;
  if (modelType !== 1) throw notUnigram(modelTypes[modelType - 1] ?? String(modelType), where);
  const unkId = kinds.indexOf('unknown');
  if (unkId < 0 || kinds.indexOf('unknown', unkId + 1) >= 0) throw oneUnknownPiece(pieces.length, where);
  const flag = (field: WireField | undefined, missing: boolean) => (numberOf(field) ?? Number(missing)) !== 0;
  return Object.freeze({
    pieces,
    kinds,
    unkId,
    ...controlIds(trainerFields, kinds),
    byteFallback: flag(trainerFields.get(trainer.byteFallback), false),
    normalization: Object.freeze({
      characterMap: bytesOf(normalizerFields.get(normalizer.characterMap)),
      addDummyPrefix: flag(normalizerFields.get(normalizer.dummyPrefix), true),
      removeExtraWhitespaces: flag(normalizerFields.get(normalizer.extraSpaces), true),
      escapeWhitespaces: flag(normalizerFields.get(normalizer.escape), true),
      whitespaceAsSuffix: flag(trainerFields.get(trainer.suffix), false),
    }),
  });
}

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

/** An id that the model has no piece for. */
const ABSENT_ID = -1;

function readPiece(
  bytes: Uint8Array,
  where: { readonly op: string; readonly file: string },
): { readonly text: string; readonly score: number; readonly kind: PieceKind } {
  let text: string | undefined;
  let score = 0;
  let kind: PieceKind | undefined = 'normal';
  for (const field of readWire(bytes, where)) {
    if (field.number === piece.text) text = decodeText(bytesOf(field), where);
    else if (field.number === piece.score && field.kind === 'fixed32') score = field.value;
    else if (field.number === piece.kind) kind = pieceKinds[(numberOf(field) ?? 0) - 1];
  }
  if (text !== undefined && kind !== undefined) return { text, score, kind };
  throw new TokenizerError({
    code: 'malformed-file',
    ...where,
    field: 'pieces',
    problem: text === undefined ? 'a piece has no text' : `the piece ${show(text)} is of an unknown kind`,
    remedy: 'a damaged file, or one of a later format.',
  });
}

function decodeText(bytes: Uint8Array, where: { readonly op: string; readonly file: string }): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    throw new TokenizerError({
      code: 'malformed-file',
      ...where,
      field: 'pieces',
      problem: 'a piece is not UTF-8',
      remedy: 'a damaged file; fetch it again.',
      cause,
    });
  }
}

/** Ids of the control pieces; the file's numbers count only where such a piece is. */
function controlIds(fields: ReadonlyMap<number, WireField>, kinds: readonly PieceKind[]) {
  const idOf = (number: number, missing: number) => {
    const id = numberOf(fields.get(number)) ?? missing;
    return kinds[id] === 'control' ? id : undefined;
  };
  return {
    bosId: idOf(trainer.bosId, 1),
    eosId: idOf(trainer.eosId, 2),
    padId: idOf(trainer.padId, ABSENT_ID),
  };
}

function numberOf(field: WireField | undefined): number | undefined {
  return field?.kind === 'varint' ? field.value : undefined;
}

function bytesOf(field: WireField | undefined): Uint8Array {
  return field?.kind === 'bytes' ? field.value : new Uint8Array(0);
}

function notUnigram(type: string, where: { readonly op: string; readonly file: string }): TokenizerError {
  return new TokenizerError({
    code: 'unsupported',
    ...where,
    field: 'trainer_spec.model_type',
    problem: `a SentencePiece model of type ${type}`,
    remedy: 'T5, mT5 and UMT5 have Unigram models; the others are not supported.',
  });
}

function oneUnknownPiece(
  count: number,
  where: { readonly op: string; readonly file: string },
): TokenizerError {
  return new TokenizerError({
    code: 'malformed-file',
    ...where,
    field: 'pieces',
    problem: `among ${count} pieces there must be exactly one unknown piece`,
    remedy: 'a file that was cut off, or no SentencePiece model.',
  });
}
