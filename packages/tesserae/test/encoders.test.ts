import { ELECTRA_DEFAULTS } from '@tesserae/electra-model';
import { T5_DEFAULTS } from '@tesserae/t5-model';
import type { Encoder, Head, TaskInputs, TaskParams } from '@tesserae/task-heads';
import {
  answerHead,
  googleAnswerHead,
  googleSequenceHead,
  googleTokenHead,
  rankAnswers,
  sequenceHead,
  tokenHead,
  withHead,
} from '@tesserae/task-heads';
import type { Backend, DeviceTensor, HostTensor } from '@tesserae/tensor';
import { compile, hostTensor, spec, symbol } from '@tesserae/tensor';
import type { LossFunction } from '@tesserae/training';
import { adamW, createTrainStep } from '@tesserae/training';
import { initParams } from '@tesserae/weights';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { electraEncoder, t5Encoder } from '../src/encoders.js';
import { BACKENDS } from './golden-fixture.js';

const ENCODERS: Readonly<Record<string, Encoder<never>>> = {
  ELECTRA: electraEncoder({
    ...ELECTRA_DEFAULTS,
    vocabSize: 30,
    embeddingSize: 8,
    hiddenSize: 16,
    numLayers: 1,
    numHeads: 2,
    intermediateSize: 16,
    maxPositions: 12,
    initializerRange: 0.3,
  }),
  T5: t5Encoder({
    ...T5_DEFAULTS,
    vocabSize: 30,
    dModel: 16,
    dFf: 16,
    numHeads: 2,
    headDim: 8,
    numLayers: 1,
  }),
};

const row = (...values: number[]): Int32Array<ArrayBuffer> => Int32Array.from(values);
const SEQ_LEN = 8;
const INPUTS = {
  inputIds: hostTensor('i32', [2, SEQ_LEN], row(2, 7, 3, 9, 11, 12, 3, 0, 2, 8, 3, 14, 9, 3, 0, 0)),
  attentionMask: hostTensor('i32', [2, SEQ_LEN], row(1, 1, 1, 1, 1, 1, 1, 0, 1, 1, 1, 1, 1, 1, 0, 0)),
  tokenTypeIds: hostTensor('i32', [2, SEQ_LEN], row(0, 0, 0, 1, 1, 1, 1, 0, 0, 0, 0, 1, 1, 1, 0, 0)),
};
const ids = (...values: number[]): HostTensor => hostTensor('i32', [2], row(...values));
const ANSWERS = { startPositions: ids(3, 0), endPositions: ids(5, 0) };
const TAGS = {
  labels: hostTensor(
    'i32',
    [2, SEQ_LEN],
    row(-100, 1, -100, 2, 0, 1, -100, -100, -100, 0, -100, 2, 1, -100, -100, -100),
  ),
};

const HEADS: Readonly<Record<string, readonly [Head<never>, Readonly<Record<string, HostTensor>>]>> = {
  sequences: [sequenceHead({ numLabels: 3 }), { labels: ids(2, 0) }],
  tokens: [tokenHead({ numLabels: 3 }), TAGS],
  answers: [answerHead(), ANSWERS],
  'sequences, one layer': [googleSequenceHead({ numLabels: 3, reduction: 'sum' }), { labels: ids(2, 0) }],
  'tokens, as Google': [googleTokenHead({ numLabels: 3 }), TAGS],
  'joint answers': [googleAnswerHead({ beamSize: 3 }), { ...ANSWERS, isImpossible: ids(0, 1) }],
};

interface Args {
  readonly params: TaskParams<never, never>;
  readonly inputs: TaskInputs;
}

/** What a head says of the batch, in a graph for every batch size. */
async function predict(
  [encoder, head]: readonly [Encoder<never>, Head<never>],
  {
    params,
    inputs,
    backend,
  }: { readonly params: unknown; readonly inputs: object; readonly backend: Backend },
): Promise<Record<string, HostTensor>> {
  const model = withHead(encoder, head);
  const shape = spec('i32', [symbol('batch'), SEQ_LEN]);
  const run = await compile(
    (args: Args) => model.forward(args.params, args.inputs, { rng: undefined }),
    backend,
    {
      constants: { params } as never,
      specs: { inputs: Object.fromEntries(Object.keys(inputs).map((name) => [name, shape])) } as never,
    },
  );
  const outputs = (await run({ inputs } as never)) as unknown as Record<string, DeviceTensor>;
  const entries = Object.entries(outputs).map(
    async ([name, tensor]) => [name, await backend.download(tensor)] as const,
  );
  return Object.fromEntries(await Promise.all(entries));
}

