import type { Code } from './wasm-bytes.js';
import {
  INSTRUCTIONS,
  get,
  i32Const,
  loopWhile,
  moduleOf,
  set,
  shuffle,
  store,
  v128Const,
} from './wasm-bytes.js';

/**
 * The `bernoulli` mask and the `randomBits` words as WebAssembly SIMD modules: Threefry-2x32-20 as `randomMaskInto`
 * and `randomBitsInto` of core define it, 16 blocks at a time. One block is a chain of about 120 dependent operations, so four vectors of four blocks
 * are interleaved to keep the processor busy.
 */

const {
  i16x8LessUnsigned,
  i16x8Splat,
  i32Add,
  i32Sub,
  i32Xor,
  i32x4Add,
  i32x4ShiftLeft,
  i32x4ShiftRight,
  i32x4Splat,
  narrowToI8x16,
  v128And,
  v128Or,
  v128Xor,
} = INSTRUCTIONS;

/** Mask elements (bytes) written per turn of the loop; memory is filled up to a multiple of it. */
export const MASK_GROUP = 64;
/** Words (four bytes each) written per turn. */
export const WORD_GROUP = 32;

const ROTATIONS = [13, 15, 26, 6, 17, 29, 16, 24] as const;
const ROUNDS = 20;
const PARITY = 0x1bd11bda;
const CHAINS = [0, 1, 2, 3] as const;

/** Parameters of `fill`. */
const OUT = 0;
const TURNS = 1;
const KEY_LOW = 2;
const KEY_HIGH = 3;
const STREAM = 4;
/** Of masks; for words, how many bits they are shifted to the right. */
const THRESHOLD = 5;

/** Vector locals. */
const X = (chain: number): number => 6 + chain;
const Y = (chain: number): number => 10 + chain;
const COUNTER = 14;
const Y_START = 15;
const LIMIT = 16;
/** Added to x and y after every fourth round. */
const X_INJECTION = (at: number): number => 17 + at;
const Y_INJECTION = (at: number): number => 22 + at;
const VECTOR_LOCALS = 21;

const thirdKey: Code = [...get(KEY_LOW), ...get(KEY_HIGH), ...i32Xor, ...i32Const(PARITY), ...i32Xor];
const schedule: readonly Code[] = [get(KEY_LOW), get(KEY_HIGH), thirdKey];

const all = <T>(items: readonly T[], emit: (item: T, index: number) => Code): Code => items.flatMap(emit);
const addTo = (local: number, other: number): Code => [
  ...get(local),
  ...get(other),
  ...i32x4Add,
  ...set(local),
];

const prepare: Code = [
  ...[...v128Const([0, 1, 2, 3]), ...get(KEY_LOW), ...i32x4Splat, ...i32x4Add, ...set(COUNTER)],
  ...[...get(STREAM), ...get(KEY_HIGH), ...i32Add, ...i32x4Splat, ...set(Y_START)],
  ...[...get(THRESHOLD), ...i16x8Splat, ...set(LIMIT)],
  ...all([1, 2, 3, 4, 5], (injection, at) => [
    ...[...schedule[injection % 3]!, ...i32x4Splat, ...set(X_INJECTION(at))],
    ...[
      ...schedule[(injection + 1) % 3]!,
      ...i32Const(injection),
      ...i32Add,
      ...i32x4Splat,
      ...set(Y_INJECTION(at)),
    ],
  ]),
];

/** Each 32-bit lane rotated left; by whole bytes it is one shuffle. */
function rotate(local: number, by: number): Code {
  if (by % 8 === 0) {
    const from = (byte: number): number => (byte & ~3) | ((byte + 4 - by / 8) & 3);
    return [...get(local), ...get(local), ...shuffle(Array.from({ length: 16 }, (_, byte) => from(byte)))];
  }
  const left = [...get(local), ...i32Const(by), ...i32x4ShiftLeft];
  return [...left, ...get(local), ...i32Const(32 - by), ...i32x4ShiftRight, ...v128Or];
}

const start: Code = all(CHAINS, (chain) => [
  ...[
    ...get(COUNTER),
    ...v128Const([4 * chain, 4 * chain, 4 * chain, 4 * chain]),
    ...i32x4Add,
    ...set(X(chain)),
  ],
  ...[...get(Y_START), ...set(Y(chain))],
]);

const rounds: Code = all(Array.from({ length: ROUNDS }), (_, round) => [
  ...all(CHAINS, (chain) => addTo(X(chain), Y(chain))),
  ...all(CHAINS, (chain) => [
    ...rotate(Y(chain), ROTATIONS[round % ROTATIONS.length]!),
    ...[...get(X(chain)), ...v128Xor, ...set(Y(chain))],
  ]),
  ...(round % 4 === 3
    ? all(CHAINS, (chain) => [
        ...addTo(X(chain), X_INJECTION((round - 3) / 4)),
        ...addTo(Y(chain), Y_INJECTION((round - 3) / 4)),
      ])
    : []),
]);

/** Lanes of x and y in turn: 0, 1 of each, then 2, 3. */
const LOW_LANES = [0, 1, 2, 3, 16, 17, 18, 19, 4, 5, 6, 7, 20, 21, 22, 23];
const HIGH_LANES = LOW_LANES.map((byte) => byte + 8);

const compared = (chain: number, lanes: readonly number[]): Code => [
  ...[...get(X(chain)), ...get(Y(chain)), ...shuffle(lanes)],
  ...[...get(LIMIT), ...i16x8LessUnsigned],
];

const emitMask: Code = all(CHAINS, (chain) => [
  ...get(OUT),
  ...compared(chain, LOW_LANES),
  ...compared(chain, HIGH_LANES),
  ...narrowToI8x16,
  ...[...v128Const([0x01010101, 0x01010101, 0x01010101, 0x01010101]), ...v128And],
  ...store(16 * chain),
]);

const shifted = (chain: number, lanes: readonly number[]): Code => [
  ...[...get(X(chain)), ...get(Y(chain)), ...shuffle(lanes)],
  ...[...get(THRESHOLD), ...i32x4ShiftRight],
];

const emitWords: Code = all(CHAINS, (chain) => [
  ...[...get(OUT), ...shifted(chain, LOW_LANES), ...store(32 * chain)],
  ...[...get(OUT), ...shifted(chain, HIGH_LANES), ...store(32 * chain + 16)],
]);

const advanceBy = (bytes: number): Code => [
  ...[...get(COUNTER), ...v128Const([16, 16, 16, 16]), ...i32x4Add, ...set(COUNTER)],
  ...[...get(OUT), ...i32Const(bytes), ...i32Add, ...set(OUT)],
  ...[...get(TURNS), ...i32Const(1), ...i32Sub, ...set(TURNS), ...get(TURNS)],
];

const moduleThat = (emit: Code, bytes: number): Uint8Array<ArrayBuffer> =>
  moduleOf(6, VECTOR_LOCALS, [...prepare, ...loopWhile([...start, ...rounds, ...emit, ...advanceBy(bytes)])]);

/** The bytes of the module; `fill(out, turns, keyLow, keyHigh, stream, threshold)` writes 64 bytes a turn. */
export function maskModuleBytes(): Uint8Array<ArrayBuffer> {
  return moduleThat(emitMask, MASK_GROUP);
}

/** The same for words of 32 bits less `shift`: `fill(out, turns, keyLow, keyHigh, stream, shift)`, 32 words a turn. */
export function wordModuleBytes(): Uint8Array<ArrayBuffer> {
  return moduleThat(emitWords, 4 * WORD_GROUP);
}
