import { TesseraeError } from '@tesserae/tensor';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ModelFolder } from '../src/folder.js';
import { memoryFolder } from '../src/folder.js';
import { openPyTorch } from '../src/pytorch/open-pytorch.js';
import { openT5X } from '../src/t5x/open-t5x.js';
import type { TensorFile } from '../src/tensor-file.js';
import { openTensorFlow } from '../src/tensorflow/bundle.js';
import { maskedCrc32c } from '../src/tensorflow/crc32c.js';
import { unpackSnappy } from '../src/tensorflow/snappy.js';
import { fixtureBytes, strictSource } from './fixture-file.js';
import { flaxArray, pack } from './msgpack-writer.js';
import { HEADER, block, entry, table } from './table-writer.js';

/** What a damaged file may make a reader allocate for one tensor: some more than the whole file. */
const MOST_BYTES = 2 ** 27;

/** Opens and reads everything. Whatever is thrown must be an error of ours. */
async function outcome(open: () => Promise<TensorFile>): Promise<'read' | 'refused'> {
  try {
    const file = await open();
    for (const name of file.names) {
      const { dtype, stored, begin, end } = file.spec(name);
      expect(end - begin, name).toBeLessThanOrEqual(MOST_BYTES);
      if (dtype !== undefined) await file.read(name);
      else if (/^[IU]/.test(stored)) await file.readIntegers(name);
    }
    return 'read';
  } catch (error) {
    if (error instanceof TesseraeError) return 'refused';
    throw error;
  }
}

/** A seeded change of bytes: some replaced, a stretch removed or repeated, or the end cut off. */
const changes = (length: number): fc.Arbitrary<(bytes: Uint8Array) => Uint8Array> =>
  fc.oneof(
    fc
      .array(fc.tuple(fc.nat(length - 1), fc.oneof(fc.nat(255), fc.constantFrom(0, 1, 0x7f, 0x80, 0xff))), {
        minLength: 1,
        maxLength: 4,
      })
      .map((edits) => (bytes: Uint8Array) => {
        const changed = bytes.slice();
        for (const [at, value] of edits) changed[at] = value;
        return changed;
      }),
    fc.tuple(fc.nat(length), fc.nat(40)).map(
      ([at, count]) =>
        (bytes: Uint8Array) =>
          Uint8Array.from([...bytes.subarray(0, at), ...bytes.subarray(at + count)]),
    ),
    fc.tuple(fc.nat(length), fc.nat(40)).map(
      ([at, count]) =>
        (bytes: Uint8Array) =>
          Uint8Array.from([...bytes.subarray(0, at + count), ...bytes.subarray(at)]),
    ),
    fc.nat(length).map((at) => (bytes: Uint8Array) => bytes.slice(0, at)),
  );

/** Runs a reader on changed bytes; both outcomes must occur, or the test would test nothing. */
async function fuzz(
  sound: Uint8Array,
  open: (bytes: Uint8Array) => Promise<TensorFile>,
  { numRuns, seed }: { readonly numRuns: number; readonly seed: number },
): Promise<void> {
  expect(await outcome(() => open(sound))).toBe('read');
  const seen = new Set<string>();
  await fc.assert(
    fc.asyncProperty(changes(sound.length), async (change) => {
      seen.add(await outcome(() => open(change(sound))));
    }),
    { numRuns, seed },
  );
  expect(seen).toEqual(new Set(['read', 'refused']));
}

const NUM_RUNS = 1200;

describe('a changed file is read or refused with a typed error:', () => {
  it.each([
    ['views.bin', 1],
    ['views-legacy.bin', 2],
    ['views-deflated.bin', 3],
    ['views-zip64.bin', 4],
    ['training-protocol-4.bin', 5],
    ['training-legacy.bin', 6],
  ])('PyTorch, %s', (name, seed) => {
    const open = (bytes: Uint8Array): Promise<TensorFile> => openPyTorch(strictSource(name, bytes));
    return fuzz(fixtureBytes(`pytorch/${name}`), open, { numRuns: NUM_RUNS, seed });
  });

  const kinds = 'tensorflow/kinds/kinds.ckpt';
  const bundle = (index: Uint8Array, data: Uint8Array): ModelFolder =>
    memoryFolder('m', { 'm.index': index, 'm.data-00000-of-00001': data });

  it('TensorFlow, the index as it is', () => {
    const data = fixtureBytes(`${kinds}.data-00000-of-00001`);
    const sound = table(block([HEADER, ['w', entry([2], 0, 8, maskedCrc32c(data.subarray(0, 8)))]]));
    const open = (index: Uint8Array): Promise<TensorFile> => openTensorFlow(bundle(index, data), 'm');
    return fuzz(sound, open, { numRuns: NUM_RUNS, seed: 7 });
  });

  it('TensorFlow, a block of the index under a sum that fits it', () => {
    const data = new Uint8Array(64);
    const names = ['decoder/logits', 'encoder/block_000/a', 'encoder/block_000/b'];
    const sum = maskedCrc32c(data.subarray(0, 16));
    const sound = Uint8Array.from(
      block([HEADER, ...names.map((name) => [name, entry([2, 2], 16, 16, sum)] as const)]),
    );
    const open = (bytes: Uint8Array): Promise<TensorFile> =>
      openTensorFlow(bundle(table([...bytes]), data), 'm');
    return fuzz(sound, open, { numRuns: NUM_RUNS, seed: 8 });
  });

  it('TensorFlow, the data', () => {
    const index = fixtureBytes('tensorflow/mesh-t5-1.0/model.ckpt-999.index');
    const data = fixtureBytes('tensorflow/mesh-t5-1.0/model.ckpt-999.data-00000-of-00001');
    const open = (bytes: Uint8Array): Promise<TensorFile> => openTensorFlow(bundle(index, bytes), 'm');
    return fuzz(data, open, { numRuns: 200, seed: 9 });
  });

  it('a block packed with Snappy', async () => {
    await fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 40 }), (packed) => {
        try {
          unpackSnappy(packed, 'x');
        } catch (error) {
          if (!(error instanceof TesseraeError)) throw error;
        }
      }),
      { numRuns: 5000, seed: 10 },
    );
  });

  it('T5X', () => {
    const chunks = { '0': flaxArray([1, 2]), '1': flaxArray([3]) };
    const target = {
      encoder: { layers_0: { mlp: { wi: { kernel: flaxArray([1, 2, 3, 4, 5, 6], [2, 3]) } } } },
      parts: { __msgpack_chunked_array__: true, shape: { '0': 3 }, chunks },
    };
    const sound = Uint8Array.from(
      pack({ version: 3, optimizer: { target, state: { step: flaxArray([1], []) } } }),
    );
    const open = (bytes: Uint8Array): Promise<TensorFile> =>
      openT5X(strictSource('t', bytes), memoryFolder('m', {}));
    return fuzz(sound, open, { numRuns: NUM_RUNS, seed: 11 });
  });

  it('Zarr, the description', () => {
    const path = 't5x/t5-1.0-zarr/target.encoder.layers_0.mlp.wi.kernel';
    const [description, chunk] = [fixtureBytes(`${path}/.zarray`), fixtureBytes(`${path}/0.0`)];
    const checkpoint = Uint8Array.from(pack({ target: { w: 'PLACEHOLDER://w' } }));
    const open = (bytes: Uint8Array): Promise<TensorFile> =>
      openT5X(strictSource('t', checkpoint), memoryFolder('m', { 'w/.zarray': bytes, 'w/0.0': chunk }));
    return fuzz(description, open, { numRuns: NUM_RUNS, seed: 12 });
  });
});
