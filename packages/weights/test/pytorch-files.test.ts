import { existsSync, rmSync } from 'node:fs';
import { FormatError, toNumbers } from '@tesserae/tensor';
import { describe, expect, it } from 'vitest';
import { openPyTorch } from '../src/pytorch/open-pytorch.js';
import type { TensorFile } from '../src/tensor-file.js';
import { fixtureBytes, fixtureSource, strictSource } from './fixture-file.js';

const open = (name: string): Promise<TensorFile> => openPyTorch(fixtureSource(`pytorch/${name}`));

async function numbers(file: TensorFile, name: string): Promise<number[]> {
  const { dtype } = file.spec(name);
  return toNumbers(await (dtype === undefined ? file.readIntegers(name) : file.read(name)));
}

const range = (count: number, of: (index: number) => number): number[] =>
  Array.from({ length: count }, (_, i) => of(i));

describe.each(['dtypes.bin', 'dtypes-legacy.bin'])('%s', (name) => {
  it('holds every element type', async () => {
    const file = await open(name);
    const stored = Object.fromEntries(file.names.map((tensor) => [tensor, file.spec(tensor).stored]));
    expect(stored).toEqual({
      float32: 'F32',
      float64: 'F64',
      float16: 'F16',
      bfloat16: 'BF16',
      int64: 'I64',
      int32: 'I32',
      int16: 'I16',
      int8: 'I8',
      uint8: 'U8',
      bool: 'BOOL',
    });
    for (const tensor of file.names) {
      const signed = [-2, -1, 0, 1, 2, 3];
      const needed = { uint8: [0, 1, 2, 3, 4, 5], bool: [0, 1, 0, 1, 0, 1] }[tensor] ?? signed;
      expect(file.spec(tensor).shape).toEqual([2, 3]);
      expect(await numbers(file, tensor), tensor).toEqual(needed);
    }
  });
});

const VIEWS = [
  'views.bin',
  'views-legacy.bin',
  'views-deflated.bin',
  'views-big-endian.bin',
  'views-zip64.bin',
];

describe.each(VIEWS)('%s', (name) => {
  const needed: Readonly<Record<string, readonly [readonly number[], readonly number[]]>> = {
    base: [[4, 6], range(24, (i) => i)],
    transposed: [[6, 4], range(24, (i) => (i % 4) * 6 + Math.floor(i / 4))],
    rows: [[2, 6], range(12, (i) => i + 6)],
    columns: [[4, 3], range(12, (i) => Math.floor(i / 3) * 6 + (i % 3) * 2 + 1)],
    expanded: [[3, 6], range(18, (i) => i % 6)],
    permuted: [[6, 2, 2], range(24, (i) => (i % 4) * 6 + Math.floor(i / 4))],
    empty: [[0, 6], []],
    scalar: [[], [3.5]],
    parameter: [[2], [1, 2]],
  };

  it('gives the elements of each view', async () => {
    const file = await open(name);
    expect(file.names).toEqual(Object.keys(needed));
    for (const [tensor, [shape, values]] of Object.entries(needed)) {
      expect(file.spec(tensor).shape, tensor).toEqual(shape);
      expect(await numbers(file, tensor), tensor).toEqual(values);
    }
  });
});

const TRAINING = ['', '-protocol-3', '-protocol-4', '-protocol-5', '-legacy'].map(
  (kind) => `training${kind}.bin`,
);

describe.each(TRAINING)('%s', (name) => {
  it('gives the parameters of the state dict within', async () => {
    const file = await open(name);
    expect(file.names).toEqual(['0.weight', '0.bias', '1.weight', '1.bias']);
    expect(await numbers(file, '0.weight')).toEqual([0, 1, 2, 3, 4, 5]);
    expect(await numbers(file, '1.bias')).toEqual([30, 31]);
  });
});

describe('a hostile pickle', () => {
  it.each([
    ['os-system.bin', 'posix.system'],
    ['os-system-legacy.bin', 'posix.system'],
    ['eval.bin', '__builtin__.eval'],
    ['new-object.bin', '__main__.Plain'],
    ['stack-global.bin', 'posix.system'],
    ['inst.bin', 'os.system'],
    ['whole-model.bin', 'torch.nn.modules.linear.Linear'],
  ])('%s is refused by the name %s', async (name, global) => {
    rmSync('MARKER', { force: true });
    const error: unknown = await open(`hostile/${name}`).catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(FormatError);
    expect(error).toMatchObject({ code: 'pickle-global', facts: { got: global } });
    expect((error as Error).message).toContain(`'${global}'`);
    expect(existsSync('MARKER')).toBe(false); // "touch MARKER" is what it asks for
  });
});

