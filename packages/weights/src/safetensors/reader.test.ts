import { DtypeError, FormatError, hostTensor } from '@tesserae/tensor';
import { describe, expect, it } from 'vitest';
import type { ByteSource } from '../byte-source.js';
import { blobSource, bytesSource } from '../byte-source.js';
import { openSafetensors } from './reader.js';
import { joinChunks, writeSafetensors } from './writer.js';

function fileWith(dtype: string, data: Uint8Array, shape = [data.length]): Uint8Array {
  const header = new TextEncoder().encode(
    JSON.stringify({ t: { dtype, shape, data_offsets: [0, data.length] } }),
  );
  const length = new Uint8Array(8);
  new DataView(length.buffer).setBigUint64(0, BigInt(header.length), true);
  return joinChunks([length, header, data]);
}

const open = (bytes: Uint8Array) => openSafetensors(bytesSource('t.safetensors', bytes));
const bytesOf = (array: BigInt64Array | BigUint64Array | Int16Array | Uint32Array) =>
  new Uint8Array(array.buffer);
const sample = joinChunks(
  writeSafetensors([
    ['a.weight', hostTensor('f32', [2], [1, 2])],
    ['b', hostTensor('u8', [5], [1, 2, 3, 4, 5])],
  ]),
);

describe('openSafetensors', () => {
  it('reads only the header, then only the range of the tensor asked for', async () => {
    const ranges: [number, number][] = [];
    const inner = bytesSource('x', sample);
    const file = await openSafetensors({
      ...inner,
      read: (start, end) => (ranges.push([start, end]), inner.read(start, end)),
    });
    const { dataStart } = file.header;
    await file.read('b');
    expect(ranges).toEqual([
      [0, 8],
      [8, dataStart],
      [dataStart + 8, dataStart + 13],
    ]);
  });

  it('gives arrays that own their whole buffer, so that they can be transferred', async () => {
    const pool = new Uint8Array(sample.length + 3);
    pool.set(sample, 3); // an odd start, and a view of something larger
    const source: ByteSource = {
      name: 'pooled',
      sizeBytes: sample.length,
      read: async (start, end) => pool.subarray(3 + start, 3 + end),
    };
    const tensor = await (await openSafetensors(source)).read('a.weight');
    expect(tensor.data).toEqual(Float32Array.of(1, 2));
    expect(tensor.data.buffer.byteLength).toBe(8);
  });

  it('reads from a Blob', async () => {
    const file = await openSafetensors(blobSource('picked', new Blob([sample])));
    expect((await file.read('b')).data).toEqual(Uint8Array.of(1, 2, 3, 4, 5));
  });

  it('names similar tensors when one is asked for that is not there', async () => {
    const file = await open(sample);
    await expect(file.read('x.a.weight')).rejects.toThrow(/Similar: 'a\.weight'/);
    expect(() => file.spec('x.a.weight')).toThrow(FormatError);
  });

  it('reports a source that gives fewer bytes than its size promised', async () => {
    const inner = bytesSource('shrunk.safetensors', sample);
    const file = await openSafetensors({
      ...inner,
      read: async (start, end) =>
        (await inner.read(start, end)).subarray(0, end === sample.length ? 2 : undefined),
    });
    await expect(file.read('b')).rejects.toMatchObject({
      code: 'file-truncated',
      facts: { file: 'shrunk.safetensors', got: 2, needed: 5 },
    });
  });

  it('reads integers of every width as i32', async () => {
    expect(
      (await (await open(fileWith('I64', bytesOf(BigInt64Array.of(-100n, 7n)), [2]))).readIntegers('t')).data,
    ).toEqual(Int32Array.of(-100, 7));
    expect(
      (await (await open(fileWith('U64', bytesOf(BigUint64Array.of(9n)), [1]))).readIntegers('t')).data,
    ).toEqual(Int32Array.of(9));
    expect(
      (await (await open(fileWith('I16', bytesOf(Int16Array.of(-3)), [1]))).readIntegers('t')).data,
    ).toEqual(Int32Array.of(-3));
    expect((await (await open(fileWith('U8', Uint8Array.of(255)))).readIntegers('t')).data).toEqual(
      Int32Array.of(255),
    );
    expect((await (await open(fileWith('BOOL', Uint8Array.of(1)))).readIntegers('t')).data).toEqual(
      Int32Array.of(1),
    );
  });

  it('refuses integers outside 32 bits, saying which element', async () => {
    const wide = await open(fileWith('I64', bytesOf(BigInt64Array.of(1n, 2n ** 31n)), [2]));
    await expect(wide.readIntegers('t')).rejects.toThrow(/element 1 is 2147483648/);
    const unsigned = await open(fileWith('U32', bytesOf(Uint32Array.of(2 ** 32 - 1)), [1]));
    await expect(unsigned.readIntegers('t')).rejects.toThrow(FormatError);
  });

  it('opens a file with 8-bit floats and refuses only to read them', async () => {
    const file = await open(fileWith('F8_E4M3', Uint8Array.of(0)));
    expect(file.spec('t').dtype).toBeUndefined();
    await expect(file.read('t')).rejects.toBeInstanceOf(DtypeError);
    await expect(file.readIntegers('t')).rejects.toBeInstanceOf(DtypeError);
  });

  it('refuses booleans that are neither 0 nor 1', async () => {
    await expect((await open(fileWith('BOOL', Uint8Array.of(1, 2)))).read('t')).rejects.toThrow(
      /element 1 of a BOOL tensor is 2/,
    );
  });

  it('stops when the signal is aborted', async () => {
    const file = await open(sample);
    await expect(file.read('b', { signal: AbortSignal.abort() })).rejects.toMatchObject({
      name: 'AbortError',
    });
  });
});
