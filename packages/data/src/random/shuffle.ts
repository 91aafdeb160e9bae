import { checkInteger, checkOptions } from '../errors.js';
import type { Random } from './random.js';

/** Shuffles in place, every order equally likely (Fisher–Yates). */
export function shuffleInPlace<T extends unknown[] | Int32Array | Uint8Array | Uint32Array>(
  items: T,
  random: Random,
): T {
  for (let last = items.length - 1; last > 0; last--) {
    const other = random.below(last + 1);
    const kept = items[last];
    items[last] = items[other] as never;
    items[other] = kept as never;
  }
  return items;
}

/** Up to this size a permutation is an array (4 MiB); beyond, it is computed and takes no memory. */
const largestArray = 2 ** 20;

/**
 * A random order of 0 … size − 1, as a function from place to index.
 * Up to 2²⁰ every order is equally likely; above, it is a keyed bijection (a Feistel network with cycle
 * walking), which takes no memory.
 */
export function createPermutation(size: number, random: Random): (place: number) => number {
  checkInteger('createPermutation', 'size', size, 0);
  if (size > largestArray) return feistelPermutation(size, random);
  const order = new Uint32Array(size).map((_, index) => index);
  shuffleInPlace(order, random);
  return (place) => order[place]!;
}

const feistelRounds = 8;

/** A keyed bijection of [0, 4^k), walked until it lands below `size`. */
export function feistelPermutation(size: number, random: Random): (place: number) => number {
  const half = 2 ** Math.max(1, Math.ceil(Math.log2(size) / 2));
  const keys = Array.from({ length: feistelRounds }, () => random.word());
  const once = (value: number): number => {
    let left = Math.floor(value / half);
    let right = value % half;
    for (const key of keys) [left, right] = [right, (left ^ (mix(right ^ key) & (half - 1))) >>> 0];
    return left * half + right;
  };
  return (place) => {
    let index = once(place);
    while (index >= size) index = once(index);
    return index;
  };
}

/** The finaliser of MurmurHash3: every input bit reaches every output bit. */
function mix(word: number): number {
  let mixed = word ^ (word >>> 16);
  mixed = Math.imul(mixed, 0x85ebca6b);
  mixed ^= mixed >>> 13;
  mixed = Math.imul(mixed, 0xc2b2ae35);
  return mixed ^ (mixed >>> 16);
}

/** How a stream of unknown length is shuffled. */
export interface ShuffleBufferOptions {
  /** How many items are held; a larger buffer shuffles better. 1 keeps the order. */
  readonly size: number;
  readonly random: Random;
}

/**
 * Shuffles a stream of unknown length: holds `size` items and gives a random one as each new one comes.
 * The order depends on the items' positions and `random` alone, so replaying and skipping resumes it.
 */
export async function* shuffleBuffer<T>(
  source: AsyncIterable<T>,
  options: ShuffleBufferOptions,
): AsyncGenerator<T> {
  checkOptions('shuffleBuffer', options, ['size', 'random']);
  const { size, random } = options;
  checkInteger('shuffleBuffer', 'size', size, 1);
  const held: T[] = [];
  for await (const item of source) {
    held.push(item);
    if (held.length >= size) yield takeOne(held, random);
  }
  while (held.length > 0) yield takeOne(held, random);
}

function takeOne<T>(held: T[], random: Random): T {
  const at = random.below(held.length);
  const taken = held[at]!;
  held[at] = held[held.length - 1]!;
  held.pop();
  return taken;
}