describe.each(BACKENDS)('heads on $name', ({ create }) => {
  let backend: Backend;
  beforeAll(async () => {
    backend = await create();
  });
  afterAll(() => backend.close());

  describe.each(Object.entries(ENCODERS))('on the encoder of %s', (_, encoder) => {
    it.each(Object.entries(HEADS))(
      '%s: learn a batch, and do not see padding',
      async (__, [head, labels]) => {
        const { specs, lossFn } = withHead(encoder, head);
        const step = await createTrainStep({
          backend,
          lossFn: lossFn as LossFunction<unknown, unknown>,
          optimizer: adamW({}),
          seed: 1,
        });
        const params = initParams(specs, { seed: 4 });
        let state = step.init(params);
        const losses: number[] = [];
        for (let index = 0; index < 8; index++) {
          const done = await step.run(state, { ...INPUTS, ...labels }, { learningRate: 0.02 });
          state = done.state;
          losses.push(done.metrics.loss);
        }
        expect(Math.min(...losses.slice(4))).toBeLessThan(0.8 * losses[0]!);
        const trained = await step.readParams(state);
        const padded = INPUTS.inputIds.data.map((id, at) => (INPUTS.attentionMask.data[at] === 0 ? 5 : id));
        const other = {
          ...INPUTS,
          inputIds: hostTensor('i32', [2, SEQ_LEN], padded as Int32Array<ArrayBuffer>),
        };
        const [a, b] = [
          await predict([encoder, head], { params: trained, inputs: INPUTS, backend }),
          await predict([encoder, head], { params: trained, inputs: other, backend }),
        ];
        expect(Object.keys(a).length).toBeGreaterThan(0);
        for (const [name, { data, shape }] of Object.entries(a)) {
          const perToken = shape[1] === SEQ_LEN ? data.length / (2 * SEQ_LEN) : undefined;
          data.forEach((value, at) => {
            const isPadding =
              perToken !== undefined && INPUTS.attentionMask.data[Math.floor(at / perToken)] === 0;
            if (!isPadding) expect(value, name).toBeCloseTo(b[name]!.data[at]!, 4);
          });
        }
      },
    );
  });

  it('joint answers are ranked from their beams', async () => {
    const head = googleAnswerHead({ beamSize: 3 }) as Head<never>;
    const encoder = ENCODERS['ELECTRA']!;
    const params = initParams(withHead(encoder, head).specs, { seed: 4 });
    const beams = await predict([encoder, head], { params, inputs: INPUTS, backend });
    const context = 'abc def'; // tokens 3, 4 and 5 of the first row are words of it
    const tokens = {
      offsets: row(0, 0, 0, 0, 0, 0, 0, 1, 1, 3, 4, 7, 0, 0),
      sequenceIds: row(-1, 0, -1, 1, 1, 1, -1),
    };
    const { answers, prediction, scoreDiff } = rankAnswers(context, [
      {
        tokens,
        startTopLogProbs: beams['startTopLogProbs']!.data.subarray(0, 3),
        startTopIndices: beams['startTopIndices']!.data.subarray(0, 3),
        endTopLogProbs: beams['endTopLogProbs']!.data.subarray(0, 9),
        endTopIndices: beams['endTopIndices']!.data.subarray(0, 9),
        answerableLogit: beams['answerableLogit']!.data[0]!,
      },
    ]);
    expect(answers.length).toBeGreaterThan(0);
    for (const { answer, start, end } of answers) expect(context.slice(start, end)).toBe(answer);
    expect(prediction).toBe(answers[0]!.answer);
    expect(scoreDiff).toBe(beams['answerableLogit']!.data[0]);
  });
});

describe('withHead', () => {
  it('names the labels that lack', () => {
    const encoder = { ...ENCODERS['ELECTRA']!, encode: () => 0 as never };
    const { lossFn } = withHead(encoder, { ...HEADS['joint answers']![0], forward: () => ({}) });
    expect(() => lossFn({} as never, { startPositions: 0 } as never, undefined as never)).toThrow(
      /no endPositions and no isImpossible/,
    );
  });
});
