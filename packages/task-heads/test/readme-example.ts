import { createCpuBackend } from '@tesserae/backend-cpu';
import type { SequenceClassificationParams } from '@tesserae/task-heads';
import {
  sequenceClassificationHead,
  sequenceClassificationLoss,
  sequenceClassificationSpec,
} from '@tesserae/task-heads';
import type { Tensor } from '@tesserae/tensor';
import { compile, hostTensor } from '@tesserae/tensor';
import { initParams } from '@tesserae/weights';

// Two classes over hidden states of 4 features: logits and loss.
const sizes = { hiddenSize: 4, numLabels: 2, initializerRange: 0.02 };
const params = initParams(sequenceClassificationSpec(sizes), { seed: 1 });
const backend = createCpuBackend();
const classify = await compile(
  (args: { params: SequenceClassificationParams; hidden: Tensor; labels: Tensor }) => {
    const logits = sequenceClassificationHead(args.params, args.hidden, { dropoutRate: 0.1, rng: undefined });
    const problemType = 'single_label_classification';
    return { logits, loss: sequenceClassificationLoss(logits, args.labels, { problemType }) };
  },
  backend,
);
const { logits, loss } = await classify({
  params,
  hidden: hostTensor('f32', [1, 2, 4], [1, 0, -1, 2, 9, 9, 9, 9]), // the first token decides
  labels: hostTensor('i32', [1], [1]),
});
console.log(logits.spec.shape); // [1, 2]
console.log((await backend.download(loss)).data); // near ln 2, for nothing is learned yet
