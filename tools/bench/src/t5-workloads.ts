import { createOnnxNodeBackend } from '@tesserae/backend-onnx/node';
import { T5ForConditionalGeneration } from 'tesserae';
import { fullMask, idTensor } from './batch-tensors.js';
import { encodeWorkload } from './encoder.js';
import { trainWorkload } from './train-workload.js';
import type { TrainedClass } from './train-workload.js';
import type { OptionReader, Setup, Workload } from './workload.js';

/** Exactly `newTokens` tokens for every row, the encoder included: greedy, or beams. */
async function generate(options: OptionReader): Promise<Workload> {
  const backend = await createOnnxNodeBackend({ threads: options.number('threads', 2) });
  const model = await T5ForConditionalGeneration.fromPretrained(options.text('model'), { backend });
  const rows = options.rows('inputIds');
  const [newTokens, numBeams] = [options.number('newTokens', 64), options.number('numBeams', 1)];
  const run = async (): Promise<readonly Int32Array[]> => {
    const { sequences } = await model.generateIds(
      { inputIds: idTensor(rows), attentionMask: fullMask(rows) },
      { maxNewTokens: newTokens, minNewTokens: newTokens, numBeams, outputScores: false },
    );
    return sequences;
  };
  return {
    facts: { class: 'T5ForConditionalGeneration', numBeams, newTokens },
    iterate: async () => (await run())[0]!.at(-1)!,
    check: async () => ({ ids: (await run()).map((ids) => Array.from(ids)) }),
    close: async () => {
      await model.close();
      await backend.close();
    },
  };
}

/** T5 as it is fine-tuned. */
export const T5_CLASS: TrainedClass = {
  className: 'T5ForConditionalGeneration',
  labelsOf: (options) => idTensor(options.rows('labels')),
  withDropout: (config, dropout) => ({ ...config, dropoutRate: dropout }),
};

/** What is timed of T5, by the names that all peers use. */
export const T5_WORKLOADS: Readonly<Record<string, Setup>> = {
  't5-generate': generate,
  't5-encode': (options) => encodeWorkload(options, 'T5EncoderModel'),
  't5-train': (options) => trainWorkload(options, T5_CLASS),
};
