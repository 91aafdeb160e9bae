import { finiteIndicesByScore, logSumExp, topIndices } from './numerics.js';
import type { LogitsProcessor } from './row-history.js';

// What shapes the distribution that sampling draws from. Each works on the values alone, so a list of the likeliest
// ids with their scores will do instead of the whole vocabulary.

/** How many of the likeliest ids a filter leaves at least: 1, or one more than there are end tokens for beams. */
interface LeastKept {
  readonly leastKept: number;
}

const forbid = (scores: Float32Array, isOut: (score: number, index: number) => boolean): void => {
  for (let index = 0; index < scores.length; index++) {
    if (isOut(scores[index]!, index)) scores[index] = -Infinity;
  }
};

/** The score of rank `rank` (1 is the best). */
const scoreOfRank = (scores: Float32Array, rank: number): number => {
  const top = topIndices(scores, rank);
  return scores[top[top.length - 1]!]!;
};

/** Divides the scores: below 1 sharpens, above 1 flattens. */
export function temperatureWarper(temperature: number): LogitsProcessor {
  return (scores) => {
    for (let index = 0; index < scores.length; index++) scores[index]! /= temperature;
  };
}

/** Keeps the k likeliest, and what ties with the last of them. */
export function topKWarper(topK: number, { leastKept }: LeastKept): LogitsProcessor {
  return (scores) => {
    const least = scoreOfRank(scores, Math.max(topK, leastKept));
    forbid(scores, (score) => score < least);
  };
}

/** Keeps the smallest set of likeliest ids whose probability reaches p. @see Holtzman et al. 2020 */
export function topPWarper(topP: number, { leastKept }: LeastKept): LogitsProcessor {
  return (scores) => {
    const total = logSumExp(scores);
    const order = finiteIndicesByScore(scores);
    let below = 0;
    for (let rank = order.length - 1; rank >= leastKept; rank--) {
      below += Math.exp(scores[order[rank]!]! - total);
      if (below > 1 - topP) break;
      scores[order[rank]!] = -Infinity;
    }
  };
}

/** Keeps ids at least `minP` times as likely as the likeliest. @see Nguyen et al. 2024 */
export function minPWarper(minP: number, { leastKept }: LeastKept): LogitsProcessor {
  return (scores) => {
    const kept = topIndices(scores, leastKept);
    const most = scores[kept[0]!]!;
    forbid(scores, (score, index) => Math.exp(score - most) < minP && !kept.includes(index));
  };
}

/** Keeps, of the 100 likeliest, those whose summed entropy stays within `topH` of the whole. @see Potraghloo et al. 2025 */
export function topHWarper(topH: number): LogitsProcessor {
  const mostConsidered = 100;
  return (scores) => {
    const top = topIndices(scores, mostConsidered);
    const total = logSumExp(Float32Array.from(top, (index) => scores[index]!));
    const terms = Array.from(top, (index) => entropyTerm(scores[index]! - total));
    const limit = topH * terms.reduce((sum, term) => sum + term, 0);
    const kept = new Set<number>([top[0]!]);
    let sum = 0;
    terms.forEach((term, rank) => {
      sum += term;
      if (sum <= limit) kept.add(top[rank]!);
    });
    forbid(scores, (_, index) => !kept.has(index));
  };
}

/** Keeps the ids whose surprise is nearest the entropy, up to `typicalP` of probability. @see Meister et al. 2022 */
export function typicalWarper(typicalP: number, { leastKept }: LeastKept): LogitsProcessor {
  return (scores) => {
    const total = logSumExp(scores);
    const entropy = entropyOf(scores, total);
    const oddity = (index: number): number => Math.abs(total - scores[index]! - entropy);
    const order = Array.from(finiteIndicesByScore(scores)).sort((a, b) => oddity(a) - oddity(b) || a - b);
    let mass = 0;
    let last = 0;
    for (; last < order.length - 1; last++) {
      mass += Math.exp(scores[order[last]!]! - total);
      if (mass >= typicalP) break;
    }
    const most = oddity(order[last]!);
    const out = order.filter((index, rank) => rank >= leastKept && oddity(index) > most);
    for (const index of out) scores[index] = -Infinity;
  };
}

/** Keeps ids of at least this probability. @see Hewitt et al. 2022 */
export function epsilonWarper(epsilon: number, { leastKept }: LeastKept): LogitsProcessor {
  return (scores) => dropBelow(scores, { least: epsilon, total: logSumExp(scores), leastKept });
}

/** Keeps ids of at least min(ε, √ε · exp(−entropy)) probability. @see Hewitt et al. 2022 */
export function etaWarper(epsilon: number, { leastKept }: LeastKept): LogitsProcessor {
  return (scores) => {
    const total = logSumExp(scores);
    const least = Math.min(epsilon, Math.sqrt(epsilon) * Math.exp(-entropyOf(scores, total)));
    dropBelow(scores, { least, total, leastKept });
  };
}

function dropBelow(
  scores: Float32Array,
  { least, total, leastKept }: LeastKept & { readonly least: number; readonly total: number },
): void {
  const kept = scoreOfRank(scores, leastKept);
  forbid(scores, (score) => Math.exp(score - total) < least && score < kept);
}

function entropyOf(scores: Float32Array, total: number): number {
  let entropy = 0;
  for (const score of scores) entropy += entropyTerm(score - total);
  return entropy;
}

const entropyTerm = (logProb: number): number => (logProb === -Infinity ? 0 : -Math.exp(logProb) * logProb);
