import type { GenerateOptions, SourceBatch } from '@tesserae/t5-model';
import type { hostRandom } from '@tesserae/tensor';
import { hostTensor } from '@tesserae/tensor';
import type { T5ForConditionalGeneration } from 'tesserae';

// Requests of all kinds, as a service would get them: drawn by a seed, so that a run can be repeated.

type Random = ReturnType<typeof hostRandom>;

/** How ids are chosen. */
export const MODES = ['greedy', 'beams', 'sampling', 'drafts'] as const;
/** How a request ends: by itself, by its signal, by a reader who leaves the stream, or with a signal that was on already. */
export const ENDINGS = ['whole', 'streamed', 'cancelled', 'left', 'never begun'] as const;

export type Mode = (typeof MODES)[number];
export type Ending = (typeof ENDINGS)[number];

/** One request. */
export interface SoakRequest {
  readonly mode: Mode;
  readonly ending: Ending;
  readonly source: SourceBatch;
  readonly options: GenerateOptions;
  /** Steps or pieces after which it is cancelled or left. */
  readonly endsAfter: number;
}

const pick = <T>(random: Random, of: readonly T[]): T => of[random.below(of.length)]!;

/** Longest source and largest batch. */
const [MOST_TOKENS, MOST_ROWS] = [512, 16];
const MOST_NEW_TOKENS = 32;

/** The next request: 1–16 rows of 1–512 tokens. */
export function drawRequest(random: Random, { vocabSize }: { readonly vocabSize: number }): SoakRequest {
  const mode = pick(random, MODES);
  // Half of them run to their end.
  const ending = random.below(2) === 0 ? pick(random, ENDINGS.slice(0, 2)) : pick(random, ENDINGS.slice(2));
  const rows = 1 + random.below(MOST_ROWS);
  const lengths = Array.from({ length: rows }, () => 1 + random.below(MOST_TOKENS));
  return {
    mode,
    ending,
    source: sourceOf(lengths, { random, vocabSize }),
    options: { maxNewTokens: 1 + random.below(MOST_NEW_TOKENS), ...optionsOf(mode, random) },
    endsAfter: 1 + random.below(8),
  };
}

/** The largest request there is: what it needs of memory is reserved when the soak begins. */
export function largestRequest(
  mode: Mode,
  random: Random,
  { vocabSize }: { readonly vocabSize: number },
): SoakRequest {
  const lengths = Array.from({ length: MOST_ROWS }, () => MOST_TOKENS);
  const options = {
    ...optionsOf(mode, random),
    maxNewTokens: MOST_NEW_TOKENS,
    minNewTokens: MOST_NEW_TOKENS,
  };
  const source = sourceOf(lengths, { random, vocabSize });
  return { mode, ending: 'whole', source, options, endsAfter: 0 };
}

function optionsOf(mode: Mode, random: Random): GenerateOptions {
  if (mode === 'beams') return { numBeams: 2 + random.below(3), numReturnSequences: 1 + random.below(2) };
  if (mode === 'sampling')
    return { doSample: true, seed: random.below(2 ** 31), topP: 0.9, noRepeatNgramSize: 3 };
  return mode === 'drafts' ? { promptLookupNumTokens: 4 } : {};
}

function sourceOf(
  lengths: readonly number[],
  { random, vocabSize }: { readonly random: Random; readonly vocabSize: number },
): SourceBatch {
  const longest = Math.max(...lengths);
  const ids = new Int32Array(lengths.length * longest);
  const mask = new Int32Array(ids.length);
  lengths.forEach((length, row) => {
    for (let at = 0; at < length; at++) ids[row * longest + at] = 2 + random.below(vocabSize - 2);
    mask.fill(1, row * longest, row * longest + length);
  });
  const shape = [lengths.length, longest];
  return { inputIds: hostTensor('i32', shape, ids), attentionMask: hostTensor('i32', shape, mask) };
}

/** What a cancelled request is told. */
class Cancelled extends Error {
  override readonly name = 'Cancelled';
}

/**
 * Sends a request and ends it as it says.
 * @throws whatever a request throws that was not cancelled, and when a cancelled one does not say so
 */
export async function send(model: T5ForConditionalGeneration, request: SoakRequest): Promise<void> {
  const { ending, source, options, endsAfter } = request;
  if (ending === 'whole') return void (await model.generateIds(source, options));
  if (ending === 'streamed') return readPieces(model, request, Infinity);
  if (ending === 'left') return readPieces(model, request, endsAfter);
  const controller = new AbortController();
  const { signal } = controller;
  const reason = new Cancelled();
  if (ending === 'never begun') controller.abort(reason);
  const onStep = (steps: number): void => {
    if (steps >= endsAfter) controller.abort(reason);
  };
  try {
    await model.generateIds(source, { ...options, signal, onStep }); // may be done before its turn comes
  } catch (error) {
    if (error !== reason) throw error;
    return;
  }
  if (ending === 'never begun') throw new Error('a request whose signal was on already gave a result');
}

async function readPieces(
  model: T5ForConditionalGeneration,
  { source, options }: SoakRequest,
  most: number,
): Promise<void> {
  let pieces = 0;
  const generator = await model.openGenerator();
  for await (const _ of generator.stream(source, options)) if (++pieces >= most) return;
}
