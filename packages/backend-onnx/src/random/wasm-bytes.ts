/** The few parts of the WebAssembly binary format that the mask generator is written with. */

/** Code: bytes of instructions. */
export type Code = readonly number[];

/** Unsigned LEB128. */
export function unsigned(value: number): Code {
  const bytes: number[] = [];
  for (let rest = value; ; ) {
    const low = rest & 0x7f;
    rest >>>= 7;
    if (rest === 0) return [...bytes, low];
    bytes.push(low | 0x80);
  }
}

/** Signed LEB128 of a 32-bit number. */
export function signed(value: number): Code {
  const bytes: number[] = [];
  for (let rest = value; ; ) {
    const low = rest & 0x7f;
    rest >>= 7;
    if ((rest === 0 && (low & 0x40) === 0) || (rest === -1 && (low & 0x40) !== 0)) return [...bytes, low];
    bytes.push(low | 0x80);
  }
}

const vector = (opcode: number, ...operands: number[]): Code => [0xfd, ...unsigned(opcode), ...operands];

export const get = (local: number): Code => [0x20, ...unsigned(local)];
export const set = (local: number): Code => [0x21, ...unsigned(local)];
export const i32Const = (value: number): Code => [0x41, ...signed(value)];
export const I32_ADD: Code = [0x6a];
export const I32_SUB: Code = [0x6b];
export const I32_XOR: Code = [0x73];
export const I32X4_SPLAT = vector(17);
export const I16X8_SPLAT = vector(16);
export const I16X8_LESS_UNSIGNED = vector(48);
export const NARROW_TO_I8X16 = vector(101);
export const V128_AND = vector(78);
export const V128_OR = vector(80);
export const V128_XOR = vector(81);
export const I32X4_SHIFT_LEFT = vector(171);
export const I32X4_SHIFT_RIGHT = vector(173);
export const I32X4_ADD = vector(174);

export const v128Const = (lanes: readonly [number, number, number, number]): Code =>
  vector(12, ...new Uint8Array(Uint32Array.from(lanes).buffer));
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
