import { createCpuBackend } from '@tesserae/backend-cpu';
import type { LinearParams } from '@tesserae/nn';
import { IGNORE_INDEX, linear, meanCrossEntropy } from '@tesserae/nn';
import type { Tensor } from '@tesserae/tensor';
import { compile, hostTensor, valueAndGrad } from '@tesserae/tensor';

// Softmax regression: its loss and the gradient of every parameter, as one compiled function.
const backend = createCpuBackend();
const regression = await compile(
  ({ params, x, labels }: { params: LinearParams; x: Tensor; labels: Tensor }) =>
    valueAndGrad((tree: LinearParams) => meanCrossEntropy(linear(x, tree), labels))(params),
  backend,
);
const { value, grads } = await regression({
  params: { weight: hostTensor('f32', [3, 2], [0, 0, 0, 0, 0, 0]), bias: hostTensor('f32', [3], [0, 0, 0]) },
  x: hostTensor('f32', [2, 2], [1, 2, 3, 4]),
  labels: hostTensor('i32', [2], [2, IGNORE_INDEX]), // the second row does not count
});
console.log((await backend.download(value)).data); // [1.0986123], which is ln 3
console.log((await backend.download(grads.bias)).data); // [0.33333334, 0.33333334, -0.6666666]
