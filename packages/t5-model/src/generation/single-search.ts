import type { DecodingSession } from '../decoding/session.js';
import type { Choice, Choices } from './choices.js';
import { chooseBest, chooseByChance, choicesAt, requestFor } from './choices.js';
import { applyAll } from './processor-list.js';
import type { FinishReason } from './row-history.js';
import type { RowRandom } from './row-random.js';
import { rowRandom } from './row-random.js';
import type { SearchRun, Sequence } from './search-run.js';
import { withSession } from './search-run.js';
import { listOf } from './settings.js';

// Greedy search and sampling: one id a row and step.

interface LiveRow {
  readonly source: number;
  readonly index: number;
  readonly ids: number[];
  readonly logProbs: number[];
  readonly random: RowRandom | undefined;
  finishReason?: FinishReason;
}

/** The random numbers of a returned sequence; undefined when nothing is drawn. */
export function randomOf(
  { settings, sourceIds }: SearchRun,
  { source, index }: { readonly source: number; readonly index: number },
): RowRandom | undefined {
  if (!settings.isSampling) return undefined;
  const seeds = listOf(settings.options.seed!);
  return rowRandom(seeds.length === 1 ? seeds[0]! : seeds[source]!, { source: sourceIds[source]!, index });
}

/** Sequences of every source, those of one source together. */
export function singleSearch(run: SearchRun): Promise<readonly Sequence[]> {
  return withSession(run, async (session) => {
    const { numReturnSequences, startId } = run.settings;
    const sources = run.sourceIds.map((_, source) =>
      Array.from({ length: numReturnSequences }, (__, index): LiveRow => {
        const random = randomOf(run, { source, index });
        return { source, index, ids: [startId], logProbs: [], random };
      }),
    );
    let live = sources;
    for (let steps = 1; live.length > 0; steps++) {
      run.settings.options.signal?.throwIfAborted();
      await takeStep(run, session, live);
      const isOpen = live.map((rows) => rows.some(({ finishReason }) => finishReason === undefined));
      await keepOpen(session, { isOpen, numRows: numReturnSequences });
      live = live.filter((_, at) => isOpen[at]);
      run.settings.options.onStep?.(steps);
    }
    return sources.flatMap((rows) => rows.map(sequenceOf));
  });
}

/** Feeds every row its newest id and lets it choose the next. The first step has one row a source, for all. */
async function takeStep(
  run: SearchRun,
  session: DecodingSession,
  live: readonly (readonly LiveRow[])[],
): Promise<void> {
  const { settings, processors } = run;
  const { padId, vocabSize } = settings;
  const request = requestFor(settings, processors);
  const perSource = session.rowsPerSource;
  const fed = live.flatMap((rows) => rows.slice(0, perSource));
  const lastIds = fed.map(({ ids, finishReason }) => (finishReason === undefined ? ids.at(-1)! : padId));
  const scores = await session.step(Int32Array.from(lastIds), request);
  fed.forEach((row, at) => {
    const sharing = perSource === 1 ? live[at]! : [row];
    if (sharing.every(({ finishReason }) => finishReason !== undefined)) return;
    const choices = choicesAt(scores, { request, at, vocabSize });
    applyAll(processors.rules, choices.scores, row);
    applyAll(processors.warpers, choices.scores, row);
    for (const each of sharing) if (each.finishReason === undefined) extend(run, each, choices);
  });
}

function extend({ settings, stop }: SearchRun, row: LiveRow, choices: Choices): void {
  const { id, logProb } = choose(row, choices, settings.withScores);
  row.ids.push(id);
  if (settings.withScores) row.logProbs.push(logProb);
  row.finishReason = stop(row);
  const { source, index, finishReason } = row;
  settings.options.streamer?.({ row: source, index, ids: [id], ...(finishReason && { finishReason }) });
}

function choose({ random, ids }: LiveRow, ...[choices, withScores]: [Choices, boolean]): Choice {
  if (random === undefined) return chooseBest(choices, { withScores });
  return chooseByChance(choices, random.uniform(ids.length, 0));
}

/** Lets finished sources leave the session, and gives each source that stays its number of rows. */
async function keepOpen(
  session: DecodingSession,
  { isOpen, numRows }: { readonly isOpen: readonly boolean[]; readonly numRows: number },
): Promise<void> {
  if (!isOpen.includes(true)) return;
  const { rowsPerSource } = session;
  if (rowsPerSource === numRows && !isOpen.includes(false)) return;
  const origins = isOpen.flatMap((isKept, source) =>
    isKept
      ? Array.from({ length: numRows }, (_, row) => source * rowsPerSource + Math.min(row, rowsPerSource - 1))
      : [],
  );
  await session.select(origins);
}

function sequenceOf({ source, index, ids, logProbs, finishReason }: LiveRow): Sequence {
  const score = logProbs.reduce((sum, logProb) => sum + logProb, 0);
  return { row: source, index, ids, logProbs, score, finishReason: finishReason! };
}
