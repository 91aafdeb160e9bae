import { toNumbers } from '@tesserae/tensor';
import { describe, expect, it } from 'vitest';
import { memoryFolder } from '../src/folder.js';
import { openT5X } from '../src/t5x/open-t5x.js';
import type { TensorFile } from '../src/tensor-file.js';
import { strictSource } from './fixture-file.js';
import type { Packable } from './msgpack-writer.js';
import { Extension, flaxArray, pack } from './msgpack-writer.js';

const openBytes = (bytes: readonly number[]): Promise<TensorFile> =>
  openT5X(strictSource('checkpoint', Uint8Array.from(bytes)), memoryFolder('m', {}));
const open = (value: Packable): Promise<TensorFile> => openBytes(pack(value));

describe('a Flax file', () => {
  it('gives arrays by path, the parameters only where an optimiser lies beside them', async () => {
    const target = { a: { b: flaxArray([1, 2, 3, 4], [2, 2]) }, c: flaxArray([5]) };
    const whole: Packable = { version: 3, optimizer: { target, state: { a: flaxArray([9]) } } };
    const values: readonly Packable[] = [whole, { target }, target];
    for (const value of values) {
      const file = await open(value);
      expect(file.names).toEqual(['a/b', 'c']);
      expect(toNumbers(await file.read('a/b'))).toEqual([1, 2, 3, 4]);
    }
  });

  it('joins arrays in parts', async () => {
    const parts = {
      __msgpack_chunked_array__: true,
      shape: { '0': 2, '1': 2 },
      chunks: { '0': flaxArray([1, 2, 3]), '1': flaxArray([4]) },
    };
    expect(await (await open({ w: parts })).read('w')).toMatchObject({
      shape: [2, 2],
      data: Float32Array.of(1, 2, 3, 4),
    });
  });

  const parts = (changes: Record<string, Packable>): Packable => ({
    w: { __msgpack_chunked_array__: true, shape: { '0': 1 }, chunks: { '0': flaxArray([1]) }, ...changes },
  });

  it.each<[string, Packable]>([
    ['no map', [1]],
    ['no arrays', { a: 1 }],
    ['an array of too few bytes', { w: flaxArray([1], [2]) }],
    ['an array of a negative size', { w: new Extension(1, pack([['x'], 'float32', new Uint8Array(4)])) }],
    ['an array that is none', { w: new Extension(1, pack({ a: 1 })) }],
    ['an unknown element type', { w: new Extension(1, pack([[1], 'float7', new Uint8Array(4)])) }],
    [
      'an element type named like a member of Object',
      { w: new Extension(1, pack([[1], 'toString', new Uint8Array(4)])) },
    ],
    ['parts without a shape', parts({ shape: null })],
    ['parts of another size', parts({ shape: { '0': 2 } })],
    ['no parts', parts({ chunks: {} })],
    ['parts that are no arrays', parts({ chunks: { '0': 1 } })],
    ['parts with a hole', parts({ chunks: { '0': flaxArray([1]), '2': flaxArray([1]) } })],
    ["a key with a '/'", { 'a/b': flaxArray([1]) }],
  ])('is refused for %s', async (_, value) => {
    await expect(open(value)).rejects.toMatchObject({ name: 'FormatError', code: 'msgpack-format' });
  });

  it.each<[string, readonly number[]]>([
    ['a map of 4 billion entries', [0xdf, 0xff, 0xff, 0xff, 0xff]],
    ['an array of 4 billion values', [0xdd, 0xff, 0xff, 0xff, 0xff]],
    ['a text of 4 GB', [0xdb, 0xff, 0xff, 0xff, 0xff]],
    ['bytes beyond the end', [0xc6, 0xff, 0xff, 0xff, 0xff]],
    ['100 levels', [...Array<number>(100).fill(0x91), 0xc0]],
    ['a key that is a number', [0x81, 1, 2]],
    ['a key given twice', [0x82, 0xa1, 97, 1, 0xa1, 97, 2]],
    ['a byte that begins nothing', [0xc1]],
    ['bytes after the value', [0x80, 0x80]],
    ['nothing', []],
  ])('is refused for %s', async (_, bytes) => {
    await expect(openBytes(bytes)).rejects.toMatchObject({ name: 'FormatError', code: 'msgpack-format' });
  });
});
