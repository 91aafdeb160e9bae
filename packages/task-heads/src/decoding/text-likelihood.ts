import { OptionError } from '@tesserae/tensor';
import { requireChoice, requireTokenLogits } from './checks.js';
import type { TokenSpans } from './token-spans.js';
import { logSumExpOf } from './token-spans.js';

// How likely a text is to a model that sees both sides of a token: the sum over its tokens of log P(token | the others).

/** How likely a text is. */
export interface TextLikelihood {
  /** Sum over the tokens, in nats. */
  readonly logProb: number;
  /** Of each token of the text, special tokens left out. */
  readonly tokenLogProbs: readonly number[];
}

/**
 * What is hidden when a token is scored: itself (Salazar et al. 2020), or the later tokens of its word too, which would
 * give it away (Kauf & Ivanova 2023).
 */
export type WithinWord = 'original' | 'l2r';

/** Every choice. */
const WITHIN_WORD: readonly WithinWord[] = ['original', 'l2r'];

/** A text with one token hidden, or the rest of its word too. */
export interface MaskedRow {
  readonly ids: Int32Array;
  /** The token that is asked for. */
  readonly position: number;
  readonly target: number;
}

/** The tokens of a text that are scored: all but special ones put in. */
function scoredTokens({ specialTokensMask }: Pick<TokenSpans, 'specialTokensMask'>): readonly number[] {
  return Array.from({ length: specialTokensMask.length }, (_, token) => token).filter(
    (token) => specialTokensMask[token] === 0,
  );
}

/**
 * A row for each token of a text, with that token masked.
 * @param options.withinWord  default 'l2r'
 */
export function maskedRows(
  row: Pick<TokenSpans, 'specialTokensMask' | 'wordIds'> & { readonly ids: Int32Array },
  { maskId, withinWord = 'l2r' }: { readonly maskId: number; readonly withinWord?: WithinWord },
): readonly MaskedRow[] {
  requireChoice('maskedRows', 'withinWord', withinWord, WITHIN_WORD);
  const { ids, wordIds } = row;
  return scoredTokens(row).map((position) => {
    const isHidden = (other: number): boolean =>
      other === position ||
      (withinWord === 'l2r' && other > position && wordIds[other] === wordIds[position]);
    return { ids: ids.map((id, other) => (isHidden(other) ? maskId : id)), position, target: ids[position]! };
  });
}

/** log P(id) of a row of logits. @throws FormatError when a logit is no number */
export function tokenLogProb(logits: ArrayLike<number>, id: number): number {
  return logits[id]! - logSumExpOf(logits);
}

/** The likelihood of a text from that of its tokens. */
export function textLikelihood(tokenLogProbs: readonly number[]): TextLikelihood {
  return { logProb: tokenLogProbs.reduce((sum, value) => sum + value, 0), tokenLogProbs };
}

/** What a discriminator's likelihoods need beside its logits. */
export interface DiscriminatorLikelihoodOptions {
  /**
   * log q(token | the others) of each token of the text: what the generator, from which replacements came, says of it.
   * Absent for Electric, whose logit is an energy; of an ELECTRA, tokens are then scored by how much likelier they are than
   * under the generator.
   */
  readonly noiseLogProbs?: readonly number[];
  /** Share of tokens that were replaced in pre-training. Default 0.15. */
  readonly maskedShare?: number;
}

/**
 * The likelihood of a text by a discriminator, from one reading of it. Its logit is log(p·q / ((1 − p)·P)) where it is
 * right, p the share of replaced tokens and q the generator, so log P = log q − logit + log(p / (1 − p)). Electric is
 * trained with log q and log(p / (1 − p)) added to its logit, so that the logit itself is −log P, up to a constant.
 * @param logits  [seqLen], large where a token looks replaced
 * @throws OptionError when there are not as many noise probabilities as tokens
 * @see Clark et al. 2020, "Pre-Training Transformers as Energy-Based Cloze Models"
 */
export function discriminatorLikelihood(
  row: Pick<TokenSpans, 'specialTokensMask'>,
  logits: ArrayLike<number>,
  { noiseLogProbs, maskedShare = 0.15 }: DiscriminatorLikelihoodOptions = {},
): TextLikelihood {
  const op = 'discriminatorLikelihood';
  const tokens = scoredTokens(row);
  requireTokenLogits(op, logits, row.specialTokensMask.length);
  if (noiseLogProbs !== undefined && noiseLogProbs.length !== tokens.length) {
    throw new OptionError({
      op,
      problem: `${noiseLogProbs.length} noise probabilities for ${tokens.length} tokens`,
      likely: 'Both models must read the same tokens: take the generator of the same pre-training.',
      page: 'option-value',
      got: noiseLogProbs.length,
      needed: tokens.length,
    });
  }
  if (!(maskedShare > 0 && maskedShare < 1)) {
    throw new OptionError({
      op,
      problem: `maskedShare is ${maskedShare}, must be between 0 and 1`,
      page: 'option-value',
      got: maskedShare,
    });
  }
  const odds = Math.log(maskedShare / (1 - maskedShare));
  return textLikelihood(
    tokens.map((token, index) =>
      noiseLogProbs === undefined ? -logits[token]! : noiseLogProbs[index]! - logits[token]! + odds,
    ),
  );
}
