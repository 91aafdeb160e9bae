import { createCpuBackend } from '@tesserae/backend-cpu';
import { T5_SIZES, createT5Generator, t5ParamSpec } from '@tesserae/t5-model';
import { hostTensor } from '@tesserae/tensor';
import { initParams } from '@tesserae/weights';

// A T5 1.1, smaller than any released one and not trained: ids in, ids out.
const config = {
  ...T5_SIZES['t5-v1_1-small']!,
  dModel: 32,
  dFf: 64,
  numLayers: 2,
  numDecoderLayers: 2,
  vocabSize: 384,
};
const params = initParams(t5ParamSpec(config, { hasLmHead: true }), { seed: 1 });
const generator = await createT5Generator(params, { config, backend: createCpuBackend() });
const { sequences, scores } = await generator.generate(
  {
    inputIds: hostTensor('i32', [1, 6], [107, 104, 111, 111, 114, 1]),
    attentionMask: hostTensor('i32', [1, 6], [1, 1, 1, 1, 1, 1]),
  },
  { maxNewTokens: 8, numBeams: 4, numReturnSequences: 2 },
);
console.log(sequences[0], scores); // eight ids, or fewer with the end token (1) last; the scores of both
generator.release();
