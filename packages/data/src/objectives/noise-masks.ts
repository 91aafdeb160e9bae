import { checkInteger, checkRange, optionError } from '../errors.js';
import type { Random } from '../random/random.js';
import { shuffleInPlace } from '../random/shuffle.js';
import { roundHalfEven } from './half-even.js';

// T5 counts in single precision here: 190 tokens at 0.15 are 28.500001 there, so 29 tokens of noise and not 28.
const f32 = Math.fround;

/** One byte a token: 1 where it is noise. */
export type NoiseMask = Uint8Array;

/** What every mask needs. */
export interface NoiseMaskOptions {
  /** Share of tokens that are noise. */
  readonly noiseDensity: number;
  readonly random: Random;
}

/** Noise token by token, each with probability `noiseDensity`. */
export function iidNoiseMask(length: number, { noiseDensity, random }: NoiseMaskOptions): NoiseMask {
  checkLength('iidNoiseMask', length, noiseDensity);
  return new Uint8Array(length).map(() => (random.uniform() < noiseDensity ? 1 : 0));
}

/** Options of `regularNoiseMask`. */
export interface RegularNoiseMaskOptions extends NoiseMaskOptions {
  /** Default 1. */
  readonly minSpanLength?: number;
  /** Default 5. */
  readonly maxSpanLength?: number;
}

/** Noise spans of one length at equal distances; length and offset are drawn for each call. */
export function regularNoiseMask(length: number, options: RegularNoiseMaskOptions): NoiseMask {
  const { noiseDensity, random, minSpanLength = 1, maxSpanLength = 5 } = options;
  checkLength('regularNoiseMask', length, noiseDensity);
  if (noiseDensity === 0) return new Uint8Array(length);
  checkInteger('regularNoiseMask', 'minSpanLength', minSpanLength, 1);
  checkInteger('regularNoiseMask', 'maxSpanLength', maxSpanLength, minSpanLength);
  const spanLength = minSpanLength + random.below(maxSpanLength - minSpanLength + 1);
  const period = roundHalfEven(f32(spanLength / f32(noiseDensity)));
  const offset = random.below(period);
  return new Uint8Array(length).map((_, index) => ((index + offset) % period < spanLength ? 1 : 0));
}

/** Options of `randomSpansNoiseMask`. */
export interface RandomSpansNoiseMaskOptions extends NoiseMaskOptions {
  /** Mean length of a noise span, in tokens. Default 3. */
  readonly meanSpanLength?: number;
  /** Rotates the mask by a random amount, so that it may begin with noise. Default false. */
  readonly randomRoll?: boolean;
}

/**
 * Noise in spans. Numbers of noise tokens and spans are fixed by the length; among the masks that have them,
 * begin with text and end with noise, each is equally likely.
 */
export function randomSpansNoiseMask(length: number, options: RandomSpansNoiseMaskOptions): NoiseMask {
  const { noiseDensity, random, meanSpanLength = 3, randomRoll = false } = options;
  checkLength('randomSpansNoiseMask', length, noiseDensity);
  checkRange('randomSpansNoiseMask', 'meanSpanLength', meanSpanLength, [1, Infinity]);
  if (noiseDensity === 0) return new Uint8Array(length);
  const tokens = Math.max(length, 2); // so that there are both noise and text
  const noise = clip(roundHalfEven(f32(tokens * f32(noiseDensity))), 1, tokens - 1);
  const wanted = Math.max(roundHalfEven(f32(noise / f32(meanSpanLength))), 1);
  const spans = Math.min(wanted, tokens - noise); // at densities above a half, text can be too short for all
  const noiseLengths = randomSegmentation(noise, spans, random);
  const textLengths = randomSegmentation(tokens - noise, spans, random);
  const mask = new Uint8Array(tokens);
  let at = 0;
  for (let span = 0; span < spans; span++) {
    at += textLengths[span]!;
    mask.fill(1, at, (at += noiseLengths[span]!));
  }
  return (randomRoll ? rolled(mask, random.below(tokens)) : mask).slice(0, length);
}

/** Lengths of `segments` non-empty parts of `items`, every composition equally likely. */
function randomSegmentation(items: number, segments: number, random: Random): readonly number[] {
  const begins = new Uint8Array(items - 1).fill(1, 0, segments - 1);
  shuffleInPlace(begins, random);
  const lengths = [1];
  for (const isBegin of begins) {
    if (isBegin === 1) lengths.push(1);
    else lengths[lengths.length - 1]!++;
  }
  return lengths;
}

function rolled(mask: NoiseMask, by: number): NoiseMask {
  return mask.map((_, index) => mask[(index + by) % mask.length]!);
}

/**
 * Noise at the beginning, for prefix language models: the inputs are the noise, the targets the rest.
 * At a density of 0.5 the prefix is 1 … length − 1 tokens, each equally likely; below, at least
 * round((1 − 2·density)·(length − 1)).
 */
export function randomPrefixNoiseMask(length: number, { noiseDensity, random }: NoiseMaskOptions): NoiseMask {
  checkInteger('randomPrefixNoiseMask', 'length', length, 0);
  if (!(noiseDensity > 0 && noiseDensity <= 0.5)) {
    const problem = `noiseDensity is ${noiseDensity}, must be above 0 and at most 0.5`;
    throw optionError('randomPrefixNoiseMask', 'noiseDensity', problem);
  }
  if (length < 2) return new Uint8Array(length);
  const longest = length - 1;
  const shortest = Math.max(1, roundHalfEven((1 - 2 * noiseDensity) * longest));
  const prefix = shortest + random.below(longest - shortest + 1);
  return new Uint8Array(length).fill(1, 0, prefix);
}

function checkLength(op: string, length: number, noiseDensity: number): void {
  checkInteger(op, 'length', length, 0);
  checkRange(op, 'noiseDensity', noiseDensity, [0, 1]);
}

function clip(value: number, low: number, high: number): number {
  return Math.min(Math.max(value, low), high);
}
