import { OptionError } from './errors.js';
import type { Tensor } from './graph/graph.js';
import type { HostTensor } from './spec.js';
import { hostTensor } from './spec.js';

/**
 * Counter-based random numbers: Threefry-2x32 with 20 rounds, so that the same key, stream and element give the
 * same bits on every backend and in every order of evaluation.
 * @see Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2, 3"
 */

const ROTATIONS = [13, 15, 26, 6, 17, 29, 16, 24] as const;
const PARITY = 0x1bd11bda;
/** Rounds of the generator; the paper's safety margin over the 13 that pass its tests. */
export const THREEFRY_ROUNDS = 20;

/** One block: two 32-bit words from a 64-bit key and a 64-bit counter, as signed 32-bit integers. */
export function threefry2x32(
  key: readonly [number, number],
  counter: readonly [number, number],
  rounds = THREEFRY_ROUNDS,
): readonly [number, number] {
  const schedule = [key[0] | 0, key[1] | 0, key[0] ^ key[1] ^ PARITY];
  let x0 = (counter[0] + schedule[0]!) | 0;
  let x1 = (counter[1] + schedule[1]!) | 0;
  for (let round = 0; round < rounds; round++) {
    const rotation = ROTATIONS[round % 8]!;
    x0 = (x0 + x1) | 0;
    x1 = ((x1 << rotation) | (x1 >>> (32 - rotation))) ^ x0;
    if (round % 4 !== 3) continue;
    const injection = (round + 1) / 4;
    x0 = (x0 + schedule[injection % 3]!) | 0;
    x1 = (x1 + schedule[(injection + 1) % 3]! + injection) | 0;
  }
  return [x0, x1];
}

/** How many random bits an element of `randomBits` carries; narrower ones share a word. */
export type BitWidth = 16 | 24 | 32;

/**
 * The definition of the `randomBits` op. Block b = threefry(key, [b, stream]) has words w0, w1:
 * 32 bits: elements 2b, 2b+1 are w0, w1; 24 bits: the same, shifted right by 8;
 * 16 bits: elements 4b … 4b+3 are the low and high halves of w0, then of w1.
 */
export function randomBitsInto(
  out: Int32Array,
  key: readonly [number, number],
  { stream, bitWidth }: { readonly stream: number; readonly bitWidth: BitWidth },
): void {
  const words = new Int32Array(2);
  const perBlock = bitWidth === 16 ? 4 : 2;
  const blocks = Math.ceil(out.length / perBlock);
  const draw = threefryStream(key, stream);
  for (let block = 0; block < blocks; block++) {
    draw(words, block);
    const [w0, w1] = words as unknown as readonly [number, number];
    const at = block * perBlock;
    if (bitWidth === 16) {
      out[at] = w0 & 0xffff; // writes past the end of a typed array are dropped
      out[at + 1] = w0 >>> 16;
      out[at + 2] = w1 & 0xffff;
      out[at + 3] = w1 >>> 16;
    } else {
      out[at] = bitWidth === 24 ? w0 >>> 8 : w0;
      out[at + 1] = bitWidth === 24 ? w1 >>> 8 : w1;
    }
  }
}

/**
 * The mask of the `bernoulli` op, one byte an element: 1 where the 16-bit draw is below `threshold`.
 * The same draws as `randomBitsInto` with 16 bits; backends that make masks on the host call this.
 */
export function randomMaskInto(
  out: Uint8Array,
  key: readonly [number, number],
  { stream, threshold }: { readonly stream: number; readonly threshold: number },
): void {
  const words = new Int32Array(2);
  const draw = threefryStream(key, stream);
  for (let at = 0, block = 0; at < out.length; at += 4, block++) {
    draw(words, block);
    const w0 = words[0]!;
    const w1 = words[1]!;
    out[at] = (w0 & 0xffff) < threshold ? 1 : 0;
    out[at + 1] = w0 >>> 16 < threshold ? 1 : 0;
    out[at + 2] = (w1 & 0xffff) < threshold ? 1 : 0;
    out[at + 3] = w1 >>> 16 < threshold ? 1 : 0;
  }
}

