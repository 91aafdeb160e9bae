import { T5_SIZES } from '@tesserae/t5-model';
import type { Job } from './bench-job.js';
import { t5Rows } from './bench-inputs.js';
import type { Suite, SuiteContext } from './suite.js';
import { modelPath, sidesOf } from './suite.js';

/** Tokens in and out of every generation. */
const [SOURCE_LENGTH, NEW_TOKENS] = [128, 64];

/** Bytes of the weights that a decoding step reads, f32: its matrices and the head. */
function stepBytes(size: string): number {
  const { dModel, dFf, numDecoderLayers, numHeads, headDim, vocabSize } = T5_SIZES[size]!;
  const inner = numHeads * headDim;
  const selfAttention = 4 * dModel * inner;
  const crossAttention = 2 * dModel * inner; // keys and values of the source are computed once
  const perLayer = selfAttention + crossAttention + 2 * dModel * dFf;
  return 4 * (numDecoderLayers * perLayer + vocabSize * dModel);
}

/** Generation and encoding of T5, whole calls with the encoder included. */
export function t5Suite(context: SuiteContext): Suite {
  const sizeOf = (size: string): string => (context.isTiny ? 't5-tiny' : size);
  const generation = (
    name: string,
    size: string,
    {
      batch,
      numBeams = 1,
      iterations,
      torch,
      transformersJs,
    }: {
      readonly batch: number;
      readonly numBeams?: number;
      readonly iterations: number;
      readonly torch: number;
      readonly transformersJs?: number;
    },
  ): Job => {
    const model = modelPath(context, sizeOf(size));
    const inputIds = t5Rows([batch, SOURCE_LENGTH]);
    const greedy = { setup: 't5-generate', model, inputIds, newTokens: NEW_TOKENS };
    const setup = numBeams === 1 ? greedy : { ...greedy, numBeams };
    // transformers.js takes num_beams and decodes greedily.
    const sides = sidesOf(setup, { torch, transformersJs, hasTransformersJs: numBeams === 1 });
    const floor = context.isTiny ? undefined : { bytes: stepBytes(size), times: NEW_TOKENS };
    return { name, sides, iterations, tolerance: 0, floor };
  };
  const encoding: Job = {
    name: `T5-small, encoding ${SOURCE_LENGTH} tokens`,
    sides: sidesOf(
      {
        setup: 't5-encode',
        model: modelPath(context, sizeOf('t5-small')),
        inputIds: t5Rows([1, SOURCE_LENGTH]),
      },
      { torch: 2 },
    ),
    iterations: 20,
    tolerance: 1e-3,
  };
  return {
    models: [...new Set(['t5-small', 't5-base'].map(sizeOf))],
    jobs: [
      generation('T5-small, greedy, batch 1', 't5-small', {
        batch: 1,
        iterations: 4,
        torch: 3.3,
        transformersJs: 1.5,
      }),
      generation('T5-small, greedy, batch 8', 't5-small', { batch: 8, iterations: 2, torch: 2.2 }),
      generation('T5-small, 4 beams, batch 1', 't5-small', {
        batch: 1,
        numBeams: 4,
        iterations: 2,
        torch: 3,
      }),
      generation('T5-base, greedy, batch 1', 't5-base', { batch: 1, iterations: 2, torch: 2.75 }),
      encoding,
    ],
  };
}
