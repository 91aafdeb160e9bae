import { createCpuBackend } from '@tesserae/backend-cpu';
import type { ElectraParams } from '@tesserae/electra-model';
import { ELECTRA_SIZES, electraParamSpec, encode } from '@tesserae/electra-model';
import type { Tensor } from '@tesserae/tensor';
import { compile, hostTensor } from '@tesserae/tensor';
import { initParams } from '@tesserae/weights';

// ELECTRA-small of two layers, not trained: ids to hidden states.
const config = { ...ELECTRA_SIZES['electra-small']!, numLayers: 2, vocabSize: 1000 };
const params = initParams(electraParamSpec(config, { prefix: 'electra.' }), { seed: 1 });
const backend = createCpuBackend();
const encodeIds = await compile(
  (args: { params: ElectraParams; inputIds: Tensor; attentionMask: Tensor }) =>
    encode(args.params, args, { config, rng: undefined }),
  backend,
);
const hidden = await encodeIds({
  params,
  inputIds: hostTensor('i32', [2, 4], [101, 7, 8, 102, 101, 9, 102, 0]),
  attentionMask: hostTensor('i32', [2, 4], [1, 1, 1, 1, 1, 1, 1, 0]),
});
console.log(hidden.spec.shape); // [2, 4, 256]
