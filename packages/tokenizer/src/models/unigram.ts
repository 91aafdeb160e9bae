import { checkOptions, checkValue, flag, show, TokenizerError } from '../errors.js';
import type { Json, Model, Words } from '../pipeline.js';
import { TrieBuilder, type CodeUnitTrie } from '../text/code-unit-trie.js';
import type { TokenSink } from '../text/token-sink.js';
import { stringFromUnits } from '../text/code-units.js';
import { textToBytes } from '../text/utf8.js';
import { WordMemo } from '../text/word-memo.js';
import { UNKNOWN_PIECE, UnigramLattice, type PieceScores } from './unigram-lattice.js';
import { createVocabulary, type Vocabulary } from './vocabulary.js';

/** A piece of the vocabulary and its log probability. */
export type ScoredPiece = readonly [piece: string, score: number];

/**
 * What a piece is for. Only 'normal' and 'userDefined' ones are found in texts; a user-defined one costs nothing.
 */
export type PieceKind = 'normal' | 'unknown' | 'control' | 'userDefined' | 'unused' | 'byte';

/** How words become pieces. */
export interface UnigramOptions {
  /** Pieces in the order of their ids. */
  readonly pieces: readonly ScoredPiece[];
  /** Id of the piece for what no other piece spells; without one, such a text is an error. */
  readonly unkId?: number;
  /** Spells unknown characters by the pieces `<0x00>` … `<0xFF>` of their UTF-8 bytes. Default false. */
  readonly byteFallback?: boolean;
  /** Kind of each piece. Default: all are normal, as in a tokenizer.json. */
  readonly kinds?: readonly PieceKind[];
  /**
   * How log probabilities are added up. It decides between spellings of the same probability only, such as those
   * of "titititi": Hugging Face keeps sums in 'double' precision, word by word; SentencePiece in single
   * precision, over the whole text: `singlePrecision` of `@tesserae/tokenizer/sentencepiece`. Default 'double'.
   */
  readonly precision?: 'double' | WordsEncoder;
  /** Names the file in errors, when the pieces come from one. */
  readonly file?: string;
}

/** Unigram as a pipeline stage, with the pieces it was made from. */
export interface UnigramModel extends Model {
  readonly type: 'Unigram';
  readonly vocabulary: Vocabulary;
  readonly pieces: readonly ScoredPiece[];
  readonly kinds: readonly PieceKind[] | undefined;
  readonly unkId: number | undefined;
  readonly byteFallback: boolean;
}

const rules = {
  pieces: null,
  unkId: 0,
  byteFallback: flag,
  kinds: null,
  precision: null,
  file: null,
};

/** How much worse than the worst piece an unknown character is, in log probability. */
const unkPenalty = 10;

/**
 * SentencePiece's Unigram model: of all ways to spell a word with pieces, the most probable. Neighbouring
 * unknown characters make one unknown token.
 * @throws TokenizerError when pieces are damaged or occur twice
 * @see Kudo 2018 (arXiv 1804.10959); SentencePiece's unigram_model.cc
 */
export function createUnigram(options: UnigramOptions): UnigramModel {
  const op = 'createUnigram';
  checkOptions(op, options, rules);
  const { pieces, unkId, byteFallback = false, kinds, precision = 'double', file } = options;
  const where = { op, file };
  const isSingle = typeof precision === 'function';
  if (!isSingle) checkValue(op, 'precision', { value: precision, rule: ['double'] });
  checkPieces(options, where);
  const vocabulary = createVocabulary(
    pieces.map((piece) => piece[0]),
    where,
  );
  const encoder = createWordEncoder(vocabulary, options);
  const memo = new WordMemo();
  const encodeWords = isSingle ? precision : encodeWordByWord;
  return Object.freeze({
    type: 'Unigram',
    vocabulary,
    pieces,
    kinds,
    unkId,
    byteFallback,
    vocabSize: vocabulary.size,
    tokenToId: (token: string) => vocabulary.ids.get(token),
    idToToken: (id: number) => vocabulary.tokens[id],
    encode(words: Words, sink: TokenSink) {
      encodeWords(words, { sink, encoder, memo });
    },
    toJson: (): Json => ({
      type: 'Unigram',
      unk_id: unkId ?? null,
      vocab: pieces.map(([piece, score], id) => [piece, kinds?.[id] === 'userDefined' ? 0 : score]),
      byte_fallback: byteFallback,
    }),
  });
}

function createWordEncoder(vocabulary: Vocabulary, options: UnigramOptions): WordEncoder {
  const { scores, unkScore } = effectiveScores(options);
  const { unkId, kinds, byteFallback, precision } = options;
  return {
    scores,
    unkScore,
    lattice: new UnigramLattice({
      trie: pieceTrie(vocabulary, kinds),
      scores,
      unkScore,
      precision: typeof precision === 'function' ? 'single' : 'double',
    }),
    unkId,
    byteIds: byteFallback === true ? bytePieceIds(vocabulary) : undefined,
  };
}

/** What words are encoded with. */
export interface WordEncoder {
  readonly lattice: UnigramLattice;
  readonly scores: PieceScores;
  readonly unkScore: number;
  readonly unkId: number | undefined;
  /** By byte, or undefined when unknown characters are not spelled by bytes. */
  readonly byteIds: Int32Array | undefined;
}

/** Encodes the words of a text. */
export type WordsEncoder = (words: Words, job: TextJob) => void;

/** Where the tokens of a text go. */
export interface TextJob {
  readonly sink: TokenSink;
  readonly encoder: WordEncoder;
  readonly memo: WordMemo;
}

