/** One row as processors, constraints and stopping criteria see it. */
export interface RowHistory {
  /** Row of the source in the batch that `generate` was given, however many have left since. */
  readonly source: number;
  /** Ids so far, the start token first. */
  readonly ids: readonly number[];
}

/**
 * Changes the scores of a row's next token in place; −Infinity forbids an id. Greedy and sampling give it raw scores,
 * beam searches log-probabilities, as in Hugging Face.
 */
export type LogitsProcessor = (scores: Float32Array, row: RowHistory) => void;

/** True when a row is to end; its ids have the newest token last. */
export type StoppingCriterion = (row: RowHistory) => boolean;

/** Ids that may follow; `ids` has the start token first. An empty answer means that nothing may. */
export type PrefixAllowedTokensFn = (source: number, ids: readonly number[]) => Iterable<number>;

/** Why a sequence is no longer. */
export type FinishReason = 'endToken' | 'length' | 'stopString' | 'stoppingCriterion' | 'time';
