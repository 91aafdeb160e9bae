/** Scores of one target text given its source; logarithms are natural. */
export interface TargetScore {
  /** log P(target | source): the sum over its tokens, the end token included. */
  readonly logProb: number;
  /** log P(token | source, tokens before) of each token, in their order. */
  readonly tokenLogProbs: Float32Array;
}

/**
 * Perplexity of a corpus: e to the mean negative log-probability of a token, over all targets together.
 * @returns NaN for no tokens
 */
export function perplexityOf(scores: readonly TargetScore[]): number {
  const logProb = scores.reduce((sum, score) => sum + score.logProb, 0);
  const tokens = scores.reduce((sum, { tokenLogProbs }) => sum + tokenLogProbs.length, 0);
  return Math.exp(-logProb / tokens);
}

/** Which of several targets a model holds for likeliest. */
export interface RankedTargets {
  /** Index of the best; the first where several are equal. */
  readonly best: number;
  /** What they were compared by. */
  readonly scores: readonly number[];
}

/**
 * Chooses among targets of one source by their log-probability, or by its mean per token.
 * @see rank_classification in T5's evaluation metrics
 */
export function rankTargets(
  targets: readonly TargetScore[],
  { normalizesByLength }: { readonly normalizesByLength: boolean },
): RankedTargets {
  const scores = targets.map(({ logProb, tokenLogProbs }) =>
    normalizesByLength ? logProb / tokenLogProbs.length : logProb,
  );
  return { best: scores.indexOf(Math.max(...scores)), scores };
}
