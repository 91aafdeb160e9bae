import type { SourceBatch, T5Config, T5Generator, T5Params } from '@tesserae/t5-model';
import { createT5Generator } from '@tesserae/t5-model';
import type { Backend, HostTensor } from '@tesserae/tensor';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BACKENDS, committed, loadGolden, openGolden } from './golden-fixture.js';

describe.each(BACKENDS)('generation on $name', ({ create }) => {
  let backend: Backend;
  let generator: T5Generator;
  let other: T5Generator;
  let source: SourceBatch;

  const open = async (name: string): Promise<T5Generator> => {
    const file = await openGolden(committed(name));
    source ??= {
      inputIds: await file.readIntegers('input/input_ids'),
      attentionMask: await file.readIntegers('input/attention_mask'),
    };
    const model = await loadGolden(file);
    const config = model.config as T5Config;
    return createT5Generator(model.params as T5Params<HostTensor>, { config, backend });
  };

  beforeAll(async () => {
    backend = await create();
    generator = await open('t5-1.1-generate');
    other = await open('t5-1.0-generate');
  });
  afterAll(async () => {
    generator.release();
    other.release();
    await backend.close();
  });

  const plain = { maxNewTokens: 16 };

  it('checked drafts give the greedy text: of another model, of the model itself, copied from the source', async () => {
    const { sequences } = await generator.generate(source, plain);
    for (const assistantModel of [other, generator]) {
      for (const numAssistantTokensSchedule of ['constant', 'heuristic'] as const) {
        const options = { ...plain, assistantModel, numAssistantTokens: 4, numAssistantTokensSchedule };
        expect((await generator.generate(source, options)).sequences).toEqual(sequences);
      }
    }
    const copied = await generator.generate(source, { ...plain, promptLookupNumTokens: 3 });
    expect(copied.sequences).toEqual(sequences);
  });

  it('a stream has the ids of the whole, row by row, and says why each row ends', async () => {
    for (const options of [plain, { ...plain, doSample: true, seed: 5 }, { ...plain, numBeams: 3 }]) {
      const whole = await generator.generate(source, options);
      const rows = new Map<number, number[]>();
      const reasons = new Map<number, string>();
      for await (const { row, ids, finishReason } of generator.stream(source, options)) {
        rows.set(row, [...(rows.get(row) ?? []), ...ids]);
        if (finishReason !== undefined) reasons.set(row, finishReason);
      }
      expect(whole.rows.map((row) => rows.get(row))).toEqual(whole.sequences.map((ids) => Array.from(ids)));
      expect(whole.rows.map((row) => reasons.get(row))).toEqual(whole.finishReasons);
    }
  });

  it('stops at the signal, and when the reader of a stream leaves', async () => {
    const controller = new AbortController();
    const onStep = (steps: number): void => {
      if (steps === 2) controller.abort(new Error('enough'));
    };
    const stopped = generator.generate(source, { ...plain, signal: controller.signal, onStep });
    await expect(stopped).rejects.toThrow('enough');
    let pieces = 0;
    for await (const _ of generator.stream(source, plain)) if (++pieces === 2) break;
    expect(pieces).toBe(2);
    expect((await generator.generate(source, plain)).sequences.length).toBe(source.inputIds.shape[0]);
  });
});
