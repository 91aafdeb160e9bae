import { toNumbers } from '@tesserae/tensor';
import { describe, expect, it } from 'vitest';
import { memoryFolder } from '../src/folder.js';
import type { TensorFile } from '../src/tensor-file.js';
import { openTensorFlow } from '../src/tensorflow/bundle.js';
import { crc32c, maskedCrc32c } from '../src/tensorflow/crc32c.js';
import { unpackSnappy } from '../src/tensorflow/snappy.js';
import { HEADER, block, entry, field, table } from './table-writer.js';

const ascii = (text: string): Uint8Array => new TextEncoder().encode(text);
const DATA = new Uint8Array(new Float32Array([1, 2, 3, 4]).buffer);

const openIndex = (index: Uint8Array): Promise<TensorFile> =>
  openTensorFlow(memoryFolder('m', { 'm.index': index, 'm.data-00000-of-00001': DATA }), 'm');

describe('crc32c', () => {
  it.each([
    ['123456789', 0xe3069283], // the check value of the polynomial
    ['', 0],
    ['\0'.repeat(32), 0x8a9136aa], // RFC 3720, B.4
  ])('of %j', (text, sum) => expect(crc32c(ascii(text))).toBe(sum));
});

describe('unpackSnappy', () => {
  it.each([
    ['a literal', [3, 2 << 2, 97, 98, 99], 'abc'],
    ['a near copy', [8, 1 << 2, 97, 98, ((6 - 4) << 2) | 1, 2], 'abababab'],
    ['a copy of two bytes of distance', [6, 2 << 2, 97, 98, 99, (2 << 2) | 2, 3, 0], 'abcabc'],
    ['a long literal', [61, 60 << 2, 60, ...Array<number>(61).fill(120)], 'x'.repeat(61)],
  ])('gives %s', (_, packed, text) => {
    expect(new TextDecoder().decode(unpackSnappy(Uint8Array.from(packed), 'x'))).toBe(text);
  });

  it.each([
    ['a copy from before the start', [4, 0, 97, 1, 9]],
    ['a copy from nowhere', [5, 0, 97, 1, 0]],
    ['more than announced', [1, 2 << 2, 97, 98, 99]],
    ['less than announced', [9, 2 << 2, 97, 98, 99]],
    ['a gigabyte', [0x80, 0x80, 0x80, 0x80, 4]],
    ['an end within a literal', [3, 2 << 2, 97]],
  ])('refuses %s', (_, packed) => {
    expect(() => unpackSnappy(Uint8Array.from(packed), 'x')).toThrow(
      expect.objectContaining({ code: 'tensorflow-bundle' }),
    );
  });
});

describe('an index', () => {
  const sum = maskedCrc32c(DATA);
  const sound = block([HEADER, ['w', entry([2, 2], 0, 16, sum)]]);

  it('is read, also packed with Snappy', async () => {
    const literal = [...[sound.length], (sound.length - 1) << 2, ...sound];
    expect(sound.length).toBeLessThan(60);
    for (const bytes of [table(sound), table(literal, 1)]) {
      const file = await openIndex(bytes);
      expect(toNumbers(await file.read('w'))).toEqual([1, 2, 3, 4]);
    }
  });

  it.each([
    ['no header', [['w', entry([2, 2], 0, 16)]], 'tensorflow-bundle'],
    ['a size that its shape does not take', [HEADER, ['w', entry([2, 3], 0, 16)]], 'tensorflow-bundle'],
    [
      'a shape beyond the safe integers',
      [HEADER, ['w', entry([2 ** 40, 2 ** 40], 0, 16)]],
      'tensorflow-bundle',
    ],
    ['a tensor beyond the file', [HEADER, ['w', entry([2, 2], 4, 16)]], 'file-truncated'],
    ['a tensor of a terabyte', [HEADER, ['w', entry([2 ** 38], 0, 2 ** 40)]], 'file-truncated'],
    ['a shard that is not', [HEADER, ['w', [...entry([2, 2], 0, 16), ...field(3, 1)]]], 'tensorflow-bundle'],
    ['a million shards', [['', field(1, 1e6)]], 'tensorflow-bundle'],
    ['no shard', [['', []]], 'tensorflow-bundle'],
    [
      'names out of order',
      [HEADER, ['w', entry([2, 2], 0, 16)], ['a', entry([2, 2], 0, 16)]],
      'tensorflow-bundle',
    ],
    [
      'a name given twice',
      [HEADER, ['w', entry([2, 2], 0, 16)], ['w', entry([2, 2], 0, 16)]],
      'tensorflow-bundle',
    ],
    ['a text for a message', [HEADER, ['w', [...field(1, 1), ...field(2, 7)]]], 'tensorflow-bundle'],
  ] as const)('is refused for %s', async (_, entries, code) => {
    await expect(openIndex(table(block(entries)))).rejects.toMatchObject({ name: 'FormatError', code });
  });

  it('is refused for a packing that is not known, a changed byte, another end', async () => {
    await expect(openIndex(table(sound, 4))).rejects.toMatchObject({ code: 'tensorflow-bundle' });
    const changed = table(sound);
    changed[5]! ^= 1;
    await expect(openIndex(changed)).rejects.toMatchObject({ code: 'tensorflow-crc' });
    const otherEnd = table(sound);
    otherEnd[otherEnd.length - 1]! ^= 1;
    await expect(openIndex(otherEnd)).rejects.toMatchObject({ code: 'tensorflow-bundle' });
  });

  it('with another sum of a tensor opens, and the tensor is refused', async () => {
    const file = await openIndex(table(block([HEADER, ['w', entry([2, 2], 0, 16, sum + 1)]])));
    await expect(file.read('w')).rejects.toMatchObject({ code: 'tensorflow-crc' });
  });

  it('of a big-endian machine gives the same numbers', async () => {
    const swapped = DATA.slice();
    for (let start = 0; start < swapped.length; start += 4) swapped.subarray(start, start + 4).reverse();
    const index = table(
      block([
        ['', [...field(1, 1), ...field(2, 1)]],
        ['w', entry([4], 0, 16, maskedCrc32c(swapped))],
      ]),
    );
    const folder = memoryFolder('m', { 'm.index': index, 'm.data-00000-of-00001': swapped });
    expect(toNumbers(await (await openTensorFlow(folder, 'm')).read('w'))).toEqual([1, 2, 3, 4]);
  });
});
