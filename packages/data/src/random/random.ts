import { DataError, show } from '../errors.js';
import { philox4x32, type RandomKey, type Words } from './philox.js';

/** Where a random stream stands; plain JSON. */
export interface RandomState {
  readonly key: RandomKey;
  /** Number of 32-bit words drawn so far. */
  readonly position: number;
}

/** A stream of random numbers: a key, and a position that each draw moves on. */
export interface Random {
  readonly state: RandomState;
  /** A word: 0 … 2³² − 1. One word of the stream. */
  word(): number;
  /** A number in [0, 1) with 53 random bits. Two words of the stream. */
  uniform(): number;
  /** A whole number in [0, bound), each equally likely; bound is at most 2³². One word, rarely more. */
  below(bound: number): number;
}

/** A part of a stream's name. */
export type StreamName = string | number;

/**
 * The random stream of a seed and a name. Streams of different names are independent, so that drawing more
 * from one changes no other.
 * @throws DataError (seed-value) unless the seed is a safe integer
 */
export function createRandom(seed: number, names: readonly StreamName[] = []): Random {
  return restoreRandom({ key: names.reduce(foldIn, seedKey(seed)), position: 0 });
}

/** The stream that continues where `state` was taken. */
export function restoreRandom({ key, position }: RandomState): Random {
  let at = position;
  let block = -1;
  let words: Words = [0, 0, 0, 0];
  const word = (): number => {
    const needed = Math.floor(at / 4);
    if (needed !== block) {
      block = needed;
      words = philox4x32(key, [block >>> 0, Math.floor(block / 2 ** 32), 0, 0]);
    }
    return words[at++ % 4]!;
  };
  return {
    get state() {
      return { key, position: at };
    },
    word,
    uniform: () => ((word() >>> 5) * 2 ** 26 + (word() >>> 6)) / 2 ** 53,
    below(bound) {
      const limit = 2 ** 32 - (2 ** 32 % bound); // the largest multiple of bound: no remainder is favoured
      let drawn = word();
      while (drawn >= limit) drawn = word();
      return drawn % bound;
    },
  };
}

/** The key of a seed: its low and high words. */
function seedKey(seed: number): RandomKey {
  if (!Number.isSafeInteger(seed)) {
    throw new DataError({
      op: 'createRandom',
      field: 'seed',
      problem: `seed is ${show(seed)}, must be a safe integer`,
      page: 'seed-value',
    });
  }
  return [seed >>> 0, Math.floor(seed / 2 ** 32) >>> 0];
}

// Third counter word: 0 for draws, so that a name's key never comes out of the same block as a draw.
const numberTag = 1;
const textTag = 2;

function foldIn(key: RandomKey, name: StreamName): RandomKey {
  if (typeof name === 'number') {
    const [a, b] = philox4x32(key, [name >>> 0, Math.floor(name / 2 ** 32) >>> 0, numberTag, 0]);
    return [a, b];
  }
  let folded = key;
  for (let at = 0; at < name.length || at === 0; at += 4) {
    const unit = (offset: number): number => (at + offset < name.length ? name.charCodeAt(at + offset) : 0);
    const low = unit(0) + unit(1) * 2 ** 16;
    const high = unit(2) + unit(3) * 2 ** 16;
    const [a, b] = philox4x32(folded, [low, high, textTag, name.length]);
    folded = [a, b];
  }
  return folded;
}
