import type { Beam, Candidate } from './beam.js';
import { addedScore, bestCandidates, continued, filledUp, firstBeams, numCandidates } from './beam.js';
import type { BeamSource, ChoicesOf } from './beam-search.js';
import type { ConstraintTracker } from './constraints.js';
import { constraintTracker } from './constraints.js';
import { addOpenBeams, hypothesisList, sortEnded } from './hypothesis-list.js';
import type { SearchRun } from './search-run.js';

/**
 * Beams of one source in which words must occur: besides the likeliest ids, those that bring a word on are tried, and
 * beams are compared with beams that have come as far.
 * @see Post and Vilar 2018, "Fast lexically constrained decoding"; the details are those of Hugging Face 4
 */
export function constrainedBeams(run: SearchRun, source: number): BeamSource {
  const { settings, stop } = run;
  const { numBeams, endIds } = settings;
  const tracker = constraintTracker(settings.constraints);
  const finished = hypothesisList(numBeams, settings);
  let beams = firstBeams(numBeams, settings.startId);
  let isDone = false;

  const step = (choicesOf: ChoicesOf): void => {
    const before = beams;
    const length = before[0]!.ids.length; // new tokens after this step
    const candidates = bestCandidates(before, choicesOf, numCandidates(numBeams, settings));
    const likely = sortEnded(candidates, { numBeams, endIds }, (candidate) => {
      if (tracker.after(before[candidate.beam]!.ids).isMet)
        finished.add(continued(before, candidate), 'endToken');
    }).map((candidate) => continued(before, candidate));
    const advanced = advancingBeams(before, { choicesOf, tracker, besides: likely });
    const open =
      advanced.length === 0 ? likely : byProgress([...likely, ...advanced], tracker).slice(0, numBeams);
    isDone = open.length === 0 || finished.isDone(candidates[0]!.score, length);
    if (open.length === 0) return;
    beams = filledUp(open, numBeams);
    const finishReason = stop({ source, ids: open[0]!.ids });
    if (finishReason === undefined || isDone) return;
    const met = open.filter(({ ids }) => tracker.after(ids).isMet);
    addOpenBeams(finished, met, finishReason);
    // The reference returns unfulfilled texts rather than none.
    const unmet = open.filter((beam) => !met.includes(beam));
    if (met.length < settings.numReturnSequences) addOpenBeams(finished, unmet, finishReason);
    isDone = true;
  };

  return {
    source,
    beams: () => beams,
    step,
    isDone: () => isDone,
    results: () => finished.hypotheses().slice(0, settings.numReturnSequences),
  };
}

/** Beams with an id that brings a constraint on, but for those that are there already. */
function advancingBeams(
  beams: readonly Beam[],
  {
    choicesOf,
    tracker,
    besides,
  }: {
    readonly choicesOf: ChoicesOf;
    readonly tracker: ConstraintTracker;
    readonly besides: readonly Beam[];
  },
): readonly Beam[] {
  const seen = new Set(besides.map(({ ids }) => ids.join()));
  return beams.flatMap(({ ids, score }, beam) => {
    if (score === -Infinity) return [];
    const { scores } = choicesOf(beam);
    return tracker.after(ids).advancing.flatMap((id) => {
      const logProb = scores[id] ?? -Infinity;
      const candidate: Candidate = { beam, id, logProb, score: addedScore(score, logProb) };
      const next = continued(beams, candidate);
      const key = next.ids.join();
      if (candidate.score === -Infinity || seen.has(key)) return [];
      seen.add(key);
      return [next];
    });
  });
}

/** The best beam of each amount of progress, most progress first; then the second best of each; and so on. */
function byProgress(beams: readonly Beam[], tracker: ConstraintTracker): readonly Beam[] {
  const ranked = beams
    .map((beam) => ({ beam, bank: tracker.after(beam.ids).bank }))
    .map(({ beam, bank }) => ({ beam, bank, order: Math.fround(bank * 100 + beam.score) }))
    .sort((a, b) => b.order - a.order);
  let run = -1;
  return ranked
    .map(({ beam, bank }, at) => {
      run = at > 0 && ranked[at - 1]!.bank === bank ? run + 1 : 0;
      return { beam, turn: run };
    })
    .sort((a, b) => a.turn - b.turn)
    .map(({ beam }) => beam);
}
