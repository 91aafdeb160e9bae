import { pause } from '../pause.js';
import {
  createSegmenter,
  forEachPiece,
  segment,
  UNKNOWN_PIECE,
  type Segmenter,
} from './best-segmentation.js';
import { fragmentsPerTurn } from './expected-counts.js';
import type { PieceLattice } from './piece-lattice.js';

interface PruneOptions {
  /** Pieces to keep. */
  readonly target: number;
  readonly unknownScore: number;
  readonly signal: AbortSignal | undefined;
}

/**
 * The pieces, ascending, that the text would miss most. The loss of a piece is what the likelihood of the
 * best segmentations falls by when all its uses are replaced by its second best segmentation. A piece without
 * another segmentation stays if it is used at all; one that is not used, or that is better split, goes.
 * @see Kudo 2018, §3.2, step 3b; the counts of the replacements follow SentencePiece's trainer
 */
export async function leastDispensable(lattice: PieceLattice, options: PruneOptions): Promise<Int32Array> {
  const { target, unknownScore, signal } = options;
  const segmenter = createSegmenter(lattice, unknownScore);
  const uses = await countUses(lattice, segmenter, signal);
  const total = uses.reduce((sum, count) => sum + count, 0);
  const kept: number[] = [];
  const candidates: number[] = [];
  const losses = new Float64Array(uses.length);
  for (let piece = 0; piece < uses.length; piece++) {
    if (uses[piece] === 0) continue;
    const loss = lossWithout(piece, { lattice, segmenter, uses, total });
    if (loss === Infinity) kept.push(piece);
    else if (loss > -Infinity) candidates.push(piece);
    losses[piece] = loss;
    if (piece % fragmentsPerTurn === fragmentsPerTurn - 1) await pause(signal);
  }
  candidates.sort((a, b) => losses[b]! - losses[a]! || a - b);
  const best = candidates.slice(0, Math.max(0, target - kept.length));
  return Int32Array.from(kept.concat(best)).sort();
}

/** How often each piece stands in the best segmentations. */
async function countUses(
  { fragments, pieces }: PieceLattice,
  segmenter: Segmenter,
  signal: AbortSignal | undefined,
): Promise<Float64Array> {
  const { starts, counts } = fragments;
  const uses = new Float64Array(pieces.lengths.length);
  let count = 0;
  const use = (piece: number) => {
    if (piece !== UNKNOWN_PIECE) uses[piece]! += count;
  };
  for (let fragment = 0; fragment < counts.length; fragment++) {
    const start = starts[fragment]!;
    count = counts[fragment]!;
    const length = starts[fragment + 1]! - 1 - start;
    segment(segmenter, { start, length });
    forEachPiece(segmenter, { length, visit: use });
    if (fragment % fragmentsPerTurn === fragmentsPerTurn - 1) await pause(signal);
  }
  return uses;
}

interface LossContext {
  readonly lattice: PieceLattice;
  readonly segmenter: Segmenter;
  readonly uses: Float64Array;
  /** All uses together. */
  readonly total: number;
}

/** Infinity: there is no other segmentation. -Infinity: another one is better than the piece as it is. */
function lossWithout(piece: number, { lattice, segmenter, uses, total }: LossContext): number {
  const { places, lengths, scores } = lattice.pieces;
  const length = lengths[piece]!;
  if (length === 1) return Infinity;
  const score = segment(segmenter, { start: places[piece]!, length, without: piece });
  if (score > scores[piece]!) return -Infinity;
  const own = uses[piece]!;
  let parts = 0;
  let logCounts = 0;
  const visit = (part: number) => {
    parts++;
    // An unknown character has no count yet: it would come in with this piece's.
    logCounts += Math.log(own + (part === UNKNOWN_PIECE ? 0 : uses[part]!));
  };
  forEachPiece(segmenter, { length, visit });
  const logTotalAfter = Math.log(total + own * (parts - 1));
  return own * (Math.log(own) - Math.log(total) - (logCounts - parts * logTotalAfter));
}
