import { TesseraeError, hostTensor } from '@tesserae/tensor';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bytesSource } from '../src/byte-source.js';
import { openSafetensors } from '../src/safetensors/reader.js';
import { joinChunks, writeSafetensors } from '../src/safetensors/writer.js';

const sound = joinChunks(
  writeSafetensors([
    ['encoder.weight', hostTensor('f32', [2, 3], [1, 2, 3, 4, 5, 6])],
    ['ids', hostTensor('i32', [4], [1, 2, 3, 4])],
    ['mask', hostTensor('bool', [3], [1, 0, 1])],
  ]),
);
const headerLength = Number(new DataView(sound.buffer).getBigUint64(0, true));

/** Opens and reads everything; a source that is asked for more than it has fails the test. */
async function readWholly(bytes: Uint8Array): Promise<'read' | 'refused'> {
  const inner = bytesSource('fuzzed', bytes);
  const read = (start: number, end: number): Promise<Uint8Array> => {
    if (!(start >= 0 && start <= end && end <= bytes.length))
      throw new RangeError(`asked for ${start}..${end} of ${bytes.length}`);
    return inner.read(start, end);
  };
  try {
    const file = await openSafetensors({ ...inner, read });
    for (const name of file.names) {
      if (file.spec(name).dtype !== undefined) await file.read(name);
    }
    return 'read';
  } catch (error) {
    if (error instanceof TesseraeError) return 'refused';
    throw error;
  }
}

describe('a safetensors file', () => {
  it('that is sound is read', async () => {
    expect(await readWholly(sound)).toBe('read');
  });

  it('with changed bytes is read or refused with a typed error', async () => {
    const change = fc.tuple(fc.nat(8 + headerLength - 1), fc.nat(255));
    const outcomes = new Set<string>();
    await fc.assert(
      fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 4 }), async (changes) => {
        const bytes = sound.slice();
        for (const [at, value] of changes) bytes[at] = value;
        outcomes.add(await readWholly(bytes));
      }),
      { numRuns: 1500, seed: 1 },
    );
    expect(outcomes).toEqual(new Set(['read', 'refused'])); // both ways are taken, or the test tests nothing
  });

  it('cut anywhere is refused with a typed error', async () => {
    for (let length = 0; length < sound.length; length++) {
      expect(await readWholly(sound.subarray(0, length))).toBe('refused');
    }
  });

  it('with any JSON for a header is read or refused with a typed error', async () => {
    const size = fc.oneof(
      fc.nat(8),
      fc.constantFrom(-1, -0, 1.5, 2 ** 31, 2 ** 32, 2 ** 53, 1e300, null, '4'),
    );
    const entry = fc.record(
      {
        dtype: fc.constantFrom('F32', 'U8', 'BOOL', 'I64', 'F4', 'constructor', 3),
        shape: fc.oneof(fc.array(size, { maxLength: 3 }), fc.jsonValue()),
        data_offsets: fc.oneof(fc.tuple(size, size), fc.jsonValue()),
      },
      { requiredKeys: [] },
    );
    const name = fc.oneof(fc.string(), fc.constantFrom('__metadata__', '__proto__', 'constructor'));
    const header = fc.oneof(fc.dictionary(name, fc.oneof(entry, fc.jsonValue())), fc.jsonValue());
    await fc.assert(
      fc.asyncProperty(header, fc.nat(16), async (json, dataBytes) => {
        const text = new TextEncoder().encode(JSON.stringify(json));
        const bytes = new Uint8Array(8 + text.length + dataBytes);
        new DataView(bytes.buffer).setBigUint64(0, BigInt(text.length), true);
        bytes.set(text, 8);
        await readWholly(bytes);
      }),
      { numRuns: 1500, seed: 2 },
    );
  });

  it('nested 200,000 levels deep is refused with a typed error', async () => {
    const depth = 200_000;
    const text = new TextEncoder().encode(`{"a":${'['.repeat(depth)}${']'.repeat(depth)}}`);
    const bytes = new Uint8Array(8 + text.length);
    new DataView(bytes.buffer).setBigUint64(0, BigInt(text.length), true);
    bytes.set(text, 8);
    expect(await readWholly(bytes)).toBe('refused');
  });
});
