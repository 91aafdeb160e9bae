import { pickleError } from './pickle-values.js';

/** Thrown when a pickle goes on behind the bytes at hand; caught by `unpickle`. */
export class EndOfBytes extends Error {}

/** Whole numbers beyond this many bytes are no size, offset or magic number. */
const MOST_INTEGER_BYTES = 32;

/** Reads the arguments of opcodes; every length is checked before it is used. */
export class PickleCursor {
  at: number;
  private readonly view: DataView;

  constructor(
    private readonly bytes: Uint8Array,
    start: number,
    private readonly file: string,
  ) {
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    this.at = start;
  }

  byte(): number {
    return this.view.getUint8(this.take(1));
  }

  uint16(): number {
    return this.view.getUint16(this.take(2), true);
  }

  uint32(): number {
    return this.view.getUint32(this.take(4), true);
  }

  int32(): number {
    return this.view.getInt32(this.take(4), true);
  }

  float64(): number {
    return this.view.getFloat64(this.take(8), false);
  }

  /** A length of 64 bits. */
  length64(): number {
    const length = this.view.getBigUint64(this.take(8), true);
    if (length > BigInt(Number.MAX_SAFE_INTEGER))
      throw pickleError(`a length of ${length} cannot be`, this.file);
    return Number(length);
  }

  raw(length: number): Uint8Array {
    const start = this.take(length);
    return this.bytes.slice(start, start + length);
  }

  text(length: number): string {
    const start = this.take(length);
    return new TextDecoder().decode(this.bytes.subarray(start, start + length));
  }

  /** Up to the end of the line, which is passed over. */
  line(): string {
    const end = this.bytes.indexOf(0x0a, this.at);
    if (end < 0) throw new EndOfBytes();
    const text = this.text(end - this.at);
    this.at = end + 1;
    return text;
  }

  /** Two's complement of `length` bytes: a number where it is safe, else a bigint. */
  integer(length: number): number | bigint {
    if (length > MOST_INTEGER_BYTES) throw pickleError(`a whole number of ${length} bytes`, this.file);
    const start = this.take(length);
    let value = 0n;
    for (let index = length - 1; index >= 0; index--)
      value = (value << 8n) | BigInt(this.bytes[start + index]!);
    return plainInteger(length > 0 ? BigInt.asIntN(length * 8, value) : 0n);
  }

  /** A whole number in text. */
  decimal(): number | bigint {
    const text = this.line().replace(/L$/, '');
    if (!/^[+-]?\d{1,40}$/.test(text))
      throw pickleError(`no whole number: '${text.slice(0, 40)}'`, this.file);
    return plainInteger(BigInt(text.replace('+', '')));
  }

  private take(length: number): number {
    const start = this.at;
    if (start + length > this.bytes.length) throw new EndOfBytes();
    this.at = start + length;
    return start;
  }
}

function plainInteger(value: bigint): number | bigint {
  const plain = Number(value);
  return Number.isSafeInteger(plain) ? plain : value;
}
