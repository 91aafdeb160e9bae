import { FormatError } from '@tesserae/tensor';
import { describe, expect, it } from 'vitest';
import type { ByteSource } from '../byte-source.js';
import { bytesSource } from '../byte-source.js';
import { readSafetensorsHeader } from './header.js';

/** A file with the given header text and this many bytes of data. */
function fileOf(
  header: string | object,
  { dataBytes = 0, length }: { dataBytes?: number; length?: bigint } = {},
): Uint8Array {
  const json = new TextEncoder().encode(typeof header === 'string' ? header : JSON.stringify(header));
  const bytes = new Uint8Array(8 + json.length + dataBytes);
  new DataView(bytes.buffer).setBigUint64(0, length ?? BigInt(json.length), true);
  bytes.set(json, 8);
  return bytes;
}

async function failure(bytes: Uint8Array): Promise<FormatError> {
  const error: unknown = await readSafetensorsHeader(bytesSource('bad.safetensors', bytes)).catch(
    (caught: unknown) => caught,
  );
  expect(error).toBeInstanceOf(FormatError);
  expect((error as FormatError).facts.file).toBe('bad.safetensors');
  expect((error as FormatError).facts.likely).toBeTruthy();
  return error as FormatError;
}

const f32 = (shape: readonly unknown[], data_offsets: readonly unknown[]): object => ({
  dtype: 'F32',
  shape,
  data_offsets,
});

describe('safetensors header', () => {
  it('gives names, types, shapes, ranges and metadata of a sound file', async () => {
    const header = {
      __metadata__: { format: 'pt' },
      b: f32([2], [0, 8]),
      a: { dtype: 'I64', shape: [], data_offsets: [8, 16] },
    };
    const read = await readSafetensorsHeader(bytesSource('x', fileOf(header, { dataBytes: 16 })));
    expect([...read.tensors.keys()]).toEqual(['b', 'a']);
    expect(read.tensors.get('a')).toEqual({ stored: 'I64', dtype: undefined, shape: [], begin: 8, end: 16 });
    expect(read.metadata).toEqual({ format: 'pt' });
  });

  it('accepts ranges in any order, tensors without elements and a padded header', async () => {
    const entries = { late: f32([1], [4, 8]), none: f32([0, 3], [4, 4]), early: f32([1, 1], [0, 4]) };
    const header = `${JSON.stringify(entries)}   `;
    const read = await readSafetensorsHeader(bytesSource('x', fileOf(header, { dataBytes: 8 })));
    expect(read.tensors.size).toBe(3);
  });

  it('asks the source for no more than its size when the length is 4 GB', async () => {
    const bytes = fileOf('{}', { length: 2n ** 32n });
    const asked: number[] = [];
    const inner = bytesSource('huge', bytes);
    const source: ByteSource = {
      ...inner,
      read: (start, end) => (asked.push(end - start), inner.read(start, end)),
    };
    await expect(readSafetensorsHeader(source)).rejects.toMatchObject({ code: 'safetensors-header-length' });
    expect(asked).toEqual([8]);
  });

  it('refuses a length beyond the 100 MB of the format even when the file is larger', async () => {
    const length = new Uint8Array(8);
    new DataView(length.buffer).setBigUint64(0, 100_000_001n, true);
    const source: ByteSource = { name: 'large', sizeBytes: 1e9, read: async () => length };
    await expect(readSafetensorsHeader(source)).rejects.toMatchObject({
      code: 'safetensors-header-length',
      facts: { got: 100_000_001n, needed: 100_000_000 },
    });
  });

  it('refuses lengths of 0 and of 2^64 - 1', async () => {
    for (const length of [0n, 2n ** 64n - 1n]) {
      expect((await failure(fileOf('{}', { length }))).code).toBe('safetensors-header-length');
    }
  });

  it('refuses an empty file and one of 9 bytes', async () => {
    for (const size of [0, 9])
      expect((await failure(new Uint8Array(size))).code).toBe('safetensors-header-length');
  });

  it('names the truncated tensor of a file that ends early', async () => {
    const error = await failure(fileOf({ w: f32([4], [0, 16]) }, { dataBytes: 12 }));
    expect(error.code).toBe('file-truncated');
    expect(error.message).toContain("'w' ends at byte 16 of the data, the file holds 12");
  });

  it.each([
    ['a negative dimension', { w: f32([-2, -2], [0, 16]) }, 'safetensors-shape'],
    ['a fractional dimension', { w: f32([1.5], [0, 6]) }, 'safetensors-shape'],
    ['a dimension beyond the safe integers', { w: f32([2 ** 53], [0, 16]) }, 'safetensors-shape'],
    ['a shape that is text', { w: { dtype: 'F32', shape: '4', data_offsets: [0, 16] } }, 'safetensors-shape'],
    ['a product that overflows', { w: f32([2 ** 30, 2 ** 30, 0], [0, 0]) }, 'safetensors-size'],
    ['a shape that does not fill its range', { w: f32([3], [0, 16]) }, 'safetensors-size'],
    ['an unknown dtype', { w: { dtype: 'F33', shape: [4], data_offsets: [0, 16] } }, 'safetensors-dtype'],
    [
      'a dtype named like a member of Object',
      { w: { dtype: 'toString', shape: [4], data_offsets: [0, 16] } },
      'safetensors-dtype',
    ],
    ['an offset beyond the file', { w: f32([2 ** 40], [0, 2 ** 42]) }, 'file-truncated'],
    ['a negative offset', { w: f32([4], [-16, 0]) }, 'safetensors-offsets'],
    ['offsets in reverse', { w: f32([4], [16, 0]) }, 'safetensors-offsets'],
    ['three offsets', { w: f32([4], [0, 8, 16]) }, 'safetensors-offsets'],
    ['an overlap', { w: f32([4], [0, 16]), v: f32([2], [8, 16]) }, 'safetensors-offsets'],
    ['a hole', { w: f32([1], [0, 4]), v: f32([2], [8, 16]) }, 'safetensors-offsets'],
    ['bytes after the last tensor', { w: f32([3], [0, 12]) }, 'safetensors-offsets'],
    ['an entry that is null', { w: null }, 'safetensors-tensor'],
    ['metadata that are not text', { __metadata__: { step: 3 }, w: f32([4], [0, 16]) }, 'safetensors-header'],
  ])('refuses %s', async (_, header, code) => {
    expect((await failure(fileOf(header, { dataBytes: 16 }))).code).toBe(code);
  });

  it.each([
    ['text that is not JSON', '{"w":'],
    ['a list', '[]'],
    ['a tensor given twice', '{"w":{"dtype":"U8","shape":[0],"data_offsets":[0,0]},"w":{}}'],
    [
      'a tensor given twice, once with an escape',
      '{"w":{"dtype":"U8","shape":[0],"data_offsets":[0,0]},"\\u0077":{}}',
    ],
    ['a shape given twice', '{"w":{"dtype":"U8","shape":[0],"shape":[0],"data_offsets":[0,0]}}'],
    ['a leading space', ' {}'],
  ])('refuses %s', async (_, header) => {
    expect((await failure(fileOf(header))).code).toBe('safetensors-header');
  });

  it('refuses a header that is not UTF-8', async () => {
    const bytes = fileOf('{"a":1}');
    bytes[10] = 0xff;
    expect((await failure(bytes)).message).toContain('not UTF-8');
  });
});
