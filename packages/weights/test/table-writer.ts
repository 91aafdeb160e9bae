import { joinChunks } from '../src/safetensors/writer.js';
import { maskedCrc32c } from '../src/tensorflow/crc32c.js';

/** A number of seven bits a byte. */
export function varint(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes.push((rest % 0x80) + 0x80);
  return [...bytes, rest];
}

/** A field of a protocol buffer. */
export function field(number: number, value: number | readonly number[]): number[] {
  return typeof value === 'number'
    ? [...varint(number * 8), ...varint(value)]
    : [...varint(number * 8 + 2), ...varint(value.length), ...value];
}

const text = (value: string): number[] => [...new TextEncoder().encode(value)];

/** A block of keys and values, without sharing. */
export function block(entries: readonly (readonly [string, readonly number[]])[]): number[] {
  const body = entries.flatMap(([key, value]) => [
    0,
    ...varint(text(key).length),
    ...varint(value.length),
    ...text(key),
    ...value,
  ]);
  return [...body, 0, 0, 0, 0, 1, 0, 0, 0];
}

/** A table of one data block, sums as they should be; `packing` is what its trailer says. */
export function table(data: readonly number[], packing = 0): Uint8Array {
  const blocks: number[] = [];
  const append = (bytes: readonly number[], kind: number): number[] => {
    const handle = [...varint(blocks.length), ...varint(bytes.length)];
    const sum = maskedCrc32c(Uint8Array.from([...bytes, kind]));
    blocks.push(...bytes, kind, ...[0, 8, 16, 24].map((shift) => (sum >>> shift) & 255));
    return handle;
  };
  const dataHandle = append(data, packing);
  const indexHandle = append(block([['z', dataHandle]]), 0);
  const footer = new Uint8Array(48);
  footer.set([0, 0, ...indexHandle]);
  new DataView(footer.buffer).setBigUint64(40, 0xdb4775248b80fb57n, true);
  return joinChunks([Uint8Array.from(blocks), footer]);
}

/** What an index says of a tensor of f32 values that begin at byte `start`. */
export function entry(shape: readonly number[], start: number, sizeBytes: number, crc = 0): number[] {
  const dims = shape.flatMap((size) => field(2, field(1, size)));
  const sum = [0, 8, 16, 24].map((shift) => (crc >>> shift) & 255);
  return [...field(1, 1), ...field(2, dims), ...field(4, start), ...field(5, sizeBytes), 6 * 8 + 5, ...sum];
}

/** The first entry of an index: one shard, little-endian. */
export const HEADER: readonly [string, number[]] = ['', field(1, 1)];
