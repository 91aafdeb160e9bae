import { topIndices } from './numerics.js';
import type { Choices } from './choices.js';
import type { FinishReason } from './row-history.js';
import type { Settings } from './settings.js';

/** A text in the making, or a row kept for its place: then its score is −Infinity. */
export interface Beam {
  /** With the start token. */
  readonly ids: readonly number[];
  /** Log-probabilities as processed, of each id after the start token. */
  readonly logProbs: readonly number[];
  /** Their sum. */
  readonly score: number;
  /** Which of the source's beams of the step before this one continues. */
  readonly origin: number;
}

/** A beam and an id it could go on with. */
export interface Candidate {
  readonly beam: number;
  readonly id: number;
  readonly logProb: number;
  /** Score of the beam with the id. */
  readonly score: number;
}

/** A finished text. */
export interface Hypothesis {
  readonly ids: readonly number[];
  readonly logProbs: readonly number[];
  /** With the length penalty. */
  readonly score: number;
  readonly finishReason: FinishReason;
}

/** Beams of one source at the beginning: one that counts, all others without hope. */
export function firstBeams(numBeams: number, startId: number): readonly Beam[] {
  return Array.from({ length: numBeams }, (_, at) => {
    return { ids: [startId], logProbs: [], score: at === 0 ? 0 : -Infinity, origin: 0 };
  });
}

/** A beam with one more id. */
export function continued(beams: readonly Beam[], { beam, id, logProb, score }: Candidate): Beam {
  const { ids, logProbs } = beams[beam]!;
  return { ids: [...ids, id], logProbs: [...logProbs, logProb], score, origin: beam };
}

/** `beams` filled up with hopeless ones that repeat the first. */
export function filledUp(beams: readonly Beam[], numBeams: number): readonly Beam[] {
  const filler = { ...beams[0]!, score: -Infinity };
  return Array.from({ length: numBeams }, (_, at) => beams[at] ?? filler);
}

/** The sum of log-probabilities in single precision, as the reference adds them up. */
export const addedScore = (score: number, logProb: number): number => Math.fround(score + logProb);

/** The best `count` continuations of all beams, best first; of equals the earlier beam, then the lower id. */
export function bestCandidates(
  beams: readonly Beam[],
  choicesOf: (beam: number) => Choices,
  count: number,
): readonly Candidate[] {
  const all = beams.flatMap(({ score }, beam): readonly Candidate[] => {
    if (score === -Infinity) return [];
    const { scores, ids } = choicesOf(beam);
    return Array.from(topIndices(scores, count), (at) => {
      const logProb = scores[at]!;
      return { beam, id: ids === undefined ? at : ids[at]!, logProb, score: addedScore(score, logProb) };
    });
  });
  return all
    .filter(({ score }) => score > -Infinity)
    .sort((a, b) => b.score - a.score || a.beam - b.beam || a.id - b.id)
    .slice(0, count);
}

/** Candidates that a step looks at for `numBeams` beams, so that enough are left when end tokens are among the best. */
export const numCandidates = (numBeams: number, { endIds }: Pick<Settings, 'endIds'>): number =>
  Math.max(2, 1 + endIds.length) * numBeams;

/** Score of a text of so many new tokens. */
export function normalized(score: number, length: number, { options }: Settings): number {
  const { lengthPenalty = 1, lengthPenaltyKind = 'huggingFace' } = options;
  const base = lengthPenaltyKind === 'mesh' ? (5 + length) / 6 : length;
  return score / base ** lengthPenalty;
}

/** The best score that a beam of this score and so many new tokens could end with, by the rule of earlyStopping. */
export function attainable(score: number, length: number, settings: Settings): number {
  const { lengthPenalty = 1, earlyStopping = false } = settings.options;
  const isLongBest = earlyStopping === 'never' && lengthPenalty > 0;
  return normalized(score, isLongBest ? settings.maxLength - 1 : length, settings);
}
