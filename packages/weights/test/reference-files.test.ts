import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { toNumbers } from '@tesserae/tensor';
import { describe, expect, it } from 'vitest';
import { bytesSource } from '../src/byte-source.js';
import { fileSource } from '../src/node.js';
import { openSafetensors } from '../src/safetensors/reader.js';

/** Files written by the reference implementation; they are data beside the repository, not part of it. */
const data = (path: string): string =>
  fileURLToPath(new URL(`../../../../shared/data/${path}`, import.meta.url));
const isAbsent = !existsSync(data('golden-numerics')) || !existsSync(data('weights-t5x-tiny'));
const title = isAbsent
  ? 'files of the reference writer (skipped: ../shared/data is not here)'
  : 'files of the reference writer';

describe.skipIf(isAbsent)(title, () => {
  it('open by range, with every weight and gradient of the same shape', async () => {
    const file = await openSafetensors(
      await fileSource(data('golden-numerics/electra-generator.safetensors')),
    );
    expect(JSON.parse(file.metadata['config']!)).toMatchObject({ embedding_size: 16, hidden_size: 32 });
    const weights = file.names.filter((name) => name.startsWith('weight/'));
    expect(weights.length).toBeGreaterThan(40);
    for (const name of weights)
      expect(file.spec(name.replace('weight/', 'grad/')).shape).toEqual(file.spec(name).shape);
    const table = await file.read('weight/electra.embeddings.word_embeddings.weight');
    expect(table.shape).toEqual([120, 16]);
    expect(toNumbers(table).every(Number.isFinite)).toBe(true);
  });

  it('hold ids that read as i32 within the vocabulary', async () => {
    const file = await openSafetensors(await fileSource(data('golden-numerics/t5-v1.0.safetensors')));
    const ids = await file.readIntegers('input/input_ids');
    const vocabSize = (JSON.parse(file.metadata['config']!) as { vocab_size: number }).vocab_size;
    expect(ids.dtype).toBe('i32');
    expect(ids.data.every((id) => id >= 0 && id < vocabSize)).toBe(true);
  });

  it('open from memory: a real T5 checkpoint of 52 tensors', async () => {
    const bytes = new Uint8Array(gunzipSync(readFileSync(data('weights-t5x-tiny/model.safetensors.gz'))));
    const file = await openSafetensors(bytesSource('t5x-tiny', bytes));
    expect(file.names).toHaveLength(52);
    expect(file.spec('shared.weight')).toMatchObject({ stored: 'F32', shape: [32128, 8] });
  });
});
