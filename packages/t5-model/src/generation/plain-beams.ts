import type { Beam, Candidate, Hypothesis } from './beam.js';
import {
  addedScore,
  attainable,
  bestCandidates,
  continued,
  filledUp,
  firstBeams,
  normalized,
  numCandidates,
} from './beam.js';
import type { BeamSource, ChoicesOf } from './beam-search.js';
import { probabilities } from './choices.js';
import type { RowRandom } from './row-random.js';
import { drawIndex } from './row-random.js';
import type { SearchRun } from './search-run.js';

/**
 * Beams of one source as Hugging Face 5 searches with them; with `random`, the continuations are drawn without
 * replacement instead of taken from the top.
 */
export function plainBeams(run: SearchRun, source: number, random: RowRandom | undefined): BeamSource {
  const { settings, stop } = run;
  const { numBeams } = settings;
  const count = numCandidates(numBeams, settings);
  let beams = firstBeams(numBeams, settings.startId);
  let finished: readonly Hypothesis[] = [];
  let isDone = false;

  const step = (choicesOf: ChoicesOf): void => {
    const length = beams[0]!.ids.length; // new tokens after this step
    const candidates = candidatesOf(beams, choicesOf, { count, random, position: length });
    const open: Beam[] = [];
    const ended: Hypothesis[] = [];
    candidates.forEach((candidate, rank) => {
      const beam = continued(beams, candidate);
      const finishReason = stop({ source, ids: beam.ids });
      if (finishReason === undefined) open.push(beam);
      // What ends further down was only looked at to have enough that go on.
      else if (rank < numBeams)
        ended.push({ ...beam, score: normalized(beam.score, length, settings), finishReason });
    });
    if (finished.length < numBeams || settings.options.earlyStopping !== true)
      finished = best([...finished, ...ended], numBeams);
    open.sort((a, b) => b.score - a.score);
    if (open.length > 0) beams = filledUp(open.slice(0, numBeams), numBeams);
    isDone = open.length === 0 || !canImprove(open[0]!, length);
  };

  const canImprove = (bestOpen: Beam, length: number): boolean => {
    if (finished.length < numBeams) return true;
    if (settings.options.earlyStopping === true) return false;
    return attainable(bestOpen.score, length, settings) > finished.at(-1)!.score;
  };

  return {
    source,
    beams: () => beams,
    step,
    isDone: () => isDone,
    results: () => finished.slice(0, settings.numReturnSequences),
  };
}

interface Choosing {
  readonly count: number;
  /** Undefined where nothing is drawn. */
  readonly random: RowRandom | undefined;
  readonly position: number;
}

function candidatesOf(
  beams: readonly Beam[],
  choicesOf: ChoicesOf,
  { count, random, position }: Choosing,
): ReturnType<typeof bestCandidates> {
  if (random === undefined) return bestCandidates(beams, choicesOf, count);
  return drawnCandidates(beams, choicesOf, { count, random, position });
}

/** Best first; of equals the one found earlier. */
const best = (hypotheses: readonly Hypothesis[], count: number): readonly Hypothesis[] =>
  [...hypotheses].sort((a, b) => b.score - a.score).slice(0, count);

interface Drawing {
  readonly count: number;
  readonly random: RowRandom;
  readonly position: number;
}

/** Continuations of all beams drawn one after the other by their scores, each at most once. */
function drawnCandidates(
  beams: readonly Beam[],
  choicesOf: ChoicesOf,
  { count, random, position }: Drawing,
): readonly Candidate[] {
  const all: Candidate[] = [];
  beams.forEach(({ score }, beam) => {
    if (score === -Infinity) return;
    const { scores, ids } = choicesOf(beam);
    scores.forEach((logProb, at) => {
      if (logProb === -Infinity) return;
      all.push({ beam, id: ids === undefined ? at : ids[at]!, logProb, score: addedScore(score, logProb) });
    });
  });
  const weights = probabilities(Float32Array.from(all, ({ score }) => score));
  const drawn: Candidate[] = [];
  for (let slot = 0; slot < count; slot++) {
    const at = drawIndex(weights, random.uniform(position, slot));
    if (at === undefined) break;
    drawn.push(all[at]!);
    weights[at] = 0;
  }
  return drawn;
}
