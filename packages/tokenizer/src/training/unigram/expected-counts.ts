import { pause } from '../pause.js';
import type { PieceLattice } from './piece-lattice.js';

/** What one pass over all segmentations gives. */
interface Expectation {
  /** How often each piece is expected to be used. */
  readonly counts: Float64Array;
  /** Negative log likelihood of the text, per fragment. */
  readonly objective: number;
}

/** Fragments between two pauses: some ten milliseconds of work. */
export const fragmentsPerTurn = 2 ** 14;

/** A forward value outside of 1 / limit … limit is scaled back to 1. */
const scaleLimit = 1e100;

/**
 * The E step: expected counts of all pieces by the forward–backward algorithm.
 *
 * Probabilities, not their logarithms: no exp and no log within a fragment. Where a long fragment would leave
 * the range of a double, what lies ahead is scaled, and the backward pass takes the same scales out again.
 * A position without a piece of one character can be crossed by an unknown character.
 * @param unknownScore  log probability of an unknown character
 * @see Kudo 2018, §3.2; Rabiner 1989, §V.A (scaling)
 */
export async function expectedCounts(
  lattice: PieceLattice,
  { unknownScore, signal }: { readonly unknownScore: number; readonly signal: AbortSignal | undefined },
): Promise<Expectation> {
  const { fragments, pieces } = lattice;
  const { starts, counts: fragmentCounts } = fragments;
  const longest = starts.reduce(
    (most, start, f) => (f === 0 ? 0 : Math.max(most, start - starts[f - 1]!)),
    0,
  );
  const pass: LatticePass = {
    ...lattice,
    lengths: pieces.lengths,
    weights: pieces.scores.map(Math.exp),
    unknownWeight: Math.exp(unknownScore),
    reach: pieces.lengths.reduce((most, length) => Math.max(most, length), 1),
    forward: new Float64Array(longest),
    backward: new Float64Array(longest),
    scales: new Float64Array(longest),
  };
  const counts = new Float64Array(pieces.lengths.length);
  let logLikelihood = 0;
  let total = 0;
  for (let fragment = 0; fragment < fragmentCounts.length; fragment++) {
    const start = starts[fragment]!;
    const length = starts[fragment + 1]! - 1 - start;
    const logScale = runForward(pass, start, length);
    const likelihood = pass.forward[length]!;
    runBackward(pass, { start, length, factor: fragmentCounts[fragment]! / likelihood, counts });
    logLikelihood += fragmentCounts[fragment]! * (Math.log(likelihood) - logScale);
    total += fragmentCounts[fragment]!;
    if (fragment % fragmentsPerTurn === fragmentsPerTurn - 1) await pause(signal);
  }
  return { counts, objective: -logLikelihood / total };
}

interface LatticePass {
  readonly edgeStarts: Int32Array;
  readonly edges: Int32Array;
  readonly lengths: Int32Array;
  /** Probabilities of the pieces. */
  readonly weights: Float64Array;
  readonly unknownWeight: number;
  /** Length of the longest piece. */
  readonly reach: number;
  readonly forward: Float64Array;
  readonly backward: Float64Array;
  /** What everything from a position on was multiplied by, mostly 1. */
  readonly scales: Float64Array;
}

/** Fills `forward` and `scales`; gives the log of all scales together. */
function runForward(pass: LatticePass, start: number, length: number): number {
  const { edgeStarts, edges, lengths, weights, unknownWeight, forward, scales, reach } = pass;
  let logScale = 0;
  forward.fill(0, 0, length + 1);
  forward[0] = 1;
  for (let i = 0; i < length; i++) {
    const own = forward[i]!;
    let scale = 1;
    if (own < 1 / scaleLimit || own > scaleLimit) {
      scale = 1 / own;
      logScale += Math.log(scale);
      for (let j = i; j <= length && j < i + reach; j++) forward[j]! *= scale;
    }
    scales[i] = scale;
    const value = forward[i]!;
    const end = edgeStarts[start + i + 1]!;
    let edge = edgeStarts[start + i]!;
    if (edge === end || lengths[edges[edge]!] !== 1) forward[i + 1]! += value * unknownWeight;
    for (; edge < end; edge++) {
      const piece = edges[edge]!;
      forward[i + lengths[piece]!]! += value * weights[piece]!;
    }
  }
  return logScale;
}

interface BackwardOptions {
  readonly start: number;
  readonly length: number;
  /** Count of the fragment over its likelihood. */
  readonly factor: number;
  /** What is added to. */
  readonly counts: Float64Array;
}

function runBackward(pass: LatticePass, { start, length, factor, counts }: BackwardOptions): void {
  const { edgeStarts, edges, lengths, weights, unknownWeight, forward, backward, scales, reach } = pass;
  backward[length] = 1;
  for (let i = length - 1; i >= 0; i--) {
    const share = forward[i]! * factor;
    const first = edgeStarts[start + i]!;
    const end = edgeStarts[start + i + 1]!;
    let sum = 0;
    if (first === end || lengths[edges[first]!] !== 1) sum = unknownWeight * backward[i + 1]!;
    for (let edge = first; edge < end; edge++) {
      const piece = edges[edge]!;
      const path = weights[piece]! * backward[i + lengths[piece]!]!;
      sum += path;
      counts[piece]! += share * path;
    }
    backward[i] = sum;
    const scale = scales[i]!;
    if (scale !== 1) for (let j = i; j <= length && j < i + reach; j++) backward[j]! *= scale;
  }
}
