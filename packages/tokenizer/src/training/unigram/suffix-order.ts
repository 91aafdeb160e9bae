import { pause } from '../pause.js';

/** How far suffixes are told apart. */
interface SuffixOrderOptions {
  /** Symbols that are compared at least. */
  readonly depth: number;
  readonly signal: AbortSignal | undefined;
}

/**
 * Positions of `symbols` in the order of what follows each, compared to `depth` symbols or more. Pieces are
 * short, so that some rounds of prefix doubling do: O(n log depth) for any text, in four arrays of n.
 * @see Manber and Myers 1993
 */
export async function suffixOrder(symbols: Int32Array, options: SuffixOrderOptions): Promise<Int32Array> {
  const { depth, signal } = options;
  const n = symbols.length;
  const order = new Int32Array(n);
  const bySecondHalf = Int32Array.from(symbols.keys());
  const places = new Int32Array(Math.max(n, symbols.reduce((a, b) => Math.max(a, b), 0) + 1) + 1);
  let rank: Int32Array = symbols;
  let next: Int32Array = new Int32Array(n);
  for (let width = 0; ; width = Math.max(1, 2 * width)) {
    if (width > 0) shiftOrder(order, width, bySecondHalf);
    sortByRank(bySecondHalf, rank, { places, to: order });
    const distinct = rankPairs(order, rank, { width, to: next });
    if (distinct === n || 2 * width >= depth) return order;
    [rank, next] = [next, rank === symbols ? new Int32Array(n) : rank];
    await pause(signal);
  }
}

/** Positions in the order of what stands `width` after them; those that have nothing there come first. */
function shiftOrder(order: Int32Array, width: number, to: Int32Array): void {
  const n = order.length;
  let end = 0;
  for (let i = Math.max(0, n - width); i < n; i++) to[end++] = i;
  for (let k = 0; k < n; k++) if (order[k]! >= width) to[end++] = order[k]! - width;
}

/** A stable counting sort of positions by rank. */
function sortByRank(
  positions: Int32Array,
  rank: Int32Array,
  { places, to }: { readonly places: Int32Array; readonly to: Int32Array },
): void {
  places.fill(0);
  for (let i = 0; i < rank.length; i++) places[rank[i]! + 1]!++;
  for (let r = 1; r < places.length; r++) places[r]! += places[r - 1]!;
  for (let i = 0; i < positions.length; i++) {
    const position = positions[i]!;
    to[places[rank[position]!]!++] = position;
  }
}

/** Numbers the pairs of ranks (of a position, of the one `width` on) in order; gives how many there are. */
function rankPairs(
  order: Int32Array,
  rank: Int32Array,
  { width, to }: { readonly width: number; readonly to: Int32Array },
): number {
  const n = order.length;
  let distinct = 0;
  let first = -1;
  let second = -1;
  for (let k = 0; k < n; k++) {
    const position = order[k]!;
    const ownSecond = position + width < n ? rank[position + width]! : -1;
    if (rank[position] !== first || ownSecond !== second) distinct++;
    first = rank[position]!;
    second = ownSecond;
    to[position] = distinct - 1;
  }
  return distinct;
}
