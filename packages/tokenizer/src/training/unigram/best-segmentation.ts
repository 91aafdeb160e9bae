import type { PieceLattice } from './piece-lattice.js';

/** In a segmentation: a character that no piece is made of. */
export const UNKNOWN_PIECE = -1;

/** A stretch of the fragments. */
export interface Stretch {
  readonly start: number;
  readonly length: number;
  /** A piece that may not be used. */
  readonly without?: number;
}

/** Finds the best segmentation of one stretch after another. */
export interface Segmenter {
  /** Segments a stretch; gives the sum of the scores. */
  segment(stretch: Stretch): number;
  /** Calls `visit` with the pieces of the last segmentation, the last piece first. */
  forEachPiece(visit: (piece: number) => void): void;
}

/** Viterbi's algorithm over the lattice; among equals the segmentation whose last piece is longest. */
export function createSegmenter(lattice: PieceLattice, unknownScore: number): Segmenter {
  const { edgeStarts, edges, fragments, pieces } = lattice;
  const { lengths, scores } = pieces;
  let best = new Float64Array(64);
  let arrivals = new Int32Array(64);
  let segmented = 0;
  const reserve = (length: number) => {
    if (length < best.length) return;
    best = new Float64Array(2 * length);
    arrivals = new Int32Array(2 * length);
  };
  return {
    segment({ start, length, without = UNKNOWN_PIECE }) {
      reserve(length);
      segmented = length;
      best.fill(-Infinity, 1, length + 1);
      best[0] = 0;
      for (let i = 0; i < length; i++) {
        const end = edgeStarts[start + i + 1]!;
        let edge = edgeStarts[start + i]!;
        if (edge === end || lengths[edges[edge]!] !== 1) {
          const score = best[i]! + unknownScore;
          if (score > best[i + 1]!) {
            best[i + 1] = score;
            arrivals[i + 1] = UNKNOWN_PIECE;
          }
        }
        for (; edge < end; edge++) {
          const piece = edges[edge]!;
          const to = i + lengths[piece]!;
          const score = best[i]! + scores[piece]!;
          if (to > length || piece === without || score <= best[to]!) continue;
          best[to] = score;
          arrivals[to] = piece;
        }
      }
      return best[length]!;
    },
    forEachPiece(visit) {
      for (let i = segmented; i > 0;) {
        const piece = arrivals[i]!;
        visit(piece);
        i -= piece === UNKNOWN_PIECE ? 1 : lengths[piece]!;
      }
    },
  };
}
