import { DtypeError, FormatError, OptionError, hostTensor } from '@tesserae/tensor';
import { describe, expect, it } from 'vitest';
import { bytesSource } from '../byte-source.js';
import { openSafetensors } from './reader.js';
import { joinChunks, writeSafetensors } from './writer.js';

const headerText = (chunk: Uint8Array): string => new TextDecoder().decode(chunk.subarray(8));
const open = (chunks: readonly Uint8Array[]) => openSafetensors(bytesSource('own', joinChunks(chunks)));

describe('writeSafetensors', () => {
  it('lays tensors out as the reference serialiser does: wide types first, then by name', () => {
    const chunks = writeSafetensors([
      ['b', hostTensor('f32', [1], [1])],
      ['half', hostTensor('f16', [1], Uint16Array.of(0x3c00))],
      ['10', hostTensor('f32', [1], [2])],
      ['mask', hostTensor('bool', [3], [1, 0, 1])],
      ['ids', hostTensor('i32', [2], [5, 6])],
    ]);
    expect(headerText(chunks[0]!).trimEnd()).toBe(
      '{"__metadata__":{"format":"pt"},"10":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},' +
        '"b":{"dtype":"F32","shape":[1],"data_offsets":[4,8]},' +
        '"ids":{"dtype":"I32","shape":[2],"data_offsets":[8,16]},' +
        '"half":{"dtype":"F16","shape":[1],"data_offsets":[16,18]},' +
        '"mask":{"dtype":"BOOL","shape":[3],"data_offsets":[18,21]}}',
    );
  });

  it('pads the header with spaces so that data begin on a multiple of 8', () => {
    for (const name of ['a', 'ab', 'abc', 'abcdefg']) {
      const [header] = writeSafetensors([[name, hostTensor('u8', [1], [7])]]);
      expect(header!.length % 8).toBe(0);
      expect(new DataView(header!.buffer).getBigUint64(0, true)).toBe(BigInt(header!.length - 8));
      expect(headerText(header!)).toMatch(/^\{.*\} *$/);
    }
  });

  it('copies no data: chunks are views of the tensors', () => {
    const tensor = hostTensor('f32', [2], Float32Array.of(1, 2));
    expect(writeSafetensors([['w', tensor]])[1]!.buffer).toBe(tensor.data.buffer);
  });

  it('reads back what it wrote, bit for bit, for every dtype', async () => {
    const tensors = new Map([
      ['f64', hostTensor('f64', [2], [Math.PI, -0])],
      ['f32', hostTensor('f32', [2, 2], [1, NaN, -Infinity, 1e-45])],
      ['f16', hostTensor('f16', [2], Uint16Array.of(0x7c01, 0x8000))],
      ['bf16', hostTensor('bf16', [1], Uint16Array.of(0x7fc1))],
      ['i32', hostTensor('i32', [1, 2], [-(2 ** 31), 2 ** 31 - 1])],
      ['i8', hostTensor('i8', [2], [-128, 127])],
      ['u8', hostTensor('u8', [1], [255])],
      ['bool', hostTensor('bool', [3], [1, 0, 1])],
      ['scalar', hostTensor('f32', [], [3])],
      ['empty', hostTensor('f32', [0, 4], [])],
    ]);
    const file = await open(writeSafetensors(tensors, { metadata: { note: 'é "quoted"' } }));
    expect(file.metadata).toEqual({ format: 'pt', note: 'é "quoted"' });
    for (const [name, tensor] of tensors) expect(await file.read(name)).toEqual(tensor);
  });

  it('stores ids as I64 on request, and they read back as i32', async () => {
    const ids = hostTensor('i32', [3], [0, -100, 2 ** 31 - 1]);
    const file = await open(writeSafetensors([['ids', ids]], { asInt64: ['ids'] }));
    expect(file.spec('ids')).toMatchObject({ stored: 'I64', dtype: undefined });
    expect(await file.readIntegers('ids')).toEqual(ids);
    await expect(file.read('ids')).rejects.toThrow(/readIntegers/);
  });

  it('refuses repeated and reserved names, unknown asInt64 names, and arrays of another length', () => {
    const one = hostTensor('f32', [1], [1]);
    expect(() =>
      writeSafetensors([
        ['a', one],
        ['a', one],
      ]),
    ).toThrow(FormatError);
    expect(() => writeSafetensors([['__metadata__', one]])).toThrow(FormatError);
    expect(() => writeSafetensors([['a', one]], { asInt64: ['b'] })).toThrow(OptionError);
    expect(() => writeSafetensors([['a', one]], { asInt64: ['a'] })).toThrow(DtypeError);
    expect(() => writeSafetensors([['a', { ...one, shape: [2] }]])).toThrow(/takes 8 bytes, its array has 4/);
  });
});
