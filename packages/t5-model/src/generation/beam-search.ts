import type { DecodingSession, StepRequest } from '../decoding/session.js';
import type { Beam, Hypothesis } from './beam.js';
import { numCandidates } from './beam.js';
import type { Choices } from './choices.js';
import { choicesAt, deadEnd } from './choices.js';
import { constrainedBeams } from './constrained-beams.js';
import { groupBeams } from './group-beams.js';
import { logSoftmaxInPlace } from './numerics.js';
import { plainBeams } from './plain-beams.js';
import { applyAll } from './processor-list.js';
import type { RowHistory } from './row-history.js';
import type { SearchRun, Sequence } from './search-run.js';
import { streamSequence, withSession } from './search-run.js';
import { randomOf } from './single-search.js';

/** Processed log-probabilities of a beam; `adjust` changes them before any processor does. */
export type ChoicesOf = (beam: number, adjust?: (scores: Float32Array) => void) => Choices;

/** The beams of one source, and the rule by which they go on. */
export interface BeamSource {
  readonly source: number;
  /** numBeams of them. */
  beams(): readonly Beam[];
  /** Takes the processed log-probabilities of its beams. */
  step(choicesOf: ChoicesOf): void;
  isDone(): boolean;
  /** At most numReturnSequences, best first. */
  results(): readonly Hypothesis[];
}

/** Sequences of every source, those of one source together and best first. */
export function beamSearch(run: SearchRun): Promise<readonly Sequence[]> {
  return withSession(run, async (session) => {
    const sources = run.sourceIds.map((_, source) => beamsOf(run, source));
    const found = new Map<number, readonly Sequence[]>();
    let live: readonly BeamSource[] = sources;
    for (let steps = 1; live.length > 0; steps++) {
      run.settings.options.signal?.throwIfAborted();
      await takeStep(run, session, live);
      for (const one of live.filter((each) => each.isDone())) found.set(one.source, finish(run, one));
      const isOpen = live.map((each) => !each.isDone());
      await reorder(session, live, isOpen);
      live = live.filter((_, at) => isOpen[at]);
      run.settings.options.onStep?.(steps);
    }
    return sources.flatMap(({ source }) => found.get(source)!);
  });
}

function beamsOf(run: SearchRun, source: number): BeamSource {
  const { mode } = run.settings;
  if (mode === 'groups') return groupBeams(run, source);
  if (mode === 'constrained') return constrainedBeams(run, source);
  return plainBeams(run, source, randomOf(run, { source, index: 0 }));
}

/** Plain beams without rules look at the likeliest ids only; the others at all. */
function requestFor({ settings, processors }: SearchRun): StepRequest {
  const { mode, numBeams, vocabSize, isSampling } = settings;
  const isPlain = mode === 'beams' && !isSampling && processors.rules.length === 0;
  return isPlain
    ? { kind: 'topK', k: Math.min(numCandidates(numBeams, settings), vocabSize) }
    : { kind: 'logits' };
}

/** Feeds every beam its newest id; at first, all beams of a source share one row. */
async function takeStep(
  run: SearchRun,
  session: DecodingSession,
  live: readonly BeamSource[],
): Promise<void> {
  const { rowsPerSource } = session;
  const { vocabSize } = run.settings;
  const request = requestFor(run);
  const lastIds = live.flatMap((one) => one.beams().slice(0, rowsPerSource)).map(({ ids }) => ids.at(-1)!);
  const scores = await session.step(Int32Array.from(lastIds), request);
  live.forEach((one, at) => {
    const beams = one.beams();
    const ready = new Map<number, Choices>();
    one.step((beam, adjust) => {
      const known = ready.get(beam);
      if (known !== undefined) return known;
      const row = at * rowsPerSource + Math.min(beam, rowsPerSource - 1);
      const view = choicesAt(scores, { request, at: row, vocabSize });
      const choices = rowsPerSource < beams.length ? { ...view, scores: view.scores.slice() } : view;
      const history = { source: one.source, ids: beams[beam]!.ids };
      if (request.kind === 'logits') processRow(run, choices, { history, adjust });
      ready.set(beam, choices);
      return choices;
    });
  });
}

function processRow(
  { processors }: SearchRun,
  { scores }: Choices,
  { history, adjust }: { readonly history: RowHistory; readonly adjust?: (scores: Float32Array) => void },
): void {
  logSoftmaxInPlace(scores);
  adjust?.(scores);
  applyAll(processors.rules, scores, history);
  applyAll(processors.warpers, scores, history);
}

/** Gives each beam the cache of the one it continues; done sources leave. */
async function reorder(
  session: DecodingSession,
  live: readonly BeamSource[],
  isOpen: readonly boolean[],
): Promise<void> {
  if (!isOpen.includes(true)) return;
  const { rowsPerSource } = session;
  const origins = live.flatMap((one, at) =>
    isOpen[at]
      ? one.beams().map(({ origin }) => at * rowsPerSource + Math.min(origin, rowsPerSource - 1))
      : [],
  );
  const isSame =
    origins.length === live.length * rowsPerSource && origins.every((origin, row) => origin === row);
  if (!isSame) await session.select(origins);
}

function finish(run: SearchRun, one: BeamSource): readonly Sequence[] {
  const sequences = one.results().map((hypothesis, index) => ({ row: one.source, index, ...hypothesis }));
  if (sequences.length === 0) deadEnd();
  for (const sequence of sequences) streamSequence(run, sequence);
  return sequences;
}