/** An uncompressed zip of one folder, written here so that a test can put anything into it. */
function zip(files: Readonly<Record<string, Uint8Array>>): Uint8Array {
  const parts: Buffer[] = [];
  const directory: Buffer[] = [];
  let at = 0;
  for (const [name, content] of Object.entries(files)) {
    const local = Buffer.alloc(30);
    local.writeUInt32LE(0x04034b50, 0);
    local.writeUInt16LE(name.length, 26);
    const entry = Buffer.alloc(46);
    entry.writeUInt32LE(0x02014b50, 0);
    entry.writeUInt32LE(content.length, 20);
    entry.writeUInt32LE(content.length, 24);
    entry.writeUInt16LE(name.length, 28);
    entry.writeUInt32LE(at, 42);
    directory.push(entry, Buffer.from(name));
    parts.push(local, Buffer.from(name), Buffer.from(content));
    at += 30 + name.length + content.length;
  }
  const end = Buffer.alloc(22);
  const central = Buffer.concat(directory);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(Object.keys(files).length, 10);
  end.writeUInt32LE(central.length, 12);
  end.writeUInt32LE(at, 16);
  return new Uint8Array(Buffer.concat([...parts, central, end]));
}

const ascii = (text: string): Uint8Array => Uint8Array.from(text, (char) => char.charCodeAt(0));
const openPickle = (pickle: string, data: Readonly<Record<string, Uint8Array>> = {}): Promise<TensorFile> =>
  openPyTorch(strictSource('m.bin', zip({ 'm/data.pkl': ascii(pickle), ...data })));

/** `{'w': tensor}`, its sizes, steps and offset as given. */
const tensorPickle = (sizes: string, steps: string, offset = 'K\u0000'): string =>
  `\x80\x02}U\x01wctorch._utils\n_rebuild_tensor_v2\n((U\x07storagectorch\nFloatStorage\nU\x010U\x03cpuK\x04tQ` +
  `${offset}${sizes}${steps}\x89ccollections\nOrderedDict\n)RtRs.`;

describe('a pickle written by hand', () => {
  const data = { 'm/data/0': new Uint8Array(new Float32Array([1, 2, 3, 4]).buffer) };

  it('gives its tensor', async () => {
    const file = await openPickle(tensorPickle('K\x02K\x02\x86', 'K\x02K\x01\x86'), data);
    expect(await numbers(file, 'w')).toEqual([1, 2, 3, 4]);
  });

  it.each([
    ['a size that leaves the storage', tensorPickle('K\x05\x85', 'K\x01\x85'), 'pytorch-tensor'],
    ['a step that leaves the storage', tensorPickle('K\x02\x85', 'K\x04\x85'), 'pytorch-tensor'],
    ['an offset that leaves the storage', tensorPickle('K\x04\x85', 'K\x01\x85', 'K\x01'), 'pytorch-tensor'],
    ['a negative size', tensorPickle('J\xff\xff\xff\xff\x85', 'K\x01\x85'), 'pytorch-tensor'],
    [
      'sizes whose product overflows',
      tensorPickle('J\0\0\0\x7fJ\0\0\0\x7f\x86', 'K\0K\0\x86'),
      'pytorch-tensor',
    ],
    ['a repetition of 2 GB', tensorPickle('J\0\0\0\x20\x85', 'K\0\x85'), 'pytorch-tensor'],
    ['fewer steps than sizes', tensorPickle('K\x01K\x01\x86', 'K\x01\x85'), 'pytorch-tensor'],
    ['no tensor at all', '\x80\x02}.', 'pytorch-tensor'],
    ['a list', '\x80\x02].', 'pytorch-tensor'],
    ['a dict within itself', '\x80\x02}q\x00U\x01ah\x00s.', 'pytorch-tensor'],
    ['a list within itself', '\x80\x02}U\x01a]q\x00h\x00as.', 'pytorch-tensor'],
    ['a persistent id of a module', '\x80\x02}U\x01a(U\x06moduletQs.', 'pickle-global'],
    ['a call of a storage', '\x80\x02}U\x01actorch\nFloatStorage\n)Rs.', 'pickle-global'],
    ['state for a tensor', `${tensorPickle('K\x04\x85', 'K\x01\x85').slice(0, -2)}}bs.`, 'pickle-global'],
    ['a string of 4 GB', '\x80\x02X\xff\xff\xff\xff', 'pickle-format'],
    ['a frame of 2^63 bytes', '\x80\x04\x95\0\0\0\0\0\0\0\x80.', 'pickle-format'],
    ['a number of 4 GB', '\x80\x02\x8b\xff\xff\xff\xff', 'pickle-format'],
    ['protocol 6', '\x80\x06.', 'pickle-format'],
    ['an empty stack', '\x80\x020.', 'pickle-format'],
    ['a mark that is missing', '\x80\x02u.', 'pickle-format'],
    ['a memory that is empty', '\x80\x02h\x05.', 'pickle-format'],
    ['an unknown opcode', '\x80\x02\xff.', 'pickle-format'],
    ['no end', '\x80\x02}', 'pickle-format'],
  ])('is refused for %s', async (_, pickle, code) => {
    await expect(openPickle(pickle, data)).rejects.toMatchObject({ name: 'FormatError', code });
  });

  it('is refused when tuples of tuples of tuples … hold 2^40 values', async () => {
    const doubling = `}U\x01a)${'2\x86'.repeat(40)}s.`;
    await expect(openPickle(`\x80\x02${doubling}`)).rejects.toMatchObject({ code: 'pytorch-tensor' });
  });

  it('is refused when tuples of tuples hold 2^30 values, 30 levels deep', async () => {
    const doubling = `}U\x01a)${'2\x86'.repeat(30)}s.`;
    const started = performance.now();
    await expect(openPickle(`\x80\x02${doubling}`)).rejects.toMatchObject({ code: 'pytorch-tensor' });
    expect(performance.now() - started).toBeLessThan(5000);
  });

  it('is refused when the elements are absent or too few', async () => {
    const pickle = tensorPickle('K\x04\x85', 'K\x01\x85');
    await expect(openPickle(pickle)).rejects.toThrow("the elements of 'w' ('0') are not in the file");
    await expect(openPickle(pickle, { 'm/data/0': new Uint8Array(12) })).rejects.toThrow('needs 16 bytes');
  });
});

