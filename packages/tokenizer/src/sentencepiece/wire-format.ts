import { TokenizerError } from '../errors.js';

/** Types of fields that are read; the rest is skipped. */
export type WireKind = 'varint' | 'bytes' | 'float' | 'other';

/**
 * Reads the fields of a protobuf message one by one; `number`, `kind` and the value are those of the last field.
 * Lengths are checked before anything is read.
 * @see protobuf.dev, "Encoding"
 */
export class WireReader {
  number = 0;
  kind: WireKind = 'other';
  /** A varint or a float. */
  value = 0;
  /** Where the bytes of a text or message begin and end. */
  from = 0;
  to = 0;

  /** @param at  reads bytes [at, end) */
  constructor(
    readonly bytes: Uint8Array,
    private readonly where: { readonly op: string; readonly file?: string },
    private at = 0,
    private readonly end = bytes.length,
    private readonly view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength),
  ) {}

  /** Goes to the next field; false at the end. @throws TokenizerError (malformed-file) when it is no message */
  next(): boolean {
    if (this.at >= this.end) return false;
    const key = this.varint();
    this.number = Math.floor(key / 8);
    const type = key % 8;
    if (type === 0) {
      this.kind = 'varint';
      this.value = this.varint();
    } else if (type === 2) {
      this.kind = 'bytes';
      const length = this.varint();
      this.from = this.take(length);
      this.to = this.at;
    } else if (type === 5) {
      this.kind = 'float';
      this.value = this.view.getFloat32(this.take(4), true);
    } else if (type === 1) {
      this.kind = 'other';
      this.take(8);
    } else this.fail(`wire type ${type}`);
    return true;
  }

  /** A reader of the message that is this field. */
  inner(): WireReader {
    return new WireReader(this.bytes, this.where, this.from, this.to, this.view);
  }

  private varint(): number {
    let value = 0;
    for (let shift = 0; shift < 70; shift += 7) {
      if (this.at >= this.end) return this.fail('a number is cut off');
      const byte = this.bytes[this.at++]!;
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return value;
    }
    return this.fail('a number is too long');
  }

  private take(length: number): number {
    if (!(length <= this.end - this.at)) this.fail(`a field of ${length} bytes`);
    this.at += length;
    return this.at - length;
  }

  private fail(problem: string): never {
    throw new TokenizerError({
      code: 'malformed-file',
      ...this.where,
      problem: `not a SentencePiece model: ${problem} at byte ${this.at} of ${this.bytes.length}`,
      remedy: 'a download that was cut off, a Git LFS pointer, or another kind of file.',
    });
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
