import { OptionError } from '@tesserae/tensor';
import type { CodePoints } from './code-points.js';
import { ALL_CODE_POINTS, codePoints } from './code-points.js';

/** What a constraint asks of a tokenizer; that of `@tesserae/tokenizer` fits. */
export interface PieceTokenizer {
  /** Number of ids. */
  readonly vocabSize: number;
  /** Special tokens by role. */
  readonly specialTokens: { readonly eos?: { readonly id: number } };
  /** The piece of an id. */
  idToToken(id: number): string | undefined;
  /** True for ids that stand for no text. */
  isSpecial(id: number): boolean;
  /** Ids to text. */
  decode(ids: ArrayLike<number>, options?: { readonly cleanUpSpaces?: boolean }): string;
}

/** Pieces of one position in UTF-8, sorted by their bytes, so that neighbours share their beginnings. */
export interface SortedPieces {
  /** The ids in the order of their pieces. */
  readonly ids: Int32Array;
  /** All pieces, one after the other. */
  readonly bytes: Uint8Array;
  /** Where each piece begins in `bytes`; one more entry than pieces. */
  readonly starts: Int32Array;
  /** How many bytes a piece begins with that the one before begins with too. */
  readonly shared: Int32Array;
}

/** What each id adds to a text, as constraints need it; make one for a tokenizer and keep it. */
export interface ConstraintVocabulary {
  /** The id that ends a text. */
  readonly eosTokenId: number;
  /** Characters that can be written. */
  readonly alphabet: CodePoints;
  /** Pieces that begin a text: SentencePiece drops the space before the first word. */
  readonly first: SortedPieces;
  /** Pieces after the first. */
  readonly rest: SortedPieces;
  /** Bytes that an id adds to a text; undefined for one that adds nothing and is skipped. */
  bytesOf(id: number, options: { readonly isFirst: boolean }): Uint8Array | undefined;
}

const WORD_MARK = '▁';
const BYTE_PIECE = /^<0x([0-9A-F]{2})>$/;
const encoder = (): ((text: string) => Uint8Array) => {
  const utf8 = new TextEncoder();
  return (text) => utf8.encode(text);
};

/**
 * Reads off a tokenizer what each id adds to a text: SentencePiece with its word marks and byte pieces, or the bytes
 * of ByT5. Special tokens, unknown among them, and sentinels write nothing and are never allowed.
 * @param options.eosTokenId  default: the tokenizer's own
 * @throws OptionError when there is no end token
 */
export function constraintVocabulary(
  tokenizer: PieceTokenizer,
  { eosTokenId = tokenizer.specialTokens.eos?.id }: { readonly eosTokenId?: number } = {},
): ConstraintVocabulary {
  if (eosTokenId === undefined) {
    throw new OptionError({
      op: 'constraintVocabulary',
      problem: 'the tokenizer has no end token, so no text could end',
      likely: 'Pass eosTokenId.',
      page: 'constraint-vocabulary',
    });
  }
  const texts = pieceTexts(tokenizer);
  const first = texts.map((piece) => piece?.first);
  const rest = texts.map((piece) => piece?.rest);
  const firstPieces = sortPieces(first);
  return {
    eosTokenId,
    alphabet: alphabetOf([...first, ...rest]),
    first: firstPieces,
    rest: texts.some((piece) => piece !== undefined && piece.first !== piece.rest)
      ? sortPieces(rest)
      : firstPieces,
    bytesOf: (id, { isFirst }) => (isFirst ? first : rest)[id],
  };
}

interface PieceText {
  readonly first: Uint8Array;
  readonly rest: Uint8Array;
}

function pieceTexts(tokenizer: PieceTokenizer): readonly (PieceText | undefined)[] {
  const toBytes = encoder();
  const writesBytes = byteReader(tokenizer);
  return Array.from({ length: tokenizer.vocabSize }, (_, id) => {
    const piece = tokenizer.isSpecial(id) ? undefined : tokenizer.idToToken(id);
    if (piece === undefined) return undefined;
    const byte = writesBytes(piece);
    if (byte !== undefined) return { first: byte, rest: byte };
    const rest = toBytes(piece.replaceAll(WORD_MARK, ' '));
    if (!piece.includes(WORD_MARK)) return { first: rest, rest };
    return { first: toBytes(tokenizer.decode([id], { cleanUpSpaces: false })), rest };
  });
}

/** The byte that a piece stands for, found out by decoding: ByT5's `Ã` or a byte piece such as `<0xC3>`. */
function byteReader(tokenizer: PieceTokenizer): (piece: string) => Uint8Array | undefined {
  const textOf = (...pieces: readonly string[]): string | undefined => {
    const ids = pieces.map((piece) => idOf(tokenizer, piece));
    return ids.includes(undefined) ? undefined : tokenizer.decode(ids as number[], { cleanUpSpaces: false });
  };
  if (textOf('Ã', '©') === 'é') {
    return (piece) => (piece.length === 1 ? Uint8Array.of(piece.charCodeAt(0)) : undefined);
  }
  if (textOf('<0x41>') !== 'A') return () => undefined;
  return (piece) => {
    const hex = BYTE_PIECE.exec(piece)?.[1];
    return hex === undefined ? undefined : Uint8Array.of(Number.parseInt(hex, 16));
  };
}

function idOf(tokenizer: PieceTokenizer, piece: string): number | undefined {
  for (let id = 0; id < tokenizer.vocabSize; id++) {
    if (tokenizer.idToToken(id) === piece && !tokenizer.isSpecial(id)) return id;
  }
  return undefined;
}

/** Characters of the pieces; all there are, when there is a piece for every byte beyond ASCII's first half. */
function alphabetOf(pieces: readonly (Uint8Array | undefined)[]): CodePoints {
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  const singles = new Set<number>();
  const seen = new Set<number>();
  for (const piece of pieces) {
    if (piece === undefined) continue;
    if (piece.length === 1) singles.add(piece[0]!);
    if (piece.length === 1 && piece[0]! >= 0x80) continue;
    for (const letter of decoder.decode(piece)) seen.add(letter.codePointAt(0)!);
  }
  const hasBytes = Array.from({ length: 0x100 - 0x80 }, (_, index) => index + 0x80).every(
    (byte) => singles.has(byte) || byte === 0xc0 || byte === 0xc1 || byte > 0xf4,
  );
  return hasBytes
    ? ALL_CODE_POINTS
    : codePoints([...seen].map((codePoint) => [codePoint, codePoint] as const));
}

function sortPieces(pieces: readonly (Uint8Array | undefined)[]): SortedPieces {
  const order = pieces.flatMap((piece, id) => (piece === undefined ? [] : [id]));
  order.sort((a, b) => compareBytes(pieces[a]!, pieces[b]!) || a - b);
  const starts = new Int32Array(order.length + 1);
  order.forEach((id, index) => (starts[index + 1] = starts[index]! + pieces[id]!.length));
  const bytes = new Uint8Array(starts[order.length]!);
  const shared = new Int32Array(order.length);
  order.forEach((id, index) => {
    bytes.set(pieces[id]!, starts[index]);
    if (index > 0) shared[index] = commonLength(pieces[order[index - 1]!]!, pieces[id]!);
  });
  return { ids: Int32Array.from(order), bytes, starts, shared };
}

function commonLength(a: Uint8Array, b: Uint8Array): number {
  const most = Math.min(a.length, b.length);
  let length = 0;
  while (length < most && a[length] === b[length]) length++;
  return length;
}

function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const length = commonLength(a, b);
  return (a[length] ?? -1) - (b[length] ?? -1);
}
