import type { SourceBatch, T5Config, T5Generator, T5Params } from '@tesserae/t5-model';
import { createT5Generator } from '@tesserae/t5-model';
import type { Backend, HostTensor } from '@tesserae/tensor';
import { hostTensor } from '@tesserae/tensor';
import type { TensorFile } from '@tesserae/weights';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BACKENDS, committed, loadGolden, openGolden } from './golden-fixture.js';

/** One row of a batch, as a batch. */
function rowOf({ shape, data }: HostTensor, row: number): HostTensor {
  const len = shape[1]!;
  return hostTensor('i32', [1, len], Array.from(data.subarray(row * len, (row + 1) * len)));
}

/** Rows of Hugging Face's sequences: without the start token, and without the padding after the end token. */
function rowsOf({ shape, data }: HostTensor, { eosTokenId }: T5Config): readonly number[][] {
  const [batch, len] = shape as [number, number];
  return Array.from({ length: batch }, (_, row) => {
    const ids = Array.from(data.subarray(row * len + 1, (row + 1) * len));
    const end = ids.indexOf(eosTokenId);
    return end < 0 ? ids : ids.slice(0, end + 1);
  });
}

/** The closest call of each fixture is wider than this: a backend within 1e-4 cannot choose otherwise. */
const LEAST_MARGIN = 1e-3;

describe.each(BACKENDS)('greedy generation on $name', ({ create }) => {
  let backend: Backend;
  beforeAll(async () => {
    backend = await create();
  });
  afterAll(() => backend.close());

  describe.each(['t5-1.0-greedy', 't5-1.1-greedy'])('%s', (name) => {
    let file: TensorFile;
    let source: SourceBatch;
    let needed: readonly number[][];
    let generator: T5Generator;
    const maxNewTokens = 24;

    beforeAll(async () => {
      file = await openGolden(committed(name));
      const model = await loadGolden(file);
      const config = model.config as T5Config;
      source = {
        inputIds: await file.readIntegers('input/input_ids'),
        attentionMask: await file.readIntegers('input/attention_mask'),
      };
      needed = rowsOf(await file.readIntegers('output/sequences'), config);
      generator = await createT5Generator(model.params as T5Params<HostTensor>, { config, backend });
    });
    afterAll(() => generator.release());

    it('has rows that end early and rows that do not, and no close calls', () => {
      const lengths = needed.map((row) => row.length);
      expect(Math.max(...lengths)).toBe(maxNewTokens);
      expect(Math.min(...lengths)).toBeLessThan(maxNewTokens);
      expect(Number(file.metadata['smallest_logit_margin'])).toBeGreaterThan(LEAST_MARGIN);
    });

    it("gives Hugging Face's ids for the batch", async () => {
      const { sequences } = await generator.generate(source, { maxNewTokens });
      expect(sequences.map((row) => Array.from(row))).toEqual(needed);
    });

    it('gives the same ids row by row', async () => {
      for (const [row, ids] of needed.entries()) {
        const alone = {
          inputIds: rowOf(source.inputIds, row),
          attentionMask: rowOf(source.attentionMask, row),
        };
        const { sequences } = await generator.generate(alone, { maxNewTokens, outputScores: false });
        expect(Array.from(sequences[0]!), `row ${row}`).toEqual(ids);
      }
    });
  });
});
