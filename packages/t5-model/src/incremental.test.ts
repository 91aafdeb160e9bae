import { createCpuBackend } from '@tesserae/backend-cpu';
import type { HostTensor, Tensor } from '@tesserae/tensor';
import { compile, hostTensor, sizeOf, toNumbers } from '@tesserae/tensor';
import { describe, expect, it } from 'vitest';
import { TINY, randomIds, tinyParams } from '../test/tiny-model.js';
import type { T5Config } from './config.js';
import type { DecodeStepInputs } from './incremental.js';
import { cacheShape, decodeStep, encodeForDecoding } from './incremental.js';
import { conditionalGeneration } from './network.js';
import type { T5Params } from './params.js';

const [batch, srcLen, tgtLen] = [2, 9, 40];
const source = {
  inputIds: randomIds([batch, srcLen], 1),
  attentionMask: hostTensor('i32', [batch, srcLen], [1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0]),
};
const decoderInputIds = randomIds([batch, tgtLen], 2);

/** Logits of every position at once: [batch][tgtLen][vocabSize]. */
async function teacherForced(config: T5Config): Promise<readonly number[][][]> {
  const backend = createCpuBackend();
  const fn = await compile(
    ({
      params,
      ...inputs
    }: {
      params: T5Params;
      inputIds: Tensor;
      attentionMask: Tensor;
      decoderInputIds: Tensor;
    }) => conditionalGeneration(params, inputs, { config, rng: undefined }).logits,
    backend,
  );
  const logits = toNumbers(
    await backend.download(await fn({ params: tinyParams(config), ...source, decoderInputIds })),
  );
  const at = (row: number, position: number): number[] =>
    logits.slice(
      (row * tgtLen + position) * config.vocabSize,
      (row * tgtLen + position + 1) * config.vocabSize,
    );
  return Array.from({ length: batch }, (_, row) =>
    Array.from({ length: tgtLen }, (__, position) => at(row, position)),
  );
}

/** The same, one token at a time, with a cache of `maxLen` positions that holds rubbish at first. */
async function stepByStep(config: T5Config, maxLen: number): Promise<readonly number[][][]> {
  const backend = createCpuBackend();
  const params = tinyParams(config);
  const encode = await compile(
    (args: { params: T5Params; inputIds: Tensor; attentionMask: Tensor }) =>
      encodeForDecoding(args.params, args.inputIds, { config, attentionMask: args.attentionMask }),
    backend,
  );
  const { cross } = await encode({ params, ...source });
  const step = await compile(
    (args: DecodeStepInputs & { readonly params: T5Params }) => decodeStep(args.params, args, config),
    backend,
    { constants: { params }, donate: ['cache'] },
  );
  const shape = cacheShape(config, { batch, maxLen }) as readonly number[];
  const rubbish = (): HostTensor => hostTensor('f32', shape, new Float32Array(sizeOf(shape)).fill(7));
  let cache = Array.from({ length: config.numDecoderLayers }, () => ({
    key: backend.upload(rubbish()),
    value: backend.upload(rubbish()),
  }));
  const rows: number[][][] = Array.from({ length: batch }, () => []);
  for (let position = 0; position < tgtLen; position++) {
    const lastIds = hostTensor(
      'i32',
      [batch],
      rows.map((_, row) => decoderInputIds.data[row * tgtLen + position]!),
    );
    const result = await step({
      lastIds,
      position: hostTensor('i32', [1], [position]),
      cache,
      cross,
      attentionMask: source.attentionMask,
    });
    cache = [...result.cache];
    const logits = toNumbers(await backend.download(result.logits));
    rows.forEach((row, index) =>
      row.push(logits.slice(index * config.vocabSize, (index + 1) * config.vocabSize)),
    );
  }
  return rows;
}

describe('decoding step by step', () => {
  const tied: T5Config = {
    ...TINY,
    tiesEmbeddings: true,
    scalesDecoderOutputs: true,
    isGated: false,
    activationName: 'relu',
  };
  for (const [name, config] of Object.entries({ 'T5 1.1': TINY, 'T5 1.0': tied })) {
    it(`${name}: has the logits of teacher forcing at every position, in a cache of any length`, async () => {
      const needed = await teacherForced(config);
      for (const maxLen of [tgtLen, tgtLen + 5]) {
        const got = await stepByStep(config, maxLen);
        needed.forEach((row, index) =>
          row.forEach((logits, position) =>
            logits.forEach((logit, piece) => {
              // Sums of another order: some 1e-6 on logits of size 10.
              const distance = Math.abs(got[index]![position]![piece]! - logit);
              expect(distance, `row ${index}, position ${position}`).toBeLessThan(2e-5);
            }),
          ),
        );
      }
    });
  }
});
