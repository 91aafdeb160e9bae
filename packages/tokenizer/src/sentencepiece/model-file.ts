import { TokenizerError } from '../errors.js';
import type { PieceKind, ScoredPiece } from '../models/unigram.js';
import { decodeUtf8 } from '../text/utf8.js';
import { WireReader, WireWriter } from './wire-format.js';

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
  const trainerFields = new Map<number, number>();
  const normalizerFields = new Map<number, number>();
  let characterMap = bytes.subarray(0, 0);
  for (const reader = new WireReader(bytes, where); reader.next();) {
    if (reader.kind !== 'bytes') continue;
    if (reader.number === root.piece) readPiece(reader.inner(), { pieces, kinds, where });
    else if (reader.number === root.trainer) readNumbers(reader.inner(), trainerFields);
    else if (reader.number === root.normalizer) {
      readNumbers(reader.inner(), normalizerFields);
      for (const inner = reader.inner(); inner.next();) {
        if (inner.number === normalizer.characterMap) characterMap = bytes.subarray(inner.from, inner.to);
      }
    }
  }
  const modelType = trainerFields.get(trainer.modelType) ?? 1;
  if (modelType !== 1) throw notUnigram(modelTypes[modelType - 1] ?? String(modelType), where);
  const unkId = kinds.indexOf('unknown');
  if (unkId < 0 || kinds.indexOf('unknown', unkId + 1) >= 0) throw oneUnknownPiece(pieces.length, where);
  const flag = (field: number | undefined, missing: boolean) => (field ?? Number(missing)) !== 0;
  return Object.freeze({
    pieces,
    kinds,
    unkId,
    ...controlIds(trainerFields, kinds),
    byteFallback: flag(trainerFields.get(trainer.byteFallback), false),
    normalization: Object.freeze({
      characterMap,
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

interface PieceTarget {
  readonly pieces: ScoredPiece[];
  readonly kinds: PieceKind[];
  readonly where: { readonly op: string; readonly file: string };
}

function readPiece(reader: WireReader, { pieces, kinds, where }: PieceTarget): void {
  let text: string | undefined;
  let score = 0;
  let kind: PieceKind | undefined = 'normal';
  while (reader.next()) {
    if (reader.number === piece.text) text = decodeUtf8(reader.bytes, reader.from, reader.to);
    else if (reader.number === piece.score) score = reader.value;
    else if (reader.number === piece.kind) kind = pieceKinds[reader.value - 1];
  }
  if (text !== undefined && kind !== undefined) {
    pieces.push([text, score]);
    kinds.push(kind);
    return;
  }
  throw new TokenizerError({
    code: 'malformed-file',
    ...where,
    field: 'pieces',
    problem: `piece ${pieces.length} has ${text === undefined ? 'no text in UTF-8' : 'an unknown kind'}`,
    remedy: 'a damaged file, or one of a later format.',
  });
}

/** The numbers among a message's fields, by field. */
function readNumbers(reader: WireReader, fields: Map<number, number>): void {
  while (reader.next()) if (reader.kind === 'varint') fields.set(reader.number, reader.value);
}

/** Ids of the control pieces; the file's numbers count only where such a piece is. */
function controlIds(fields: ReadonlyMap<number, number>, kinds: readonly PieceKind[]) {
  const idOf = (number: number, missing: number) => {
    const id = fields.get(number) ?? missing;
    return kinds[id] === 'control' ? id : undefined;
  };
  return {
    bosId: idOf(trainer.bosId, 1),
    eosId: idOf(trainer.eosId, 2),
    padId: idOf(trainer.padId, ABSENT_ID),
  };
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
