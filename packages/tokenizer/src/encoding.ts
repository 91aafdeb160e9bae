import type { TemplatePiece } from './pipeline.js';
import type { TokenSink } from './text/token-sink.js';

/** A text, or a pair of texts, as tokens. All arrays have one entry a token, `offsets` two. */
export interface Encoding {
  readonly ids: Int32Array;
  /** The vocabulary's spelling of each id. */
  readonly tokens: readonly string[];
  /** Pairs (start, end) in UTF-16 code units of the original text, (0, 0) for special tokens put in. */
  readonly offsets: Int32Array;
  /** 0 or 1: which segment the token belongs to, as the post-processor says. */
  readonly typeIds: Int32Array;
  /** 1 for every token; 0 only for padding. */
  readonly attentionMask: Int32Array;
  /** 1 for special tokens that the post-processor put in; 0 for those found in the text. */
  readonly specialTokensMask: Int32Array;
  /** Number of the word in its text, -1 for special tokens put in. */
  readonly wordIds: Int32Array;
  /** 0 for the text, 1 for its pair, -1 for special tokens put in: whose `offsets` they are. */
  readonly sequenceIds: Int32Array;
}

/** Tokens [from, to) of one input text. */
export interface TokenRange {
  readonly sink: TokenSink;
  readonly from: number;
  readonly to: number;
}

/** How the template is applied. */
interface AssembleOptions {
  readonly pieces: readonly TemplatePiece[];
  readonly addSpecialTokens: boolean;
  readonly skipsRepeated: boolean;
  readonly idToToken: (id: number) => string | undefined;
}

/** Lays out the inputs and the special tokens as the template says. */
export function assembleEncoding(
  inputs: Readonly<Partial<Record<'A' | 'B', TokenRange>>>,
  { pieces, addSpecialTokens, skipsRepeated, idToToken }: AssembleOptions,
): Encoding {
  const capacity = lengthOf(inputs.A) + lengthOf(inputs.B) + countSpecialTokens(pieces);
  const rows = emptyRows(capacity);
  let length = 0;
  for (const piece of pieces) {
    if ('sequence' in piece) {
      const input = inputs[piece.sequence];
      if (input === undefined) continue;
      copyRange(input, rows, { at: length, typeId: piece.typeId, sequence: piece.sequence === 'A' ? 0 : 1 });
      length += lengthOf(input);
    } else if (addSpecialTokens) {
      if (skipsRepeated && length > 0 && rows.ids[length - 1] === piece.ids[0]) continue;
      for (const id of piece.ids) {
        rows.ids[length] = id;
        rows.typeIds[length] = piece.typeId;
        rows.specialTokensMask[length] = 1;
        rows.wordIds[length] = -1;
        rows.sequenceIds[length++] = -1;
      }
    }
  }
  return freezeRows(rows, length, idToToken);
}

/** Number of special tokens a template puts in. */
export function countSpecialTokens(pieces: readonly TemplatePiece[]): number {
  return pieces.reduce((count, piece) => count + ('ids' in piece ? piece.ids.length : 0), 0);
}

type Rows = Omit<Encoding, 'tokens' | 'attentionMask'>;

function emptyRows(capacity: number): Rows {
  return {
    ids: new Int32Array(capacity),
    offsets: new Int32Array(2 * capacity),
    typeIds: new Int32Array(capacity),
    specialTokensMask: new Int32Array(capacity),
    wordIds: new Int32Array(capacity),
    sequenceIds: new Int32Array(capacity),
  };
}

function lengthOf(range: TokenRange | undefined): number {
  return range === undefined ? 0 : range.to - range.from;
}

function copyRange(
  { sink, from, to }: TokenRange,
  rows: Rows,
  { at, typeId, sequence }: { readonly at: number; readonly typeId: number; readonly sequence: number },
): void {
  rows.ids.set(sink.ids.subarray(from, to), at);
  rows.offsets.set(sink.offsets.subarray(2 * from, 2 * to), 2 * at);
  rows.wordIds.set(sink.wordIds.subarray(from, to), at);
  if (typeId !== 0) rows.typeIds.fill(typeId, at, at + to - from);
  if (sequence !== 0) rows.sequenceIds.fill(sequence, at, at + to - from);
}

function freezeRows(rows: Rows, length: number, idToToken: (id: number) => string | undefined): Encoding {
  const tokens = new Array<string>(length);
  for (let i = 0; i < length; i++) tokens[i] = idToToken(rows.ids[i]!) ?? '';
  return Object.freeze({
    ids: cut(rows.ids, length),
    tokens,
    offsets: cut(rows.offsets, 2 * length),
    typeIds: cut(rows.typeIds, length),
    attentionMask: new Int32Array(length).fill(1),
    specialTokensMask: cut(rows.specialTokensMask, length),
    wordIds: cut(rows.wordIds, length),
    sequenceIds: cut(rows.sequenceIds, length),
  });
}

function cut(array: Int32Array, length: number): Int32Array {
  return array.length === length ? array : array.slice(0, length);
}
