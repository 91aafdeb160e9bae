import { existsSync, readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import type { Backend, HostTensor } from '@tesserae/tensor';
import { hostTensor, toNumbers } from '@tesserae/tensor';
import { memoryFolder } from '@tesserae/weights';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ForwardResult } from '../src/forward.js';
import { runForward } from '../src/forward.js';
import { loadPretrained } from '../src/pretrained.js';
import { BACKENDS, expectClose, openGolden, shared, tensorsUnder } from './golden-fixture.js';

/** T5X's own test checkpoint of a T5 1.1, computed from the T5X sources and compared with pytorch/text. */
const folder = (file: string): URL => shared(`weights-t5x-tiny/${file}`);
const isAbsent = !existsSync(folder('config.json'));
const reason = isAbsent ? ' (skipped: ../shared/data/weights-t5x-tiny is not here)' : '';

/** The bound; the file is 8e-7 away from pytorch/text. */
const tolerance = { rtol: 1e-4, atol: 1e-4 };

describe.skipIf(isAbsent).each(BACKENDS)(`a real T5X checkpoint on $name${reason}`, ({ create }) => {
  let backend: Backend;
  let golden: Record<string, HostTensor>;
  let outputs: ForwardResult['outputs'];

  beforeAll(async () => {
    backend = await create();
    golden = await tensorsUnder(await openGolden(folder('outputs.safetensors')), '');
    const model = await loadPretrained(
      memoryFolder('t5x-tiny', {
        'config.json': readFileSync(folder('config.json'), 'utf8'),
        'model.safetensors': new Uint8Array(gunzipSync(readFileSync(folder('model.safetensors.gz')))),
      }),
    );
    const names = ['input_ids', 'attention_mask', 'decoder_input_ids', 'labels'];
    const inputs = Object.fromEntries(names.map((name) => [name, golden[name]!]));
    ({ outputs } = await runForward(model, inputs, { backend }));
  });
  afterAll(() => backend.close());

  it('encodes the real positions alike', () => {
    const { attention_mask: mask, encoder_last_hidden: needed } = golden;
    const got = outputs['encoder_last_hidden_state']!;
    const dModel = needed!.shape.at(-1)!;
    const atReal = (tensor: HostTensor): HostTensor => {
      const values = Array.from(tensor.data).filter(
        (_, index) => mask!.data[Math.floor(index / dModel)] === 1,
      );
      return hostTensor('f32', [values.length / dModel, dModel], values);
    };
    expectClose(atReal(got), atReal(needed!), { what: 'encoder_last_hidden', ...tolerance });
  });

  it('scores the first 64 pieces alike', () => {
    const logits = outputs['logits']!;
    const [batch, tgtLen, vocabSize] = logits.shape as [number, number, number];
    const first = Array.from(logits.data).filter((_, index) => index % vocabSize < 64);
    expectClose(hostTensor('f32', [batch, tgtLen, 64], first), golden['logits_first_64']!, {
      what: 'logits_first_64',
      ...tolerance,
    });
  });

  it('prefers the same piece at every position', () => {
    const vocabSize = outputs['logits']!.shape[2]!;
    const logits = toNumbers(outputs['logits']!);
    const best = Array.from(golden['logits_argmax']!.data, (_, row) => {
      const scores = logits.slice(row * vocabSize, (row + 1) * vocabSize);
      return scores.indexOf(scores.reduce((most, score) => Math.max(most, score)));
    });
    expect(best).toEqual(Array.from(golden['logits_argmax']!.data));
  });

  it('has the same loss', () =>
    expectClose(outputs['loss'], golden['loss']!, { what: 'loss', ...tolerance }));
});
