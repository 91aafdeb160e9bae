import { FormatError, toNumbers } from '@tesserae/tensor';
import { describe, expect, it } from 'vitest';
import { readFixture } from './fixture.js';

/** A file with one tensor, its header given. */
function file(header: string, data: ArrayLike<number>): Uint8Array {
  const text = new TextEncoder().encode(header);
  const bytes = new Uint8Array(8 + text.length + data.length);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(text.length), true);
  bytes.set(text, 8);
  bytes.set(data, 8 + text.length);
  return bytes;
}

const floats = new Uint8Array(Float32Array.of(1.5, -2).buffer);

describe('readFixture', () => {
  it('reads tensors and metadata, from any place in a larger buffer', () => {
    const bytes = file(
      '{"__metadata__":{"seed":"7"},"x":{"dtype":"F32","shape":[2,1],"data_offsets":[0,8]}}',
      floats,
    );
    const shifted = new Uint8Array(bytes.length + 3);
    shifted.set(bytes, 3);
    const fixture = readFixture(shifted.subarray(3));
    expect(fixture.metadata['seed']).toBe('7');
    expect(fixture.tensors.get('x')!.shape).toEqual([2, 1]);
    expect(toNumbers(fixture.tensors.get('x')!)).toEqual([1.5, -2]);
  });

  it.each([
    ['a cut file', file('{}', []).subarray(0, 9)],
    ['no header', new Uint8Array(3)],
    ['a header that is no JSON', file('{]', [])],
    ['offsets beyond the file', file('{"x":{"dtype":"F32","shape":[4],"data_offsets":[0,16]}}', floats)],
    ['a shape of another size', file('{"x":{"dtype":"F32","shape":[1],"data_offsets":[0,8]}}', floats)],
    ['an unknown dtype', file('{"x":{"dtype":"F8","shape":[8],"data_offsets":[0,8]}}', floats)],
  ])('refuses %s', (_, bytes) => {
    expect(() => readFixture(bytes)).toThrow(FormatError);
  });
});
