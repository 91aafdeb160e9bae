import type { Beam, Candidate, Hypothesis } from './beam.js';
import { attainable, normalized } from './beam.js';
import type { FinishReason } from './row-history.js';
import type { Settings } from './settings.js';

/** The best finished texts of a search, as the beam searches of Hugging Face 4 keep them. */
export interface HypothesisList {
  readonly hypotheses: () => readonly Hypothesis[];
  /** Takes a text in if it is among the best. */
  add(beam: Beam, finishReason: FinishReason): void;
  /** True when no text can become better. @param bestScore  of all candidates of the step, ended ones too */
  isDone(bestScore: number, length: number): boolean;
}

/** An empty list of at most `size` texts. */
export function hypothesisList(size: number, settings: Settings): HypothesisList {
  let list: readonly Hypothesis[] = [];
  const worst = (): number => list.at(-1)!.score;
  return {
    hypotheses: () => list,
    add: ({ ids, logProbs, score }, finishReason) => {
      const hypothesis = { ids, logProbs, score: normalized(score, ids.length - 1, settings), finishReason };
      if (list.length === size && !(hypothesis.score > worst())) return;
      list = [...list, hypothesis].sort((a, b) => b.score - a.score).slice(0, size);
    },
    isDone: (bestScore, length) => {
      if (list.length < size) return false;
      return settings.options.earlyStopping === true || worst() >= attainable(bestScore, length, settings);
    },
  };
}

/**
 * Candidates that go on, at most `numBeams`; those that end are given to `onEnd` if they are among the best
 * `numBeams` and come before the beams are full.
 */
export function sortEnded(
  candidates: readonly Candidate[],
  { numBeams, endIds }: { readonly numBeams: number; readonly endIds: readonly number[] },
  onEnd: (candidate: Candidate) => void,
): readonly Candidate[] {
  const open: Candidate[] = [];
  for (const [rank, candidate] of candidates.entries()) {
    if (!endIds.includes(candidate.id)) open.push(candidate);
    else if (rank < numBeams) onEnd(candidate);
    if (open.length === numBeams) break;
  }
  return open;
}

/** Takes in beams that did not end by themselves. */
export function addOpenBeams(
  list: HypothesisList,
  ...[beams, reason]: [readonly Beam[], FinishReason]
): void {
  for (const beam of beams) if (beam.score > -Infinity) list.add(beam, reason);
}
