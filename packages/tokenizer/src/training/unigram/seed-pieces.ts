import { pause } from '../pause.js';
import { createCandidateList, type CandidateList, type CandidateTable } from './candidate-list.js';
import type { Fragments } from './fragments.js';
import type { PieceRules } from './piece-rules.js';
import { suffixOrder } from './suffix-order.js';

/** Substrings that may become pieces, and the positions of the fragments that they refer to. */
export interface SeedPieces extends CandidateTable {
  readonly order: Int32Array;
}

/** What seeds are chosen by. */
interface SeedOptions {
  readonly rules: PieceRules;
  readonly maxPieceLength: number;
  readonly seedSize: number;
  readonly signal: AbortSignal | undefined;
}

/** Suffixes looked at between two pauses: some ten milliseconds of work. */
const suffixesPerTurn = 2 ** 18;

/**
 * The seeds of more than one character: substrings that occur twice or more, that occur less often with any
 * one character behind them (otherwise the longer one is the better piece), and that the rules allow; of
 * these the `seedSize` heaviest by frequency times length.
 *
 * SentencePiece takes the inner nodes of a suffix tree over the raw text. Here the tree is over the different
 * fragments, a tenth of the text, and an occurrence counts as often as its fragment does; it is the tree of
 * all fragments of the text, each with an end of its own. So a word that always has a space behind it is a
 * seed as well, which SentencePiece misses: its node would reach into the next word.
 * @see Kudo 2018, §3.2; Abouelhoda et al. 2004 (nodes of the tree as intervals of a suffix array)
 */
export async function findSeedPieces(fragments: Fragments, options: SeedOptions): Promise<SeedPieces> {
  const { rules, maxPieceLength, seedSize, signal } = options;
  const { symbols } = fragments;
  const order = await suffixOrder(symbols, { depth: maxPieceLength + 1, signal });
  const list = createCandidateList(seedSize);
  const allowed: CandidateList = {
    ...list,
    add(candidate) {
      const { first, length } = candidate;
      const start = order[first]!;
      if (length >= 2 && rules.allows(symbols, start, start + length)) list.add(candidate);
    },
  };
  await scanIntervals(fragments, order, { list: allowed, depth: maxPieceLength + 1, signal });
  return { order, ...list.heaviest() };
}

interface ScanOptions {
  readonly list: CandidateList;
  /** Suffixes are compared to this many symbols. */
  readonly depth: number;
  readonly signal: AbortSignal | undefined;
}

/**
 * Adds every interval of suffixes that share a prefix no wider interval shares, and the whole suffix where a
 * fragment occurs twice or more and no other suffix begins so. `open` is a stack of the intervals around
 * order[k]: their lengths, first suffixes, and the count of all suffixes before them.
 */
async function scanIntervals(
  fragments: Fragments,
  order: Int32Array,
  { list, depth, signal }: ScanOptions,
): Promise<void> {
  const { symbols, starts, counts } = fragments;
  const fragmentAt = fragmentsByPosition(fragments);
  const open = openIntervals(depth + 2);
  let top = 0;
  let seen = 0;
  let shared = 0; // symbols that order[k] has in common with order[k - 1]
  // The zeros between fragments come first; no piece begins there.
  for (let k = counts.length; k < order.length; k++) {
    const position = order[k]!;
    const fragment = fragmentAt[position]!;
    const rest = starts[fragment + 1]! - 1 - position;
    const following =
      k + 1 < order.length ? sharedLength(symbols, { position, other: order[k + 1]!, depth }) : 0;
    const count = counts[fragment]!;
    if (count >= 2 && rest > shared && rest > following)
      list.add({ first: k, last: k, length: rest, frequency: count });
    let first = k;
    let before = seen;
    seen += count;
    for (; open.lengths[top]! > following; top--) {
      first = open.firsts[top]!;
      before = open.before[top]!;
      list.add({ first, last: k, length: open.lengths[top]!, frequency: seen - before });
    }
    if (open.lengths[top]! < following) {
      top++;
      open.lengths[top] = following;
      open.firsts[top] = first;
      open.before[top] = before;
    }
    shared = following;
    if (k % suffixesPerTurn === 0) await pause(signal);
  }
}

function openIntervals(room: number) {
  return {
    lengths: new Int32Array(room),
    firsts: new Int32Array(room),
    before: new Float64Array(room),
  };
}

/** Length of the prefix that two suffixes share, up to the end of a fragment and at most `depth`. */
function sharedLength(
  symbols: Int32Array,
  { position, other, depth }: { readonly position: number; readonly other: number; readonly depth: number },
): number {
  let length = 0;
  while (length < depth) {
    const symbol = symbols[position + length]!;
    if (symbol === 0 || symbol !== symbols[other + length]) break;
    length++;
  }
  return length;
}

function fragmentsByPosition({ symbols, starts, counts }: Fragments): Int32Array {
  const fragmentAt = new Int32Array(symbols.length);
  for (let fragment = 0; fragment < counts.length; fragment++)
    fragmentAt.fill(fragment, starts[fragment], starts[fragment + 1]);
  return fragmentAt;
}
