import type { PieceLattice } from './piece-lattice.js';

/** In a segmentation: a character that no piece is made of. */
export const UNKNOWN_PIECE = -1;

/** A stretch of the fragments. */
interface Stretch {
  readonly start: number;
  readonly length: number;
  /** A piece that may not be used. */
  readonly without?: number;
}

/** Finds the best segmentation of one stretch after another, in arrays that are used again. */
export interface Segmenter {
  readonly lattice: PieceLattice;
  readonly unknownScore: number;
  /** By position in the stretch: score of the best way there. */
  best: Float64Array;
  /** By position in the stretch: the last piece of the best way there. */
  arrivals: Int32Array;
}

/** @param unknownScore  log probability of a character that is no piece */
export function createSegmenter(lattice: PieceLattice, unknownScore: number): Segmenter {
  return { lattice, unknownScore, best: new Float64Array(64), arrivals: new Int32Array(64) };
}

/** Segments a stretch by Viterbi's algorithm; gives the sum of the scores. Of equals the first found stays. */
export function segment(segmenter: Segmenter, { start, length, without = UNKNOWN_PIECE }: Stretch): number {
  const { lattice, unknownScore } = segmenter;
  const { edgeStarts, edges, pieces } = lattice;
  const { lengths, scores } = pieces;
  if (length >= segmenter.best.length) {
    segmenter.best = new Float64Array(2 * length);
    segmenter.arrivals = new Int32Array(2 * length);
  }
  const { best, arrivals } = segmenter;
  best.fill(-Infinity, 1, length + 1);
  best[0] = 0;
  for (let i = 0; i < length; i++) {
    const soFar = best[i]!;
    const end = edgeStarts[start + i + 1]!;
    let edge = edgeStarts[start + i]!;
    if ((edge === end || lengths[edges[edge]!] !== 1) && soFar + unknownScore > best[i + 1]!) {
      best[i + 1] = soFar + unknownScore;
      arrivals[i + 1] = UNKNOWN_PIECE;
    }
    for (; edge < end; edge++) {
      const piece = edges[edge]!;
      const to = i + lengths[piece]!;
      const score = soFar + scores[piece]!;
      if (to > length || piece === without || score <= best[to]!) continue;
      best[to] = score;
      arrivals[to] = piece;
    }
  }
  return best[length]!;
}

/** Calls `visit` with the pieces of the segmentation of the first `length` positions, the last piece first. */
export function forEachPiece(
  { lattice, arrivals }: Segmenter,
  { length, visit }: { readonly length: number; readonly visit: (piece: number) => void },
): void {
  const { lengths } = lattice.pieces;
  for (let i = length; i > 0;) {
    const piece = arrivals[i]!;
    visit(piece);
    i -= piece === UNKNOWN_PIECE ? 1 : lengths[piece]!;
  }
}
