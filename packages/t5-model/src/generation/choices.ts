import type { StepRequest, StepScores } from '../decoding/session.js';
import { fail } from './merge-options.js';
import { argMaxOf, logSumExp } from './numerics.js';
import type { ProcessorList } from './processor-list.js';
import { drawIndex } from './row-random.js';
import type { Settings } from './settings.js';

/** Ids that one row may go on with, and their scores; without `ids`, the scores are of all ids in turn. */
export interface Choices {
  readonly scores: Float32Array;
  readonly ids?: Int32Array;
}

/** An id, and log p of it under the scores it was chosen from. */
export interface Choice {
  readonly id: number;
  readonly logProb: number;
}

/** The least that must be asked of a step to choose one id a row. */
export function requestFor(settings: Settings, { rules }: ProcessorList): StepRequest {
  const { isSampling, withScores, vocabSize, options } = settings;
  if (rules.length > 0) return { kind: 'logits' };
  if (!isSampling) return withScores ? { kind: 'topK', k: 1 } : { kind: 'argMax' };
  const { topK = 50, topH } = options;
  // Top-h weighs the likeliest hundred before top-k cuts them.
  if (topK === 0 || topH !== undefined) return { kind: 'logits' };
  return { kind: 'topK', k: Math.min(topK, vocabSize) };
}

/** One place of a step's answer, as a view. @param at  row · count + place */
export function choicesAt(
  scores: StepScores,
  {
    request,
    at,
    vocabSize,
  }: { readonly request: StepRequest; readonly at: number; readonly vocabSize: number },
): Choices {
  const size = request.kind === 'logits' ? vocabSize : request.kind === 'topK' ? request.k : 1;
  const [from, to] = [at * size, (at + 1) * size];
  if (request.kind === 'logits') return { scores: scores.logits!.subarray(from, to) };
  const ids = scores.ids!.subarray(from, to);
  return request.kind === 'argMax'
    ? { scores: new Float32Array(1), ids }
    : { scores: scores.logProbs!.subarray(from, to), ids };
}

/** The best choice. @throws OptionError when every id is forbidden */
export function chooseBest(choices: Choices, { withScores }: { readonly withScores: boolean }): Choice {
  const { scores, ids } = choices;
  const best = argMaxOf(scores);
  if (!(scores[best]! > -Infinity)) deadEnd();
  if (ids !== undefined) return { id: ids[best]!, logProb: scores[best]! };
  return { id: best, logProb: withScores ? scores[best]! - logSumExp(scores) : 0 };
}

/** A choice drawn with the probabilities of the scores. @throws OptionError when every id is forbidden */
export function chooseByChance({ scores, ids }: Choices, uniform: number): Choice {
  const total = logSumExp(scores);
  const at = drawIndex(probabilities(scores, total), uniform);
  if (at === undefined) deadEnd();
  return { id: ids === undefined ? at : ids[at]!, logProb: scores[at]! - total };
}

/** exp(score − total) of each. */
export function probabilities(scores: Float32Array, total = logSumExp(scores)): Float64Array {
  return Float64Array.from(scores, (score) => Math.exp(score - total));
}

/** @throws OptionError always */
export function deadEnd(): never {
  fail('every id is forbidden, or the scores are NaN', {
    likely:
      'Constraints contradict each other; or the model overflows, which removeInvalidValues: true hides.',
    page: 'generation-dead-end',
  });
}
