import { checkNotEmpty, checkNumbers, checkPairs, checkTexts } from './checks.js';
import { sum } from './statistics.js';

/** How well a model predicts text. */
export interface PerplexityScores {
  /** Mean negative log-likelihood per token, in nats. */
  readonly loss: number;
  /** e to the power of `loss`. */
  readonly perplexity: number;
  readonly bitsPerToken: number;
  /** Per byte of UTF-8: comparable between tokenisers. Only with texts. */
  readonly bitsPerByte?: number;
}

/**
 * Perplexity over all tokens of all sequences.
 * @param logProbabilities  natural logarithm of the probability of each token that was there, per sequence
 * @throws MetricError (metric-empty, metric-bad-number) also when one is above 0
 */
export function perplexity(logProbabilities: readonly ArrayLike<number>[]): PerplexityScores {
  const { nats, tokens } = totals('perplexity', logProbabilities);
  return scoresOf(nats, tokens);
}

/**
 * The same with bits per byte.
 * @param targets  the texts whose tokens were scored
 * @throws MetricError (metric-length-mismatch, metric-empty, metric-bad-number, metric-bad-input)
 */
export function textPerplexity(
  targets: readonly string[],
  logProbabilities: readonly ArrayLike<number>[],
): PerplexityScores & { readonly bitsPerByte: number } {
  checkPairs('textPerplexity', targets, logProbabilities);
  checkTexts('textPerplexity', targets, 'targets');
  const { nats, tokens } = totals('textPerplexity', logProbabilities);
  const encoder = new TextEncoder();
  const bytes = sum(targets.map((text) => encoder.encode(text).length));
  checkNotEmpty('textPerplexity', { length: bytes }, 'bytes of text');
  return { ...scoresOf(nats, tokens), bitsPerByte: nats / Math.LN2 / bytes };
}

function totals(op: string, sequences: readonly ArrayLike<number>[]): { nats: number; tokens: number } {
  sequences.forEach((values, row) => checkNumbers(op, values, { name: `logProbabilities[${row}]`, max: 0 }));
  const tokens = sum(sequences.map((values) => values.length));
  checkNotEmpty(op, { length: tokens }, 'tokens');
  return { nats: -sum(sequences.map(sum)), tokens };
}

function scoresOf(nats: number, tokens: number): PerplexityScores {
  const loss = nats / tokens;
  return { loss, perplexity: Math.exp(loss), bitsPerToken: loss / Math.LN2 };
}
