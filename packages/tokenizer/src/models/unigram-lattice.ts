import { NO_NODE, NO_VALUE, trieSlot, type CodeUnitTrie } from '../text/code-unit-trie.js';

/** Stands for a character that no piece spells. */
export const UNKNOWN_PIECE = -1;

/** Log probabilities of pieces; those not asked for yet are NaN among the known ones. */
export interface PieceScores {
  readonly known: Float64Array;
  of(id: number): number;
}

/** What a path costs, and how it is added up. */
interface LatticeOptions {
  /** Pieces under root 0; a value is a piece's id. */
  readonly trie: CodeUnitTrie;
  /** Log probability of each piece, by id. */
  readonly scores: PieceScores;
  /** Log probability of a single character that is no piece. */
  readonly unkScore: number;
  /** 'single' keeps sums in single precision, as SentencePiece does; 'double' as Hugging Face does. */
  readonly precision: 'single' | 'double';
}

/**
 * Finds the most probable way to spell a word (Viterbi). The arrays are reused from word to word; after `search`,
 * `ids` and `starts` hold the path from its last piece to its first.
 */
export class UnigramLattice {
  /** Id of each piece of the path, last piece first, or UNKNOWN_PIECE. */
  ids = new Int32Array(0);
  /** Where each piece begins, in units of the text. */
  starts = new Int32Array(0);
  /** Log probability of the path, with what stood before it. */
  total = 0;
  /** The closest call anywhere in the word: a difference of log probabilities. */
  margin = Infinity;
  /** By position: log probability of the best path that ends there, its last piece and where that begins. */
  private sums: Float32Array | Float64Array = new Float64Array(0);
  private lastIds = new Int32Array(0);
  private lastStarts = new Int32Array(0);

  private readonly isSingle: boolean;
  private readonly unkScore: number;
  private readonly scores: Float64Array;
  private readonly scoreOf: (id: number) => number;
  /** By code unit: slot of the root's child in the trie, times four, or -1. Most units begin no piece. */
  private readonly firstSlots: Int32Array;

  constructor(private readonly options: LatticeOptions) {
    this.scores = options.scores.known;
    this.scoreOf = options.scores.of;
    this.firstSlots = rootSlots(options.trie);
    this.isSingle = options.precision === 'single';
    this.unkScore = this.isSingle ? Math.fround(options.unkScore) : options.unkScore;
  }

  /**
   * Searches units [start, end), in time linear in their number.
   * @param before  log probability of what stands before; it only matters for rounding
   * @returns the number of pieces
   */
  search(units: Uint16Array, { start, end, before }: { start: number; end: number; before: number }): number {
    const size = end - start;
    this.reserve(size + 1);
    const { sums, lastStarts, firstSlots } = this;
    const { slots } = this.options.trie;
    lastStarts.fill(-1, 0, size + 1);
    sums[0] = before;
    this.margin = Infinity;
    for (let from = 0; from < size;) {
      const sum = sums[from]!;
      const unit = units[start + from]!;
      const next = from + ((unit & 0xfc00) === 0xd800 && from + 1 < size ? 2 : 1);
      let hasSingle = false;
      for (let to = from + 1, slot = firstSlots[unit]!; slot >= 0; to++) {
        const id = slots[slot + 3]!;
        if (id !== NO_VALUE) {
          const score = this.scores[id]!;
          this.offer((Number.isNaN(score) ? this.scoreOf(id) : score) + sum, id, from, to);
          if (to === next) hasSingle = true;
        }
        if (to === size) break;
        const child = 4 * trieSlot(this.options.trie, slots[slot + 2]!, units[start + to]!);
        slot = slots[child] === NO_NODE ? -1 : child;
      }
      if (!hasSingle) this.offer(this.unkScore + sum, UNKNOWN_PIECE, from, next);
      from = next;
    }
    this.total = sums[size]!;
    return this.backtrack(start, size);
  }

  /** A path whose last piece is `id` over [from, to): it is taken if it is the first there or the best so far. */
  private offer(exact: number, id: number, from: number, to: number): void {
    const sum = this.isSingle ? Math.fround(exact) : exact;
    if (this.lastStarts[to] !== -1) {
      const gain = sum - this.sums[to]!;
      const difference = gain < 0 ? -gain : gain;
      if (difference < this.margin) this.margin = difference;
      if (!(gain > 0)) return;
    }
    this.sums[to] = sum;
    this.lastIds[to] = id;
    this.lastStarts[to] = from;
  }

  private backtrack(start: number, size: number): number {
    let count = 0;
    for (let to = size; to > 0; to = this.lastStarts[to]!) {
      this.ids[count] = this.lastIds[to]!;
      this.starts[count++] = start + this.lastStarts[to]!;
    }
    return count;
  }

  private reserve(size: number): void {
    if (size <= this.sums.length) return;
    const larger = Math.max(64, size, 2 * this.sums.length);
    this.sums = this.isSingle ? new Float32Array(larger) : new Float64Array(larger);
    for (const name of ['ids', 'starts', 'lastIds', 'lastStarts'] as const)
      this[name] = new Int32Array(larger);
  }
}

function rootSlots({ slots }: CodeUnitTrie): Int32Array {
  const first = new Int32Array(0x10000).fill(-1);
  for (let slot = 0; slot < slots.length; slot += 4) if (slots[slot] === 0) first[slots[slot + 1]!] = slot;
  return first;
}