/** `threefry2x32` of one key and stream with its rounds written out: same words, no allocation. */
function threefryStream(
  key: readonly [number, number],
  stream: number,
): (out: Int32Array, block: number) => void {
  const k0 = key[0] | 0;
  const k1 = key[1] | 0;
  const k2 = k0 ^ k1 ^ PARITY;
  // prettier-ignore
  return (out, block) => {
    let x = (block + k0) | 0;
    let y = (stream + k1) | 0;
    x = (x + y) | 0; y = ((y << 13) | (y >>> 19)) ^ x;
    x = (x + y) | 0; y = ((y << 15) | (y >>> 17)) ^ x;
    x = (x + y) | 0; y = ((y << 26) | (y >>> 6)) ^ x;
    x = (x + y) | 0; y = ((y << 6) | (y >>> 26)) ^ x;
    x = (x + k1) | 0; y = (y + k2 + 1) | 0;
    x = (x + y) | 0; y = ((y << 17) | (y >>> 15)) ^ x;
    x = (x + y) | 0; y = ((y << 29) | (y >>> 3)) ^ x;
    x = (x + y) | 0; y = ((y << 16) | (y >>> 16)) ^ x;
    x = (x + y) | 0; y = ((y << 24) | (y >>> 8)) ^ x;
    x = (x + k2) | 0; y = (y + k0 + 2) | 0;
    x = (x + y) | 0; y = ((y << 13) | (y >>> 19)) ^ x;
    x = (x + y) | 0; y = ((y << 15) | (y >>> 17)) ^ x;
    x = (x + y) | 0; y = ((y << 26) | (y >>> 6)) ^ x;
    x = (x + y) | 0; y = ((y << 6) | (y >>> 26)) ^ x;
    x = (x + k0) | 0; y = (y + k1 + 3) | 0;
    x = (x + y) | 0; y = ((y << 17) | (y >>> 15)) ^ x;
    x = (x + y) | 0; y = ((y << 29) | (y >>> 3)) ^ x;
    x = (x + y) | 0; y = ((y << 16) | (y >>> 16)) ^ x;
    x = (x + y) | 0; y = ((y << 24) | (y >>> 8)) ^ x;
    x = (x + k1) | 0; y = (y + k2 + 4) | 0;
    x = (x + y) | 0; y = ((y << 13) | (y >>> 19)) ^ x;
    x = (x + y) | 0; y = ((y << 15) | (y >>> 17)) ^ x;
    x = (x + y) | 0; y = ((y << 26) | (y >>> 6)) ^ x;
    x = (x + y) | 0; y = ((y << 6) | (y >>> 26)) ^ x;
    out[0] = (x + k2) | 0;
    out[1] = (y + k0 + 5) | 0;
  };
}

/** A source of randomness inside a graph: a key tensor i32[2] and the stream drawn from it. */
export interface Rng {
  readonly key: Tensor;
  /** 32-bit; different streams of one key are independent. */
  readonly stream: number;
}

/** The rng of a key tensor (i32[2]), at its first stream. */
export function rngFrom(key: Tensor): Rng {
  return { key, stream: 0 };
}

/** An independent rng named by `label`; the same label gives the same one. */
export function foldIn(rng: Rng, label: string | number): Rng {
  const hash =
    typeof label === 'number'
      ? threefry2x32([label, 0x6e756d], [rng.stream, 1])[0]
      : hashText(label, rng.stream);
  return { key: rng.key, stream: hash };
}

function hashText(text: string, seed: number): number {
  let state = threefry2x32([seed, text.length], [0, 2]);
  for (let index = 0; index < text.length; index++)
    state = threefry2x32(state, [text.charCodeAt(index), index]);
  return state[0];
}

/**
 * The key of a seed, i32[2].
 * @param seed  a safe integer; its low and high 32 bits make the key
 * @throws OptionError when it is not
 */
export function rngKey(seed: number): HostTensor {
  if (!Number.isSafeInteger(seed)) {
    throw new OptionError({
      op: 'rngKey',
      problem: `seed ${seed} is no safe integer`,
      likely: 'A missing option (NaN), a fraction or a bigint was passed on; use any whole number.',
      page: 'seed-value',
      got: seed,
    });
  }
  return hostTensor('i32', [2], [seed | 0, Math.floor(seed / 2 ** 32) | 0]);
}

/** The key of step `index` under a seed: what a training loop feeds, one a step. */
export function rngKeyAt(seed: number, index: number): HostTensor {
  const [low, high] = rngKey(seed).data;
  return hostTensor(
    'i32',
    [2],
    [...threefry2x32([low!, high!], [index | 0, Math.floor(index / 2 ** 32) | 0])],
  );
}

/** A stream of host-side random numbers with the same generator, for initialisers, shuffling and tests. */
export function hostRandom(
  seed: number,
  stream = 0,
): { uniform(): number; normal(): number; below(limit: number): number } {
  const [low, high] = rngKey(seed).data;
  let counter = 0;
  const next = (): readonly [number, number] => threefry2x32([low!, high!], [counter++, stream]);
  const uniform = (): number => {
    const [a, b] = next();
    return ((a >>> 5) * 2 ** 26 + (b >>> 6)) / 2 ** 53;
  };
  return {
    uniform,
    normal: () => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform()),
    below: (limit) => Math.floor(uniform() * limit),
  };
}
