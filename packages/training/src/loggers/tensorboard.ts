import { crc32c } from './crc32c.js';

/** A number at a step, for a curve. */
interface Scalar {
  readonly tag: string;
  readonly value: number;
}

/**
 * The first record of an event file: the version that readers look for.
 * @param wallTime  seconds since 1970
 */
export function versionRecord(wallTime: number): Uint8Array {
  return record(message([double(1, wallTime), bytes(3, text('brain.Event:2'))]));
}

/** Scalars of one step as a record of an event file: a TFRecord around an Event message. */
export function scalarsRecord(
  scalars: readonly Scalar[],
  { step, wallTime }: { readonly step: number; readonly wallTime: number },
): Uint8Array {
  const values = scalars.map(({ tag, value }) => bytes(1, message([bytes(1, text(tag)), float(2, value)])));
  return record(message([double(1, wallTime), integer(2, step), bytes(5, message(values))]));
}

/** Length, its checksum, data, its checksum; checksums are masked. @see TensorFlow, core/lib/io/record_writer.h */
function record(data: Uint8Array): Uint8Array {
  const framed = new Uint8Array(data.length + 16);
  const view = new DataView(framed.buffer);
  view.setBigUint64(0, BigInt(data.length), true);
  view.setUint32(8, masked(crc32c(framed.subarray(0, 8))), true);
  framed.set(data, 12);
  view.setUint32(12 + data.length, masked(crc32c(data)), true);
  return framed;
}

const masked = (crc: number): number => (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0;

const text = (value: string): Uint8Array => new TextEncoder().encode(value);

/** Fields of a protocol-buffer message, joined. */
function message(fields: readonly Uint8Array[]): Uint8Array {
  const joined = new Uint8Array(fields.reduce((size, field) => size + field.length, 0));
  let at = 0;
  for (const field of fields) {
    joined.set(field, at);
    at += field.length;
  }
  return joined;
}

function varint(value: number): number[] {
  const out: number[] = [];
  for (let left = value; ; left = Math.floor(left / 128)) {
    if (left < 128) return [...out, left];
    out.push((left % 128) | 128);
  }
}

function integer(field: number, value: number): Uint8Array {
  return Uint8Array.from([field << 3, ...varint(value)]);
}

function double(field: number, value: number): Uint8Array {
  const out = new Uint8Array(9);
  out[0] = (field << 3) | 1;
  new DataView(out.buffer).setFloat64(1, value, true);
  return out;
}

function float(field: number, value: number): Uint8Array {
  const out = new Uint8Array(5);
  out[0] = (field << 3) | 5;
  new DataView(out.buffer).setFloat32(1, value, true);
  return out;
}

function bytes(field: number, value: Uint8Array): Uint8Array {
  return message([Uint8Array.from([(field << 3) | 2, ...varint(value.length)]), value]);
}
