import type { SourceBatch, StepRequest } from '../decoding/session.js';
import { hostTensor } from '@tesserae/tensor';
import type { HostTensor } from '@tesserae/tensor';
import type { Choice, Choices } from './choices.js';
import { chooseBest, chooseByChance, choicesAt, deadEnd, probabilities, requestFor } from './choices.js';
import type { Draft, Drafter } from './drafts.js';
import { SLOTS, modelDrafter, promptLookup } from './drafts.js';
import { applyAll } from './processor-list.js';
import type { FinishReason } from './row-history.js';
import type { RowRandom } from './row-random.js';
import { drawIndex } from './row-random.js';
import type { SearchRun, Sequence } from './search-run.js';
import { withSession } from './search-run.js';
import { randomOf } from './single-search.js';

// Greedy search and sampling with drafts: several tokens are checked in one step.

/** Sequences of every source, each searched for alone: rows would agree with their drafts at different places. */
export async function assistedSearch(run: SearchRun): Promise<readonly Sequence[]> {
  const sequences: Sequence[] = [];
  for (const row of run.sourceIds.keys()) {
    const source = {
      inputIds: rowOf(run.source.inputIds, row),
      attentionMask: rowOf(run.source.attentionMask, row),
    };
    sequences.push(await searchRow({ ...run, source }, source, row));
  }
  return sequences;
}

const rowOf = ({ shape, data }: HostTensor, row: number): HostTensor => {
  const length = shape[1]!;
  return hostTensor('i32', [1, length], Int32Array.from(data.slice(row * length, (row + 1) * length)));
};

interface Row {
  readonly row: number;
  readonly ids: number[];
  readonly logProbs: number[];
  readonly random: RowRandom | undefined;
  finishReason?: FinishReason;
}

async function searchRow(run: SearchRun, source: SourceBatch, row: number): Promise<Sequence> {
  const { settings } = run;
  const { promptLookupNumTokens, maxMatchingNgramSize = 2 } = settings.options;
  const random = randomOf(run, { source: row, index: 0 });
  const drafter =
    promptLookupNumTokens === undefined
      ? await modelDrafter(run, source, { row, random })
      : promptLookup(run.sourceIds[row]!, {
          numTokens: promptLookupNumTokens,
          maxNgram: maxMatchingNgramSize,
        });
  try {
    return await checkDrafts(run, drafter, { row, ids: [settings.startId], logProbs: [], random });
  } finally {
    drafter.release();
  }
}

function checkDrafts(run: SearchRun, drafter: Drafter, row: Row): Promise<Sequence> {
  const { settings, processors } = run;
  const { options, maxLength, vocabSize, isSampling } = settings;
  const request: StepRequest = isSampling ? { kind: 'logits' } : requestFor(settings, processors);
  return withSession(run, async (session) => {
    for (let steps = 1; row.finishReason === undefined; steps++) {
      options.signal?.throwIfAborted();
      const draft = await drafter.propose(row.ids, maxLength - 1 - row.ids.length);
      const from = row.ids.length;
      const answer = await session.step(Int32Array.from([row.ids.at(-1)!, ...draft.ids]), request);
      const choicesOf = (at: number): Choices => {
        const choices = choicesAt(answer, { request, at, vocabSize });
        applyAll(processors.rules, choices.scores, { source: row.row, ids: row.ids });
        applyAll(processors.warpers, choices.scores, { source: row.row, ids: row.ids });
        return choices;
      };
      const numRight = take(run, row, { draft, choicesOf });
      drafter.learn(numRight, draft.ids.length);
      // All ids but the newest have been fed; what was fed beyond is wrong.
      if (session.position > row.ids.length - 1) session.rewind(row.ids.length - 1);
      stream(run, row, from);
      options.onStep?.(steps);
    }
    const score = row.logProbs.reduce((sum, logProb) => sum + logProb, 0);
    const { ids, logProbs, finishReason } = row;
    return { row: row.row, index: 0, ids, logProbs, score, finishReason };
  });
}

function stream({ settings }: SearchRun, { row, ids, finishReason }: Row, from: number): void {
  const news = ids.slice(from);
  settings.options.streamer?.({ row, index: 0, ids: news, ...(finishReason && { finishReason }) });
}

/** Takes ids of the draft as long as they are right, and one more of the model's own. @returns how many were right */
function take(
  { settings, stop }: SearchRun,
  row: Row,
  { draft, choicesOf }: { readonly draft: Draft; readonly choicesOf: (at: number) => Choices },
): number {
  for (let at = 0; ; at++) {
    const choice = choose(row, choicesOf(at), { draft, at, withScores: settings.withScores });
    row.ids.push(choice.id);
    if (settings.withScores) row.logProbs.push(choice.logProb);
    row.finishReason = stop({ source: row.row, ids: row.ids });
    const isRight = choice.isDrafted && at < draft.ids.length;
    if (!isRight || row.finishReason !== undefined) return isRight ? at + 1 : at;
  }
}

interface Checked extends Choice {
  /** True when the id is the draft's. */
  readonly isDrafted: boolean;
}

function choose(
  { random, ids }: Row,
  choices: Choices,
  { draft, at, withScores }: { readonly draft: Draft; readonly at: number; readonly withScores: boolean },
): Checked {
  const drafted = draft.ids[at];
  if (random === undefined) {
    const choice = chooseBest(choices, { withScores });
    return { ...choice, isDrafted: choice.id === drafted };
  }
  if (drafted === undefined) {
    return { ...chooseByChance(choices, random.uniform(ids.length, SLOTS.choice)), isDrafted: false };
  }
  return chooseAgainstDraft(choices, {
    drafted,
    draftScores: draft.scores?.[at],
    random,
    position: ids.length,
  });
}

/**
 * Keeps the drafted id with probability min(1, p / q); draws from what p has more than q otherwise. The outcome has
 * the distribution p.
 * @see Leviathan et al. 2023, "Fast inference from transformers via speculative decoding", algorithm 1
 */
function chooseAgainstDraft(
  { scores }: Choices,
  {
    drafted,
    draftScores,
    random,
    position,
  }: {
    readonly drafted: number;
    readonly draftScores: Float32Array | undefined;
    readonly random: RowRandom;
    readonly position: number;
  },
): Checked {
  const p = probabilities(scores);
  const q = draftScores === undefined ? undefined : probabilities(draftScores);
  const ratio = p[drafted]! / (q === undefined ? 1 : q[drafted]!);
  if (random.uniform(position, SLOTS.acceptance) < ratio) {
    return { id: drafted, logProb: Math.log(p[drafted]!), isDrafted: true };
  }
  const rest = p.map((share, id) => Math.max(0, share - (q === undefined ? Number(id === drafted) : q[id]!)));
  const id =
    drawIndex(rest, random.uniform(position, SLOTS.choice)) ??
    drawIndex(p, random.uniform(position, SLOTS.choice));
  if (id === undefined) deadEnd();
  return { id, logProb: Math.log(p[id]!), isDrafted: false };
}
