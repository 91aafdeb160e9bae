import { bundleError } from './bundle-error.js';

/** One field of a protocol buffer: a number, or bytes. */
interface WireField {
  readonly field: number;
  readonly value: bigint | Uint8Array;
}

/** Reads numbers and bytes one after another; every length is checked before it is used. */
export class WireCursor {
  at = 0;
  private readonly view: DataView;

  constructor(
    readonly bytes: Uint8Array,
    private readonly file: string,
  ) {
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  }

  get isAtEnd(): boolean {
    return this.at === this.bytes.length;
  }

  /** A number of seven bits a byte, lowest first. */
  varint(): bigint {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = this.bytes[this.take(1)]!;
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return BigInt.asUintN(64, value);
    }
    throw bundleError('a number without end', this.file);
  }

  /** A varint that is a length or a place. */
  length(): number {
    return safe(this.varint(), this.file);
  }

  uint32(): number {
    return this.view.getUint32(this.take(4), true);
  }

  uint64(): bigint {
    return this.view.getBigUint64(this.take(8), true);
  }

  raw(length: number): Uint8Array {
    const start = this.take(length);
    return this.bytes.subarray(start, start + length);
  }

  private take(length: number): number {
    const start = this.at;
    if (start + length > this.bytes.length)
      throw bundleError('a value leaves the bytes that hold it', this.file);
    this.at = start + length;
    return start;
  }
}

/** The fields of a message, in order. @throws FormatError for groups, and for lengths that leave the message */
export function wireFields(bytes: Uint8Array, file: string): readonly WireField[] {
  const cursor = new WireCursor(bytes, file);
  const fields: WireField[] = [];
  while (!cursor.isAtEnd) {
    const tag = cursor.length();
    const field = Math.floor(tag / 8);
    const type = tag % 8;
    if (type === 0) fields.push({ field, value: cursor.varint() });
    else if (type === 1) fields.push({ field, value: cursor.uint64() });
    else if (type === 2) fields.push({ field, value: cursor.raw(cursor.length()) });
    else if (type === 5) fields.push({ field, value: BigInt(cursor.uint32()) });
    else throw bundleError(`a field of wire type ${type}`, file);
  }
  return fields;
}

/** The last number of a field, 0 when it is absent. @throws FormatError when it is bytes, negative or too large */
export function wireNumber(fields: readonly WireField[], field: number, file: string): number {
  const value = fields.findLast((item) => item.field === field)?.value ?? 0n;
  if (value instanceof Uint8Array) throw bundleError(`field ${field} is bytes, not a number`, file);
  return safe(value, file);
}

/** Every message of a field. @throws FormatError when one is a number */
export function wireMessages(
  fields: readonly WireField[],
  field: number,
  file: string,
): readonly Uint8Array[] {
  return fields
    .filter((item) => item.field === field)
    .map(({ value }) => {
      if (value instanceof Uint8Array) return value;
      throw bundleError(`field ${field} is a number, not bytes`, file);
    });
}

function safe(value: bigint, file: string): number {
  if (value <= BigInt(Number.MAX_SAFE_INTEGER)) return Number(value);
  throw bundleError(`a size or place of ${BigInt.asIntN(64, value)} cannot be`, file);
}
