import { createCpuBackend } from '@tesserae/backend-cpu';
import type { LinearParams } from '@tesserae/nn';
import { linear, meanSquaredError } from '@tesserae/nn';
import type { Tensor } from '@tesserae/tensor';
import { hostTensor } from '@tesserae/tensor';
import { adamW, createTrainStep, linearSchedule, trainingLoop } from '@tesserae/training';

// A line through points of y = 2x + 1.
const step = await createTrainStep({
  backend: createCpuBackend(),
  lossFn: (params: LinearParams, { x, y }: { x: Tensor; y: Tensor }) =>
    meanSquaredError(linear(x, params), y),
  optimizer: adamW({ weightDecay: 0 }),
  seed: 1,
});
const inputs = { x: hostTensor('f32', [4, 1], [-1, 0, 1, 2]), y: hostTensor('f32', [4, 1], [-1, 1, 3, 5]) };
function* batches() {
  for (;;) yield { inputs, numExamples: 4, numTokens: 4 };
}
const events = trainingLoop({
  step,
  state: step.init({ weight: hostTensor('f32', [1, 1], [0]), bias: hostTensor('f32', [1], [0]) }),
  batches: batches(),
  schedule: linearSchedule({ learningRate: 0.1, warmupSteps: 10, totalSteps: 200 }),
  totalSteps: 200,
});
for await (const event of events) {
  if (event.type === 'step' && event.step % 50 === 0) console.log(event.step, event.loss.toFixed(4));
  if (event.type === 'end') console.log(await step.readParams(event.state)); // weight near 2, bias near 1
}
