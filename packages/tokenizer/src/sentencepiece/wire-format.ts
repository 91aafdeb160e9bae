import { TokenizerError } from '../errors.js';

/** One field of a protobuf message: a number, or the bytes of a text, a message or a fixed value. */
export type WireField = { readonly number: number } & (
  | { readonly kind: 'varint'; readonly value: number }
  | { readonly kind: 'bytes'; readonly value: Uint8Array }
  | { readonly kind: 'fixed32'; readonly value: number }
  | { readonly kind: 'fixed64' }
);

/**
 * Reads the fields of a protobuf message. Lengths are checked before anything is read or allocated.
 * @throws TokenizerError (malformed-file) when the bytes are no message
 * @see protobuf.dev, "Encoding"
 */
export function* readWire(
  bytes: Uint8Array,
  where: { readonly op: string; readonly file?: string },
): Generator<WireField> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = 0;
  const fail = (problem: string): never => {
    throw new TokenizerError({
      code: 'malformed-file',
      ...where,
      problem: `not a SentencePiece model: ${problem} at byte ${at} of ${bytes.length}`,
      remedy: 'a download that was cut off, a Git LFS pointer, or another kind of file.',
    });
  };
  const varint = (): number => {
    let value = 0;
    for (let shift = 0; shift < 70; shift += 7) {
      const byte = bytes[at++];
      if (byte === undefined) return fail('a number is cut off');
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return value;
    }
    return fail('a number is too long');
  };
  const take = (length: number): number => {
    if (!(length <= bytes.length - at)) fail(`a field of ${length} bytes`);
    at += length;
    return at - length;
  };
  while (at < bytes.length) {
    const key = varint();
    const number = Math.floor(key / 8);
    const type = key % 8;
    if (number < 1) fail('field number 0');
    if (type === 0) yield { number, kind: 'varint', value: varint() };
    else if (type === 1) {
      take(8);
      yield { number, kind: 'fixed64' };
    } else if (type === 2) {
      const length = varint();
      const from = take(length);
      yield { number, kind: 'bytes', value: bytes.subarray(from, at) };
    } else if (type === 5) yield { number, kind: 'fixed32', value: view.getFloat32(take(4), true) };
    else fail(`wire type ${type}`);
  }
}

/** Writes protobuf messages; fields come in the order of the calls. */
export class WireWriter {
  private bytes = new Uint8Array(256);
  private length = 0;

  /** A whole number, or true or false; a negative one takes ten bytes. */
  varint(number: number, value: number | boolean): this {
    this.key(number, 0);
    this.number(Number(value));
    return this;
  }

  /** A text or a message. */
  field(number: number, value: Uint8Array): this {
    this.key(number, 2);
    this.number(value.length);
    this.reserve(value.length);
    this.bytes.set(value, this.length);
    this.length += value.length;
    return this;
  }

  /** A number in single precision. */
  float(number: number, value: number): this {
    this.key(number, 5);
    this.reserve(4);
    new DataView(this.bytes.buffer).setFloat32(this.length, value, true);
    this.length += 4;
    return this;
  }

  /** The message so far. */
  finish(): Uint8Array {
    return this.bytes.slice(0, this.length);
  }

  private key(number: number, type: number): void {
    this.number(8 * number + type);
  }

  private number(value: number): void {
    this.reserve(10);
    let rest = BigInt.asUintN(64, BigInt(value));
    for (; rest > 0x7fn; rest >>= 7n) this.bytes[this.length++] = Number(rest & 0x7fn) | 0x80;
    this.bytes[this.length++] = Number(rest);
  }

  private reserve(length: number): void {
    if (this.length + length <= this.bytes.length) return;
    const larger = new Uint8Array(Math.max(this.length + length, 2 * this.bytes.length));
    larger.set(this.bytes);
    this.bytes = larger;
  }
}
