import type { DecodingSession, SourceBatch, StepRequest } from '../decoding/session.js';
import { chooseBest, chooseByChance, choicesAt } from './choices.js';
import { applyAll } from './processor-list.js';
import type { RowRandom } from './row-random.js';
import type { SearchRun } from './search-run.js';

/** Ids that may come next, to be checked. */
export interface Draft {
  readonly ids: readonly number[];
  /** Scores each id was drawn from; undefined where the draft is certain of it. */
  readonly scores?: readonly Float32Array[];
}

/** Writes drafts for one row. */
export interface Drafter {
  /** At most `most` ids that may follow `ids`. */
  propose(ids: readonly number[], most: number): Promise<Draft>;
  /** Told how many ids of the last draft were right. */
  learn(numRight: number, numDrafted: number): void;
  release(): void;
}

/** Slots of random numbers for one token: its own choice, and what drafts need. */
export const SLOTS = { choice: 0, draft: 1, acceptance: 2 } as const;

/**
 * Drafts copied from where the newest ids occurred before, in the source or in the text so far.
 * @see Saxena 2023, "Prompt lookup decoding"
 */
export function promptLookup(
  source: Int32Array,
  { numTokens, maxNgram }: { readonly numTokens: number; readonly maxNgram: number },
): Drafter {
  return {
    propose: async (ids, most) => {
      const text = [...source, ...ids];
      const count = Math.min(numTokens, most);
      for (let size = Math.min(maxNgram, ids.length); size > 0; size--) {
        const at = earlierPlace(text, size);
        if (at !== undefined) return { ids: text.slice(at + size, at + size + count) };
      }
      return { ids: [] };
    },
    learn: () => undefined,
    release: () => undefined,
  };
}

/** Where the last `size` ids occur before, with an id after them. */
function earlierPlace(text: readonly number[], size: number): number | undefined {
  const from = text.length - size;
  for (let at = 0; at < from; at++) {
    let same = 0;
    while (same < size && text[at + same] === text[from + same]) same++;
    if (same === size) return at;
  }
  return undefined;
}

/** Drafts of a smaller model, which reads the same source. */
export async function modelDrafter(
  run: SearchRun,
  source: SourceBatch,
  { row, random }: { readonly row: number; readonly random: RowRandom | undefined },
): Promise<Drafter> {
  const { settings } = run;
  const { assistantModel, numAssistantTokens = 20, numAssistantTokensSchedule, signal } = settings.options;
  const session = await assistantModel!.engine.open(source, { maxLength: settings.maxLength, signal });
  const doesAdapt = (numAssistantTokensSchedule ?? 'constant') !== 'constant';
  let longest = numAssistantTokens;
  let fed: number[] = [];
  return {
    propose: async (ids, most) => {
      const common = fed.findIndex((id, at) => id !== ids[at] || at >= ids.length - 1);
      if (common >= 0) fed = fed.slice(0, common);
      if (session.position > fed.length) session.rewind(fed.length);
      const draft = await writeDraft(
        { run, session, row, random },
        { ids, fed, most: Math.min(longest, most) },
      );
      fed = [...ids, ...draft.ids].slice(0, session.position);
      return draft;
    },
    learn: (numRight, numDrafted) => {
      if (doesAdapt) longest = numRight === numDrafted ? longest + 2 : Math.max(1, longest - 1);
    },
    release: () => session.release(),
  };
}

interface Writing {
  readonly run: SearchRun;
  readonly session: DecodingSession;
  readonly row: number;
  readonly random: RowRandom | undefined;
}

async function writeDraft(
  { run, session, row, random }: Writing,
  {
    ids,
    fed,
    most,
  }: { readonly ids: readonly number[]; readonly fed: readonly number[]; readonly most: number },
): Promise<Draft> {
  const { settings, processors } = run;
  const { assistantConfidenceThreshold = 0.4 } = settings.options;
  const isPlain = random === undefined && processors.rules.length === 0;
  const request: StepRequest = isPlain ? { kind: 'topK', k: 1 } : { kind: 'logits' };
  const history = [...ids];
  const scores: Float32Array[] = [];
  let unread = ids.slice(fed.length);
  while (history.length < ids.length + most) {
    settings.options.signal?.throwIfAborted();
    const answer = await session.step(Int32Array.from(unread), request);
    const choices = choicesAt(answer, { request, at: unread.length - 1, vocabSize: settings.vocabSize });
    applyAll(processors.rules, choices.scores, { source: row, ids: history });
    applyAll(processors.warpers, choices.scores, { source: row, ids: history });
    const choice =
      random === undefined
        ? chooseBest(choices, { withScores: true })
        : chooseByChance(choices, random.uniform(history.length, SLOTS.draft));
    history.push(choice.id);
    if (random !== undefined) scores.push(choices.scores.slice());
    unread = [choice.id];
    if (settings.endIds.includes(choice.id) || Math.exp(choice.logProb) < assistantConfidenceThreshold) break;
  }
  return { ids: history.slice(ids.length), ...(random === undefined ? {} : { scores }) };
}
