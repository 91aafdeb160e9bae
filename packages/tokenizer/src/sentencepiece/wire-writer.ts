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
