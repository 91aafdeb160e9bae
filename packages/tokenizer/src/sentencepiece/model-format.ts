import type { PieceKind, ScoredPiece } from '../models/unigram.js';

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
export const pieceKinds: readonly PieceKind[] = [
  'normal',
  'unknown',
  'control',
  'userDefined',
  'unused',
  'byte',
];

/** Numbers of the fields of a model that are read, as sentencepiece_model.proto has them. */
export const root = { piece: 1, trainer: 2, normalizer: 3 } as const;
/** Those of a piece. */
export const piece = { text: 1, score: 2, kind: 3 } as const;
/** Those of the trainer's settings. */
export const trainer = {
  modelType: 3,
  vocabSize: 4,
  suffix: 24,
  byteFallback: 35,
  unkId: 40,
  bosId: 41,
  eosId: 42,
  padId: 43,
} as const;
/** Those of the normaliser's settings. */
export const normalizer = { name: 1, characterMap: 2, dummyPrefix: 3, extraSpaces: 4, escape: 5 } as const;

/** An id that the model has no piece for. */
export const ABSENT_ID = -1;
