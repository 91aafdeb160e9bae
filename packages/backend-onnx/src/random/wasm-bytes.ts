/** The few parts of the WebAssembly binary format that the mask generator is written with. */

/** Code: bytes of instructions. */
export type Code = readonly number[];

/** Unsigned LEB128. */
function unsigned(value: number): Code {
  const bytes: number[] = [];
  for (let rest = value; ;) {
    const low = rest & 0x7f;
    rest >>>= 7;
    if (rest === 0) return [...bytes, low];
    bytes.push(low | 0x80);
  }
}

/** Signed LEB128 of a 32-bit number. */
function signed(value: number): Code {
  const bytes: number[] = [];
  for (let rest = value; ;) {
    const low = rest & 0x7f;
    rest >>= 7;
    if ((rest === 0 && (low & 0x40) === 0) || (rest === -1 && (low & 0x40) !== 0)) return [...bytes, low];
    bytes.push(low | 0x80);
  }
}

const vector = (opcode: number, ...operands: number[]): Code => [0xfd, ...unsigned(opcode), ...operands];

/** Pushes a local. */
export const get = (local: number): Code => [0x20, ...unsigned(local)];
/** Pops into a local. */
export const set = (local: number): Code => [0x21, ...unsigned(local)];
/** Pushes a 32-bit number. */
export const i32Const = (value: number): Code => [0x41, ...signed(value)];
/** Pushes a vector of four 32-bit numbers. */
export const v128Const = (lanes: readonly [number, number, number, number]): Code =>
  vector(12, ...new Uint8Array(Uint32Array.from(lanes).buffer));

/** Instructions without operands of their own. */
export const INSTRUCTIONS = {
  i32Add: [0x6a],
  i32Sub: [0x6b],
  i32Xor: [0x73],
  i16x8Splat: vector(16),
  i32x4Splat: vector(17),
  i16x8LessUnsigned: vector(48),
  v128And: vector(78),
  v128Or: vector(80),
  v128Xor: vector(81),
  /** Two i16x8 to one i8x16, saturating. */
  narrowToI8x16: vector(101),
  i32x4ShiftLeft: vector(171),
  i32x4ShiftRight: vector(173),
  i32x4Add: vector(174),
} as const satisfies Record<string, Code>;

/** Picks 16 bytes out of two vectors. */
export const shuffle = (bytes: readonly number[]): Code => vector(13, ...bytes);
/** Stores a vector at the address below it on the stack, plus an offset. */
export const store = (offset: number): Code => vector(11, 4, ...unsigned(offset));

/** A loop that runs its body until the i32 on the stack at the end of it is 0. */
export const loopWhile = (body: Code): Code => [0x03, 0x40, ...body, 0x0d, 0x00, 0x0b];

const sized = (bytes: Code): Code => [...unsigned(bytes.length), ...bytes];
const section = (id: number, bytes: Code): Code => [id, ...sized(bytes)];
const text = (value: string): Code => sized([...new TextEncoder().encode(value)]);

const I32 = 0x7f;
const V128 = 0x7b;

/**
 * A module with one function of i32 parameters and no result, and a memory of its own; both are exported
 * under `fill` and `memory`.
 */
export function moduleOf(parameters: number, vectorLocals: number, body: Code): Uint8Array<ArrayBuffer> {
  const type = [1, 0x60, parameters, ...Array.from({ length: parameters }, () => I32), 0];
  const code = [1, ...unsigned(vectorLocals), V128, ...body, 0x0b];
  return Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, type),
    ...section(3, [1, 0]),
    ...section(5, [1, 0, 1]),
    ...section(7, [2, ...text('fill'), 0, 0, ...text('memory'), 2, 0]),
    ...section(10, [1, ...sized(code)]),
  ]);
}