function encodeWordByWord({ text, spans }: Words, { sink, encoder, memo }: TextJob): void {
  for (let i = 0; i < spans.length; i += 2) {
    const start = spans[i]!;
    const end = spans[i + 1]!;
    if (!memo.recall(text.units, { start, end, sink })) {
      const from = sink.length;
      encodeWord(text.units, { start, end, before: 0, sink, encoder });
      memo.remember(text.units, { start, end, sink, from });
    }
    sink.wordCount++;
  }
}

interface WordJob {
  readonly start: number;
  readonly end: number;
  readonly sink: TokenSink;
  readonly encoder: WordEncoder;
}

/** Appends the best spelling of units [start, end); true when it has unknown characters. */
export function encodeWord(
  units: Uint16Array,
  { start, end, before, sink, encoder }: WordJob & { readonly before: number },
): boolean {
  const { lattice, unkId } = encoder;
  let runStart = -1;
  let hasUnknown = false;
  for (let i = lattice.search(units, { start, end, before }) - 1; i >= 0; i--) {
    const id = lattice.ids[i]!;
    const from = lattice.starts[i]!;
    if (id === UNKNOWN_PIECE || id === unkId) {
      if (runStart < 0) runStart = from;
      hasUnknown = true;
      continue;
    }
    if (runStart >= 0) pushUnknown(units, { start: runStart, end: from, sink, encoder });
    runStart = -1;
    sink.push(id, from, i === 0 ? end : lattice.starts[i - 1]!);
  }
  if (runStart >= 0) pushUnknown(units, { start: runStart, end, sink, encoder });
  return hasUnknown;
}

/** One token for a run of unknown characters, or its bytes; each byte has the run's offsets, as in Hugging Face. */
function pushUnknown(units: Uint16Array, { start, end, sink, encoder }: WordJob): void {
  const { byteIds, unkId } = encoder;
  if (byteIds !== undefined) {
    const bytes = textToBytes(stringFromUnits(units, start, end));
    if (bytes.every((byte) => byteIds[byte]! >= 0)) {
      for (const byte of bytes) sink.push(byteIds[byte]!, start, end);
      return;
    }
  }
  if (unkId === undefined) throw noUnknownToken(stringFromUnits(units, start, end));
  sink.push(unkId, start, end);
}

function isFound(kind: PieceKind): boolean {
  return kind === 'normal' || kind === 'userDefined';
}

function pieceTrie({ tokens, size }: Vocabulary, kinds: readonly PieceKind[] | undefined): CodeUnitTrie {
  const builder = new TrieBuilder(1, 6 * size);
  for (let id = 0; id < size; id++) {
    if (kinds === undefined || isFound(kinds[id]!)) builder.add(0, tokens[id]!, id);
  }
  return builder.finish();
}

/** Scores as a path counts them: a user-defined piece is certain, whatever the file says (SentencePiece 0.2). */
function effectiveScores({ pieces, kinds, precision }: UnigramOptions): {
  readonly scores: PieceScores;
  readonly unkScore: number;
} {
  const read = typeof precision === 'function' ? (score: number) => score : asRustReads;
  const known = new Float64Array(pieces.length).fill(NaN);
  let least = Infinity;
  for (let id = 0; id < pieces.length; id++) {
    const kind = kinds?.[id] ?? 'normal';
    if (kind === 'normal') least = Math.min(least, pieces[id]![1]);
    if (kind === 'userDefined') known[id] = 0;
    else if (typeof precision === 'function') known[id] = pieces[id]![1];
  }
  const of = (id: number): number => (known[id] = read(pieces[id]![1]));
  return { scores: { known, of }, unkScore: read(least) - unkPenalty };
}

/**
 * A number as Hugging Face's library gets it from JSON: all its digits as an integer, divided by a power of ten. The
 * last bit may differ from the nearest double, and decides between spellings of the same probability.
 */
function asRustReads(score: number): number {
  const [whole, fraction] = String(score).split('.');
  if (fraction === undefined || fraction.includes('e')) return score;
  return Number(whole! + fraction) / 10 ** fraction.length;
}

/** Ids of `<0x00>` … `<0xFF>`; -1 for a byte without a piece. */
function bytePieceIds({ ids }: Vocabulary): Int32Array {
  return Int32Array.from({ length: 256 }, (_, byte) => ids.get(bytePiece(byte)) ?? -1);
}

/** The piece of a byte, such as `<0x0A>`. */
export function bytePiece(byte: number): string {
  return `<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`;
}

function checkPieces(
  { pieces, unkId, kinds }: UnigramOptions,
  where: { readonly op: string; readonly file?: string },
): void {
  const fail = (field: string, problem: string): never => {
    throw new TokenizerError({ code: 'malformed-file', ...where, field, problem });
  };
  if (!Array.isArray(pieces) || pieces.length === 0)
    fail('pieces', `pieces must be an array with pieces, got ${show(pieces)}`);
  for (let id = 0; id < pieces.length; id++) {
    const piece = pieces[id]![0];
    const score = pieces[id]![1];
    if (piece === '' || !Number.isFinite(score))
      fail('pieces', `piece ${id} is ${show(piece)} with the score ${show(score)}`);
  }
  if (unkId !== undefined && unkId >= pieces.length) {
    fail('unkId', `the unknown piece ${unkId} is not among ${pieces.length}`);
  }
  if (kinds !== undefined && kinds.length !== pieces.length) {
    fail('kinds', `${kinds.length} kinds for ${pieces.length} pieces`);
  }
}

function noUnknownToken(text: string): TokenizerError {
  return new TokenizerError({
    code: 'missing-token',
    op: 'encode',
    field: 'unkId',
    problem: `${show(text)} cannot be spelled, and there is no unknown piece`,
    remedy: 'the model has no unk_id: add one, or byte fallback.',
  });
}
