import type { TemplatePiece } from './pipeline.js';
import { grown } from './text/growing-array.js';
import type { TokenSink } from './text/token-sink.js';

/** A text, or a pair of texts, as tokens. All arrays have one entry a token, `offsets` two. */
export interface Encoding {
  readonly ids: Int32Array;
  /** The vocabulary's spelling of each id. */
  readonly tokens: readonly string[];
  /**
   * Pairs (start, end) in UTF-16 code units of the original text (of the word, when it came split into words),
   * (0, 0) for special tokens put in.
   */
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
  /** The further windows of a text that was cut, when `returnOverflowing` asked for them. */
  readonly overflowing: readonly Encoding[];
}

/** Tokens [from, to) of one input text. */
export interface TokenRange {
  readonly sink: TokenSink;
  readonly from: number;
  readonly to: number;
}

/** The texts of a row, each cut to a range. */
export type RowInputs = Readonly<Partial<Record<'A' | 'B', TokenRange>>>;

/** How the template is applied. */
export interface RowLayout {
  readonly pieces: readonly TemplatePiece[];
  readonly addSpecialTokens: boolean;
  readonly skipsRepeated: boolean;
}

/** Number of special tokens a template puts in. */
export function countSpecialTokens(pieces: readonly TemplatePiece[]): number {
  return pieces.reduce((count, piece) => count + ('ids' in piece ? piece.ids.length : 0), 0);
}

/**
 * Columns of a row, one after the other in one array: ids, offsets (two entries a token), type ids, attention
 * mask, special-token mask, word ids, sequence ids. One allocation instead of seven, and batches have rows side by
 * side.
 */
const ROW_ENTRIES = 8;

const nothing = new Int32Array(0);
const none: readonly Encoding[] = Object.freeze([]);

/** Rows as they are laid out, in memory that grows. */
export class RowStore {
  #data: Int32Array = nothing;
  #used = 0;
  readonly #starts: number[] = [];
  readonly #lengths: number[] = [];

  /** @param sizeHint  expected number of tokens; more may come */
  constructor(sizeHint: number) {
    if (sizeHint > 0) this.#data = new Int32Array(ROW_ENTRIES * sizeHint);
  }

  /** Number of rows. */
  get size(): number {
    return this.#starts.length;
  }

  /** Number of tokens of a row. */
  lengthOf(row: number): number {
    return this.#lengths[row]!;
  }

  /** Appends the inputs and the special tokens as the template says; returns the row's number. */
  add(inputs: RowInputs, layout: RowLayout): number {
    const length = rowLength(inputs, layout);
    const end = this.#used + ROW_ENTRIES * length;
    if (end > this.#data.length) this.#data = grown(this.#data, end);
    writeRow(this.#data, { at: this.#used, length, inputs, layout });
    this.#starts.push(this.#used);
    this.#lengths.push(length);
    this.#used = end;
    return this.size - 1;
  }

  /** Copies one column of a row. @param column  0 ids, 3 type ids */
  copyColumn(row: number, column: 0 | 3, target: { readonly array: Int32Array; readonly at: number }): void {
    const length = this.#lengths[row]!;
    const from = this.#starts[row]! + column * length;
    for (let i = 0; i < length; i++) target.array[target.at + i] = this.#data[from + i]!;
  }

  /** A row as an encoding, whose arrays share the rows' memory. */
  encoding(
    row: number,
    idToToken: (id: number) => string | undefined,
    overflowing: readonly Encoding[] = none,
  ): Encoding {
    const data = this.#data;
    const at = this.#starts[row]!;
    const length = this.#lengths[row]!;
    const ids = data.subarray(at, at + length);
    let tokens: readonly string[] | undefined;
    return {
      ids,
      get tokens() {
        return (tokens ??= Array.from(ids, (id) => idToToken(id) ?? ''));
      },
      offsets: data.subarray(at + length, at + 3 * length),
      typeIds: data.subarray(at + 3 * length, at + 4 * length),
      attentionMask: data.subarray(at + 4 * length, at + 5 * length),
      specialTokensMask: data.subarray(at + 5 * length, at + 6 * length),
      wordIds: data.subarray(at + 6 * length, at + 7 * length),
      sequenceIds: data.subarray(at + 7 * length, at + 8 * length),
      overflowing,
    };
  }
}

function rowLength(inputs: RowInputs, { pieces, addSpecialTokens, skipsRepeated }: RowLayout): number {
  let length = 0;
  let lastId = -1;
  for (const piece of pieces) {
    if ('sequence' in piece) {
      const range = inputs[piece.sequence];
      if (range === undefined || range.from === range.to) continue;
      length += range.to - range.from;
      lastId = range.sink.ids[range.to - 1]!;
    } else if (addSpecialTokens && !(skipsRepeated && length > 0 && lastId === piece.ids[0])) {
      length += piece.ids.length;
      lastId = piece.ids.at(-1)!;
    }
  }
  return length;
}

interface RowJob {
  readonly at: number;
  readonly length: number;
  readonly inputs: RowInputs;
  readonly layout: RowLayout;
}

function writeRow(data: Int32Array, { at, length, inputs, layout }: RowJob): void {
  const { pieces, addSpecialTokens, skipsRepeated } = layout;
  data.fill(1, at + 4 * length, at + 5 * length);
  let position = at;
  for (const piece of pieces) {
    if ('sequence' in piece) {
      const range = inputs[piece.sequence];
      if (range === undefined) continue;
      const sequence = piece.sequence === 'A' ? 0 : 1;
      writeRange(data, range, { position, at, length, typeId: piece.typeId, sequence });
      position += range.to - range.from;
    } else if (addSpecialTokens) {
      if (skipsRepeated && position > at && data[position - 1] === piece.ids[0]) continue;
      for (const id of piece.ids) {
        const token = position++ - at;
        data[at + token] = id;
        data[at + length + 2 * token] = 0;
        data[at + length + 2 * token + 1] = 0;
        data[at + 3 * length + token] = piece.typeId;
        data[at + 5 * length + token] = 1;
        data[at + 6 * length + token] = -1;
        data[at + 7 * length + token] = -1;
      }
    }
  }
}

interface RangePlace {
  /** Where the first id goes. */
  readonly position: number;
  /** Where the row begins, and its number of tokens. */
  readonly at: number;
  readonly length: number;
  readonly typeId: number;
  readonly sequence: number;
}

function writeRange(data: Int32Array, { sink, from, to }: TokenRange, place: RangePlace): void {
  const { at, length, typeId, sequence } = place;
  const { ids, offsets, wordIds } = sink;
  let token = place.position - at;
  for (let i = from; i < to; i++, token++) {
    data[at + token] = ids[i]!;
    data[at + length + 2 * token] = offsets[2 * i]!;
    data[at + length + 2 * token + 1] = offsets[2 * i + 1]!;
    data[at + 3 * length + token] = typeId;
    data[at + 5 * length + token] = 0;
    data[at + 6 * length + token] = wordIds[i]!;
    data[at + 7 * length + token] = sequence;
  }
}
