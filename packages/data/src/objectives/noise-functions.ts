import { checkInteger, DataError } from '../errors.js';
import type { Random } from '../random/random.js';
import { shuffleInPlace } from '../random/shuffle.js';
import type { NoiseMask } from './noise-masks.js';

/** The ids that stand for what was cut out. */
export interface Sentinels {
  /** The first one: `<extra_id_0>`, 32099 for T5. The others descend from it. */
  readonly first: number;
  /** How many there are: 100 for T5. */
  readonly count: number;
  /**
   * What happens when a text has more spans than there are sentinels. 'refuse' throws; 'descend' goes on
   * into the ids below, as T5's own code does, which are ordinary tokens. Default 'refuse'.
   */
  readonly overflow?: 'refuse' | 'descend';
}

/** What corrupting functions may need besides tokens and mask. */
export interface NoiseContext {
  readonly sentinels: Sentinels;
  readonly random: Random;
  /** Ids below this bound, and at least `numReservedIds`, stand for a random token: 32100 for T5. */
  readonly vocabSize: number;
  /** Ids that are never drawn: pad, EOS, unknown. Default 3. */
  readonly numReservedIds?: number;
  /** Probability of a random token in `noiseTokenToRandomTokenOrSentinel`. Default 0.1. */
  readonly randomProbability?: number;
}

/** Makes inputs or targets of a text and its noise mask; pure but for the draws it takes from `random`. */
export type NoiseFunction = (tokens: Int32Array, mask: NoiseMask, context: NoiseContext) => Int32Array;

/** Replaces each noise token by the first sentinel. */
const noiseTokenToSentinel: NoiseFunction = (tokens, mask, { sentinels }) =>
  tokens.map((token, index) => (mask[index] === 1 ? sentinels.first : token));

/** Replaces each run of noise by the first sentinel. */
const noiseSpanToSentinel: NoiseFunction = (tokens, mask, { sentinels }) =>
  replaceSpans(tokens, mask, () => sentinels.first);

/** Replaces each run of text by the first sentinel. */
const nonnoiseSpanToSentinel: NoiseFunction = (tokens, mask, context) =>
  noiseSpanToSentinel(tokens, inverted(mask), context);

/**
 * Replaces each run of noise by a sentinel of its own, in descending order. The usual inputs.
 * @throws DataError (data-sentinels) when there are more runs than sentinels
 */
const noiseSpanToUniqueSentinel: NoiseFunction = (tokens, mask, { sentinels }) =>
  replaceSpans(tokens, mask, (span) => sentinelOf(sentinels, span));

/**
 * Replaces each run of text by a sentinel of its own. The usual targets: a mask that ends with noise
 * leaves no closing sentinel.
 * @throws DataError (data-sentinels) when there are more runs than sentinels
 */
const nonnoiseSpanToUniqueSentinel: NoiseFunction = (tokens, mask, context) =>
  noiseSpanToUniqueSentinel(tokens, inverted(mask), context);

/** Leaves out the noise. */
const dropNoiseTokens: NoiseFunction = (tokens, mask) => tokens.filter((_, index) => mask[index] !== 1);

/** Leaves out the text. */
const dropNonnoiseTokens: NoiseFunction = (tokens, mask) => tokens.filter((_, index) => mask[index] === 1);

/** Shuffles the noise tokens among their places. */
const permuteNoiseTokens: NoiseFunction = (tokens, mask, { random }) => {
  const noise = shuffleInPlace(
    tokens.filter((_, index) => mask[index] === 1),
    random,
  );
  let next = 0;
  return tokens.map((token, index) => (mask[index] === 1 ? noise[next++]! : token));
};

/** Replaces each noise token by a random token of the same text. */
const noiseTokenToGatheredToken: NoiseFunction = (tokens, mask, { random }) =>
  tokens.map((token, index) => (mask[index] === 1 ? tokens[random.below(tokens.length)]! : token));

/** Replaces each noise token by a random token of the vocabulary. */
const noiseTokenToRandomToken: NoiseFunction = (tokens, mask, context) =>
  tokens.map((token, index) => (mask[index] === 1 ? randomToken(context) : token));

/** Replaces each noise token by a random token (`randomProbability`) or else the first sentinel. */
const noiseTokenToRandomTokenOrSentinel: NoiseFunction = (tokens, mask, context) => {
  const { sentinels, random, randomProbability = 0.1 } = context;
  return tokens.map((token, index) => {
    if (mask[index] !== 1) return token;
    return random.uniform() < randomProbability ? randomToken(context) : sentinels.first;
  });
};

/** The text itself: the targets of objectives that predict all of it. */
const allTokens: NoiseFunction = (tokens) => tokens.slice();

/** The family by name, for objectives that are written as data. */
export const noiseFunctions = {
  allTokens,
  dropNoiseTokens,
  dropNonnoiseTokens,
  noiseSpanToSentinel,
  noiseSpanToUniqueSentinel,
  noiseTokenToGatheredToken,
  noiseTokenToRandomToken,
  noiseTokenToRandomTokenOrSentinel,
  noiseTokenToSentinel,
  nonnoiseSpanToSentinel,
  nonnoiseSpanToUniqueSentinel,
  permuteNoiseTokens,
} as const satisfies Readonly<Record<string, NoiseFunction>>;

/** Name of a member of the inputs/targets family. */
export type NoiseFunctionName = keyof typeof noiseFunctions;

function randomToken({ random, vocabSize, numReservedIds = 3 }: NoiseContext): number {
  checkInteger('randomToken', 'vocabSize', vocabSize, numReservedIds + 1);
  return numReservedIds + random.below(vocabSize - numReservedIds);
}

/** Each run of 1 in the mask becomes the one id `idOf` gives for its number. */
function replaceSpans(tokens: Int32Array, mask: NoiseMask, idOf: (span: number) => number): Int32Array {
  const replaced = new Int32Array(tokens.length);
  let length = 0;
  let span = 0;
  for (let index = 0; index < tokens.length; index++) {
    if (mask[index] !== 1) replaced[length++] = tokens[index]!;
    else if (index === 0 || mask[index - 1] !== 1) replaced[length++] = idOf(span++);
  }
  return replaced.slice(0, length);
}

function inverted(mask: NoiseMask): NoiseMask {
  return mask.map((noise) => 1 - noise);
}

function sentinelOf({ first, count, overflow = 'refuse' }: Sentinels, span: number): number {
  const isThere = span < count || (overflow === 'descend' && first - span >= 0);
  if (isThere) return first - span;
  throw new DataError({
    op: 'noiseSpanToUniqueSentinel',
    field: 'sentinels.count',
    problem: `span ${span + 1} needs a sentinel, but there are ${count}`,
    page: 'data-sentinels',
    remedy: "a shorter text, longer spans, or overflow: 'descend', which takes ordinary ids as T5 does.",
  });
}
