import type { Beam } from './beam.js';
import { bestCandidates, continued, filledUp, firstBeams, numCandidates } from './beam.js';
import type { BeamSource, ChoicesOf } from './beam-search.js';
import type { HypothesisList } from './hypothesis-list.js';
import { addOpenBeams, hypothesisList, sortEnded } from './hypothesis-list.js';
import type { SearchRun } from './search-run.js';

interface Group {
  /** Place of its first beam among all of the source. */
  readonly first: number;
  beams: readonly Beam[];
  readonly finished: HypothesisList;
  isDone: boolean;
}

/**
 * Beams in groups, each of which shuns the ids that earlier groups chose in the same step.
 * @see Vijayakumar et al. 2018, "Diverse beam search"; the details are those of Hugging Face 4
 */
export function groupBeams(run: SearchRun, source: number): BeamSource {
  const { settings } = run;
  const { numBeamGroups = 1, diversityPenalty = 0 } = settings.options;
  const size = settings.numBeams / numBeamGroups;
  const groups = Array.from({ length: numBeamGroups }, (_, at): Group => {
    const beams = firstBeams(size, settings.startId);
    return { first: at * size, beams, finished: hypothesisList(size, settings), isDone: false };
  });
  return {
    source,
    beams: () => groups.flatMap(({ beams }) => beams),
    step: (choicesOf) => {
      const chosen: number[] = [];
      for (const group of groups) {
        // A group that is done counts as one that chooses padding, as in the reference.
        const isIdle = group.isDone;
        if (isIdle) group.beams = group.beams.map((beam, at) => ({ ...beam, origin: group.first + at }));
        else stepGroup(run, group, { source, choicesOf: shunning(choicesOf, [...chosen], diversityPenalty) });
        chosen.push(...group.beams.map(({ ids }) => (isIdle ? settings.padId : ids.at(-1)!)));
      }
    },
    isDone: () => groups.every(({ isDone }) => isDone),
    results: () =>
      groups
        .flatMap(({ finished }) => finished.hypotheses())
        .sort((a, b) => b.score - a.score)
        .slice(0, settings.numReturnSequences),
  };
}

/** Scores less the penalty for every time an id was chosen by an earlier group. */
function shunning(choicesOf: ChoicesOf, ...[chosen, penalty]: [readonly number[], number]): ChoicesOf {
  return (beam) =>
    choicesOf(beam, (scores) => {
      for (const id of new Set(chosen)) {
        scores[id]! -= penalty * chosen.filter((other) => other === id).length;
      }
    });
}

function stepGroup(
  run: SearchRun,
  group: Group,
  { source, choicesOf }: { readonly source: number; readonly choicesOf: ChoicesOf },
): void {
  const { settings, stop } = run;
  const { first, beams, finished } = group;
  const size = beams.length;
  const candidates = bestCandidates(beams, (beam) => choicesOf(first + beam), numCandidates(size, settings));
  const open = sortEnded(candidates, { numBeams: size, endIds: settings.endIds }, (candidate) => {
    finished.add(continued(beams, candidate), 'endToken');
  }).map((candidate): Beam => ({ ...continued(beams, candidate), origin: first + candidate.beam }));
  const length = beams[0]!.ids.length; // new tokens after this step
  group.isDone = open.length === 0 || finished.isDone(candidates[0]!.score, length);
  if (open.length === 0) return;
  group.beams = filledUp(open, size);
  const finishReason = stop({ source, ids: open[0]!.ids });
  if (finishReason === undefined || group.isDone) return;
  addOpenBeams(finished, open, finishReason);
  group.isDone = true;
}