describe('an archive', () => {
  const openBytes = (bytes: Uint8Array): Promise<TensorFile> => openPyTorch(strictSource('m.bin', bytes));
  const changed = (change: (view: DataView, directory: number) => void): Uint8Array => {
    const bytes = zip({ 'm/data.pkl': ascii('\x80\x02}.'), 'm/version': ascii('3\n') });
    const view = new DataView(bytes.buffer);
    change(view, view.getUint32(bytes.length - 6, true));
    return bytes;
  };

  it.each([
    ['a name that leads out', zip({ 'm/data.pkl': ascii('.'), 'm/../../etc/passwd': ascii('') })],
    ['an absolute name', zip({ '/m/data.pkl': ascii('.') })],
    ['encryption', changed((view, at) => view.setUint16(at + 8, 1, true))],
    ['another method', changed((view, at) => view.setUint16(at + 10, 14, true))],
    ['two sizes', changed((view, at) => view.setUint32(at + 20, 3, true))],
    ['entries that overlap', changed((view, at) => view.setUint32(at + 42, 1, true))],
    [
      'a size beyond the file',
      changed((view, at) => [20, 24].forEach((f) => view.setUint32(at + f, 1 << 30, true))),
    ],
    ['a missing zip64 field', changed((view, at) => view.setUint32(at + 42, 0xffffffff, true))],
    ['more entries than there are', changed((view) => view.setUint16(view.byteLength - 12, 9, true))],
  ])('is refused for %s', async (_, bytes) => {
    await expect(openBytes(bytes)).rejects.toMatchObject({ name: 'FormatError', code: 'zip-format' });
  });

  it('without a pickle is refused', async () => {
    await expect(openBytes(zip({ 'm/readme': ascii('x') }))).rejects.toMatchObject({ code: 'pytorch-file' });
  });

  it('cut anywhere is refused', async () => {
    const bytes = fixtureBytes('pytorch/views.bin');
    for (let length = 0; length < bytes.length; length += 7) {
      const cut = openBytes(bytes.subarray(0, length));
      await expect(cut, String(length)).rejects.toBeInstanceOf(FormatError);
    }
  });

  it.each(['version https://git-lfs.github.com/spec/v1\n', '<html>', ''])('is not %j', async (text) => {
    await expect(openBytes(ascii(text))).rejects.toMatchObject({ code: 'pytorch-file' });
  });
});
