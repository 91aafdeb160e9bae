import type { Fragments } from './fragments.js';
import type { SeedPieces } from './seed-pieces.js';

/** Pieces in parallel arrays; piece p is the `lengths[p]` symbols that stand at `places[p]` in the fragments. */
export interface PieceTable {
  readonly places: Int32Array;
  readonly lengths: Int32Array;
  /** Log probabilities. */
  readonly scores: Float64Array;
}

/**
 * Every segmentation of every fragment: the pieces that begin at position i are
 * edges[edgeStarts[i] … edgeStarts[i + 1]), that of one character first, if it is there. As the pieces are
 * found in these very fragments, the lattice is made once, from the seeds; as pieces go, edges are taken out,
 * and no pass over the text looks a string up.
 */
export interface PieceLattice {
  readonly fragments: Fragments;
  readonly pieces: PieceTable;
  readonly edgeStarts: Int32Array;
  readonly edges: Int32Array;
}

/** The lattice of all characters that occur and of all seeds, scored by log of weight over all weights. */
export function createLattice(
  fragments: Fragments,
  seeds: SeedPieces,
  characterCounts: readonly number[],
): PieceLattice {
  const { symbols } = fragments;
  const edgeStarts = countEdges(fragments, seeds);
  const edges = new Int32Array(edgeStarts[symbols.length]!);
  const ends = edgeStarts.slice(0, symbols.length);
  const characters = characterPieces(symbols, characterCounts);
  for (let i = 0; i < symbols.length; i++) {
    if (symbols[i] !== 0) edges[ends[i]!++] = characters.pieceOf[symbols[i]!]!;
  }
  const first = characters.places.length;
  for (let seed = 0; seed < seeds.firsts.length; seed++) {
    for (let k = seeds.firsts[seed]!; k <= seeds.lasts[seed]!; k++)
      edges[ends[seeds.order[k]!]!++] = first + seed;
  }
  const pieces = {
    places: concat(
      characters.places,
      seeds.firsts.map((k) => seeds.order[k]!),
    ),
    lengths: concat(new Int32Array(first).fill(1), seeds.lengths),
    scores: new Float64Array(first + seeds.firsts.length),
  };
  pieces.scores.set(characters.counts);
  pieces.scores.set(seeds.weights, first);
  const total = pieces.scores.reduce((sum, weight) => sum + weight, 0);
  pieces.scores.forEach((weight, piece) => (pieces.scores[piece] = Math.log(weight / total)));
  return { fragments, pieces, edgeStarts, edges };
}

/** Where the edges of each position begin: one for its character, one for each seed that begins there. */
function countEdges({ symbols }: Fragments, { order, firsts, lasts }: SeedPieces): Int32Array {
  const edgeStarts = new Int32Array(symbols.length + 1);
  for (let i = 0; i < symbols.length; i++) if (symbols[i] !== 0) edgeStarts[i + 1] = 1;
  for (let seed = 0; seed < firsts.length; seed++) {
    for (let k = firsts[seed]!; k <= lasts[seed]!; k++) edgeStarts[order[k]! + 1]!++;
  }
  for (let i = 0; i < symbols.length; i++) edgeStarts[i + 1]! += edgeStarts[i]!;
  return edgeStarts;
}

/** A piece for each symbol that occurs, in the order of symbols. */
function characterPieces(symbols: Int32Array, counts: readonly number[]) {
  const placeOf = new Int32Array(counts.length).fill(-1);
  for (let i = 0; i < symbols.length; i++) if (placeOf[symbols[i]!] === -1) placeOf[symbols[i]!] = i;
  const pieceOf = new Int32Array(counts.length).fill(-1);
  const present = counts.flatMap((_, symbol) => (symbol > 0 && placeOf[symbol] !== -1 ? [symbol] : []));
  present.forEach((symbol, piece) => (pieceOf[symbol] = piece));
  return {
    pieceOf,
    places: Int32Array.from(present, (symbol) => placeOf[symbol]!),
    counts: present.map((symbol) => counts[symbol]!),
  };
}

function concat(a: Int32Array, b: Int32Array): Int32Array {
  const joined = new Int32Array(a.length + b.length);
  joined.set(a);
  joined.set(b, a.length);
  return joined;
}

/**
 * The lattice with only the pieces of `kept`, numbered anew in that order, which must ascend.
 * The edges are moved within the arrays of the lattice given, which is of no use afterwards.
 */
export function keepPieces(
  { fragments, pieces, edgeStarts, edges }: PieceLattice,
  kept: readonly number[] | Int32Array,
  scores: Float64Array,
): PieceLattice {
  const numberOf = new Int32Array(pieces.lengths.length).fill(-1);
  for (let piece = 0; piece < kept.length; piece++) numberOf[kept[piece]!] = piece;
  let end = 0;
  let from = 0;
  for (let i = 1; i < edgeStarts.length; i++) {
    for (const to = edgeStarts[i]!; from < to; from++) {
      const piece = numberOf[edges[from]!]!;
      if (piece !== -1) edges[end++] = piece;
    }
    edgeStarts[i] = end;
  }
  return {
    fragments,
    pieces: {
      places: Int32Array.from(kept, (piece) => pieces.places[piece]!),
      lengths: Int32Array.from(kept, (piece) => pieces.lengths[piece]!),
      scores,
    },
    edgeStarts,
    edges,
  };
}
